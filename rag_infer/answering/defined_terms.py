"""Values under a name that the document gives them: "on the Effective Date", made on 1 March 2022.

A contract says its dates and sums once, beside the name that it uses from there on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.answering.labeled_values import LabeledAnswer, line_at, unit_at
from rag_infer.answering.short_answers import CUE_CHARS, value_cues
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ROLE, ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values, values
from rag_infer.types import Hit

_KINDS: frozenset[ValueKind] = frozenset({"date", "money", "percent", "duration"})
_MAX_DISTANCE_CHARS = 40  # from a value to the name that is given to it


def defined_value(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> LabeledAnswer | None:
    """The line that defines the term by which the best unit says the value that is asked for.

    Args:
        result: The question, and the units as they were judged.
        hits: The passages, best first.
        context_of: What the document of a hit says of itself.

    Returns:
        None where the best unit names no such term in the place of a value.
    """
    best = result.ranked[0][0]
    question = main_clause(result.profile.text)
    kind = asked_value(question)
    if kind not in _KINDS:
        return None
    for hit in hits:
        if hit.document_id != best.hit.document_id:
            continue
        text = hit.chunk.text
        for match in ROLE.finditer(text):
            if not _names_term(best.text, match[1], question, kind):
                continue
            first = max(0, match.start() - _MAX_DISTANCE_CHARS)
            spans = list(values(kind, text[first : match.start()]))
            if spans:
                span = first + spans[-1][0], first + spans[-1][1]
                line = unit_at(result, hit, *line_at(text, *span), context_of)
                if line is best:
                    return None
                return LabeledAnswer(line, span, best)
    return None


def _names_term(text: str, term: str, question: str, kind: ValueKind) -> bool:
    """Whether a sentence uses the term where the value that is asked for would stand."""
    use = re.search(rf"\b(?:the|this|such|each) {re.escape(term)}\b", text)
    if use is None:
        return False
    if not fresh_values(kind, text, question):
        return True
    # It has a value too: the word before the term must say what the question asks for.
    before = text[max(0, use.start() - CUE_CHARS) : use.start()]
    return any(cue.search(before) for cue in value_cues(question))
