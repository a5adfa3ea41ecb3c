"""Where in a passage the short answer to a question stands, and whether it does at all.

Knows: the fitted span reader (``reader.safetensors``, written by ``training/reader.py``) and how to
run it on passages.
Does not know: which passages are worth reading, what is made of its judgement.

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

from rag_infer.embed.bert_numpy import Floats, NumpyBert, mapped
from rag_infer.embed.openvino_bert import bundled_folder

WEIGHTS = Path(__file__).with_name("reader.safetensors")
MAX_TOKENS = 256  # of question and passage together
QUESTION_TOKENS = 48
LONGEST = 30  # tokens of an answer


@dataclass(frozen=True, slots=True)
class Reading:
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
        scores = np.where(np.tri(b - a, k=-LONGEST, dtype=bool).T, -np.inf, scores)
        first, last = divmod(int(scores.argmax()), b - a)
        return (
            float(scores[first, last]),
            int(self.spans[a + first, 0]),
            int(self.spans[a + last, 1]),
        )


class Reader:
    """The reader, loaded. Raises ModelError when the bundled weights are not there."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        from tokenizers import Tokenizer

        folder = bundled_folder()
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = self._tokenizer.encode("").ids
        fitted = _restored(weights)
        self._head, self._bias = fitted.pop("qa_outputs.weight"), fitted.pop("qa_outputs.bias")
        words = mapped(folder / "model.safetensors")
        self._bert = NumpyBert(
            {k: v for k, v in words.items() if k.startswith("embeddings.")} | fitted,
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config["layer_norm_eps"]),
        )

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """What the reader makes of each passage; what is over MAX_TOKENS of one is not read."""
        if not passages:
            return []
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        coded = self._tokenizer.encode_batch(list(passages), add_special_tokens=False)
        room = MAX_TOKENS - len(asked) - 3
        head = [self._first, *asked, self._last]
        ids = [[*head, *c.ids[:room], self._last] for c in coded]
        kinds = [[0] * len(head) + [1] * (len(i) - len(head)) for i in ids]
        found = []
        for states, c in zip(self._bert.states(ids, kinds), coded, strict=True):
            logits = states @ self._head.T + self._bias
            inner = logits[len(head) : -1]
            none = logits[0]
            found.append(
                Reading(
                    np.asarray(inner[:, 0] - none[0]),
                    np.asarray(inner[:, 1] - none[1]),
                    np.array(c.offsets[:room], dtype=np.int32).reshape(-1, 2),
                )
            )
        return found


@functools.lru_cache(maxsize=1)
def reader() -> Reader:
    """The reader that comes with the package."""
    return Reader()


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


def _restored(path: Path) -> dict[str, Floats]:
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
