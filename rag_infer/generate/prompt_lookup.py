"""Drafts of the next tokens, copied from where the last ones stand in the prompt or answer.

Answers over passages quote them, so a draft is often right and costs less than its tokens would.
"""

from __future__ import annotations

from collections.abc import Iterable

_NGRAM_TOKENS = 3  # tokens that have to agree before what followed them is drafted
_MIN_DRAFT_TOKENS, _MAX_DRAFT_TOKENS = 2, 12
_MAX_WRONG_DRAFTS, _PAUSE_TOKENS = 2, 24  # wrong drafts in a row, and the pause they cause


class PromptLookup:
    """Guesses what comes next where the last tokens stand in prompt or answer already (quotes).

    Prompt-lookup decoding (A. Saxena, 2023): guesses are read together with the last token, and
    kept as far as the model would have written them. Guesses grow while they are right and rest
    when they are wrong, as each costs a part of a token's time.
    """

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids: list[int] = []
        self._continuations: dict[tuple[int, ...], int] = {}
        self._length = _MIN_DRAFT_TOKENS
        self._wrong_drafts = 0
        self._pause_left = 0
        self.drafted = self.right = 0
        for token in ids:
            self.add(token)

    def add(self, token: int) -> None:
        # What follows the last place of a gram; a gram at the very end has nothing after it yet.
        if len(self._ids) >= _NGRAM_TOKENS:
            self._continuations[tuple(self._ids[-_NGRAM_TOKENS:])] = len(self._ids)
        self._ids.append(token)

    def draft(self, max_tokens: int) -> list[int]:
        """At most so many tokens; none where there is nothing to go by."""
        if self._pause_left:
            self._pause_left -= 1
            return []
        position = self._continuations.get(tuple(self._ids[-_NGRAM_TOKENS:]))
        if position is None:
            return []
        return self._ids[position : position + min(max_tokens, self._length)]

    def record(self, drafted: int, right: int) -> None:
        """How far the guesses of a step were right."""
        self.drafted += drafted
        self.right += right
        if right == drafted:
            self._length = min(_MAX_DRAFT_TOKENS, 2 * self._length)
            self._wrong_drafts = 0
            return
        self._length = max(_MIN_DRAFT_TOKENS, right)
        self._wrong_drafts = self._wrong_drafts + 1 if right * 2 < drafted else 0
        if self._wrong_drafts >= _MAX_WRONG_DRAFTS:
            self._wrong_drafts, self._pause_left = 0, _PAUSE_TOKENS
