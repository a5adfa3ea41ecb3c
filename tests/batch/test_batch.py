"""Questions of a file, answered into a journal that any break leaves whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import AskOptions, Filter, Index
from rag_infer.batch.attempts import AskSettings
from rag_infer.batch.backoff import SharedBackoff
from rag_infer.batch.costs import CostBound, CostCeiling
from rag_infer.batch.journal import AnswerJournal
from rag_infer.batch.questions import BatchQuestion, read_batch
from rag_infer.batch.report import ErrorCount
from rag_infer.batch.run import BatchOptions, run_batch
from rag_infer.errors import InputError, ModelError, ServerBusyError
from rag_infer.settings import ModelProfile
from rag_infer.settings.profiles import Price
from tests.command import run_command


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("batch") / "index", create=True)
    index.add_text("The shed key hangs in the porch. The boat is 31 feet long.", id="shed")
    return index


def options(llm: Any = None, concurrency: int = 4, ceiling: CostCeiling | None = None) -> Any:
    return BatchOptions(AskSettings(llm, None, AskOptions()), concurrency, ceiling)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_rows_of_each_format(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("Where is the key?\n\nHow long is the boat?\n")
    (tmp_path / "q.csv").write_text("ID,Question,Paths\na,Where is the key?,s*;t*\n")
    (tmp_path / "q.jsonl").write_text(
        '{"id": 7, "question": "Where?", "since": "2024"}\n"How long?"\n{"x": 1}\nnot json\n'
        '{"id": 7, "question": "Twice?"}\n'
    )
    assert [(r.id, r.question) for r in read_batch(tmp_path / "q.txt")] == [
        ("1", "Where is the key?"),
        ("3", "How long is the boat?"),
    ]
    (row,) = read_batch(tmp_path / "q.csv")
    assert (row.id, row.filter.paths) == ("a", ("s*", "t*"))
    rows = read_batch(tmp_path / "q.jsonl")
    assert [(r.id, r.error is None) for r in rows] == [
        ("7", True),
        ("2", True),
        ("3", False),
        ("4", False),
        ("7", False),
    ]


def test_a_table_of_a_german_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    file.write_text("\ufeffid;question;paths\n7;Wo hängt der Schlüssel, bitte?;s*\n", "utf-8")
    (row,) = read_batch(file)
    assert (row.id, row.question) == ("7", "Wo hängt der Schlüssel, bitte?")
    assert row.filter.paths == ("s*",)
    file.write_text("question\nWhere is the key; and the boat?\n")
    assert [row.question for row in read_batch(file)] == ["Where is the key; and the boat?"]


@pytest.mark.parametrize(
    ("name", "right"), [("path", "paths"), ("Format", "formats"), ("as-of", "as_of")]
)
def test_a_filter_of_a_wrong_name_is_an_error_of_its_row(
    name: str, right: str, tmp_path: Path
) -> None:
    """It was passed over, and the question asked of all documents."""
    (tmp_path / "q.csv").write_text(f"question,{name}\nWhere?,2024\nHow long?,\n")
    first, second = read_batch(tmp_path / "q.csv")
    assert first.error == f"row 1: '{name.lower()}' is not read; the name is '{right}'"
    assert second.error is None


def test_filters_of_a_row(tmp_path: Path) -> None:
    """Groups were passed over, so that a row was answered from what nobody of them may read."""
    file = tmp_path / "q.jsonl"
    file.write_text(
        '{"question": "Where?", "groups": ["staff"], "since": 2024, "as_of": "2025-06"}\n'
        '{"question": "Where?", "paths": {"a": 1}}\n{"question": "Where?", "since": true}\n'
        '{"question": "Where?", "groups": []}\n'
    )
    row, mapping, boolean, nobody = read_batch(file)
    assert row.filter == Filter(groups=["staff"], since="2024", as_of="2025-06")
    assert mapping.error == "row 2: 'paths' must be a list of texts, or texts parted by ';'"
    assert boolean.error is not None and "'since'" in boolean.error
    assert nobody.filter == Filter(groups=[])
    (tmp_path / "q.csv").write_text("question,groups\nWhere?,staff; board\n")
    (table,) = read_batch(tmp_path / "q.csv")
    assert table.filter == Filter(groups=["staff", "board"])


def test_the_key_of_a_row_is_the_same_in_each_process() -> None:
    program = (
        "from rag_infer import Filter; from rag_infer.batch.questions import BatchQuestion;"
        "print(BatchQuestion('1', 'Where?', Filter(groups=list('abcdefgh'))).key('s'))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(keys) == 1
    open_row = BatchQuestion("1", "Where?", Filter(groups=["a"]))
    assert open_row.key("s") != BatchQuestion("1", "Where?", Filter(groups=[])).key("s")


def test_a_batch_is_answered_and_goes_on(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "a", "question": "Where does the shed key hang?"}\n{"id": "b"}\n')
    with AnswerJournal(tmp_path / "out.jsonl") as journal:
        first = run_batch(index, read_batch(file), journal, options())
        again = run_batch(index, read_batch(file), journal, options())
    assert (first.answered, first.failed, first.before) == (1, 1, 0)
    assert (again.answered, again.failed, again.before) == (0, 0, 2)
    assert (first.failed_before, again.failed_before) == (0, 1)
    assert first.errors == again.errors == (ErrorCount("row 2 has no 'question'", 1),)
    written = {row["id"]: row for row in lines(tmp_path / "out.jsonl")}
    assert "porch" in written["a"]["answer"]["text"]
    assert "no 'question'" in written["b"]["error"]


def test_the_command_says_why_rows_failed_until_none_has(index: Index, tmp_path: Path) -> None:
    """A second run asks nothing again, and still ends with 1: a script may loop on that."""
    (tmp_path / "q.csv").write_text("id,question\n1,Where does the shed key hang?\n2,\n")
    env = {**os.environ, "NO_COLOR": "1", "XDG_CONFIG_HOME": str(tmp_path / "config"),
           "XDG_STATE_HOME": str(tmp_path / "state")}  # fmt: skip
    for line in ("failed              1  ask again", "done before         2  of which 1 failed"):
        done = run_command("batch", "q.csv", "-i", str(index.path), cwd=tmp_path, env=env)
        assert done.returncode == 1
        assert line in done.stdout
        assert done.stderr.splitlines() == ["1 failed: row 2 has no 'question'"]


def test_failed_rows_are_asked_again_and_order_is_kept(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "q.txt"
    file.write_text("one?\ntwo?\nthree?\n")
    broken = True

    def model(messages: list[dict[str, str]]) -> str:
        if broken and "two?" in messages[-1]["content"]:
            raise ModelError("it failed")
        return "The shed key hangs in the porch [1]."

    path = tmp_path / "out.jsonl"
    with AnswerJournal(path) as journal:
        report = run_batch(index, read_batch(file), journal, options(model, 1))
    assert report.failed == 1
    broken = False
    with AnswerJournal(path) as journal:
        assert journal.drop_failed(drop_exported=True) == 1
        report = run_batch(index, read_batch(file), journal, options(model, 1))
        assert (report.before, report.failed) == (2, 0)
        keys = {row["id"]: row["key"] for row in lines(path)}
        journal.order([keys["1"], keys["2"], keys["3"]])
    assert [row["id"] for row in lines(path)] == ["1", "2", "3"]


def test_a_busy_server_is_asked_again(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "q.txt"
    file.write_text("one?\ntwo?\n")
    calls = 0

    def model(messages: list[dict[str, str]]) -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            busy = ServerBusyError("busy")
            busy.retry_after_s = 0.01
            raise busy
        return "In the porch [1]."

    with AnswerJournal(tmp_path / "out.jsonl") as journal:
        report = run_batch(index, read_batch(file), journal, options(model))
    assert report.failed == 0
    assert calls >= 3


@given(st.lists(st.booleans(), max_size=60))
def test_slots_stay_within_bounds(busy: list[bool]) -> None:
    backoff = SharedBackoff(8, sleep=lambda _: None)
    for is_busy in busy:
        backoff.enter()
        backoff.leave(busy=is_busy, retry_after_s=0.0)
        assert 1 <= backoff.slots <= 8


@given(st.lists(st.one_of(st.none(), st.floats(0, 0.003)), max_size=40))
def test_the_ceiling_is_never_passed(costs: list[float | None]) -> None:
    profile = ModelProfile("m", "m", price=Price(1.0, 1.0))
    ceiling = CostCeiling(0.02, CostBound(profile, 2000, 1000, 1))
    spent = 0.0
    for cost in costs:
        if not ceiling.reserve():
            break
        ceiling.settle(cost)
        spent += 0.003 if cost is None else cost
    assert spent <= 0.02 + 1e-12


def test_a_ceiling_needs_a_price() -> None:
    bound = CostBound(ModelProfile("m", "m"), 2000, 1000, 1)
    with pytest.raises(InputError, match="no price"):
        CostCeiling(1.0, bound)


@pytest.mark.parametrize("content", [b"my notes\n", b"my notes", b'{"a": 1}\n', b"[1]\n"])
def test_a_file_of_others_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not written by rag batch"):
        AnswerJournal(path)
    assert path.read_bytes() == content


@given(st.integers(0, 400))
def test_a_torn_line_is_cut_off(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "out.jsonl"
    with AnswerJournal(path) as journal:
        for n in range(5):
            journal.append({"key": f"k{n}", "id": str(n), "error": None, "answer": {"text": "é"}})
    data = path.read_bytes()
    path.write_bytes(data[: min(cut, len(data))])
    with AnswerJournal(path) as journal:
        whole = data[: min(cut, len(data))].count(b"\n")
        assert journal.keys == {f"k{n}" for n in range(whole)}
        journal.append({"key": "new", "id": "9", "error": None, "answer": {}})
    assert [row["key"] for row in lines(path)] == [*(f"k{n}" for n in range(whole)), "new"]


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    with AnswerJournal(tmp_path / "out.jsonl"), pytest.raises(InputError, match="another run"):
        AnswerJournal(tmp_path / "out.jsonl")


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_killed_at_any_time_each_question_has_one_answer(index: Index, tmp_path: Path) -> None:
    file, output = tmp_path / "q.txt", tmp_path / "out.jsonl"
    file.write_text("".join(f"Where does the shed key hang, asks {n}?\n" for n in range(40)))
    command = [sys.executable, "-m", "rag_infer", "batch", str(file), "-o", str(output),
               "-i", str(index.path), "--concurrency", "2"]  # fmt: skip
    for size in (1, 8000, 60000):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if output.exists() and output.stat().st_size >= size:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        process.wait()
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    ids = [row["id"] for row in lines(output)]
    assert sorted(ids, key=int) == [str(n) for n in range(1, 41)]
    assert "answers:" in result.stdout
