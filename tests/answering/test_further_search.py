"""Questions of several parts, and searches for what the first one did not cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from rag_infer import AskOptions, Index, RetrievalOptions
from rag_infer.answering.events import StatusEvent
from rag_infer.answering.further_search import answer_elsewhere, name_queries
from rag_infer.answering.question_parts import question_parts
from rag_infer.types import Answer

LEASE = """# Lease

The rent is 4,150 euros a month. Either side may end the lease with six months' notice.
"""
MINUTES = """# Minutes

The printer contract with Copyline ends on 30 June 2025. Lena Brandt asks three suppliers for
offers until 1 April.
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Index]:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "lease.md").write_text(LEASE, "utf-8")
    (folder / "minutes.md").write_text(MINUTES, "utf-8")
    for number in range(12):
        text = f"# Note {number}\n\nThe garden of house {number} was watered by the neighbors.\n"
        (folder / f"note-{number}.md").write_text(text, "utf-8")
    opened = Index.open(tmp_path_factory.mktemp("index") / "i", create=True)
    opened.add(*sorted(folder.glob("*.md")))
    yield opened


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "When does the printer contract end and who asks for new offers?",
            ("When does the printer contract end?", "Who asks for new offers?"),
        ),
        ("How high is the rent? And when is it due?", ("How high is the rent?", "When is it due?")),
        (
            "Wie hoch ist die Miete und wann ist sie fällig?",
            ("Wie hoch ist die Miete?", "Wann ist sie fällig?"),
        ),
        (
            "Qui signe le bail et combien coûte le loyer ?",
            ("Qui signe le bail?", "Combien coûte le loyer?"),
        ),
        ("¿Quién firma y cuánto cuesta el alquiler?", ()),
        ("How many days and hours does it take?", ()),
        ("Who wrote the report and signed it?", ()),
        ("What is the rent and when?", ()),
        ("Rent?", ()),
        ("", ()),
    ],
)
def test_parts_ask_by_themselves(question: str, parts: tuple[str, ...]) -> None:
    assert question_parts(question) == (parts or (question,))


@pytest.mark.parametrize(
    ("question", "queries"),
    [
        ("When is the harbour fair in 2025?", []),
        ("What does Lena Brandt do for LKF-A2?", ["Lena Brandt LKF-A2"]),
        ("Where is “the north gate” kept?", ["the north gate"]),
        ("What is the rent?", []),
        ("What is the rent of house 12 after 30 days?", []),
        ("Copyline?", []),
        ("Summarize the contract with Dr. Solberg.", ["Solberg"]),
        ("I live in Kilcreevy. Do I get leave?", ["Kilcreevy"]),
    ],
)
def test_names_are_searched_alone(question: str, queries: list[str]) -> None:
    assert name_queries(question) == queries


def test_each_part_is_answered_with_its_own_source(index: Index) -> None:
    answer = index.ask("When does the printer contract end and how high is the rent?")
    assert answer.answered
    assert "30 June 2025" in answer.text
    assert "4,150 euros" in answer.text
    assert {c.span.document_id.rsplit("/", 1)[-1] for c in answer.citations} == {
        "lease.md", "minutes.md",
    }  # fmt: skip
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    for claim in answer.claims:
        assert set(claim.citations) <= {c.number for c in answer.citations}


def test_a_part_that_nothing_answers_is_named(index: Index) -> None:
    question = "How high is the rent and who repairs the elevator?"
    events = list(index.stream(question))
    answer = events[-1].answer  # type: ignore[union-attr]
    assert answer.answered
    assert "4,150 euros" in answer.text
    assert answer.reason == "not answered: “Who repairs the elevator?”"
    assert answer.searches == ("Who repairs the elevator?",)
    assert any(isinstance(e, StatusEvent) and e.detail == answer.searches[0] for e in events)


def single(answer: Answer) -> tuple[Any, ...]:
    return answer.text, answer.searches


def test_one_option_turns_it_off(index: Index) -> None:
    options = AskOptions(retrieval=RetrievalOptions(further_searches=0))
    question = "How high is the rent and who repairs the elevator?"
    assert index.ask(question, options=options).searches == ()
    refused = index.ask("Who is the president of France?", options=options)
    again = index.ask("Who is the president of France?")
    assert not refused.answered
    assert replace(again, searches=(), usage=refused.usage) == refused


class Model:
    """Writes queries where it is asked for them, else an answer, and keeps what it was sent."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def __call__(self, messages: list[dict[str, Any]]) -> str:
        self.prompts.append(str(messages[-1]["content"]))
        if "search queries" in self.prompts[-1]:
            return (
                '1. Search query 1: "garden watering neighbors [Passage 1]"\n'
                "2. The garden watering neighbors\n3. I cannot help\n"
            )
        return "The documents do not say."


def test_a_model_s_own_queries_are_searched_where_rules_do_not_help(index: Index) -> None:
    model = Model()
    answer = index.ask("Who looks after the garden of the president?", llm=model)
    assert len(model.prompts) == 2
    assert answer.searches == ("garden watering neighbors",)
    assert "watered by the neighbors" in model.prompts[1]


def test_a_model_is_not_asked_for_queries_where_a_passage_answers(index: Index) -> None:
    model = Model()
    answer = index.ask("How high is the rent?", llm=model)
    assert len(model.prompts) == 1
    assert answer.searches == ()


def test_a_model_gets_the_passages_of_each_part(index: Index) -> None:
    model = Model()
    index.ask("When does the printer contract end and how high is the rent?", llm=model)
    assert "30 June 2025" in model.prompts[-1]
    assert "4,150 euros" in model.prompts[-1]


def test_a_number_that_no_document_has_is_not_searched() -> None:
    def fails(*_: Any) -> Any:
        raise AssertionError("searched in vain")

    refusal = Answer("Who lives in house 4711?", "", False, "extractive")
    steps = answer_elsewhere(
        refusal.question, refusal, (), fails, fails, 2, lambda word: float(word != "4711")
    )
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value is refusal
