"""Questions that people asked, as questions of an evaluation.

What they said of the answers makes the label: an answer called right keeps its sources, a
correction is the answer, a passage that would have answered is the source, a refusal called right
is a question that the documents do not answer. An answer called wrong without any of these only
tells what is not right, so it makes no question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.types import Answer
from rag_infer.userdata.conversations import ConversationTurn
from rag_infer.userdata.feedback import Feedback, turn_of
from rag_infer.userdata.usage_log import UsageRecord

_TOOL = "tool"
_NUMBER = re.compile(r"\s*\[\d+\]")


@dataclass(frozen=True, slots=True)
class FeedbackQuestions:
    """Questions with their labels, and those whose right answer nobody told."""

    questions: tuple[EvalQuestion, ...]
    unlabeled: tuple[str, ...]


def questions_of_feedback(feedback: Iterable[Feedback]) -> FeedbackQuestions:
    """Questions from what was said of answers; of one question, what was said last counts.

    Args:
        feedback: Oldest first.
    """
    latest_feedback = {" ".join(one.question.split()).casefold(): one for one in feedback}
    questions = {key: _question(one) for key, one in latest_feedback.items()}
    return FeedbackQuestions(
        tuple(question for question in questions.values() if question is not None),
        tuple(
            latest_feedback[key].question for key, question in questions.items() if question is None
        ),
    )


def _question(feedback: Feedback) -> EvalQuestion | None:
    id_, text = f"feedback-{feedback.id}", feedback.question
    if feedback.correction is not None:
        return EvalQuestion(id_, text, (feedback.correction,), kind="corrected")
    if feedback.passage is not None:
        passage = feedback.passage
        return EvalQuestion(
            id_, text, documents=(passage.document_id,), page=passage.page_number, kind="corrected"
        )
    if not feedback.is_right:
        return None
    if not feedback.answered:
        return EvalQuestion(id_, text, answerable=False, kind="declined")
    return _from_sources(EvalQuestion(id_, text, kind="confirmed"), feedback)


def confirmed(question: EvalQuestion, answer: Answer) -> EvalQuestion:
    """A question whose answer a person called right, with that answer's sources as its label."""
    turn = turn_of(answer)
    if not turn.answered:
        return replace(question, answerable=False)
    return _from_sources(question, turn)


def _from_sources(question: EvalQuestion, turn: Feedback | ConversationTurn) -> EvalQuestion:
    sources = [s for s in turn.sources if s.document_id and s.format != _TOOL]
    if not sources:
        return replace(question, answers=(_NUMBER.sub("", turn.answer).strip(),))
    first = sources[0]
    is_one_page = len({(s.document_id, s.page_number) for s in sources}) == 1
    return replace(
        question,
        documents=tuple(dict.fromkeys(source.document_id for source in sources)),
        page=first.page_number if is_one_page and first.page_number >= 1 else None,
        quote=first.quote if len(sources) == 1 else None,
    )


def questions_of_log(records: Sequence[UsageRecord], index: str) -> list[EvalQuestion]:
    """Questions that were asked of an index, the most frequent first, still without an answer.

    Args:
        records: The usage log.
        index: The index, as the log names it.
    """
    counts: dict[str, list[str]] = {}
    for record in records:
        if record.index == index:
            text = " ".join(record.question.split())
            counts.setdefault(text.casefold(), []).append(text)
    frequent = sorted(counts.values(), key=lambda texts: -len(texts))
    return [EvalQuestion(f"log-{n}", texts[0], kind="log") for n, texts in enumerate(frequent, 1)]
