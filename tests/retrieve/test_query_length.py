"""A question has at most 2,048 tokens; more is refused at once, whatever its length."""

from __future__ import annotations

import time

import pytest

from rag_infer import Index
from rag_infer.errors import InputError
from rag_infer.retrieve import MAX_QUERY_TOKENS


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("length")
    (folder / "note.txt").write_text("The bridge was opened in 1932.")
    index = Index.open(folder / "index", create=True)
    index.add(folder / "note.txt")
    return index


@pytest.mark.parametrize("length", [3_000, 9_000, 5_000_000])
def test_long_questions_are_refused_at_once(index: Index, length: int) -> None:
    index.search("bridge")  # what is loaded at first use is not measured
    started = time.perf_counter()
    with pytest.raises(InputError, match="question is too long") as error:
        index.search(("bridge " * (length // 7 + 1) * 8)[: length * 8])
    assert error.value.code == "question_too_long"
    assert time.perf_counter() - started < 2


def test_questions_up_to_the_bound_are_answered(index: Index) -> None:
    assert index.search("bridge " * (MAX_QUERY_TOKENS - 10))
    assert index.search("opened " + " " * 4_000)
