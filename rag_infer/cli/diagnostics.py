"""Is everything there that is needed, and what to do where it is not?

Knows: what to look at, one finding each.
Does not know: how findings are shown.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rag_infer.errors import IndexNotFoundError, RagError
from rag_infer.settings import Settings, index_path

State = Literal["ok", "note", "bad"]
_EXTRAS = {"watch": "watchfiles", "ocr": "rapidocr", "openai": "openai", "schema": "llguidance",
           "openvino": "nncf"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do. ``bad`` keeps something from working."""

    what: str
    state: State
    told: str


def run_checks(settings: Settings) -> Iterator[Finding]:
    """Looks at the installation, the embedder, the index, the models and the extras in turn."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok" if sys.version_info >= (3, 11) else "bad", version)
    yield _tried("embedder", _embedder)
    yield _index(settings)
    for name, profile in sorted(settings.models.items()):
        if profile.base_url:
            yield _tried(f"model {name}", partial(_server, settings, name))
    for extra, module in _EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        hint = f"not installed; when needed: pip install 'rag-infer[{extra}]'"
        yield Finding(f"extra {extra}", "ok" if there else "note", "installed" if there else hint)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", look())
    except RagError as error:
        return Finding(what, "bad", str(error))


def _embedder() -> str:
    from rag_infer.embed import load_embedder

    embedder = load_embedder()
    embedder.embed_queries(["does it run?"])
    return f"{embedder.name}, weights as upstream's, {embedder.dimension} dimensions"


def _index(settings: Settings) -> Finding:
    from rag_infer.index.verify import verify

    path = index_path(settings.index)
    try:
        found = verify(path)
    except IndexNotFoundError:
        return Finding("index", "note", f"{path}: none yet; make it with: rag index PATH...")
    except RagError as error:
        return Finding("index", "bad", str(error))
    if found.damage:
        return Finding("index", "bad", f"{path}: {len(found.damage)} damaged; see: rag verify")
    return Finding("index", "ok", f"{path}: whole")


def _server(settings: Settings, name: str) -> str:
    from rag_infer.context.plan import Budget, plan
    from rag_infer.generate import GenerateOptions, load_generator

    generator = load_generator(name, settings.models)
    made = plan(generator.template, Budget(generator.window, 64), "Say yes.")
    said = "".join(generator.stream(made, GenerateOptions(max_tokens=4)))
    return f"{generator.name} answers ({len(said)} characters), window {generator.window} tokens"
