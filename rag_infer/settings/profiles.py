"""What can be set up under a name: models with their prices, servers of tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OPENVINO = "openvino"
RUNTIMES = ("transformers", OPENVINO)
PRECISIONS = ("int8", "int4")
OWN_TOOLS = ("calculator", "search", "table")  # that come with the package and change nothing


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in whatever currency the user thinks in."""

    input: float = 0.0
    output: float = 0.0
    cached: float | None = None  # None: as ``input``

    def of(self, prompt: int, cached: int, output: int) -> float:
        """What so many tokens cost, ``cached`` of them among those of the prompt."""
        kept = self.input if self.cached is None else self.cached
        return ((prompt - cached) * self.input + cached * kept + output * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model by a name of one's own (``[models.NAME]``), chosen with ``--llm NAME``.

    With ``base_url`` it is served by an OpenAI-compatible server, whose key is ``api_key`` or is in
    the environment variable that ``api_key_env`` names; without, ``model`` is a folder or hub id.
    ``window`` is in tokens, ``tokenizer`` a folder or ``tokenizer.json`` to count them with.
    ``runtime`` is what runs a folder: transformers or openvino, whose weights have ``precision``.
    ``timeout`` is in seconds without a sign of life; ``retries`` are those before the first one.
    """

    name: str
    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_env: str | None = None
    window: int | None = None
    tokenizer: str | None = None
    timeout: float = 60.0
    retries: int = 2
    price: Price | None = None
    runtime: str | None = None
    precision: str = "int8"


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server by a name of one's own (``[mcp.NAME]``), whose tools ``--tool NAME`` offers.

    Either ``command``, a program with its arguments that is started when it is needed, or ``url``.
    ``env`` are variables for the program, ``tools`` those that may be used (all if empty),
    ``timeout`` is in seconds for each request.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    tools: tuple[str, ...] = ()
    timeout: float = 20.0
