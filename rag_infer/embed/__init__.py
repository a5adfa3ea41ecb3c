"""Texts to unit vectors: how a name becomes an embedder."""

from __future__ import annotations

from pathlib import Path

from rag_infer.embed.base import DEFAULT, Embedder, FloatRows, TokenSpans

__all__ = ["DEFAULT", "Embedder", "FloatRows", "TokenSpans", "load_embedder"]


def load_embedder(name: str = DEFAULT) -> Embedder:
    """The embedder called ``name``: ``minilm`` (bundled), a folder, or a hub id.

    BERT encoders run on the light runtime; every other model through sentence-transformers.
    Raises ModelError when the model is not there, is not whole, or the hub cannot be reached.
    """
    from rag_infer.embed import openvino_bert

    if name == DEFAULT:
        return openvino_bert.bundled()
    folder = Path(name).expanduser()
    if folder.is_dir() and openvino_bert.runs(folder):
        return openvino_bert.from_folder(folder)
    from rag_infer.embed.sentence_transformer import load

    return load(name)
