"""Questions to begin with: a few that the documents of a user answer, made from their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from rag_infer import Filter, Index
from rag_infer.cite.question_language import text_language
from rag_infer.evaluation.question_drafts import SourcePage, question_pairs
from rag_infer.evaluation.question_generation import generate_questions
from rag_infer.index.catalog import DocumentRow
from rag_infer.languages import ENGLISH
from rag_infer.retrieve import document_access

_QUESTIONS = 4
_PAGES = 16  # that are read, evenly over the index; of few documents several of each
_PAGE_CHARS = 6_000
_CACHED = 128

_Key = tuple[str, int, frozenset[str] | None]


class QuestionSuggestions:
    """Suggests questions; those of one generation and one set of groups are made once."""

    def __init__(self) -> None:
        self._questions: OrderedDict[_Key, list[str]] = OrderedDict()

    def questions(self, index: Index, filter_: Filter) -> list[str]:
        """Up to four questions, of different documents where they can be had.

        Args:
            index: The index.
            filter_: What the user may read; nothing else is looked at.
        """
        snapshot = index.engine.snapshot
        groups = None if filter_.groups is None else frozenset(filter_.groups)
        key = (str(index.path), snapshot.manifest.generation, groups)
        if key not in self._questions:
            self._questions[key] = _generate(index, filter_)
            while len(self._questions) > _CACHED:
                self._questions.popitem(last=False)
        return self._questions[key]


def _generate(index: Index, filter_: Filter) -> list[str]:
    rows = index.documents(filter_)
    if not rows:
        return []
    chosen = rows[:: max(1, len(rows) // _PAGES)][:_PAGES]
    pages = [page for row in chosen for page in _pages(index, row, filter_, _PAGES // len(chosen))]
    generated = generate_questions(
        [_in_its_language(page) for page in pages],
        _QUESTIONS,
        unanswerable_share=0.0,
        rephrase=False,
        is_context_allowed=False,
    )
    return [entry.question.question for entry in generated]


def _in_its_language(page: SourcePage) -> SourcePage:
    """A page of which questions are made in its language: English, else what it asks itself."""
    is_english = text_language(page.text) == ENGLISH
    return page if is_english else replace(page, text=question_pairs(page.text))


def _pages(index: Index, row: DocumentRow, filter_: Filter, count: int) -> Iterator[SourcePage]:
    """The first page, and others evenly over the document: a first page may be a title alone."""
    snapshot = index.engine.snapshot
    view = document_access.page(snapshot, row.id, 1, filter_)
    yield SourcePage(row.id, row.title, 1, view.text[:_PAGE_CHARS])
    step = max(1, view.pages // count)
    for number in range(1 + step, view.pages + 1, step)[: count - 1]:
        text = document_access.page(snapshot, row.id, number, filter_).text
        yield SourcePage(row.id, row.title, number, text[:_PAGE_CHARS])
