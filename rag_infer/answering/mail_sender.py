"""Who of a mail "we" and "I" are: the person whose name stands above its text.

"Who offered 12 lamps?" is answered by "We can deliver 12 lamps" and the line "From: Rune Dahl", in
a forwarded or quoted message by the line above that one.
"""

from __future__ import annotations

import re

from rag_infer.answering.labeled_values import LabeledAnswer, line_at, unit_at
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import has_key, words

_MIN_RELATIVE_PROBABILITY = 0.3  # of the best unit's
_MIN_COVERED = 0.5  # of the question's words, in the sentence or the subject of its message
_ASKS_ACTOR = re.compile(r"\b(?:who|by whom)\b(?! (?:is|are|was|were|am)\b)", re.IGNORECASE)
# Who does it: "he joins us" says nothing of what the writer does.
_FIRST_PERSON = re.compile(
    r"\b(?:I|we|my|our|I['’]\w+|we['’]\w+|ich|wir|mein|meine|unser|unsere)\b", re.I
)
_SENDER = re.compile(
    r"^[ \t>]*(?:From|Von|De):\s*\"?(?P<name>[^<\"\n]+?)\"?\s*(?:<[^>\n]*>)?\s*$"
    r"|(?P<author>[^\W\d_][\w.'’-]{0,60}+(?: [^\W\d_][\w.'’-]{0,60}+){0,3})\s*(?:<[^>\n]*>\s*)?"
    r"(?:wrote|schrieb|a écrit|escribió)\s*:",
    re.MULTILINE,
)


def mail_sender(result: AnswerabilityResult, context_of: ContextOf) -> LabeledAnswer | None:
    """The line that names who wrote the statement that answers; None where it says itself who.

    Args:
        result: The question, and the units as they were judged.
        context_of: What the document of a hit says of itself.
    """
    profile = result.profile
    best = result.ranked[0][0]
    if profile.kind != "person" or best.hit.format != "mail":
        return None
    if not _ASKS_ACTOR.search(main_clause(profile.text)):
        return None
    # A line of a header names a person, and does not say of what.
    if _names_person(best) and not _is_header(best):
        return None
    statements = [pair for pair in result.ranked if not _is_header(pair[0])]
    probability = statements[0][1] if statements else 0.0
    for sentence, own in statements:
        if own < _MIN_RELATIVE_PROBABILITY * probability:
            break
        if sentence.hit.format == "mail" and _is_statement(sentence, result):
            return _sender(result, sentence, context_of)
    return None


def _is_header(sentence: Sentence) -> bool:
    return sentence.unit is not None and sentence.unit.kind == "mail header"


def _names_person(sentence: Sentence) -> bool:
    if sentence.short is None or sentence.feature("reader") <= 0:
        return False
    read = sentence.hit.chunk.text[slice(*sentence.short)]
    return any(w.capital and not w.stop for w in words(read))


def _is_statement(sentence: Sentence, result: AnswerabilityResult) -> bool:
    """Whether someone says of themselves what the question asks about."""
    own = {w.key for w in words(sentence.text)}
    if not _FIRST_PERSON.search(sentence.text) or not result.profile.numbers <= own:
        return False
    unit_keys = own | {w.key for w in words(sentence.context)}
    covered = [k for k in result.profile.keys if has_key(unit_keys, k)]
    return len(covered) >= _MIN_COVERED * len(result.profile.keys)


def _sender(
    result: AnswerabilityResult, sentence: Sentence, context_of: ContextOf
) -> LabeledAnswer | None:
    text = sentence.hit.chunk.text
    above = list(_SENDER.finditer(text, 0, sentence.end))
    line = text[: sentence.start].rsplit("\n", 1)[-1] + sentence.text
    is_quoted = line.lstrip().startswith(">") or "\n>" in line
    matches = [m for m in above if (m["author"] is not None) == is_quoted]
    if not matches:
        return None
    span = matches[-1].span("author" if is_quoted else "name")
    start, end = (span[0], matches[-1].end()) if is_quoted else line_at(text, *span)
    unit = unit_at(result, sentence.hit, start, end, context_of)
    return LabeledAnswer(unit, span, None if unit is sentence else sentence)
