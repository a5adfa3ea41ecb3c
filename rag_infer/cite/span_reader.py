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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_infer.embed.batching import MicroBatcher
from rag_infer.embed.bert_numpy import Floats, NumpyBert, mapped
from rag_infer.embed.openvino_bert import bundled_folder
from rag_infer.embed.openvino_runtime import compiled
from rag_infer.embed.padding import fitting_width

WEIGHTS = Path(__file__).with_name("span_reader.safetensors")
MAX_TOKENS = 256  # of question and passage together
QUESTION_TOKENS = 48
MAX_ANSWER_TOKENS = 30  # tokens of an answer
_HEAD = "qa_outputs."
_CALLS_BEFORE_COMPILING = (
    4  # after so many the process is a service, and loading a runtime pays off
)
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
        from tokenizers import Tokenizer

        folder = bundled_folder()
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
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
        self._logits: MicroBatcher[_EncodedPair, Floats] = MicroBatcher(self._score)

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
        inputs = [_EncodedPair([*head, *c.ids[:room], self._last], len(head)) for c in encoded]
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

    def _score(self, inputs: list[_EncodedPair]) -> list[Floats]:
        """(tokens, 2) logits of the first and last token of the answer, for each input."""
        self._calls += 1
        if self._calls <= _CALLS_BEFORE_COMPILING and self._bert is not None:
            kinds = [[0] * i.question + [1] * (len(i.ids) - i.question) for i in inputs]
            states = self._bert.states([i.ids for i in inputs], kinds)
            return [np.asarray(s @ self._head.T + self._bias) for s in states]
        if self._request is None:
            self._request = self._compiled()
            self._bert = None
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i].ids))
        logits: dict[int, Floats] = {}
        for start in range(0, len(order), _BATCH_PASSAGES):
            batch = order[start : start + _BATCH_PASSAGES]
            self._request.infer(_padded([inputs[i] for i in batch]))
            scores = self._request.get_output_tensor(0).data
            for row, i in enumerate(batch):
                logits[i] = scores[row, : len(inputs[i].ids)].copy()
        return [logits[i] for i in range(len(inputs))]

    def _compiled(self) -> Any:
        from rag_infer.embed.bert_graph import BertShape, build_scorer

        shape = BertShape(self._head.shape[1], self._layers, self._heads, self._epsilon)
        return compiled(build_scorer(self._weights, shape, _HEAD), "LATENCY").create_infer_request()


@dataclass(frozen=True, slots=True)
class _EncodedPair:
    """Tokens of a question and a passage, specials included; the first ``question`` are its."""

    ids: list[int]
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


@functools.lru_cache(maxsize=1)
def reader() -> SpanReader:
    """The reader that comes with the package."""
    return SpanReader()


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
    return {
        name: values.astype(np.float32) * shipped[f"{name}.scale"]
        if f"{name}.scale" in scales
        else values
        for name, values in shipped.items()
        if name not in scales
    }
