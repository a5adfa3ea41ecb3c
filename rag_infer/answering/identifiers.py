"""Numbers and codes that name a thing: "what is its reference number?", "what is part 7.62.100?".

Judges of sentences see any figure as an answer to "which number". An identifier has a form of its
own and stands beside the words that say what it identifies, often in a line that is no sentence: a
header, a heading, a line of a form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.answering.labeled_values import LabeledAnswer, line_at, unit_at
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.text_normalization import has_key, key, words
from rag_infer.cite.typed_values import ValueKind, values
from rag_infer.types import Hit

LABELED_PROBABILITY = 0.8  # of the identifier beside the words asked for
HOLDER_PROBABILITY = 0.5  # of the only statements that hold the question's identifier
_MAX_GAP_CHARS = 60  # between the label and its identifier
_NUMBER_WORD = r"(?:numbers?|no\.?|nos\.?|nr\.?|num\.?|codes?|ids?|identifiers?|nummer|#|№)"
_ASKS = re.compile(
    r"\b(?:what|which)(?:'s| is| are| was)? (?:the |our |your |their |its |my |his |her )?"
    r"(?P<attribute>(?:(?!of\b|has\b|have\b)[\w'-]+ ){0,3})"
    r"(?:number|code|id|identifier|reference)\b"
    r"(?: (?:of|for|on) (?:the |our |your |a |an )?(?P<owner>[^?,]+))?",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"\b(?:total|maximum|minimum|exact|largest|highest|lowest|average|what|which|how)\s*$",
    re.IGNORECASE,
)
_OWNER_END = re.compile(
    r"\b(?:between|of|from|with|for|to|that|which|in|on|by|at|has|is)\b", re.IGNORECASE
)
# Letters with digits, groups of digits, or at least three digits.
_IDENTIFIER = re.compile(
    r"(?<![\w.,/€$£-])(?=[\w./-]*\d)(?:[A-Z]{1,8}[-/ ]?\d[\w./-]*\w|[A-Z]{1,8}(?:[-/][\w]+)+|"
    r"\d{1,6}[A-Za-z][\w-]*|\d+(?:[./-]\w+)+|\d{3,}(?: \d{2,})*|\d[\d -]{4,}\d)(?![\w€%])"
)
_VALUES: tuple[ValueKind, ...] = ("money", "percent", "date", "duration", "measure", "clock")
_JOIN = r"(?:[^.;\n]{0,40}?\b(?:is|are|was|lautet|ist)\b\s*|\s*[:=#.(]*\s*|\s+(?:is|are)\s+)"
_NUMBERED = re.compile(rf"\b{_NUMBER_WORD}\s*$", re.IGNORECASE)


def labeled_identifier(
    result: AnswerabilityResult, hits: Sequence[Hit], context_of: ContextOf
) -> LabeledAnswer | None:
    """The identifier beside the words that a question names it by, if there is one and no other.

    Args:
        result: The question, and the units as they were judged.
        hits: The passages, best first.
        context_of: What the document of a hit says of itself.
    """
    match = _ASKS.search(main_clause(result.profile.text))
    if match is None:
        return None
    label, is_counting = _label(match)
    if not label or is_counting:
        return None
    label_keys = {key(w) for w in label}
    subject = [k for k in result.profile.keys if k not in label_keys and k not in _GENERIC_KEYS]
    candidates: list[tuple[int, LabeledAnswer, str]] = []
    for hit in hits:
        text = hit.chunk.text
        chunk_keys = {w.key for w in words(f"{text} {' '.join(hit.chunk.heading)}")}
        if not all(has_key(chunk_keys | context_of(hit).keys, k) for k in subject):
            continue
        for start, end in _beside(label, text):
            line_start, line_end = line_at(text, start, end)
            line_keys = {w.key for w in words(text[line_start:line_end])}
            near = sum(has_key(line_keys, k) for k in subject)
            own = unit_at(result, hit, line_start, line_end, context_of)
            candidates.append((near, LabeledAnswer(own, (start, end)), text[start:end]))
    if not candidates:
        return None
    most = max(near for near, _, _ in candidates)
    best = [(line, value) for near, line, value in candidates if near == most]
    return best[0][0] if len({value for _, value in best}) == 1 else None


def holders_first(result: AnswerabilityResult) -> AnswerabilityResult:
    """Without the units on another identifier, where some have the one that the question names."""
    text = result.profile.text
    names = [text[a:b] for a, b in question_identifiers(text)]
    holders = [p for p in result.ranked if names and all(_holds(p[0].text, n) for n in names)]
    if not holders:
        return result
    ranked = tuple(p for p in result.ranked if p in holders or not any(_identifiers(p[0].text)))
    best = ranked[0][0]
    if best is not holders[0][0]:
        return replace(result, ranked=ranked)
    unit_keys = {w.key for w in words(f"{best.text} {best.context}")}
    named = {w.key for name in names for w in words(name)}
    rest = [k for k in result.profile.keys if k not in named and k not in _GENERIC_KEYS]
    probability = result.probability
    if all(has_key(unit_keys, k) for k in rest):
        probability = max(probability, HOLDER_PROBABILITY)
    return replace(result, ranked=ranked, probability=probability)


def question_identifiers(question: str) -> list[tuple[int, int]]:
    """Places of identifiers in a question: codes with letters or marks, and numbers so called."""
    places = []
    for start, end in _identifiers(question):
        surface = question[start:end]
        is_code = re.search(r"[A-Za-z]", surface) or len(re.findall(r"[./-]", surface)) >= 2
        if is_code or _NUMBERED.search(question[:start]):
            places.append((start, end))
    return places


_GENERIC_KEYS = frozenset(
    key(w) for w in "number code id identifier reference no nr item called mean have".split()
)


def _label(match: re.Match[str]) -> tuple[list[str], bool]:
    """The words beside the identifier, and whether things are counted rather than named."""
    attribute = (match["attribute"] or "").strip()
    if attribute:
        return attribute.split(), _COUNTS.search(attribute) is not None
    owner = _OWNER_END.split(match["owner"] or "")[0].split()
    if re.search(r"reference|code|id", match[0].split(" of ")[0], re.IGNORECASE) and not owner:
        return [], False
    return owner, bool(owner) and re.search(r"[^s]s$", owner[-1].lower()) is not None


def _beside(label: Sequence[str], text: str) -> Iterator[tuple[int, int]]:
    """Places of identifiers that follow the label."""
    stems = r"[\s-]+".join(rf"{re.escape(w[: max(3, len(w) - 1)])}\w{{0,4}}" for w in label)
    before = re.compile(rf"\b{stems}[\s-]*(?:{_NUMBER_WORD})?(?:{_JOIN})?\s*$", re.IGNORECASE)
    for start, end in _identifiers(text):
        window = text[max(0, start - _MAX_GAP_CHARS) : start]
        if before.search(window.rsplit("\n\n", 1)[-1]):
            yield start, end


def _identifiers(text: str) -> Iterator[tuple[int, int]]:
    taken = [
        (start, end)
        for kind in _VALUES
        for start, end in values(kind, text)
        if kind != "date" or _is_date(text[start:end])
    ]
    for match in _IDENTIFIER.finditer(text):
        if not any(a <= match.start() and match.end() <= b for a, b in taken):
            yield match.span()


def _is_date(text: str) -> bool:
    """Whether figures between marks can be a day, a month and a year."""
    figures = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{2}|\d{4})", text)
    if figures is None:
        return not re.fullmatch(r"[\d./]+", text) or len(text) == 4
    day, month = int(figures[1]), int(figures[2])
    return min(day, month) <= 12 and max(day, month) <= 31


def _holds(text: str, name: str) -> bool:
    """Whether a text has an identifier, also as the last part of a longer one."""
    pattern = rf"(?<![^\W_])(?<!\d[.,]){re.escape(name)}(?![^\W_]|[.,-]\d)"
    return re.search(pattern, text, re.IGNORECASE) is not None
