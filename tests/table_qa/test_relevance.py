"""Which questions are never read as questions about tables."""

from __future__ import annotations

import pytest

from rag_infer import Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("relevance")
    (folder / "plan.csv").write_text(
        "Setting,Value\nContext window,16384 tokens\nBatch size,12\nKV cache,4 GB\n", "utf-8"
    )
    (folder / "terms.md").write_text(
        "# Context window\n\nA context window is the text that a model sees at once. The KV cache "
        "stores the keys and values of earlier tokens.\n",
        "utf-8",
    )
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the context window?", "the text that a model sees"),
        ("What is a context window?", "the text that a model sees"),
        ("What does the KV cache do?", "keys"),
    ],
)
def test_what_a_thing_is_is_not_read_from_its_row(index: Index, question: str, answer: str) -> None:
    result = index.ask(question)
    assert result.table is None
    assert answer in result.text


def test_the_value_of_a_row_is_still_read(index: Index) -> None:
    assert "16384 tokens" in index.ask("What is the value of the context window?").text
