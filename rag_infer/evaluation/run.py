"""Asks every question of an evaluation and grades the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_infer.answering.options import AskOptions
from rag_infer.api import Index
from rag_infer.evaluation.grading import GradedAnswer, grade
from rag_infer.evaluation.question_generation import SourcePage
from rag_infer.evaluation.questions import EvalQuestion


@dataclass(frozen=True, slots=True)
class EvalSettings:
    """What is evaluated: the parameters of ``Index.ask`` that a comparison may vary."""

    llm: str | None = None
    top_k: int | None = None
    options: AskOptions | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The graded answers of a run, and the generation of the index that gave them."""

    index: str
    generation: int
    model: str
    answers: tuple[GradedAnswer, ...]


def evaluate(
    index: Index,
    questions: Sequence[EvalQuestion],
    settings: EvalSettings | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Asks the questions one by one, each without a conversation.

    Args:
        index: The index to evaluate.
        questions: What is asked, with what is known of the answers.
        settings: Parameters of each question; None: the defaults.
        on_progress: Called after each question with the number done and the total.

    Raises:
        RagError: As ``Index.ask`` raises it.
    """
    settings = settings or EvalSettings()
    ids = frozenset(row.id for row in index.documents())
    graded: list[GradedAnswer] = []
    model = ""

    def texts(document_id: str) -> list[str]:
        return document_texts(index, document_id)

    for question in questions:
        answer = index.ask(
            question.question, llm=settings.llm, top_k=settings.top_k, options=settings.options
        )
        model = answer.model
        graded.append(grade(question, answer, ids, texts))
        if on_progress is not None:
            on_progress(len(graded), len(questions))
    generation = index.status().generation
    return Evaluation(str(index.path), generation, model, tuple(graded))


def page_texts(index: Index) -> list[SourcePage]:
    """The text of every page of an index."""
    return [
        SourcePage(row.id, row.title, number, text)
        for row in index.documents()
        for number, text in enumerate(document_texts(index, row.id), 1)
    ]


def document_texts(index: Index, document_id: str) -> list[str]:
    """The text of every page of a document."""
    snapshot = index.engine.snapshot
    texts: list[str] = []
    while (page := snapshot.page(document_id, len(texts) + 1)) is not None:
        texts.append(page[1])
    return texts
