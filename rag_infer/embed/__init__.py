"""Texts to unit vectors: how a name becomes an embedder.

A package adds embedders with entry points in the group ``rag_infer.embedders``: the name is that of
the embedder, the value is called without arguments and returns an ``Embedder`` or a function from
texts to vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from weakref import WeakValueDictionary

from rag_infer.embed.base import DEFAULT, MULTILINGUAL, Embedder, FloatRows, TokenSpans
from rag_infer.embed.callable_embedder import as_embedder
from rag_infer.model_store import named_model

ENTRY_POINTS = "rag_infer.embedders"
_loaded: WeakValueDictionary[str, Embedder] = WeakValueDictionary()
_loading = Lock()

__all__ = ["DEFAULT", "MULTILINGUAL", "Embedder", "FloatRows", "TokenSpans", "load_embedder"]


def load_embedder(name: str = DEFAULT) -> Embedder:
    """The embedder called ``name``: ``minilm`` (bundled), ``multilingual`` (of the extra of that
    name), a folder, a plugin, a model that ``rag models pull`` brought, or a hub id.

    BERT encoders run on the light runtime; every other model through sentence-transformers.
    Raises ModelError when the model is not there, is not whole, or the hub cannot be reached.
    """
    from rag_infer.embed import openvino_bert

    if name == DEFAULT:
        return _shared(name, openvino_bert.bundled)
    if name == MULTILINGUAL:
        from rag_infer.embed import multilingual_e5

        return _shared(name, multilingual_e5.bundled)
    folder = Path(name).expanduser()
    if folder.is_dir() and openvino_bert.runs(folder):
        return openvino_bert.from_folder(folder)
    if (factory := _plugin(name)) is not None:
        return as_embedder(factory())
    if (pulled := named_model(name)) is not None:
        return openvino_bert.from_folder(pulled)
    from rag_infer.embed.sentence_transformer import load

    return load(name)


def _shared(name: str, load: Callable[[], Embedder]) -> Embedder:
    """The one copy of a model that a process holds, however many indexes it has open."""
    with _loading:
        embedder = _loaded.get(name)
        if embedder is None:
            embedder = _loaded[name] = load()
    return embedder


def _plugin(name: str) -> Callable[[], object] | None:
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        factory: Callable[[], object] = point.load()
        return factory
    return None
