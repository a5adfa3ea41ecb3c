"""From a plan to text, by any generator behind one protocol.

Knows: the protocol, and how a name becomes a generator.
Does not know: indexes, citations, terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from rag_infer.context.template import Template
from rag_infer.types import ContextPlan

EXTRACTIVE = "extractive"  # not a generator: answers are quotes, and need no model


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """How to write. ``temperature`` 0 is greedy: the same plan gives the same text.

    ``stopped`` is asked between tokens; when it says True the text ends there.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    stopped: Callable[[], bool] = lambda: False


@runtime_checkable
class Generator(Protocol):
    """Something that writes. ``window`` is its context window in tokens of its ``template``."""

    name: str
    window: int

    @property
    def template(self) -> Template:
        """How it wants to be asked, and its tokens."""
        ...

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        """The answer to a plan, piece by piece. Raises ModelError when it breaks off."""
        ...


def load_generator(spec: str) -> Generator:
    """The generator called ``spec``: a folder or a hub id of a transformers chat model.

    Raises ModelError when the model is not there, has no chat template, or needs code of its own.
    """
    from rag_infer.generate.transformers_chat import TransformersChat

    folder = Path(spec).expanduser()
    return TransformersChat(str(folder) if folder.is_dir() else spec)
