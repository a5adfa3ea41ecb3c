"""Questions to begin with: a few that the documents of a user answer, made from their text."""

from __future__ import annotations

from collections import OrderedDict

from rag_infer import Filter, Index
from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.question_generation import generate_questions
from rag_infer.retrieve import document_access

_QUESTIONS = 4
_DOCUMENTS = 16  # the first page of so many is read, evenly over the index
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
    step = max(1, len(rows) // _DOCUMENTS)
    snapshot = index.engine.snapshot
    pages = [
        SourcePage(
            row.id,
            row.title,
            1,
            document_access.page(snapshot, row.id, 1, filter_).text[:_PAGE_CHARS],
        )
        for row in rows[::step][:_DOCUMENTS]
    ]
    generated = generate_questions(pages, _QUESTIONS, unanswerable_share=0.0, rephrase=False)
    return [entry.question.question for entry in generated]
