"""Grades one answer: is it right, and if not, at which step did it go wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag_infer.evaluation.matching import contains, is_equal, token_f1
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.localization import ENGLISH
from rag_infer.types import CONFIDENT_PROBABILITY, Answer, Citation, Hit

Outcome = Literal["right", "wrong", "declined"]
Failure = Literal[
    "none", "not_indexed", "not_read", "not_retrieved", "not_cited", "not_answered", "declined",
    "not_declined",
]  # fmt: skip
FAILURES: tuple[Failure, ...] = (
    "not_indexed", "not_read", "not_retrieved", "not_cited", "not_answered", "declined",
    "not_declined",
)  # fmt: skip
"""The steps at which an answer can go wrong, in the order of the pipeline."""
PageTexts = Callable[[str], Sequence[str]]
"""The texts of the pages of a document, by its id."""


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage that was retrieved: where it is, its text, whether it answers."""

    location: str
    text: str
    is_source: bool
    document_id: str = ""
    page_number: int = 1


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """An answer with its grades. Grades are None where the question does not tell.

    Attributes:
        outcome: ``right``, ``wrong`` or ``declined``. Declining an unanswerable question is
            ``right``.
        failure: The step at which it went wrong: the document is not in the index, its text was
            not read (the quote stands on none of its pages), the passage was not retrieved, not
            cited, cited but the answer is another, declined although the passage was retrieved, or
            answered although the documents do not say.
        plainly_wrong: Wrong, and given without a caveat.
        retrieved_at: Rank of the first right passage, from 1.
        passage_retrieved: Whether a right passage was read: one retrieved, or the cell of a table
            that was looked up without a search and cited.
        f1: Token F1 of the short answer, else of the text, against the best reference answer.
        judged: Whether a model that was asked to judge calls it right.
    """

    question: EvalQuestion
    text: str
    answered: bool
    outcome: Outcome
    failure: Failure
    plainly_wrong: bool
    retrieved_at: int | None
    passage_retrieved: bool | None
    citation_right: bool | None
    exact: bool | None
    f1: float | None
    probability: float | None
    seconds: float
    citations: tuple[str, ...]
    passages: tuple[RetrievedPassage, ...] = field(default=())
    language: str = ENGLISH
    cost: float | None = None
    cited_documents: tuple[str, ...] = ()
    judged: bool | None = None


def grade(
    question: EvalQuestion,
    answer: Answer,
    document_ids: Collection[str],
    page_texts: PageTexts | None = None,
) -> GradedAnswer:
    """Grades an answer.

    Args:
        question: The question with what is known of its answer.
        answer: What the product answered.
        document_ids: Ids of all documents of the index.
        page_texts: What was read of a document; without it no failure is put down to reading.
    """
    rank = next((n for n, hit in enumerate(answer.hits, 1) if _is_source(question, hit)), None)
    has_source = bool(question.documents or question.quote or question.answers)
    citation_right = None
    if question.answerable and has_source and answer.answered:
        citation_right = any(_is_cited(question, citation) for citation in answer.citations)
    outcome = _outcome(question, answer, citation_right)
    # What a table answers is looked up there, without a search: what was cited was read.
    was_looked_up = not answer.hits and bool(citation_right)
    was_retrieved = rank is not None or was_looked_up
    short = answer.short_answer.quote if answer.short_answer else answer.text
    return GradedAnswer(
        question=question,
        text=answer.text,
        answered=answer.answered,
        outcome=outcome,
        failure=_failure(
            question, answer, outcome, was_retrieved, citation_right, document_ids, page_texts
        ),
        plainly_wrong=outcome == "wrong" and _is_plain(answer),
        retrieved_at=rank,
        passage_retrieved=was_retrieved if question.answerable and has_source else None,
        citation_right=citation_right,
        exact=_is_exact(question, short),
        f1=_best(question, lambda reference: token_f1(short, reference)),
        probability=answer.probability,
        seconds=answer.usage.total_s,
        citations=tuple(citation.location for citation in answer.citations),
        passages=tuple(
            RetrievedPassage(
                hit.location,
                hit.chunk.text,
                _is_source(question, hit),
                hit.chunk.document_id,
                hit.chunk.page_number,
            )
            for hit in answer.hits
        ),
        language=answer.language,
        cost=answer.usage.cost,
        cited_documents=tuple(dict.fromkeys(c.span.document_id for c in answer.citations)),
    )


def _is_exact(question: EvalQuestion, text: str) -> bool | None:
    if not question.answers:
        return None
    return any(is_equal(text, reference) for reference in question.answers)


def _best(question: EvalQuestion, score: Callable[[str], float]) -> float | None:
    return max((score(reference) for reference in question.answers), default=None)


def _outcome(question: EvalQuestion, answer: Answer, citation_right: bool | None) -> Outcome:
    if not question.answerable:
        return "wrong" if answer.answered else "right"
    if not answer.answered:
        return "declined"
    if question.answers:
        text = f"{answer.text}\n{answer.short_answer.quote if answer.short_answer else ''}"
        return (
            "right" if any(contains(text, reference) for reference in question.answers) else "wrong"
        )
    return "right" if citation_right else "wrong"


def _failure(
    question: EvalQuestion,
    answer: Answer,
    outcome: Outcome,
    was_retrieved: bool,
    citation_right: bool | None,
    document_ids: Collection[str],
    page_texts: PageTexts | None,
) -> Failure:
    if outcome == "right":
        return "none"
    if not question.answerable:
        return "not_declined"
    sources = [id_ for id_ in document_ids if names_document(question, id_)]
    if question.documents and not sources:
        return "not_indexed"
    if not was_retrieved:
        was_read = not sources or page_texts is None or _is_read(question, sources, page_texts)
        return "not_retrieved" if was_read else "not_read"
    if not answer.answered:
        return "declined"
    return "not_answered" if citation_right else "not_cited"


def _is_read(question: EvalQuestion, sources: Sequence[str], page_texts: PageTexts) -> bool:
    """Whether the index holds the words that answer; without a quote, any words of a source."""
    texts = [text for source in sources for text in page_texts(source)]
    if question.quote is None:
        return any(text.strip() for text in texts)
    return any(contains(text, question.quote) for text in texts)


def _is_plain(answer: Answer) -> bool:
    """Whether a reader is given no reason to doubt."""
    if answer.probability is not None:
        return answer.probability >= CONFIDENT_PROBABILITY
    return all(claim.verdict in ("supported", "unchecked") for claim in answer.claims)


def _is_source(question: EvalQuestion, hit: Hit) -> bool:
    """Whether a passage is one that answers.

    By its place and its quote where they are known; else it holds a reference answer. Without a
    quote the place decides: an answer such as "yes" or a sum stands nowhere literally.
    """
    text = hit.chunk.text
    if question.documents and not _is_place(question, hit.document_id, hit.chunk.page_number):
        return False
    if question.quote is not None:
        return contains(text, question.quote) or contains(question.quote, text)
    return bool(question.documents) or _gives_answer(question, text)


def _is_cited(question: EvalQuestion, citation: Citation) -> bool:
    if citation.format == "tool" or not question.documents:
        quote = citation.span.quote
        overlaps = question.quote is not None and contains(question.quote, quote)
        return overlaps or _gives_answer(question, quote)
    return _is_place(question, citation.span.document_id, citation.span.page_number)


def _gives_answer(question: EvalQuestion, text: str) -> bool:
    return any(contains(text, reference) for reference in question.answers)


def _is_place(question: EvalQuestion, document_id: str, page: int | None) -> bool:
    same_page = question.page is None or page is None or page == question.page
    return names_document(question, document_id) and same_page


def names_document(question: EvalQuestion, document_id: str) -> bool:
    """Whether a question names a document as one that holds its answer."""
    return any(_same_document(name, document_id) for name in question.documents)


def _same_document(name: str, document_id: str) -> bool:
    """Whether a document goes by this name: its id, its path or the end of either."""
    return document_id == name or document_id.endswith(f"/{name}") or name.endswith(
        f"/{document_id}"
    )  # fmt: skip


def by_failure(graded: Sequence[GradedAnswer]) -> list[GradedAnswer]:
    """The answers that are not right, by the step at which they went wrong."""
    return sorted(
        (answer for answer in graded if answer.failure != "none"),
        key=lambda answer: (FAILURES.index(answer.failure), answer.question.id),
    )
