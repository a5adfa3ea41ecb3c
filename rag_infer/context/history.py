"""Earlier turns of a conversation: kept, condensed or dropped, each as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.context.passage_selection import ELLIPSIS, escape_fences
from rag_infer.context.template import Message, Template
from rag_infer.sentences import sentences
from rag_infer.types import OmittedItem

_MESSAGE_OVERHEAD_TOKENS = 8  # tokens of a message's markers; the rendered whole has the last word
_MAX_CONDENSED_SHARE = 0.6  # of a turn's length; condensed to no less, it stays as it was or goes
LAYER = "history"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer. ``number`` counts from 1, the oldest."""

    number: int
    messages: tuple[Message, ...]
    tokens: int


def read_turns(
    template: Template, history: Sequence[Message]
) -> tuple[list[Turn], list[OmittedItem]]:
    """Whole turns, oldest first; what is not a question with its answer is listed as left out.

    Templates may insist on alternation, so half a turn cannot be shown.
    """
    groups: list[list[Message]] = []
    for message in history:
        if message["role"] == "user" or not groups:
            groups.append([])
        groups[-1].append({**message, "content": template.plain(escape_fences(message["content"]))})
    turns: list[Turn] = []
    incomplete: list[OmittedItem] = []
    for number, group in enumerate(groups, 1):
        turn = _turn(template, number, group)
        if [m["role"] for m in group] == ["user", "assistant"]:
            turns.append(turn)
        else:
            incomplete.append(_omitted_part(turn, "not one question with one answer", turn.tokens))
    return turns, incomplete


def select_turns(
    template: Template, turns: Sequence[Turn], available: int
) -> tuple[list[Turn], list[OmittedItem]]:
    """The newest turns that fit, whole, then condensed where that is worth it; the rest is listed.

    No turn is kept that is older than one that was dropped: what remains is one conversation.
    """
    selected: list[Turn] = []
    omitted: list[OmittedItem] = []
    fits_uncut = True
    for position in range(len(turns) - 1, -1, -1):
        turn = turns[position]
        fits_uncut = fits_uncut and turn.tokens <= available
        candidate = turn if fits_uncut else _condensed_turn(template, turn)
        if candidate is None or candidate.tokens > available:
            omitted += [_omitted_part(t, "no room", t.tokens) for t in turns[: position + 1]]
            break
        if candidate is not turn:
            reason = "condensed to its first sentence"
            omitted.append(_omitted_part(turn, reason, turn.tokens - candidate.tokens))
        selected.append(candidate)
        available -= candidate.tokens
    return selected[::-1], omitted


def omitted_turn(turn: Turn) -> OmittedItem:
    """A turn that had to go after all."""
    return _omitted_part(turn, "no room", turn.tokens)


def _omitted_part(turn: Turn, reason: str, tokens: int) -> OmittedItem:
    return OmittedItem(f"earlier turn {turn.number}", reason, tokens, LAYER)


def _turn(template: Template, number: int, messages: Sequence[Message]) -> Turn:
    tokens = sum(
        n + _MESSAGE_OVERHEAD_TOKENS for n in template.counts([m["content"] for m in messages])
    )
    return Turn(number, tuple(messages), tokens)


def _condensed_turn(template: Template, turn: Turn) -> Turn | None:
    """The question with the first sentence of its answer, marked; None if not much shorter."""
    question, answer = turn.messages
    spans = sentences(answer["content"])
    if len(spans) < 2:
        return None
    start, end = spans[0]
    first_sentence = {**answer, "content": f"{answer['content'][start:end]} {ELLIPSIS}"}
    condensed = _turn(template, turn.number, [question, first_sentence])
    return condensed if condensed.tokens <= _MAX_CONDENSED_SHARE * turn.tokens else None
