"""Every failure is put down to the step where it happened; figures and pairs are counted right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag_infer import Answer, Chunk, Citation, Hit, InputError, Span
from rag_infer.evaluation.comparison import compare, mcnemar
from rag_infer.evaluation.gates import parse_gate
from rag_infer.evaluation.grading import GradedAnswer, by_failure, grade
from rag_infer.evaluation.metrics import by_group, metric, metrics
from rag_infer.evaluation.questions import EvalQuestion

DOCUMENTS = ("contracts/lease.md", "menu.txt")
RENT = EvalQuestion("1", "What is the rent?", ("900 euros",), ("lease.md",), kind="amount")


def hit(document: str, text: str, page: int = 1) -> Hit:
    return Hit(Chunk(document, page, 0, len(text), text), 0.5)


def answer(
    text: str, cited: str | None = None, *hits: Hit, answered: bool = True, p: float | None = 0.9
) -> Answer:
    citations = () if cited is None else (Citation(1, Span(cited, 1, 0, len(text), text)),)
    return Answer("q", text, answered, "extractive", citations, (), hits, probability=p)


LEASE = hit("contracts/lease.md", "The rent is 900 euros.")
MENU = hit("menu.txt", "Soup of the day.")


@pytest.mark.parametrize(
    ("answer", "outcome", "failure", "plain"),
    [
        (
            answer("The rent is 900 euros.", "contracts/lease.md", MENU, LEASE),
            "right",
            "none",
            False,
        ),
        (answer("Soup of the day.", "menu.txt", LEASE, MENU), "wrong", "not_cited", True),
        (answer("Soup of the day.", "menu.txt", MENU), "wrong", "not_retrieved", True),
        (answer("It is 800 euros.", "contracts/lease.md", LEASE), "wrong", "not_answered", True),
        (answer("It is 800.", "contracts/lease.md", LEASE, p=0.3), "wrong", "not_answered", False),
        (answer("", None, LEASE, answered=False), "declined", "declined", False),
        (answer("", None, MENU, answered=False), "declined", "not_retrieved", False),
    ],
)
def test_the_step_of_a_failure(answer: Answer, outcome: str, failure: str, plain: bool) -> None:
    graded = grade(RENT, answer, DOCUMENTS)
    assert (graded.outcome, graded.failure, graded.plainly_wrong) == (outcome, failure, plain)


def test_a_document_outside_the_index_is_named_first() -> None:
    assert grade(RENT, answer("", answered=False), ("menu.txt",)).failure == "not_indexed"


def test_an_unanswerable_question_is_right_when_declined() -> None:
    question = EvalQuestion("2", "Who?", answerable=False)
    assert grade(question, answer("", answered=False), DOCUMENTS).outcome == "right"
    wrong = grade(question, answer("Soup", "menu.txt", MENU), DOCUMENTS)
    assert (wrong.outcome, wrong.failure) == ("wrong", "not_declined")


def test_a_page_and_a_quote_narrow_the_passage() -> None:
    question = replace(RENT, page=2)
    assert grade(question, answer("x", None, LEASE), DOCUMENTS).passage_retrieved is False
    quoted = replace(RENT, quote="rent is 900")
    other = hit("contracts/lease.md", "The deposit is 900 euros.")
    assert grade(quoted, answer("x", None, other, LEASE), DOCUMENTS).retrieved_at == 2


def graded(
    outcome: str, p: float | None = None, id_: str = "1", seconds: float = 1
) -> GradedAnswer:
    text = {"right": "900 euros", "wrong": "800", "declined": ""}[outcome]
    one = grade(
        replace(RENT, id=id_),
        answer(text, "contracts/lease.md", LEASE, answered=outcome != "declined", p=p),
        DOCUMENTS,
    )
    return replace(one, seconds=seconds)


def test_figures_have_intervals_that_hold_their_value() -> None:
    answers = [graded("right")] * 6 + [graded("wrong")] * 3 + [graded("declined")]
    figure = metric("answer", answers)
    assert figure is not None
    assert (figure.value, figure.count) == (0.6, 10)
    assert 0.2 <= figure.low < 0.6 < figure.high <= 1
    assert {m.name for m in metrics(answers)} == {
        "retrieval", "answer", "exact", "f1", "citation", "declined", "plainly_wrong",
        "seconds",
    }  # fmt: skip
    assert metric("unanswerable", answers) is None


@pytest.mark.parametrize(("count", "low"), [(1, 0.2065), (10, 0.7225), (100, 0.9630)])
def test_answers_that_all_agree_leave_doubt(count: int, low: float) -> None:
    right, wrong = (
        metric("answer", [graded("right")] * count),
        metric("answer", [graded("wrong")] * count),
    )
    assert right is not None
    assert wrong is not None
    assert (right.low, right.high) == (pytest.approx(low, abs=1e-4), 1)
    assert (wrong.low, wrong.high) == (0, pytest.approx(1 - low, abs=1e-4))


def test_a_cell_that_was_looked_up_counts_as_retrieved() -> None:
    right = grade(RENT, answer("The rent: 900 euros", "contracts/lease.md"), DOCUMENTS)
    assert (right.passage_retrieved, right.retrieved_at) == (True, None)
    wrong = grade(RENT, answer("The rent: 800 euros", "contracts/lease.md"), DOCUMENTS)
    assert wrong.failure == "not_answered"
    elsewhere = grade(RENT, answer("The rent: 800 euros", "menu.txt"), DOCUMENTS)
    assert (elsewhere.passage_retrieved, elsewhere.failure) == (False, "not_retrieved")


def value(name: str, answers: list[GradedAnswer]) -> float | None:
    figure = metric(name, answers)
    return None if figure is None else figure.value


def test_calibration_error_is_the_gap_of_confidence_and_truth() -> None:
    sure = [graded("right", 1.0)] * 5 + [graded("wrong", 1.0)] * 5
    assert value("calibration", sure) == pytest.approx(0.5)
    mixed = [graded("right", 0.5), graded("wrong", 0.5), graded("right", 1.0)]
    assert value("calibration", mixed) == pytest.approx(0)
    assert value("calibration", [graded("right"), graded("declined", 0.9)]) is None
    figure = metric("calibration", sure)
    assert figure is not None
    assert figure.low < 0.5 < figure.high


def test_seconds_and_cost_have_intervals_too() -> None:
    answers = [replace(graded("right", seconds=s), cost=s / 100) for s in (1.0, 2.0, 6.0)]
    figures = {m.name: m for m in metrics(answers)}
    assert figures["seconds"].text() == "2.00 s"
    assert (figures["seconds"].low, figures["seconds"].high) == (1, 6)
    assert figures["cost"].value == pytest.approx(0.03)
    assert parse_gate("seconds=1.5", is_maximum=True).failure(list(figures.values())) == (
        "seconds is 2.000, above 1.5"
    )


def test_a_question_counts_for_each_of_its_documents() -> None:
    both = replace(RENT, documents=("lease.md", "menu.txt"), id="2")
    one, two = graded("right"), replace(graded("wrong"), question=both, language="de")
    assert {k: len(v) for k, v in by_group([one, two], "document").items()} == {
        "lease.md": 2,
        "menu.txt": 1,
    }
    assert by_group([one, two], "language") == {"de": [two], "en": [one]}


def test_words_that_were_never_read_are_told_from_a_passage_not_retrieved() -> None:
    quoted = replace(RENT, quote="The rent is 900 euros.")
    pages = {"contracts/lease.md": ["x", "Rent. The rent is 900 euros. Due."], "menu.txt": []}

    def failure(question: EvalQuestion, pages: dict[str, list[str]]) -> str:
        declined = answer("", None, MENU, answered=False)
        return grade(question, declined, DOCUMENTS, pages.__getitem__).failure

    assert failure(quoted, pages) == "not_retrieved"
    pages["contracts/lease.md"] = ["x", "Rent. Due."]
    assert failure(quoted, pages) == "not_read"
    assert failure(RENT, pages) == "not_retrieved"  # without its words nobody can say
    pages["contracts/lease.md"] = [" "]
    assert failure(RENT, pages) == "not_read"


def test_what_was_retrieved_is_kept_with_its_place() -> None:
    wrong = grade(RENT, answer("Soup of the day.", "menu.txt", MENU, LEASE), DOCUMENTS)
    assert [(p.text, p.is_source, p.document_id) for p in wrong.passages] == [
        ("Soup of the day.", False, "menu.txt"),
        ("The rent is 900 euros.", True, "contracts/lease.md"),
    ]


def test_a_comparison_counts_pairs_and_tests_them() -> None:
    before = [graded("wrong", 0.9, str(n)) for n in range(8)] + [graded("right", 0.9, "8")]
    after = [graded("right", 0.9, str(n), 3) for n in range(8)] + [graded("wrong", 0.1, "8", 3)]
    result = compare(before, [*after, graded("right", id_="new")])
    assert (result.questions, len(result.improved), result.worsened) == (9, 8, ("8",))
    assert result.p_value == pytest.approx(2 * 10 / 512)
    assert result.slowdown == 3
    assert result.verdict == (
        "B answers 7 more of 9 rightly, p = 0.039; plainly wrong 8 -> 0; 3.0x slower"
    )
    assert result.f1 is not None
    assert result.f1.mean > 0
    lost = [replace(a, passage_retrieved=False, retrieved_at=None) for a in before]
    found = compare(lost, before)
    assert found.retrieved == (9, 0)
    assert "finds the passage for 9 more, p = 0.0039" in found.verdict
    certain = [replace(a, outcome="wrong", plainly_wrong=True) for a in before]
    doubtful = [replace(a, outcome="wrong", plainly_wrong=False) for a in before]
    assert compare(doubtful, certain).is_plainly_worse
    assert "plainly wrong 0 -> 9, p = 0.0039" in compare(doubtful, certain).verdict
    assert not compare(certain, doubtful).is_plainly_worse
    lower = [replace(a, retrieved_at=4) for a in before]
    fallen = compare(before, lower)
    assert (fallen.ranked, fallen.is_ranked_lower) == ((0, 9), True)
    assert "ranks the passage lower for 9, higher for 0, p = 0.0039" in fallen.verdict
    assert compare(before[:3], lower[:3]).is_ranked_lower is False  # may be chance
    looked_up = [replace(a, passage_retrieved=True, retrieved_at=None) for a in before]
    assert compare(before, looked_up).ranked == (0, 0)
    assert compare([], []).verdict == "both answer equally many of 0 rightly"


def test_the_exact_test_matches_the_binomial() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(3, 3) == 1


def test_failures_are_in_the_order_of_the_steps() -> None:
    names = [g.failure for g in by_failure([graded("declined"), graded("right"), graded("wrong")])]
    assert names == ["not_answered", "declined"]


def test_a_gate_names_what_is_below_it() -> None:
    figures = metrics([graded("right"), graded("wrong", 0.9)])
    assert parse_gate("answer=0.5").failure(figures) is None
    assert parse_gate("answer=0.8").failure(figures) == "answer is 0.500, below 0.8"
    too_many = parse_gate("plainly-wrong=0.1", is_maximum=True).failure(figures)
    assert too_many == "plainly_wrong is 0.500, above 0.1"
    assert parse_gate("unanswerable=0.1").failure(figures)
    for text in ("answer", "speed=1", "answer=2", "answer=x", "seconds=-1", "seconds=inf"):
        with pytest.raises(InputError):
            parse_gate(text)
