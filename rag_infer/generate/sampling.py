"""Which token comes next, and what text the tokens make so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Sampler:
    """Picks tokens: the likeliest at temperature 0, else by share among the ``top_p`` likeliest.

    ``penalty`` divides the scores of tokens that stand in the prompt or answer already (CTRL,
    arXiv:1909.05858), as a model's own generation config may ask for.
    """

    def __init__(
        self,
        temperature: float,
        top_p: float,
        seed: int | None,
        penalty: float,
        prompt_ids: Sequence[int],
    ) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._random = np.random.default_rng(seed)
        self._penalty = penalty
        self._used_tokens = set(prompt_ids)

    def pick(self, logits: NDArray[Any], allowed: NDArray[np.bool_] | None = None) -> int:
        scores = np.array(logits, dtype=np.float32)
        if self._penalty != 1.0:
            used = np.fromiter(self._used_tokens, dtype=np.int64)
            values = scores[used]
            scores[used] = np.where(values > 0, values / self._penalty, values * self._penalty)
        if allowed is not None:
            allowed = allowed[: len(scores)]
            scores[: len(allowed)][~allowed] = -np.inf
            scores[len(allowed) :] = -np.inf
        token = int(scores.argmax()) if self._temperature <= 0 else self._sampled(scores)
        self._used_tokens.add(token)
        return token

    def _sampled(self, scores: NDArray[np.float32]) -> int:
        logits = scores.astype(np.float64) / self._temperature
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        if self._top_p < 1:
            order = np.argsort(-shares, kind="stable")
            # The one that passes the mark stays in.
            dropped = order[1:][np.cumsum(shares[order])[:-1] >= self._top_p]
            shares[dropped] = 0
            shares /= shares.sum()
        return int(self._random.choice(len(shares), p=shares))


class TextStream:
    """Text of tokens as they come: never half a character, and special tokens left out.

    ``ended`` once a stop string stands in the text, which it then ends with.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[str]) -> None:
        from tokenizers.decoders import DecodeStream

        self._backend = tokenizer.backend_tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._text = ""
        self._stops = stops
        self.ended = False

    def add(self, token: int) -> str:
        self._ids.append(token)
        piece: str = self._stream.step(self._backend, token) or ""
        self._text += piece
        self.ended = any(stop in self._text for stop in self._stops)
        return piece

    def remainder(self) -> str:
        """What was held back, as the end may fall within a character."""
        full_text: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return full_text[len(self._text) :] if full_text.startswith(self._text) else ""
