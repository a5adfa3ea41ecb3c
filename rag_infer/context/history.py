"""Earlier turns of a conversation: kept, condensed or dropped, each as a whole.

Knows: what a turn is, how one is condensed.
Does not know: passages, how prompts are rendered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.context.passage_selection import CUT, escape_fences
from rag_infer.context.template import Message, Template
from rag_infer.sentences import sentences
from rag_infer.types import OmittedItem

_AROUND = 8  # tokens of a message's markers; the rendered whole has the last word
_WORTH = 0.6  # of a turn's length; condensed to no less, it stays as it was or goes
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
    odd: list[OmittedItem] = []
    for number, group in enumerate(groups, 1):
        turn = _turn(template, number, group)
        if [m["role"] for m in group] == ["user", "assistant"]:
            turns.append(turn)
        else:
            odd.append(_left(turn, "not one question with one answer", turn.tokens))
    return turns, odd


def choose_turns(
    template: Template, turns: Sequence[Turn], room: int
) -> tuple[list[Turn], list[OmittedItem]]:
    """The newest turns that fit, whole, then condensed where that is worth it; the rest is listed.

    No turn is kept that is older than one that was dropped: what remains is one conversation.
    """
    kept: list[Turn] = []
    out: list[OmittedItem] = []
    whole = True
    for at in range(len(turns) - 1, -1, -1):
        turn = turns[at]
        whole = whole and turn.tokens <= room
        shown = turn if whole else _condensed(template, turn)
        if shown is None or shown.tokens > room:
            out += [_left(t, "no room", t.tokens) for t in turns[: at + 1]]
            break
        if shown is not turn:
            why = "condensed to its first sentence"
            out.append(_left(turn, why, turn.tokens - shown.tokens))
        kept.append(shown)
        room -= shown.tokens
    return kept[::-1], out


def dropped(turn: Turn) -> OmittedItem:
    """A turn that had to go after all."""
    return _left(turn, "no room", turn.tokens)


def _left(turn: Turn, why: str, tokens: int) -> OmittedItem:
    return OmittedItem(f"earlier turn {turn.number}", why, tokens, LAYER)


def _turn(template: Template, number: int, messages: Sequence[Message]) -> Turn:
    tokens = sum(n + _AROUND for n in template.counts([m["content"] for m in messages]))
    return Turn(number, tuple(messages), tokens)


def _condensed(template: Template, turn: Turn) -> Turn | None:
    """The question with the first sentence of its answer, marked; None if not much shorter."""
    question, answer = turn.messages
    spans = sentences(answer["content"])
    if len(spans) < 2:
        return None
    start, end = spans[0]
    first = {**answer, "content": f"{answer['content'][start:end]} {CUT}"}
    shorter = _turn(template, turn.number, [question, first])
    return shorter if shorter.tokens <= _WORTH * turn.tokens else None
