"""What became worse is put down to its step, to changed documents and other differences."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.evaluation.history import EvaluationHistory, without_long_texts
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.regression import ask_again, regression
from rag_infer.evaluation.run import EvalSettings, Evaluation, evaluate
from tests.evaluation.test_evaluate_command import LEASE, MENU, QUESTIONS, rag, rag_command

RENT = EvalQuestion(
    "rent", "What is the monthly rent?", ("900 euros",), ("lease.md",), 1,
    "The monthly rent is 900 euros.",
)  # fmt: skip
SOUP = EvalQuestion("soup", "What is the soup of the day?", ("leek soup",), ("menu.md",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lease.md").write_text(LEASE)
    (tmp_path / "docs" / "menu.md").write_text(MENU)
    return tmp_path


def asked(folder: Path) -> tuple[Index, Evaluation]:
    index = Index.open(folder / "index", create=True)
    index.add(folder / "docs")
    return index, evaluate(index, [RENT, SOUP])


def test_a_document_that_changed_is_named(folder: Path) -> None:
    index, before = asked(folder)
    assert [a.outcome for a in before.answers] == ["right", "right"]
    (folder / "docs" / "lease.md").write_text("# Lease\n\nThe keys are blue.\n")
    report = index.add(folder / "docs")
    changed = {file.id for file in report.indexed}
    assert len(changed) == 1
    after = ask_again(index, before, EvalSettings(), 60)
    assert after is not None
    change = regression(before, after, changed)
    (worse,) = change.worse
    assert worse.causes == tuple(changed)
    assert change.is_fall


def test_text_that_a_reader_lost_is_named_as_not_read(folder: Path) -> None:
    index, before = asked(folder)
    (folder / "docs" / "lease.md").write_text("# Lease\n\nnothing was read\n")
    index.add(folder / "docs")
    after = ask_again(index, before, EvalSettings(), 60)
    assert after is not None
    change = regression(before, after)
    assert change.main_step == ("not_read", 1)


def test_what_else_is_different_is_named(folder: Path) -> None:
    _, before = asked(folder)
    after = replace(before, embedder="other", version="0.0.0")
    assert regression(before, after).differences == (
        f"embedder: {before.embedder} -> other", f"rag-infer: {before.version} -> 0.0.0",
    )  # fmt: skip
    assert regression(before, after).main_step is None


def test_questions_that_take_long_are_not_asked_again(folder: Path) -> None:
    index, before = asked(folder)
    assert ask_again(index, before, EvalSettings(), 1e-9) is None


def test_indexing_says_what_fell_and_why(folder: Path) -> None:
    (folder / "q.jsonl").write_text("".join(f"{json.dumps(q)}\n" for q in QUESTIONS))
    assert rag_command(folder, "index", "docs", "-i", "index").stderr.count("rag eval") == 0
    assert rag(folder, "q.jsonl", "-i", "index").returncode == 0
    (folder / "docs" / "menu.md").unlink()
    done = rag_command(folder, "index", "docs", "-i", "index")
    assert done.returncode == 0, done.stderr
    assert "3 questions of the last rag eval asked again: 0 better, 1 worse" in done.stderr
    assert "worse  What is the soup of the day?" in done.stderr
    assert "the document is not in the index  changed: docs/menu.md" in done.stderr
    done = rag(folder, "-i", "index", "--history")
    assert len(done.stdout.splitlines()) == 3
    assert done.stdout.count("100%") == done.stdout.count("50%") == 2
    (folder / "docs" / "menu.md").write_text(MENU)
    (folder / "rag.toml").write_text("evaluation_seconds = 0\n")
    assert "asked again" not in rag_command(folder, "index", "docs", "-i", "index").stderr


def test_all_runs_that_can_be_read_are_listed(folder: Path) -> None:
    index, evaluation = asked(folder)
    history = EvaluationHistory(index.path, folder / "kept")
    history.add(evaluation)
    with history.path.open("a") as file:
        file.write("damaged\n")
    history.add(evaluation)
    assert [stored.evaluation for stored in history.all()] == [without_long_texts(evaluation)] * 2
