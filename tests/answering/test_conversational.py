"""Greetings and questions about the index itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Filter, Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("talk") / "index", create=True)
    index.add_text("Hello is what the parrot says. The files are in the attic.", id="parrot")
    index.add_text("The fee is 900 euros.", id="contract", groups=["legal"])
    return index


@pytest.mark.parametrize("question", ["Hello!", "hi there", "What can I ask?", "good morning"])
def test_a_greeting_says_what_can_be_asked(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert "2 documents" in answer.text
    assert not answer.citations


@pytest.mark.parametrize("question", ["What documents do you have?", "list all files"])
def test_only_readable_documents_are_listed(index: Index, question: str) -> None:
    everything = index.ask(question).text
    assert "parrot" in everything
    assert "contract" in everything
    public = index.ask(question, filter=Filter(groups=frozenset({"sales"}))).text
    assert public == "1 document: parrot."


@pytest.mark.parametrize(
    "question", ["Hello is said by whom?", "What files are in the attic?", "How do thanks work?"]
)
def test_a_question_about_the_contents_goes_to_the_documents(index: Index, question: str) -> None:
    assert index.ask(question).hits


def test_an_empty_index_says_so(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.create()
    answer = index.ask("What is the fee?")
    assert not answer.answered
    assert "no documents yet" in answer.text
