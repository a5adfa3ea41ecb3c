"""Why nothing is answered: the reason is true of the passages that are shown beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Filter, Index
from rag_infer.cli.answer_view import render_answer
from rag_infer.serve.response_views import answer_with_sources

CATS = (
    "# Cats\n\nCats sleep for most of the day and hunt at dusk. A cat purrs when it is content.\n\n"
    "Kittens open their eyes after ten days. Their mother carries them by the neck."
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        opened.add_text(CATS, id="cats.md")
        yield opened


@pytest.mark.parametrize(
    "question",
    ["How much does a cat weigh?", "Which cat won the show in Paris?", "Who sells cat food?",
     "What is the notice period of the lease?"],
)  # fmt: skip
def test_no_reason_denies_the_passages_that_are_shown(
    index: Index, question: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = index.ask(question)
    assert not answer.answered and answer.hits
    render_answer(answer)
    shown = capsys.readouterr().out
    assert answer.reason is not None and answer.reason in " ".join(shown.split())
    assert "nearest passages:" in shown or "closest passage says" in shown
    for text in (shown, answer_with_sources(answer)):
        assert "nothing relevant" not in text and "on the subject" not in text


def test_a_filter_that_excludes_everything_is_named(index: Index) -> None:
    def model(messages: list[dict[str, Any]]) -> str:
        raise AssertionError("a model is not asked")

    question = "When do cats hunt?"
    for llm in (None, model):
        excluded = index.ask(question, llm=llm, filter=Filter(paths=["*.pdf"]))
        assert excluded.reason == "no document that may be read matches the filter"
    index.add_text("Dogs bark.", id="dogs", groups=["staff"])
    index.remove(["cats.md"])
    stranger = index.ask(question, filter=Filter(groups=["guests"]))
    assert stranger.reason == "there are no documents that you may read"
    in_vain = index.ask('"striped tigers"')
    assert in_vain.reason == "no passage matches the question"
