"""The public surface: complete, documented, typed, and strict about what it is given."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import math
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rag_infer
from rag_infer import (
    AnswerEvent,
    AskOptions,
    EmbedderMismatchError,
    Filter,
    GenerationOptions,
    Index,
    InputError,
    ModelError,
    RetrievalOptions,
    TextDocument,
    TextEvent,
    errors,
)

TEXT = "# Mill\n\nThe mill of Larn was built in 1871. Its wheel turns at 9 rounds a minute."


def test_every_public_name_can_be_imported_and_says_what_it_is() -> None:
    for name in rag_infer.__all__:
        value = getattr(rag_infer, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name


def test_every_error_is_public_and_has_a_code_of_its_own() -> None:
    family = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.RagError)
    ]
    for error in family:
        assert getattr(rag_infer, error.__name__) is error
    codes = [error.default_code for error in family]
    assert len(set(codes)) == len(codes)


def test_every_parameter_of_the_facade_is_documented() -> None:
    for name, method in inspect.getmembers(Index, inspect.isfunction):
        if name.startswith("_"):
            continue
        doc = inspect.getdoc(method) or ""
        assert doc, name
        if re.search("parameters and errors (are those|are the same)|worker thread", doc):
            continue
        for parameter in inspect.signature(method).parameters:
            assert parameter == "self" or f"{parameter}:" in doc, f"{name}: {parameter}"


def test_every_field_of_the_options_is_documented() -> None:
    for options in (AskOptions, GenerationOptions, RetrievalOptions, TextDocument):
        source = inspect.getsource(options)
        for field in dataclasses.fields(options):
            declared = re.escape(field.name) + r': [^\n]*\n    """'
            assert re.search(declared, source), f"{options.__name__}.{field.name}"


def test_the_types_of_the_fields_of_public_results_are_public() -> None:
    public = {getattr(rag_infer, name) for name in rag_infer.__all__}
    for owner in filter(dataclasses.is_dataclass, public):
        for name, hint in typing.get_type_hints(owner).items():
            for kind in leaf_types(hint):
                of_package = getattr(kind, "__module__", "").startswith("rag_infer")
                assert not of_package or kind in public, f"{owner.__name__}.{name}: {kind}"


def leaf_types(hint: Any) -> Iterator[Any]:
    arguments = hint if isinstance(hint, list) else typing.get_args(hint)
    if not arguments:
        yield hint
    for argument in arguments:
        yield from leaf_types(argument)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, rag_infer; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "torch", "transformers", "openvino", "faiss", "typer", "rich", "pydantic"}
    assert not heavy & set(done.stdout.split())


def test_the_types_of_an_installed_package_are_seen(tmp_path: Path) -> None:
    client = tmp_path / "client.py"
    client.write_text(
        "from rag_infer import Answer, Filter, GenerationOptions, Index, TextDocument, TextEvent\n"
        "index = Index.open('x')\n"
        "answer: Answer = index.ask('q', top_k=3)\n"
        "texts: list[str] = [e.text for e in index.stream('q') if isinstance(e, TextEvent)]\n"
        "filter = Filter(paths=['*.md'], groups=['a'], formats={'pdf'}, metadata={'year': 1871})\n"
        "groups: frozenset[str] | None = filter.groups\n"
        "TextDocument('a', 'A text.', groups=['board'])\n"
        "GenerationOptions(stop=['END'])\n"
        "wrong: int = index.ask('q').text\n"
        "Filter(groups='board')\n"
        "TextDocument('a', 'A text.', groups='board')\n"
        "Filter(paths=[1])\n"
    )
    # As `make lint` runs it, whose cache then holds all but the client.
    command = [sys.executable, "-m", "mypy", "--strict", str(client)]
    folder = Path(rag_infer.__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert (Path(rag_infer.__file__).parent / "py.typed").is_file()
    errors = re.findall(r"client\.py:(\d+): error", done.stdout)
    assert errors == ["9", "10", "11", "12"], done.stdout


def test_pyright_sees_the_types(tmp_path: Path) -> None:
    """Editors check with pyright, which reads the types by rules of its own."""
    if (pyright := shutil.which("pyright")) is None:
        pytest.skip("pyright is not installed: pip install 'pyright[nodejs]'")
    (tmp_path / "client.py").write_text(
        "from rag_infer import Answer, Filter, Index\n"
        "index = Index.open('x')\n"
        "answer: Answer = index.ask('q', top_k=3, filter=Filter(groups=['a'], paths={'*.md'}))\n"
        "events = [event for event in index.stream('q', top_k=2)]\n"
        "index.ask('q', top_k='3')\n"
        "index.stream('q', nonsense=1)\n"
        "Filter(groups='board')\n"
    )
    settings = {"extraPaths": [str(Path(rag_infer.__file__).parents[1])]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [pyright, "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    lines = [d["range"]["start"]["line"] + 1 for d in json.loads(done.stdout)["generalDiagnostics"]]
    assert lines == [5, 6, 7], done.stdout


def words(texts: list[str]) -> list[list[float]]:
    """A bag of hashed words: an embedder of a program's own."""
    rows = np.zeros((len(texts), 64))
    for number, text in enumerate(texts):
        rows[number, 0] = 0.1
        for word in text.lower().split():
            rows[number, sum(map(ord, word)) % 63 + 1] += 1
    return rows.tolist()  # type: ignore[no-any-return]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "index", create=True) as opened:
        opened.add_text(TEXT, id="mill", title="Mill", metadata={"year": 1871})
        yield opened


def test_texts_are_added_replaced_and_removed(index: Index) -> None:
    assert len(index) == 1
    assert "1 documents" in repr(index)
    answer = index.ask("When was the mill of Larn built?")
    assert "1871" in answer.text
    assert answer.citations[0].span.document_id == "mill"
    index.add_text("The mill of Larn was built in 1902.", id="mill")
    assert len(index) == 1
    assert "1902" in index.search("When was the mill built?")[0].chunk.text
    index.remove(["mill"])
    assert len(index) == 0
    assert index.documents() == []


def test_a_sync_of_folders_leaves_added_texts_alone(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "mill"
    folder.mkdir()
    (folder / "a.txt").write_text("A note on water.")
    index.add_text("A text of a program.", id="mill/b")
    index.add(folder)
    (folder / "a.txt").write_text("Another note on water.")
    index.add(folder)
    assert [row.id for row in index.documents()] == ["mill", "mill/a.txt", "mill/b"]
    with pytest.raises(InputError, match="file has this id"):
        index.add_text("Not this one.", id="mill/a.txt")


def test_metadata_and_groups_of_a_text_are_filtered_by(index: Index) -> None:
    index.add_documents(
        [TextDocument("plan", "The plan of the board.", groups=frozenset({"board"}))]
    )
    assert index.search("mill", filter=Filter(metadata={"year": 1871}))
    assert not index.search("mill", filter=Filter(metadata={"year": 1900}))
    guests = Filter(groups=frozenset({"guests"}))
    assert all(
        hit.document_id != "plan" for hit in index.search("plan of the board", filter=guests)
    )


def test_a_stream_adds_up_to_the_answer(index: Index) -> None:
    for question in ("When was the mill of Larn built?", "Who won the race?", "What is 2 + 2?"):
        events = list(index.stream(question))
        assert isinstance(events[-1], AnswerEvent)
        text = "".join(e.text for e in events if isinstance(e, TextEvent))
        assert text == events[-1].answer.text == index.ask(question).text


def test_a_function_writes_the_answer_piece_by_piece(index: Index) -> None:
    def model(messages: list[dict[str, Any]]) -> Iterator[str]:
        assert "1871" in messages[-1]["content"]
        yield "The mill was built "
        yield "in 1871. [1]"

    events = list(index.stream("When was the mill built?", llm=model))
    pieces = [e.text for e in events if isinstance(e, TextEvent)]
    assert "".join(pieces) == "The mill was built in 1871. [1]"
    assert len(pieces) > 1
    assert events[-1].answer.claims[0].verdict == "supported"  # type: ignore[union-attr]


def test_leaving_a_stream_early_stops_the_model(index: Index) -> None:
    written = []

    def model(messages: list[dict[str, Any]]) -> Iterator[str]:
        for number in range(10_000):
            written.append(number)
            yield f"word{number} "

    events = index.stream("When was the mill built?", llm=model)
    assert any(isinstance(event, TextEvent) for event in events)
    events.close()  # type: ignore[attr-defined]
    assert len(written) < 10_000


def test_errors_of_a_stream_reach_its_reader(index: Index) -> None:
    def model(messages: list[dict[str, Any]]) -> Any:
        return 42

    with pytest.raises(ModelError, match="expected text"):
        list(index.stream("When was the mill built?", llm=model))


def test_async_forms(index: Index) -> None:
    async def run() -> tuple[str, str, int]:
        answer = await index.aask("When was the mill of Larn built?")
        pieces = [
            event.text
            async for event in index.astream("When was the mill of Larn built?")
            if isinstance(event, TextEvent)
        ]
        return answer.text, "".join(pieces), len(await index.asearch("mill"))

    text, streamed, count = asyncio.run(run())
    assert text == streamed
    assert count == 1


def test_a_conversation_carries_its_turns(index: Index) -> None:
    conversation = index.conversation()
    index.ask("When was the mill of Larn built?", conversation=conversation)
    assert [turn["role"] for turn in conversation.history] == ["user", "assistant"]
    answer = index.ask("And how fast does it turn?", conversation=conversation)
    assert conversation.previous_answer is answer
    assert len(conversation) == 2
    assert conversation.delete_last_turn() == "And how fast does it turn?"
    assert len(conversation) == 1


def test_answers_as_data_and_as_html(index: Index) -> None:
    index.add_text("The <script>alert(1)</script> tower of Brock has 12 floors.", id="<b>evil</b>")
    answer = index.ask("How many floors has the tower of Brock?")
    assert json.loads(answer.to_json()) == answer.to_dict()
    assert answer.to_dict()["citations"][0]["document_id"] == "<b>evil</b>"
    page = answer._repr_html_()
    assert "<script>" not in page and "<b>evil" not in page


def test_an_index_with_an_embedder_of_ones_own(tmp_path: Path) -> None:
    with Index.open(tmp_path / "own", create=True, embedder=words) as index:
        index.add_text(TEXT, id="mill")
        assert index.search("mill of Larn")[0].document_id == "mill"
    with Index.open(tmp_path / "own", embedder=words) as index:
        assert index.search("mill")
    with (
        pytest.raises(EmbedderMismatchError, match="embedder of the caller"),
        Index.open(tmp_path / "own") as index,
    ):
        index.search("mill")


@pytest.mark.parametrize(
    ("embedder", "message"),
    [
        (lambda texts: [[math.nan, 1.0]] * len(texts), "NaN"),
        (lambda texts: [[0.0, 0.0]] * len(texts), "zero"),
        (lambda texts: [[1.0, 2.0]], "expected"),
        (lambda texts: [1.0] * len(texts), "expected"),
        (lambda texts: ["a"] * len(texts), "array of numbers"),
        (lambda texts: [[1.0] * len(texts)] * len(texts), "expected"),
    ],
)
def test_unusable_vectors_never_reach_an_index(tmp_path: Path, embedder: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        index = Index.open(tmp_path / "index", create=True, embedder=embedder)
        index.add_documents([TextDocument("a", "One text."), TextDocument("b", "Two text.")])
    assert not (tmp_path / "index").exists()  # it was made for documents that never came


def test_an_index_outlives_an_embedder_that_fails_later(tmp_path: Path) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        if any("fails" in text for text in texts):
            raise RuntimeError("it fails")
        return words(texts)

    index = Index.open(tmp_path / "index", create=True, embedder=embed)
    index.add_text(TEXT, id="mill")
    with pytest.raises(ModelError):
        index.add_text("This one fails.", id="other")
    assert [row.id for row in index.documents()] == ["mill"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": math.nan},
        {"temperature": -1},
        {"top_p": 2},
        {"max_tokens": 0},
        {"stop": "end"},
    ],
)
def test_wrong_options_are_errors_even_where_nothing_uses_them(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        GenerationOptions(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"top_k": 0},
        {"top_k": "3"},
        {"top_k": True},
        {"tools": "calculator"},
        {"conversation": "hello"},
        {"filter": "*.md"},
        {"options": {"dry_run": True}},
        {"llm": 3},
    ],
)
def test_wrong_arguments_are_errors(index: Index, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        index.ask("When was the mill built?", **wrong)
    with pytest.raises(InputError):
        index.stream("When was the mill built?", **wrong)
    with pytest.raises(InputError):
        AskOptions(min_confidence=7)


@pytest.mark.parametrize("wrong", [{"paths": "*.md"}, {"groups": "eng"}, {"formats": [1]}])
def test_a_filter_of_the_wrong_type_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Filter(**wrong)


def test_wrong_types_are_errors(index: Index) -> None:
    with pytest.raises(InputError):
        index.add_text("text", id="x", groups="eng")
    with pytest.raises(InputError):
        index.add_text("text", id="")
    with pytest.raises(InputError):
        index.add_documents([TextDocument("a", "1"), TextDocument("a", "2")])
    with pytest.raises(InputError):
        index.ask("q", llm=3)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        Index.open("x", embedder=3)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        index.search(3)  # type: ignore[arg-type]
