"""Asks every question of an evaluation and grades the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from rag_infer.answering.options import AskOptions
from rag_infer.api import Index
from rag_infer.evaluation.grading import GradedAnswer, grade, names_document
from rag_infer.evaluation.judge import ModelJudge
from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.index.tuning import NO_TUNING, Tuning
from rag_infer.retrieve import Filter
from rag_infer.table_qa.index_tables import tables
from rag_infer.table_qa.query_table import QueryTable


@dataclass(frozen=True, slots=True)
class EvalSettings:
    """What is evaluated: the parameters of ``Index.ask`` that a comparison may vary.

    ``tuning`` replaces the one that is kept with the index.
    """

    llm: str | None = None
    top_k: int | None = None
    options: AskOptions | None = None
    tuning: Tuning | None = None

    def varied(self, tuning: Tuning, top_k: int | None, reranker: str | None) -> EvalSettings:
        """These settings with another tuning, and with another top_k and reranker if not None."""
        options = self.options or AskOptions()
        if reranker is not None:
            retrieval = replace(options.retrieval, reranker=reranker)
            options = replace(options, retrieval=retrieval)
        return replace(self, tuning=tuning, top_k=top_k or self.top_k, options=options)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The graded answers of a run, and what gave them.

    Attributes:
        index: The folder of the index.
        generation: Its generation.
        model: What answered.
        answers: The graded answers.
        embedder: The embedder of the index.
        tuning: The parameters kept with the index, as text; empty where there are none.
        version: The version of this package.
    """

    index: str
    generation: int
    model: str
    answers: tuple[GradedAnswer, ...]
    embedder: str = ""
    tuning: str = ""
    version: str = ""


class Evaluator:
    """Asks single questions, each without a conversation, and grades the answers.

    Args:
        index: The index to evaluate.
        settings: Parameters of each question; None: the defaults.
        judge: A model that says whether answers are right; None: none is asked.
    """

    def __init__(
        self,
        index: Index,
        settings: EvalSettings | None = None,
        judge: ModelJudge | None = None,
    ) -> None:
        self._index = index
        self._judge = judge
        self._settings = settings or EvalSettings()
        rows = index.documents()
        self._ids = frozenset(row.id for row in rows)
        self._first_names = {copy.id: row.id for row in rows for copy in row.copies}
        self.model = ""

    def _as_cited(self, question: EvalQuestion) -> EvalQuestion:
        """The question with the documents that it names by a copy, as an answer cites them."""
        firsts = [
            first for copy, first in self._first_names.items() if names_document(question, copy)
        ]
        return replace(question, documents=(*question.documents, *firsts)) if firsts else question

    def answer(self, question: EvalQuestion) -> GradedAnswer:
        """The graded answer to a question. Raises as ``Index.ask`` does."""
        settings, engine = self._settings, self._index.engine
        present = engine.tuning_override
        engine.tuning_override = settings.tuning or present
        try:
            answer = self._index.ask(
                question.question,
                llm=settings.llm,
                top_k=settings.top_k,
                options=settings.options,
            )
        finally:
            engine.tuning_override = present
        self.model = answer.model
        texts = engine.snapshot.texts
        graded = grade(self._as_cited(question), answer, self._ids, lambda id_: list(texts(id_)))
        graded = replace(graded, question=question)
        if self._judge is None or not graded.answered:
            return graded
        return replace(graded, judged=self._judge.is_right(question, graded.text))


def evaluate(
    index: Index,
    questions: Sequence[EvalQuestion],
    settings: EvalSettings | None = None,
    *,
    judge: ModelJudge | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Asks the questions one by one, each without a conversation.

    Args:
        index: The index to evaluate.
        questions: What is asked, with what is known of the answers.
        settings: Parameters of each question; None: the defaults.
        judge: A model that says whether answers are right; None: none is asked.
        on_progress: Called after each question with the number done and the total.

    Raises:
        RagError: As ``Index.ask`` raises it.
    """
    evaluator = Evaluator(index, settings, judge)
    graded: list[GradedAnswer] = []
    for question in questions:
        graded.append(evaluator.answer(question))
        if on_progress is not None:
            on_progress(len(graded), len(questions))
    return evaluation_of(index, evaluator, graded)


def evaluation_of(
    index: Index, evaluator: Evaluator, answers: Sequence[GradedAnswer]
) -> Evaluation:
    """The answers of an evaluator as an evaluation of the index as it is now."""
    manifest = index.engine.manifest()
    tuning = index.engine.tuning
    return Evaluation(
        str(index.path),
        manifest.generation,
        evaluator.model,
        tuple(answers),
        manifest.embedder.name,
        "none" if tuning == NO_TUNING else str(tuning),
        version("rag-infer"),
    )


def page_texts(index: Index) -> list[SourcePage]:
    """The text of every page of an index."""
    return [
        SourcePage(row.id, row.title, number, text)
        for row in index.documents()
        for number, text in enumerate(index.engine.snapshot.texts(row.id), 1)
    ]


def document_tables(index: Index) -> list[QueryTable]:
    """The tables of the documents of an index that are computed over."""
    return tables(index.engine.snapshot, Filter())
