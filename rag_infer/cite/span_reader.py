"""Where in a passage the short answer to a question stands, and whether it does at all.

The weights (``span_reader.safetensors``) are written by ``training/span_reader.py``.

The reader is the bundled MiniLM with other layers above the same vectors of words, after Devlin et
al. 2019 (arXiv 1810.04805, section 4.3): the score of a span is that of its first and last token
above the score of the place that stands for "no answer". Its layers are stored in eight bits, each
row with a scale of its own.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_infer.embed.batching import RowCache
from rag_infer.embed.bert_numpy import Floats, NumpyBert, mapped
from rag_infer.embed.openvino_bert import bundled_folder, whole_text_tokenizer
from rag_infer.embed.openvino_runtime import compiled
from rag_infer.embed.padding import fitting_width
from rag_infer.errors import ModelError

WEIGHTS = Path(__file__).with_name("span_reader.safetensors")
MAX_TOKENS = 256  # of question and passage together
QUESTION_TOKENS = 48
MAX_ANSWER_TOKENS = 30  # tokens of an answer
_HEAD = "qa_outputs."
_CALLS_BEFORE_COMPILING = (
    4  # after so many the process is a service, and loading a runtime pays off
)
_CACHED_READINGS = 2048  # 2 KB each; further searches and quotes read again what was read before
_BATCH_PASSAGES = 4  # passages in one run of it: more only wait longer for each other


@dataclass(frozen=True, slots=True)
class SpanReading:
    """A passage read with a question.

    ``starts`` and ``ends`` are scores of each token's being the first or last of the answer, above
    "no answer" when the two are added; ``spans`` are the tokens' characters, ``[start, end)``.
    """

    starts: Floats
    ends: Floats
    spans: npt.NDArray[np.int32]

    def best(self, start: int = 0, end: int | None = None) -> tuple[float, int, int] | None:
        """Score and characters of the best answer within ``passage[start:end]``.

        A score above 0 says that it is likelier than no answer. None: nothing was read there.
        """
        stop = int(self.spans[-1, 1]) if end is None and len(self.spans) else end or 0
        inside = np.flatnonzero((self.spans[:, 0] >= start) & (self.spans[:, 1] <= stop))
        if not len(inside):
            return None
        a, b = int(inside[0]), int(inside[-1]) + 1
        scores = self.starts[a:b, None] + self.ends[None, a:b]
        scores = np.where(np.tri(b - a, k=-1, dtype=bool), -np.inf, scores)
        scores = np.where(np.tri(b - a, k=-MAX_ANSWER_TOKENS, dtype=bool).T, -np.inf, scores)
        first, last = divmod(int(scores.argmax()), b - a)
        return (
            float(scores[first, last]),
            int(self.spans[a + first, 0]),
            int(self.spans[a + last, 1]),
        )


class SpanReader:
    """The reader, loaded. Raises ModelError when the bundled weights are not there."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        folder = bundled_folder()
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._tokenizer = whole_text_tokenizer(folder / "tokenizer.json")
        self._first, self._last = self._tokenizer.encode("").ids
        fitted = restored(weights)
        self._head, self._bias = fitted[f"{_HEAD}weight"], fitted[f"{_HEAD}bias"]
        words = mapped(folder / "model.safetensors")
        self._weights = {k: v for k, v in words.items() if k.startswith("embeddings.")} | fitted
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._bert: NumpyBert | None = NumpyBert(
            self._weights, layers=self._layers, heads=self._heads, epsilon=self._epsilon
        )
        self._calls = 0
        self._request: Any = None
        self._compiling = threading.Lock()
        self._is_warming_up = False
        self._logits: RowCache[_EncodedPair] = RowCache(self._score, _CACHED_READINGS)

    def read(self, question: str, passages: Sequence[str]) -> list[SpanReading]:
        """What the reader makes of each passage; what is over MAX_TOKENS of one is not read.

        Many threads may read at once; what they read goes through the model together.
        """
        if not passages:
            return []
        question_ids = self._tokenizer.encode(question, add_special_tokens=False).ids[
            :QUESTION_TOKENS
        ]
        # One by one: for so few texts, threads would cost more than they save.
        encoded = [self._tokenizer.encode(p, add_special_tokens=False) for p in passages]
        room = MAX_TOKENS - len(question_ids) - 3
        head = [self._first, *question_ids, self._last]
        inputs = [_EncodedPair((*head, *c.ids[:room], self._last), len(head)) for c in encoded]
        readings = []
        for logits, c in zip(self._logits(inputs), encoded, strict=True):
            inner = logits[len(head) : -1]
            none = logits[0]
            readings.append(
                SpanReading(
                    np.asarray(inner[:, 0] - none[0]),
                    np.asarray(inner[:, 1] - none[1]),
                    np.array(c.offsets[:room], dtype=np.int32).reshape(-1, 2),
                )
            )
        return readings

    def warm_up(self) -> None:
        """Loads the runtime, for a process that will read many passages.

        Passages that come meanwhile are read without it.
        """
        self._is_warming_up = True
        try:
            self._compile()
        finally:
            self._is_warming_up = False

    def _score(self, inputs: list[_EncodedPair]) -> list[Floats]:
        """(tokens, 2) logits of the first and last token of the answer, for each input."""
        self._calls += 1
        is_early = self._is_warming_up or self._calls <= _CALLS_BEFORE_COMPILING
        bert = self._bert
        if is_early and bert is not None:
            kinds = [[0] * i.question + [1] * (len(i.ids) - i.question) for i in inputs]
            states = bert.states([list(i.ids) for i in inputs], kinds)
            return [np.asarray(s @ self._head.T + self._bias) for s in states]
        self._compile()
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i].ids))
        logits: dict[int, Floats] = {}
        for start in range(0, len(order), _BATCH_PASSAGES):
            batch = order[start : start + _BATCH_PASSAGES]
            self._request.infer(_padded([inputs[i] for i in batch]))
            scores = self._request.get_output_tensor(0).data
            for row, i in enumerate(batch):
                logits[i] = scores[row, : len(inputs[i].ids)].copy()
        return [logits[i] for i in range(len(inputs))]

    def _compile(self) -> None:
        with self._compiling:
            if self._request is not None:
                return
            from rag_infer.embed.bert_graph import BertShape, build_scorer

            shape = BertShape(self._head.shape[1], self._layers, self._heads, self._epsilon)
            model = build_scorer(self._weights, shape, _HEAD)
            self._request = compiled(model, "LATENCY").create_infer_request()
            self._bert = None


@dataclass(frozen=True, slots=True)
class _EncodedPair:
    """Tokens of a question and a passage, specials included; the first ``question`` are its."""

    ids: tuple[int, ...]
    question: int


def _padded(inputs: Sequence[_EncodedPair]) -> dict[str, npt.NDArray[np.int32]]:
    shape = (len(inputs), fitting_width(max(len(i.ids) for i in inputs)))
    ids, mask, kinds = (np.zeros(shape, dtype=np.int32) for _ in range(3))
    for row, coded in enumerate(inputs):
        size = len(coded.ids)
        ids[row, :size] = coded.ids
        mask[row, :size] = 1
        kinds[row, coded.question : size] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}


def reader() -> SpanReader:
    """The reader that comes with the package, loaded once however many threads ask for it."""
    with _loading:
        return _loaded_reader()


@functools.lru_cache(maxsize=1)
def _loaded_reader() -> SpanReader:
    return SpanReader()


_loading = threading.Lock()


def load_early() -> None:
    """Begins to load the reader in a thread, while other steps of a question run.

    Where it cannot be loaded, whoever needs it is told.
    """
    if _loaded_reader.cache_info().currsize or _loading.locked():
        return

    def load() -> None:
        with suppress(ModelError, OSError):
            reader()

    # No daemon: where Python ends while such a thread loads, it crashes now and then.
    threading.Thread(target=load, name="span-reader").start()


def stored(weights: dict[str, Floats]) -> dict[str, npt.NDArray[Any]]:
    """Weights as they are shipped: matrices in eight bits with a scale a row, the rest as it is."""
    shipped: dict[str, npt.NDArray[Any]] = {}
    for name, values in weights.items():
        if values.ndim == 2:
            scale = np.abs(values).max(axis=1, keepdims=True) / np.float32(127)
            shipped[name] = np.rint(values / np.maximum(scale, np.float32(1e-12))).astype(np.int8)
            shipped[f"{name}.scale"] = scale.astype(np.float32)
        else:
            shipped[name] = values.astype(np.float32)
    return shipped


def restored(path: Path) -> dict[str, Floats]:
    """Shipped weights as floats."""
    from safetensors.numpy import load_file

    shipped = load_file(path)
    scales = {name for name in shipped if name.endswith(".scale")}
    weights: dict[str, Floats] = {}
    for name in shipped.keys() - scales:
        values = shipped[name].astype(np.float32, copy=False)
        if f"{name}.scale" in scales:
            values *= shipped[f"{name}.scale"]  # in place: fresh memory costs more than this
        weights[name] = values
    return weights
