"""Any sentence-transformers model, by folder or hub id.

Imported only when such a model is asked for: it brings torch and transformers with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag_infer.embed.base import Embedder, FloatRows, TokenSpans
from rag_infer.embed.hub import load_error, local_files_only
from rag_infer.embed.model_cards import model_card
from rag_infer.errors import ModelError


def load(name: str) -> Embedder:
    """The model at a folder or under a hub id.

    Raises ModelError when it cannot be loaded, and says how to get a hub model while offline.
    """
    from sentence_transformers import SentenceTransformer

    folder = Path(name).expanduser()
    if not folder.exists() and (folder.is_absolute() or name.startswith(("./", "../", "~"))):
        raise ModelError("no such model folder", where=name)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise ModelError("not a model folder: it holds no config.json", where=name)
    try:
        model = SentenceTransformer(
            str(folder) if folder.is_dir() else name,
            trust_remote_code=False,
            local_files_only=local_files_only(),
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # the loader raises whatever its layers raise
        raise load_error("embedding model", name, "--embedder", error) from error
    return TorchEmbedder(name, model)


class TorchEmbedder:
    """A loaded SentenceTransformer behind the embedder protocol; CUDA when torch sees it."""

    def __init__(self, name: str, model: Any) -> None:
        self.name = Path(name).name if Path(name).is_dir() else name
        self._model = model
        tokenizer = model.tokenizer
        if not getattr(tokenizer, "is_fast", False):
            raise ModelError("its tokenizer gives no character offsets", where=name)
        self._tokenizer = tokenizer
        self.dimension = int(model.get_embedding_dimension())
        self.special_tokens = int(tokenizer.num_special_tokens_to_add())
        self.max_tokens = int(model.max_seq_length or 512)
        card = model_card(name)
        self.languages = card.languages if card else None
        self.cosine_floor = card.cosine_floor if card else 0.0
        if card and not any((model.prompts or {}).values()):
            model.prompts = {"query": card.query_prefix, "document": card.passage_prefix}
        self.fingerprint = _fingerprint(model)

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        if not texts:
            return []
        spans_by_text = self._tokenizer(
            list(texts),
            add_special_tokens=False,
            return_offsets_mapping=True,
            truncation=False,
            padding=False,
        )["offset_mapping"]
        return [np.array(spans, dtype=np.int32).reshape(-1, 2) for spans in spans_by_text]

    def embed(self, texts: Sequence[str]) -> FloatRows:
        return self._rows(self._model.encode_document, texts)

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        return self._rows(self._model.encode_query, texts)

    def _rows(self, encode: Any, texts: Sequence[str]) -> FloatRows:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = encode(
            list(texts), convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.ascontiguousarray(rows, dtype=np.float32)


def _fingerprint(model: Any) -> str:
    """A hash over the names, shapes and bytes of all weights, and over the prompts if any."""
    digest = hashlib.sha256()
    if any(model.prompts.values()):
        digest.update(repr(sorted(model.prompts.items())).encode())
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(f"{key}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return f"st-{digest.hexdigest()}"
