"""Lines of a form that answer by their key: "where is it?" by "Location: Warehouse 5".

The words of the question stand in other lines of the form ("Event: Stocktaking"), so that judges of
sentences prefer those. A line of a table of contents is a field too: a heading and its page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rag_infer.answering.labeled_values import LabeledAnswer, unit_at
from rag_infer.answering.mail_headers import asks_for_mail, is_sent_line
from rag_infer.cite.answer_units import entry_value
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import Kind, main_clause
from rag_infer.cite.text_normalization import content, has_key, key, words
from rag_infer.types import Hit

_SURE = 0.6  # an answer that is this probable needs no other
_KEYS: Mapping[Kind, re.Pattern[str]] = {
    "place": re.compile(
        r"\W*(?:location|place|venue|address|room|site|where|ort|raum|adresse|lieu|lugar)\b", re.I
    ),
    "time": re.compile(
        r"\W*(?:start|starts|begin|begins|date|time|when|day|beginn|datum|termin|uhrzeit|wann)\b",
        re.I,
    ),
}
_END_KEY = re.compile(r"\W*(?:end|ends|until|ende|bis|deadline|due)\b", re.IGNORECASE)
_ASKS_END = re.compile(r"\b(?:ends?|over|until|finish\w*|due|deadline)\b", re.IGNORECASE)
_ASKS_PAGE = re.compile(r"\b(?:which|what) page\b|\bpage number\b", re.IGNORECASE)
_CONTENTS_LINE = re.compile(
    r"^(?P<heading>[^\n]{1,120}?)[ \t]{0,8}(?:\.{3,}|(?:\. ){3,}|…+|_{3,}|\t)[ \t]*+"
    r"(?P<page>\d{1,4}|[ivxlc]{1,7}|[A-Z]-\d{1,3})[ \t]*$",
    re.MULTILINE,
)
_GENERIC = frozenset(
    key(w)
    for w in "take place held hold happen start begin meet event find located page end over".split()
)


def form_field(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> LabeledAnswer | None:
    """The line whose key is what the question asks for, of the form that has its other words.

    Args:
        result: The question, and the units as they were judged.
        hits: The passages, best first.
        context_of: What the document of a hit says of itself.

    Returns:
        None where no form has it, or two forms have different values.
    """
    question = main_clause(result.profile.text)
    if _ASKS_PAGE.search(question):
        return _only(_contents_lines(result, hits, context_of))
    if result.profile.kind not in _KEYS:
        return None
    key_pattern = _KEYS[result.profile.kind]
    unit = result.ranked[0][0].unit if result.ranked else None
    if unit is not None and unit.kind != "entry" and result.probability >= _SURE:
        return None
    if result.profile.kind == "time" and _ASKS_END.search(question):
        key_pattern = _END_KEY
    return _only(_fields(result, hits, key_pattern, context_of))


def _only(fields: Iterator[LabeledAnswer]) -> LabeledAnswer | None:
    matches = list(fields)
    texts = {m.sentence.hit.chunk.text[slice(*m.span)] for m in matches}
    return matches[0] if len(texts) == 1 else None


def _fields(
    result: AnswerabilityResult,
    hits: Sequence[Hit],
    key_pattern: re.Pattern[str],
    context_of: ContextOf,
) -> Iterator[LabeledAnswer]:
    subject = [k for k in result.profile.keys if k not in _GENERIC]
    if not subject:
        return
    for hit in hits:
        text = hit.chunk.text
        for block in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", text):
            lines = [
                (block.start() + m.start(), block.start() + m.end())
                for m in re.finditer(r"[^\n]*\S[^\n]*", block[0])
            ]
            entries = [(a, b) for a, b in lines if entry_value(text[a:b])]
            own = {w.key for w in words(block[0])}
            if len(entries) < 2 or not all(has_key(own, k) for k in subject):
                continue
            for start, end in entries:
                if is_sent_line(text[start:end]) and not asks_for_mail(result.profile.text):
                    continue
                value = entry_value(text[start:end])
                if value is not None and key_pattern.match(text[start:end]):
                    line = unit_at(result, hit, start, end, context_of)
                    yield LabeledAnswer(line, (start + value[0], start + value[1]))
                    break


def _contents_lines(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> Iterator[LabeledAnswer]:
    subject = [k for k in result.profile.keys if k not in _GENERIC]
    for hit in hits:
        for match in _CONTENTS_LINE.finditer(hit.chunk.text):
            own = {w.key for w in content(words(match["heading"]))}
            if subject and own and all(has_key(own, k) for k in subject):
                line = unit_at(result, hit, *match.span(), context_of)
                yield LabeledAnswer(line, match.span("page"))
