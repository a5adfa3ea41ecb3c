"""A wrong type from a caller is an InputError in one line, never an error from inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_infer import (
    AskOptions,
    Filter,
    GenerationOptions,
    Index,
    InputError,
    RetrievalOptions,
    SummaryOptions,
)

SPLIT = "\ud800"  # half of a surrogate pair: no text holds it
Call = Callable[[Any, Any], Any]
CALLS: dict[str, Call] = {
    "open": lambda index, wrong: Index.open(wrong(3)),
    "add a list": lambda index, wrong: index.add(wrong(["docs"])),
    "add a number": lambda index, wrong: index.add(wrong(3)),
    "add options": lambda index, wrong: index.add("docs", options=wrong({})),
    "add groups": lambda index, wrong: index.add("docs", groups=wrong("eng")),
    "text metadata": lambda index, wrong: index.add_text("x", id="c", metadata={"a": wrong(SPLIT)}),
    "text metadata name": lambda index, wrong: index.add_text(
        "x", id="c", metadata={wrong(SPLIT): "a"}
    ),
    "text group": lambda index, wrong: index.add_text("x", id="c", groups=wrong([SPLIT])),
    "remove half a pair": lambda index, wrong: index.remove(wrong(SPLIT)),
    "ask half a pair": lambda index, wrong: index.ask(wrong(f"{SPLIT} what is x?")),
    "search half a pair": lambda index, wrong: index.search(wrong(SPLIT)),
    "text groups": lambda index, wrong: index.add_text("x", id="c", groups=wrong([3])),
    "text no groups": lambda index, wrong: index.add_text("x", id="c", groups=wrong(None)),
    "unknown field": lambda index, wrong: index.add_documents([{"id": "c", "body": wrong("x")}]),
    "missing field": lambda index, wrong: index.add_documents([{"id": wrong("c")}]),
    "remove": lambda index, wrong: index.remove(wrong([3])),
    "conversation": lambda index, wrong: index.conversation(wrong(3)),
    "summarize id": lambda index, wrong: index.summarize(wrong(3)),
    "summarize options": lambda index, wrong: index.summarize("a", wrong({"bullets": 1})),
    "receipt": lambda index, wrong: index.receipt(wrong("x")),
    "replay": lambda index, wrong: index.replay(wrong("x")),
    "search reranker": lambda index, wrong: index.search("x", reranker=wrong(3)),
    "search earlier": lambda index, wrong: index.search("x", earlier=wrong("abc")),
    "search no top_k": lambda index, wrong: index.search("x", top_k=wrong(None)),
    "add no documents": lambda index, wrong: index.add_documents(wrong(None)),
    "add a count": lambda index, wrong: index.add_documents(wrong(5)),
    "text metadata NaN": lambda index, wrong: index.add_text(
        "x", id="c", metadata={"a": wrong(float("nan"))}
    ),
    "infinite temperature": lambda index, wrong: GenerationOptions(temperature=wrong(float("inf"))),
    "search top_k": lambda index, wrong: index.search("x", top_k=wrong(0)),
    "ask top_k": lambda index, wrong: index.ask("x?", top_k=wrong(True)),
    "ask tools": lambda index, wrong: index.ask("x?", tools=wrong([3])),
    "ask unknown tool": lambda index, wrong: index.ask("x?", tools=wrong(["nope"])),
    "ask one tool": lambda index, wrong: index.ask("x?", tools=wrong("table")),
    "ask options": lambda index, wrong: index.ask("x?", options=wrong({})),
    "bullets": lambda index, wrong: SummaryOptions(bullets=wrong("3")),
    "no bullets": lambda index, wrong: SummaryOptions(bullets=wrong(0)),
    "words": lambda index, wrong: SummaryOptions(words=wrong(-1)),
    "pages": lambda index, wrong: SummaryOptions(pages=wrong("1-2")),
    "verifier": lambda index, wrong: AskOptions(verifier=wrong(3)),
    "should_stop": lambda index, wrong: AskOptions(should_stop=wrong(1)),
    "dry_run": lambda index, wrong: AskOptions(dry_run=wrong("no")),
    "rewrite": lambda index, wrong: RetrievalOptions(rewrite=wrong("x")),
    "seed": lambda index, wrong: GenerationOptions(seed=wrong("a")),
    "schema": lambda index, wrong: GenerationOptions(schema=wrong("x")),
    "temperature": lambda index, wrong: GenerationOptions(temperature=wrong(float("nan"))),
    "filter paths": lambda index, wrong: Filter(paths=wrong("*.md")),
    "filter groups": lambda index, wrong: Filter(groups=wrong("eng")),
    "filter since": lambda index, wrong: Filter(since=wrong(2024)),
    "filter order": lambda index, wrong: Filter(since=wrong("2025"), until="2024"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("types")
    index = Index.open(folder / "index", create=True)
    index.add_text("The rent is 900 euros.", id="a")
    return index


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_value_is_one_line(index: Index, name: str) -> None:
    with pytest.raises(InputError) as caught:
        CALLS[name](index, lambda value: value)
    assert "\n" not in str(caught.value)
    assert "object has no attribute" not in str(caught.value)


def test_the_line_says_what_to_do(index: Index) -> None:
    with pytest.raises(InputError, match=r"use add\(\*paths\)"):
        index.add(["docs"])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="filter 'since' must be str or None, not int"):
        Filter(since=2024)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a document has no field 'body'; there are: id, text"):
        index.add_documents([{"id": "c", "body": "x"}])


def test_a_summary_takes_a_function_as_its_model(index: Index) -> None:
    options = SummaryOptions(llm=lambda messages: "The rent is 900 euros.", resume=False)
    summary = index.summarize("a", options)
    assert summary.points[0].text == "The rent is 900 euros."
