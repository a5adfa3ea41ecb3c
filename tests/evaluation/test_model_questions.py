"""A model's questions are used only where one sentence says the answer, and not in its words."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.evaluation.model_questions import checked, model_questions
from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.question_generation import MAX_OVERLAP
from rag_infer.evaluation.questions import read_questions
from rag_infer.generate.callable_generator import as_generator
from tests.evaluation.test_evaluate_command import rag
from tests.generate.model_server import event, server, streamed

TEXT = (
    "The tenant pays 900 euros on the first day of every month. The deposit is 1,800 euros. "
    "Dogs are welcome in the garden but not in the house. The keys are blue."
)
LEASE = SourcePage("lease.md", "Lease", 2, TEXT)


def written(reply: str, count: int = 4) -> list[str]:
    model = as_generator(lambda messages: reply)
    return [m.question.question for m in model_questions([LEASE], count, model)]


def test_a_question_is_kept_with_the_sentence_that_answers_it() -> None:
    prompts: list[str] = []

    def model(messages: list[dict[str, str]]) -> str:
        prompts.append(messages[-1]["content"])
        return "Question: What does it cost to live there?\nAnswer: 900 euros."

    (one,) = model_questions([LEASE], 4, as_generator(model))
    question = one.question
    assert (question.answers, question.documents, question.page) == (
        ("900 euros",), ("lease.md",), 2,
    )  # fmt: skip
    assert question.quote == "The tenant pays 900 euros on the first day of every month."
    assert one.overlap <= MAX_OVERLAP
    assert json.dumps(TEXT) in prompts[0]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How high is the rent?", "950 euros"),  # stands nowhere
        ("What is the amount?", "euros"),  # in two sentences
        ("What does the text say about dogs?", "in the garden"),
        ("Is the deposit 1,800 euros?", "1,800 euros"),  # tells its answer
        ("Does the tenant pay 900 on the first day of every month?", "euros on the first day"),
        ("What does the tenant pays on the first day of every month?", "900 euros"),  # its words
        ("Why?", "The keys are blue"),
    ],
)
def test_what_is_not_answered_or_leaks_is_dropped(question: str, answer: str) -> None:
    assert checked(LEASE, TEXT, question, answer) is None


def test_replies_without_the_form_give_nothing() -> None:
    assert written("I cannot help with that.") == []
    assert written("") == []
    assert written("**Question:** Where may pets go?\n**Answer:** in the garden") == [
        "Where may pets go?"
    ]


def test_the_same_question_is_asked_once() -> None:
    other = SourcePage("other.md", None, 1, TEXT)
    model = as_generator(lambda messages: "Where may pets go?\nAnswer: in the garden")
    assert len(model_questions([LEASE, other], 4, model)) == 1


def test_the_command_writes_what_a_server_says(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "lease.md").write_text(TEXT)
    Index.open(tmp_path / "index", create=True).add(folder)
    make = ("-i", str(tmp_path / "index"), "--make", "1", "--out", "made.jsonl")

    def behave(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        streamed(
            to, event("Question: Where may pets go?\nAnswer: in the garden"), event(None, "stop")
        )

    with server(behave, window=4096) as (url, requests):
        done = rag(tmp_path, *make, "--llm", f"{url}#m")
    assert done.returncode == 0, done.stderr
    assert len(requests) == 1
    (question,) = read_questions(tmp_path / "made.jsonl")
    assert (question.question, question.answers) == ("Where may pets go?", ("in the garden",))
    assert question.quote == "Dogs are welcome in the garden but not in the house."
    done = rag(tmp_path, *make, "--llm", "extractive")
    assert done.returncode == 1
    assert "the writer of questions is a language model" in done.stderr
