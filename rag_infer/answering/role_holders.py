"""Who holds a role, and how to write to someone, by what stands beside a name in brackets.

"Present: Odile Marchetti (chair), Tomasz Brandt (treasurer)" answers "who is the treasurer?", and
"Sunniva Dahl <s.dahl@...>" what her address is; as sentences such lines say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag_infer.answering.labeled_values import LabeledAnswer, line_at, unit_at
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.text_normalization import content, words
from rag_infer.retrieve.document_dates import Date, version_date
from rag_infer.types import Hit

_NAME = r"[^\W\d_a-z][\w.’'-]*(?: (?:de |van |von |der |la )?[^\W\d_a-z][\w.’'-]*){1,3}"
_ASKS_ROLE = re.compile(
    r"^who(?:'s| is| are| was) (?:currently |now )?(?:the |our |your |an? )?"
    r"(?P<role>[a-z][\w-]*(?: [a-z][\w-]*){0,3}?)(?: (?:now|of the \w+|at the \w+))?\W*$"
    r"|^who (?P<verb>chair)s\b",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"(?P<name>{_NAME})\s*\((?:the |our )?(?P<role>[^()\n]{{3,40}})\)")
_ASKS_ADDRESS = re.compile(
    r"\b(?:e-?mail(?: address)?|mail address)\b.*?\bof (?P<of>[^?]+)|"
    r"(?P<whose>[^\W\d_][\w.’' -]{2,40}?)['’]s (?:e-?mail|mail address)",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(rf"(?P<name>{_NAME})\"?\s*<(?P<address>[\w.+-]+@[\w.-]+\w)>")


def bracketed_answer(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> LabeledAnswer | None:
    """The line in which the name of a role's holder, or the address of a name, stands.

    Args:
        result: The question, and the units as they were judged.
        hits: The passages, best first.
        context_of: What the document of a hit says of itself.

    Returns:
        That of the newest dated document; None where none has it, or one names several holders.
    """
    question = main_clause(result.profile.text)
    if match := _ASKS_ROLE.match(question):
        matches = list(_matches(hits, _BRACKETED, "role", _keys(match["role"] or match["verb"])))
        group = "name"
    elif match := _ASKS_ADDRESS.search(question):
        owner = _keys(re.sub(r"^.*\b(?:is|are|the)\s", "", match["of"] or match["whose"]))
        matches = list(_matches(hits, _ADDRESSED, "name", owner))
        group = "address"
    else:
        return None
    if not matches:
        return None
    dates = [_date(hit, context_of) for hit, _ in matches]
    newest = [pair for pair, date in zip(matches, dates, strict=True) if date == max(dates)]
    if len({match[group].lower() for _, match in newest}) != 1:
        return None
    hit, best = newest[0]
    line = unit_at(result, hit, *line_at(hit.chunk.text, *best.span()), context_of)
    return LabeledAnswer(line, best.span(group))


def _keys(text: str) -> frozenset[str]:
    return frozenset(w.key for w in content(words(text)))


def _matches(
    hits: Sequence[Hit], pattern: re.Pattern[str], group: str, keys: frozenset[str]
) -> Iterator[tuple[Hit, re.Match[str]]]:
    """Places where the text of a group has exactly the words that are asked for."""
    for hit in hits:
        for match in pattern.finditer(hit.chunk.text):
            if keys and _keys(match[group]) == keys:
                yield hit, match


def _date(hit: Hit, context_of: ContextOf) -> Date:
    return version_date(hit.document_id, context_of(hit).label) or (0, 0, 0)
