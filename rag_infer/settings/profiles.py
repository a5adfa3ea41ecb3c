"""What a user configures under a name: models with their prices, servers of tools.

The docstring of each field is its description in the configuration reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from rag_infer.errors import InputError

OPENVINO: Literal["openvino"] = "openvino"
TRANSFORMERS: Literal["transformers"] = "transformers"
Runtime = Literal["transformers", "openvino"]
Precision = Literal["int8", "int4"]
DEFAULT_PRECISION: Precision = "int8"
PersonalData = Literal["mail", "phone", "bank"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
OWN_TOOLS = ("calculator", "search", "table")  # that come with the package and change nothing

PYDANTIC_CONFIG = {"extra": "forbid", "use_attribute_docstrings": True}
"""How pydantic reads these dataclasses; it is imported only where there is a file to validate."""


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a million tokens, in any currency."""

    __pydantic_config__ = PYDANTIC_CONFIG

    input: float = 0.0
    """Price of a million tokens of the prompt."""
    output: float = 0.0
    """Price of a million tokens of the answer."""
    cached: float | None = None
    """Price of a million tokens of the prompt that the server had cached; default: as `input`."""

    def of(self, prompt: int, cached: int, output: int) -> float:
        """The price of an answer.

        Args:
            prompt: Tokens of the prompt.
            cached: Those of them that were cached.
            output: Tokens of the answer.

        Returns:
            The price, in the currency of the fields.
        """
        cached_price = self.input if self.cached is None else self.cached
        uncached = prompt - cached
        return (uncached * self.input + cached * cached_price + output * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """A model under a name of the user's own, selected with `--llm NAME`.

    With `base_url` an OpenAI-compatible server runs it; without, it is a local folder or a hub id.

    Raises:
        InputError: A number is out of its range.
    """

    __pydantic_config__ = PYDANTIC_CONFIG

    name: str
    """The name in `[models.NAME]`."""
    model: str
    """Name of the model on its server; without a server a folder or hub id."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server, for example `http://localhost:11434/v1`."""
    api_key: str | None = field(default=None, repr=False)
    """Key of the server; better kept in the environment, see `api_key_env`."""
    api_key_env: str | None = None
    """Environment variable that holds the key of the server."""
    window: int | None = None
    """Context window in tokens; default: what the model or its server reports."""
    tokenizer: str | None = None
    """Folder or `tokenizer.json` that counts the tokens of a served model exactly."""
    timeout: float | None = None
    """Seconds without any data after which a request fails; default: 60, and 900 for a server of
    this machine, which may read a prompt for minutes."""
    retries: int = 2
    """How often a request is repeated that failed before its first token."""
    price: Price | None = None
    """Price of a million tokens, see below."""
    runtime: Runtime | None = None
    """What runs a local model; default: the setting `runtime`, else the quickest of the machine."""
    precision: Precision = DEFAULT_PRECISION
    """Weights of a model that OpenVINO runs."""
    hide: tuple[PersonalData, ...] = ()
    """Personal data that the model of a server gets pseudonyms for: `mail`, `phone`, `bank`."""
    hide_names: tuple[str, ...] = ()
    """Names that it gets pseudonyms for, as they stand in the documents."""
    hide_region: str | None = None
    """Country whose phone numbers stand without its code, for example `DE`."""

    def cost(self, prompt: int, cached: int, output: int) -> float | None:
        """The price of an answer, None where the profile has no price; see `Price.of`."""
        return None if self.price is None else self.price.of(prompt, cached, output)

    def __post_init__(self) -> None:
        _require_range(f"models.{self.name}", window=self.window, timeout=self.timeout)
        if self.retries < 0:
            raise InputError("must not be negative", where=f"models.{self.name}.retries")


@dataclass(frozen=True, slots=True)
class ToolServer:
    """An MCP server under a name of the user's own; `--tool NAME` offers its tools to the model.

    It has either a `command` or a `url`.

    Raises:
        InputError: The timeout is not positive.
    """

    __pydantic_config__ = PYDANTIC_CONFIG

    name: str
    """The name in `[mcp.NAME]`."""
    command: tuple[str, ...] = ()
    """Program and its arguments, started when a tool of it is needed."""
    url: str | None = None
    """Address of a server that runs already."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Environment variables of the program."""
    tools: tuple[str, ...] = ()
    """Tools that may be used; default: all."""
    timeout: float = 20.0
    """Seconds that one request may take."""

    def __post_init__(self) -> None:
        _require_range(f"mcp.{self.name}", timeout=self.timeout)


def _require_range(where: str, **numbers: float | None) -> None:
    for key, number in numbers.items():
        if number is not None and not number > 0:
            raise InputError("must be more than 0", where=f"{where}.{key}")
