"""From a plan to text, by any generator behind one protocol.

Knows: the protocol, and how a name becomes a generator.
Does not know: indexes, citations, terminals.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from rag_infer.context.template import Template
from rag_infer.settings import OPENVINO, ModelProfile
from rag_infer.types import ContextPlan, ToolCall

EXTRACTIVE = "extractive"  # not a generator: answers are quotes, and need no model


_WEIGHTS = frozenset({".json", ".jinja", ".safetensors"})
SERVER = "openai:"  # before a model's name: of the server that OPENAI_BASE_URL names


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What a generator itself counted, in its own tokens; ``cached`` are of the prompt's."""

    prompt: int
    output: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """How to write. ``temperature`` 0 is greedy: the same plan gives the same text.

    ``should_stop`` is asked between tokens; when it says True the text ends there. With a
    ``schema``
    (JSON Schema) the text is JSON that it allows. ``on_usage`` hears what a generator that
    counts for itself counted; ``on_tool_call`` the calls of tools that a server tells apart from
    text (a model of this machine writes them into its text: ``calls``).
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    should_stop: Callable[[], bool] = lambda: False
    schema: Mapping[str, Any] | None = None
    on_usage: Callable[[TokenUsage], None] = lambda _: None
    on_tool_call: Callable[[ToolCall], None] = lambda _: None


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


def load_generator(spec: str, profiles: Mapping[str, ModelProfile] | None = None) -> Generator:
    """The generator called ``spec``: the name of a profile, ``openai:MODEL`` for a model of the
    server that the environment names (OPENAI_BASE_URL, OPENAI_API_KEY), or the folder or hub id
    of a transformers chat model. A profile says which runtime runs a folder.

    Raises ModelError when the model is not there, has no chat template, or needs code of its own;
    InputError for a key that is not set; MissingExtraError.
    """
    profile = (profiles or {}).get(spec)
    if spec.startswith(SERVER):
        url = os.environ.get("OPENAI_BASE_URL")
        key = "OPENAI_API_KEY" if os.environ.get("OPENAI_API_KEY") or not url else None
        profile = ModelProfile(spec, spec.removeprefix(SERVER), base_url=url, api_key_env=key)
        return _served(profile)
    if profile is not None and (profile.base_url or profile.api_key or profile.api_key_env):
        return _served(profile)
    model = profile.model if profile is not None else spec
    folder = Path(model).expanduser()
    if profile is not None and profile.runtime == OPENVINO:
        from rag_infer.generate.openvino_chat import OpenVinoChat

        return OpenVinoChat(folder, profile.precision)
    from rag_infer.generate.transformers_chat import TransformersChat

    return TransformersChat(str(folder) if folder.is_dir() else model)


def _served(profile: ModelProfile) -> Generator:
    from rag_infer.generate.openai_chat import OpenAIChat

    return OpenAIChat(profile)


def fingerprint(
    generator: str | Generator, profiles: Mapping[str, ModelProfile] | None = None
) -> str | None:
    """The sha256 of what makes a generator's answers: its files, where they are a folder's.

    For quotes, of the fitted weights. None for a model behind a server or of the hub, whose files
    are not seen. ``generator`` is as for ``load_generator``, or a loaded one.
    """
    from rag_infer import cite

    folder: Path | None
    precision: str | None = None
    if not isinstance(generator, str):
        folder = getattr(generator, "folder", None)
        precision = getattr(generator, "precision", None)
    elif generator == EXTRACTIVE:
        folder = Path(cite.__file__).parent
    else:
        profile = (profiles or {}).get(generator)
        folder = Path(profile.model if profile else generator).expanduser()
        if profile is not None and profile.runtime == OPENVINO:
            precision = profile.precision
    if folder is None or not folder.is_dir():
        return None
    digest = hashlib.sha256()
    if precision is not None:  # other weights are made of the same files
        digest.update(precision.encode())
    for file in sorted(p for p in folder.iterdir() if p.suffix in _WEIGHTS):
        with file.open("rb") as opened:
            digest.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
