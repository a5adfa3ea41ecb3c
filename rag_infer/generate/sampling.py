"""Which token comes next, and what text the tokens make so far.

Knows: greedy choice, sampling, penalties, guesses from the prompt, pieces of text as tokens come.
Does not know: models.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GRAM = 3  # tokens that have to agree before what followed them is guessed again
_FIRST, _MOST = 2, 12  # tokens guessed at once, at first and at most
_PATIENCE, _REST = 2, 24  # wrong guesses in a row, and for how many tokens nothing is guessed then


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
        seen: Sequence[int],
    ) -> None:
        self._temperature = temperature
        self._top_p = top_p
        self._random = np.random.default_rng(seed)
        self._penalty = penalty
        self._seen = set(seen)

    def pick(self, logits: NDArray[Any], allowed: NDArray[np.bool_] | None = None) -> int:
        scores = np.array(logits, dtype=np.float32)
        if self._penalty != 1.0:
            known = np.fromiter(self._seen, dtype=np.int64)
            found = scores[known]
            scores[known] = np.where(found > 0, found / self._penalty, found * self._penalty)
        if allowed is not None:
            allowed = allowed[: len(scores)]
            scores[: len(allowed)][~allowed] = -np.inf
            scores[len(allowed) :] = -np.inf
        token = int(scores.argmax()) if self._temperature <= 0 else self._sampled(scores)
        self._seen.add(token)
        return token

    def _sampled(self, scores: NDArray[np.float32]) -> int:
        logits = scores.astype(np.float64) / self._temperature
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        if self._top_p < 1:
            order = np.argsort(-shares, kind="stable")
            # The one that passes the mark stays in.
            out = order[1:][np.cumsum(shares[order])[:-1] >= self._top_p]
            shares[out] = 0
            shares /= shares.sum()
        return int(self._random.choice(len(shares), p=shares))


class PromptLookup:
    """Guesses what comes next where the last tokens stand in prompt or answer already (quotes).

    Prompt-lookup decoding (A. Saxena, 2023): guesses are read together with the last token, and
    kept as far as the model would have written them. Guesses grow while they are right and rest
    when they are wrong, as each costs a part of a token's time.
    """

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        self._length = _FIRST
        self._wrong = 0
        self._resting = 0
        self.guessed = self.right = 0
        for token in ids:
            self.add(token)

    def add(self, token: int) -> None:
        # What follows the last place of a gram; a gram at the very end has nothing after it yet.
        if len(self._ids) >= _GRAM:
            self._after[tuple(self._ids[-_GRAM:])] = len(self._ids)
        self._ids.append(token)

    def guess(self, most: int) -> list[int]:
        """At most so many tokens; none where there is nothing to go by."""
        if self._resting:
            self._resting -= 1
            return []
        at = self._after.get(tuple(self._ids[-_GRAM:]))
        if at is None:
            return []
        return self._ids[at : at + min(most, self._length)]

    def told(self, guessed: int, right: int) -> None:
        """How far the guesses of a step were right."""
        self.guessed += guessed
        self.right += right
        if right == guessed:
            self._length = min(_MOST, 2 * self._length)
            self._wrong = 0
            return
        self._length = max(_FIRST, right)
        self._wrong = self._wrong + 1 if right * 2 < guessed else 0
        if self._wrong >= _PATIENCE:
            self._wrong, self._resting = 0, _REST


class TextStream:
    """Text of tokens as they come: never half a character, and special tokens left out.

    ``ended`` once a stop string stands in the text, which it then ends with.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[str]) -> None:
        from tokenizers.decoders import DecodeStream

        self._words = tokenizer.backend_tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._text = ""
        self._stops = stops
        self.ended = False

    def add(self, token: int) -> str:
        self._ids.append(token)
        piece: str = self._stream.step(self._words, token) or ""
        self._text += piece
        self.ended = any(stop in self._text for stop in self._stops)
        return piece

    def rest(self) -> str:
        """What was held back, as the end may fall within a character."""
        whole: str = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        return whole[len(self._text) :] if whole.startswith(self._text) else ""
