"""What people said of answers becomes questions whose right answer is known."""

from __future__ import annotations

from dataclasses import replace

from rag_infer.evaluation.feedback_questions import questions_of_feedback, questions_of_log
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.userdata.conversations import CitedSource
from rag_infer.userdata.feedback import Feedback
from rag_infer.userdata.usage_log import UsageRecord

SOURCE = CitedSource(1, "lease.md, p. 2", "The rent is 900 euros.", "lease.md", 2, 0, 22, "pdf")
RIGHT = Feedback(1, "", "/i", "What is the rent?", "900 euros [1]", True, True, None, (SOURCE,))


def questions(*feedback: Feedback) -> list[EvalQuestion]:
    return list(questions_of_feedback(feedback).questions)


def test_a_right_answer_keeps_its_place_and_its_words() -> None:
    assert questions(RIGHT) == [
        EvalQuestion(
            "feedback-1", "What is the rent?", (), ("lease.md",), 2, SOURCE.quote, kind="confirmed"
        )
    ]


def test_of_several_sources_the_documents_are_kept() -> None:
    second = replace(SOURCE, number=2, document_id="annex.md", page_number=1)
    (question,) = questions(replace(RIGHT, sources=(SOURCE, second)))
    assert (question.documents, question.page, question.quote) == (
        ("lease.md", "annex.md"), None, None,
    )  # fmt: skip


def test_a_computed_answer_is_its_own_reference() -> None:
    computed = replace(RIGHT, answer="4 rows [1]", sources=(replace(SOURCE, format="tool"),))
    assert questions(computed)[0].answers == ("4 rows",)


def test_a_correction_is_the_answer_and_a_right_refusal_has_none() -> None:
    corrected = replace(RIGHT, is_right=False, correction="950 euros")
    declined = replace(RIGHT, id=2, question="Who?", answered=False, sources=())
    assert questions(corrected, declined) == [
        EvalQuestion("feedback-1", "What is the rent?", ("950 euros",), kind="corrected"),
        EvalQuestion("feedback-2", "Who?", answerable=False, kind="declined"),
    ]


def test_a_better_passage_is_the_source() -> None:
    passage = replace(SOURCE, document_id="lease.pdf", page_number=2)
    wrong = replace(RIGHT, is_right=False, passage=passage)
    (question,) = questions(wrong)
    assert (question.documents, question.page, question.quote) == (("lease.pdf",), 2, None)
    assert question.is_labeled


def test_what_is_only_wrong_tells_no_answer_and_the_last_word_counts() -> None:
    wrong = replace(RIGHT, id=2, question="what is  the rent?", is_right=False)
    result = questions_of_feedback([RIGHT, wrong])
    assert result.questions == ()
    assert result.unlabeled == ("what is  the rent?",)


def test_the_log_gives_each_question_of_the_index_once_the_most_frequent_first() -> None:
    def record(index: str, question: str) -> UsageRecord:
        return UsageRecord("", index, question, "extractive", 1, 0, 0, 0, None, 0.0, None, 0.0)

    records = [record("/i", "Who?"), record("/j", "Why?"), record("/i", "When?")]
    records.append(record("/i", "when? "))
    asked = questions_of_log(records, "/i")
    assert [q.question for q in asked] == ["When?", "Who?"]
    assert not any(q.is_labeled for q in asked)
