"""The fields of one document: from a label, from a sentence, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from rag_infer.answering.extractive import extract
from rag_infer.answering.extractive_answerer import EXTRACTIVE_TOP_K, context_reader
from rag_infer.answering.near_misses import SETTLED_PROBABILITY
from rag_infer.cite.answer_units import answer_units
from rag_infer.cite.text_normalization import words
from rag_infer.engine import Engine
from rag_infer.extraction.fields import ExtractionField
from rag_infer.extraction.labeled_values import LabeledValue, labeled_values, value_places
from rag_infer.extraction.labels import LabelMatch, label_match
from rag_infer.extraction.results import CellSource, ExtractionCell
from rag_infer.extraction.sentence_values import (
    SentenceValue,
    form_free_keys,
    nearest_place,
    sentence_values,
)
from rag_infer.extraction.value_parsing import parse_value
from rag_infer.index.catalog import DocumentRow
from rag_infer.retrieve import Filter, word_share
from rag_infer.retrieve.filters import exact_path
from rag_infer.types import Answer, Citation, Grade, Hit, Span, answered_grade

MAX_PAGES = 200  # of a document, that are looked through for labels
_MAX_PAGE_CHARS = 60_000
_MAX_TEXT_CHARS = 300  # of a value that is a whole sentence
_MAX_TAIL_WORDS = 7
# That a value beside its label is the right one, by how the label names the field.
_LABEL_PROBABILITY: dict[LabelMatch, float] = {
    "same": 0.97, "synonym": 0.9, "short": 0.85, "part": 0.7,
}  # fmt: skip
_MAX_OPENING_CHARS = 100  # of the first line, in which a document says what it is
_AMBIGUITY = 0.7  # several labels name the field, with different values
_SENTENCE_PROBABILITY = 0.55  # of a sentence that names the field and has such a value
_LEAD = re.compile(
    r"(?:(?:is|are|was|were|shall|be|of|by|to|the|a|an|in|with|for|at|that|said|:|-)\s+)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    page: int
    start: int
    end: int
    quote: tuple[int, int]
    probability: float
    source: CellSource


class DocumentReader:
    """Reads fields of documents of an index, those that a filter allows.

    Args:
        engine: The open index.
        filter: The documents that are read; rarity of words is that among them.
    """

    def __init__(self, engine: Engine, filter: Filter) -> None:
        self._engine = engine
        self._filter = filter
        self._share: Callable[[str], float] = word_share(engine.snapshot, filter)
        self._context_of = context_reader(engine)

    def cells(
        self, document: DocumentRow, fields: tuple[ExtractionField, ...]
    ) -> tuple[ExtractionCell, ...]:
        """A cell for each field, in order."""
        pages = self._pages(document)
        labeled = [
            (number, value) for number, text in pages.items() for value in labeled_values(text)
        ]
        return tuple(self._cell(document, field, pages, labeled) for field in fields)

    def hits(self, document: DocumentRow, question: str) -> list[Hit]:
        """The passages of a document that are nearest to a question."""
        within = replace(self._filter, paths=(exact_path(document.id),))
        return self._engine.search(question, EXTRACTIVE_TOP_K, filter=within)

    def cell_of(
        self,
        document: DocumentRow,
        field: ExtractionField,
        page_number: int,
        location: tuple[int, int],
        quote: tuple[int, int],
        probability: float,
        source: CellSource,
    ) -> ExtractionCell | None:
        """A cell with the value at a place; None where a strict type or a choice excludes it."""
        stored = self._engine.snapshot.page(document.id, page_number)
        if stored is None:
            return None
        page_row, page = stored
        text = page[slice(*location)]
        around = page[slice(*quote)]
        parsed = parse_value(field.type, text, f"{around} {page}")
        if parsed is None and field.type != "text" and field.is_strict:
            return None
        value: str | int | float | bool | None = text if field.type == "text" else None
        unit = None
        if parsed is not None:
            value, unit = parsed
        if field.choices:
            choice = _choice(field.choices, text, value)
            if choice is None:
                return None
            value = choice
        span = Span(document.id, page_number, *location, text)
        quoted_span = Span(document.id, page_number, *quote, around)
        heading = next(
            (u.heading for u in answer_units(page) if u.start <= location[0] < u.end), ""
        )
        citation = Citation(
            1, quoted_span, (heading,) if heading else (), page_row.label, document.format
        )
        grade = answered_grade(probability)
        return ExtractionCell(
            field.name, text, value, unit, field.type, grade, probability, source, span, citation
        )

    def _cell(
        self,
        document: DocumentRow,
        field: ExtractionField,
        pages: dict[int, str],
        labeled: list[tuple[int, LabeledValue]],
    ) -> ExtractionCell:
        by_label = _by_label(field, pages, labeled)
        candidates = [c for c in by_label if c.probability > _LABEL_PROBABILITY["part"]]
        grade: Grade = "none"
        best_guess = 0.0
        if not candidates and self._may_have(field, pages):
            by_sentence = sentence_values(field, pages.items())
            for question in field.questions:
                answer = self._ask(document, question)
                best_guess = max(best_guess, answer.probability or 0.0)
                grade = "nearest" if answer.grade == "nearest" else grade
                read = _by_answer(field, answer, pages, by_sentence)
                if read is not None:
                    candidates.append(read)
                    break
        candidates = sorted([*candidates, *by_label], key=lambda c: -c.probability)
        for candidate in candidates:
            cell = self.cell_of(
                document, field, candidate.page, (candidate.start, candidate.end),
                candidate.quote, candidate.probability, candidate.source,
            )  # fmt: skip
            if cell is not None:
                return cell
        return ExtractionCell(field.name, None, None, None, field.type, grade, best_guess)

    def _pages(self, document: DocumentRow) -> dict[int, str]:
        pages = {}
        for number in range(1, MAX_PAGES + 1):
            page = self._engine.snapshot.page(document.id, number)
            if page is None:
                break
            pages[number] = page[1][:_MAX_PAGE_CHARS]
        return pages

    def _may_have(self, field: ExtractionField, pages: dict[int, str]) -> bool:
        """Whether a document has any value of the field's type: else it need not be asked."""
        if field.type in ("text", "boolean"):
            return True
        return any(value_places(field.type, text) for text in pages.values())

    def _ask(self, document: DocumentRow, question: str) -> Answer:
        return extract(
            question,
            self.hits(document, question),
            self._engine.embedder,
            self._share,
            context_of=self._context_of,
            page_text=self._page_text,
        )

    def _page_text(self, hit: Hit) -> str:
        page = self._engine.snapshot.page(hit.document_id, hit.chunk.page_number)
        return page[1] if page else ""


def _by_label(
    field: ExtractionField, pages: dict[int, str], labeled: list[tuple[int, LabeledValue]]
) -> list[_Candidate]:
    """The value beside the label that names the field best; none where it is of another type."""
    opening = next((line for line in pages.get(1, "").splitlines() if line.strip()), "")
    own = {w.key for w in words(opening[:_MAX_OPENING_CHARS])}
    matches = [(label_match(field.label, v.label, own), page, v) for page, v in labeled]
    for level, probability in _LABEL_PROBABILITY.items():
        values = []
        for match, page, value in matches:
            if match != level:
                continue
            places = value_places(field.type, pages[page][value.start : value.end], is_cell=True)
            is_typed = field.type not in ("text", "boolean")
            if is_typed and not places and (level != "same" or field.is_strict):
                continue
            start, end = value.start, value.end
            if places:
                start, end = value.start + places[0][0], value.start + places[0][1]
            quote = (value.quote_start, value.quote_end)
            values.append((bool(places), _Candidate(page, start, end, quote, probability, "label")))
        values.sort(key=lambda pair: not pair[0])  # those of the type first
        if values:
            texts = {" ".join(pages[c.page][c.start : c.end].split()) for _, c in values}
            weight = 1.0 if len(texts) == 1 else _AMBIGUITY
            return [replace(c, probability=weight * c.probability) for _, c in values]
    return []


def _by_answer(
    field: ExtractionField,
    answer: Answer,
    pages: dict[int, str],
    by_sentence: tuple[SentenceValue, ...],
) -> _Candidate | None:
    """The value in the words that answer, or in a sentence that names the field."""
    quoted = answer.citations[0].span if answer.citations else None
    named = [v for v in by_sentence if v.score >= by_sentence[0].score]
    if quoted is not None:
        same = [
            v
            for v in by_sentence
            if v.page_number == quoted.page_number and v.start < quoted.end and quoted.start < v.end
        ]
        if answer.answered:
            location = _place_in_answer(field, answer, quoted)
            is_sure = (answer.probability or 0.0) >= SETTLED_PROBABILITY
            if location is not None and (is_sure or same or not named):
                start, end = location
                return _Candidate(
                    quoted.page_number, start, end, (quoted.start, quoted.end),
                    answer.probability or 0.0, "sentence",
                )  # fmt: skip
        named = same or named
    if not named:
        return None
    best = named[0]
    return _Candidate(
        best.page_number, best.start, best.end, (best.unit.start, best.unit.end),
        _SENTENCE_PROBABILITY * best.score, "sentence",
    )  # fmt: skip


def _place_in_answer(
    field: ExtractionField, answer: Answer, quoted: Span
) -> tuple[int, int] | None:
    short = answer.short_answer
    if short is not None and short.page_number != quoted.page_number:
        short = None
    if field.type not in ("text", "boolean"):
        places = value_places(field.type, quoted.quote)
        if places:
            start, end = nearest_place(form_free_keys(field.label), quoted.quote, places)
            if short is not None:
                overlapping = [
                    p for p in places
                    if quoted.start + p[0] < short.end and short.start < quoted.start + p[1]
                ]  # fmt: skip
                start, end = overlapping[0] if overlapping else (start, end)
            return quoted.start + start, quoted.start + end
        is_sure = (answer.probability or 0.0) >= SETTLED_PROBABILITY
        if field.is_strict or not is_sure:
            return None
    if short is not None:
        return short.start, short.end
    tail = _tail(field, quoted.quote)
    if tail is not None:
        return quoted.start + tail[0], quoted.start + tail[1]
    return quoted.start, min(quoted.end, quoted.start + _MAX_TEXT_CHARS)


def _tail(field: ExtractionField, quote: str) -> tuple[int, int] | None:
    """The few words after the last word of the field's name, up to the end of the sentence."""
    keys = form_free_keys(field.label)
    ends = [w.end for w in words(quote) if w.key in keys]
    if not ends:
        return None
    start = ends[-1]
    rest = quote[start:]
    lead = _LEAD.match(rest.lstrip())
    start += len(rest) - len(rest.lstrip()) + (lead.end() if lead else 0)
    end = len(quote.rstrip(" .;"))
    count = len(quote[start:end].split())
    if not 1 <= count <= _MAX_TAIL_WORDS or not re.match(r"\w", quote[start:end]):
        return None
    return None if re.search(r"[,;:.]\s", quote[start:end]) else (start, end)


def _choice(
    choices: tuple[str, ...], text: str, value: str | int | float | bool | None
) -> str | None:
    """The choice that a value is, else the only one that its words name."""
    spoken = {" ".join(text.lower().split()), str(value).lower()}
    same = [choice for choice in choices if choice.lower() in spoken]
    if same:
        return same[0]
    named = [
        choice for choice in choices
        if re.search(rf"(?<!\w){re.escape(choice.lower())}(?!\w)", text.lower())
    ]  # fmt: skip
    return named[0] if len(named) == 1 else None
