"""Questions generated from the documents themselves, without a model.

What sentences, lines, tables and headings answer with certainty is asked for, in part in other
words; near misses are unanswerable. Wording stays closer to the documents than people's, so that
the figures are an upper bound of what people find who word their questions themselves; ``overlap``
says how close, and is bounded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.evaluation.masked_drafts import masked_drafts_of
from rag_infer.evaluation.matching import tokens
from rag_infer.evaluation.question_context import told_apart
from rag_infer.evaluation.question_drafts import QuestionDraft, SourcePage, drafts_of
from rag_infer.evaluation.question_rephrasing import rephrased
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.table_drafts import table_drafts
from rag_infer.evaluation.unanswerable_questions import unanswerable_questions
from rag_infer.table_qa.query_table import QueryTable

MAX_OVERLAP = 0.75  # a question that repeats more of its sentence than this is left out
_SAME_QUESTION = 0.8  # of the words of two questions, for one to be a repetition of the other


@dataclass(frozen=True, slots=True)
class GeneratedQuestion:
    """A question generated from a text, with the share of its sentence's words that it repeats."""

    question: EvalQuestion
    overlap: float


def generate_questions(
    pages: Sequence[SourcePage],
    count: int,
    *,
    tables: Sequence[QueryTable] = (),
    seed: int = 0,
    unanswerable_share: float = 0.2,
    rephrase: bool = True,
    is_context_allowed: bool = True,
) -> list[GeneratedQuestion]:
    """Makes questions from texts: spread over documents and kinds, each asked once.

    Args:
        pages: The texts.
        count: Most questions that are generated; fewer where the texts do not give as many.
        tables: The tables of the texts, whose cells are asked for.
        seed: Another seed makes another choice.
        unanswerable_share: Share of the questions that no document answers.
        rephrase: Whether questions are put in other words than the documents'.
        is_context_allowed: Whether a question may name the document that it is asked of.

    Returns:
        The questions with ids ``generated-1`` and on, each with document, page and quote.
    """
    generator = random.Random(seed)  # noqa: S311 - chooses questions, no secret
    every = [d for page in pages for d in (*drafts_of(page), *masked_drafts_of(page))]
    every += table_drafts(tables, pages)
    apart = told_apart(every, pages)
    drafts = _unique([draft for draft in apart if is_context_allowed or not draft.context])
    generator.shuffle(drafts)
    drafts = _without_repetitions(drafts)
    unanswerable = unanswerable_questions(drafts, pages, int(count * unanswerable_share), generator)
    selected = _spread(drafts, count - len(unanswerable))
    if rephrase:
        selected = [rephrased(draft, generator) for draft in selected]
    generated = [as_generated(draft, number) for number, draft in enumerate(selected, 1)]
    for number, text in enumerate(unanswerable, len(generated) + 1):
        question = EvalQuestion(
            f"generated-{number}", text, answerable=False, kind="unanswerable"
        )  # fmt: skip
        generated.append(GeneratedQuestion(question, 0.0))
    return generated


def as_generated(draft: QuestionDraft, number: int) -> GeneratedQuestion:
    """A draft as a question with its number and place."""
    question = EvalQuestion(
        id=f"generated-{number}",
        question=draft.full_question,
        answers=(draft.answer,) if draft.answer else (),
        documents=(draft.page.document_id,),
        page=draft.page.number,
        quote=draft.quote,
        kind=draft.kind,
    )
    return GeneratedQuestion(question, overlap(draft))


def is_repetition(draft: QuestionDraft, other: QuestionDraft) -> bool:
    """Whether two questions ask nearly the same."""
    return _likeness(set(tokens(draft.question)), set(tokens(other.question))) >= _SAME_QUESTION


def _unique(drafts: Sequence[QuestionDraft]) -> list[QuestionDraft]:
    """Drafts whose question is asked of one place only, and does not repeat its sentence."""
    by_question: dict[str, list[QuestionDraft]] = {}
    for draft in drafts:
        by_question.setdefault(" ".join(tokens(draft.full_question)), []).append(draft)
    return [
        same[0]
        for same in by_question.values()
        if len(same) == 1 and overlap(same[0]) <= MAX_OVERLAP
    ]


def overlap(draft: QuestionDraft) -> float:
    """The share of the words of the sentence that the question repeats."""
    quote = set(tokens(draft.quote))
    return len(quote & set(tokens(draft.full_question))) / len(quote) if quote else 1.0


def _spread(drafts: Sequence[QuestionDraft], count: int) -> list[QuestionDraft]:
    """Drafts selected in turns over the documents, and in each over the kinds."""
    by_document: dict[str, dict[str, list[QuestionDraft]]] = {}
    for draft in drafts:
        kinds = by_document.setdefault(draft.page.document_id, {})
        kinds.setdefault(draft.kind, []).append(draft)
    queues = [_alternating(list(kinds.values())) for kinds in by_document.values()]
    return _alternating(queues)[: max(count, 0)]


def _alternating(queues: Sequence[Sequence[QuestionDraft]]) -> list[QuestionDraft]:
    longest = max(map(len, queues), default=0)
    return [queue[n] for n in range(longest) for queue in queues if n < len(queue)]


def _without_repetitions(drafts: Sequence[QuestionDraft]) -> list[QuestionDraft]:
    """Drafts of which no two ask nearly the same for the same answer: copies of a document.

    Two that ask a sentence for the same words ("Who is the broker?", "What is the broker?") ask
    the same however they are worded.
    """
    retained: dict[str, list[tuple[QuestionDraft, set[str]]]] = {}
    for draft in drafts:
        words = set(tokens(draft.full_question))
        key = " ".join(tokens(draft.answer or draft.quote))
        if not any(
            (one.quote == draft.quote and one.context == draft.context)
            or _likeness(words, other) >= _SAME_QUESTION
            for one, other in retained.get(key, ())
        ):
            retained.setdefault(key, []).append((draft, words))
    unique = {id(draft) for same in retained.values() for draft, _ in same}
    return [draft for draft in drafts if id(draft) in unique]


def _likeness(first: set[str], second: set[str]) -> float:
    """Shared words over all words (Jaccard)."""
    return len(first & second) / len(first | second) if first | second else 1.0
