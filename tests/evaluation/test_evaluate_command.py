"""``rag eval`` on a real index: figures, gates, comparison, and a planted regression."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.evaluation.history import EvaluationHistory, without_long_texts
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import evaluate
from tests.command import run_command

LEASE = "# Lease\n\nThe monthly rent is 900 euros.\n\nThe deposit is 1,800 euros.\n"
MENU = "# Menu\n\nThe soup of the day is leek soup.\n"
RENT = {"id": "rent", "question": "What is the monthly rent?", "answer": "900 euros"}
SOUP = {"id": "soup", "question": "What is the soup of the day?", "answer": "leek soup"}
MOON = {"id": "moon", "question": "Who built the moon base of Tycho?", "answerable": False}
QUESTIONS = [{**RENT, "document": "lease.md"}, {**SOUP, "document": "menu.md"}, MOON]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lease.md").write_text(LEASE)
    (tmp_path / "docs" / "menu.md").write_text(MENU)
    (tmp_path / "q.jsonl").write_text("".join(f"{json.dumps(q)}\n" for q in QUESTIONS))
    Index.open(tmp_path / "index", create=True).add(tmp_path / "docs")
    return tmp_path


def rag(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return rag_command(home, "eval", *arguments)


def rag_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(home / "data"), "NO_COLOR": "1"}
    return run_command(*arguments, cwd=home, env=environment)


def test_figures_gates_and_the_change_since_the_last_run(home: Path) -> None:
    done = rag(home, "q.jsonl", "-i", str(home / "index"), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    figures = {m["name"]: m["value"] for m in result["metrics"]}
    assert figures["retrieval"] == figures["answer"] == figures["unanswerable"] == 1
    assert result["since"] is None

    # A planted regression: the lease loses its rent.
    (home / "docs" / "lease.md").write_text(LEASE.replace("The monthly rent is 900 euros.", ""))
    Index.open(home / "index").add(home / "docs")
    done = rag(
        home, "q.jsonl", "-i", str(home / "index"), "--min", "answer=0.9", "--html", "report.html"
    )
    assert done.returncode == 1
    assert "below the bound: answer is 0.500, below 0.9" in done.stderr
    assert "0 better, 1 worse of 3 questions" in done.stdout
    assert "lease.md" in done.stdout.split("worse  What is the monthly rent?")[1]
    page = (home / "report.html").read_text()
    assert "What is the monthly rent?" in page
    assert "<script" not in page
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_questions_are_made_and_never_overwrite_a_file(home: Path) -> None:
    index = str(home / "index")
    done = rag(home, "-i", index, "--make", "10", "--out", "made.jsonl")
    assert done.returncode == 0, done.stderr
    questions = [json.loads(line) for line in (home / "made.jsonl").read_text().splitlines()]
    assert "How much is the monthly rent?" in [q["question"] for q in questions]
    assert "of the words of their passages (at most" in done.stderr
    again = rag(home, "-i", index, "--make", "10", "--out", "made.jsonl")
    assert again.returncode == 1
    assert "such a file already" in again.stderr


def test_two_settings_are_compared_in_words(home: Path) -> None:
    (home / "a.toml").write_text("min_confidence = 1.0\n")
    (home / "b.toml").write_text("top_k = 3\n")
    done = rag(home, "q.jsonl", "-i", str(home / "index"), "--compare", "a.toml", "b.toml")
    assert done.returncode == 0, done.stderr
    assert "B answers 2 more of 3 rightly, p = 0.5 (may be chance)" in done.stdout
    (home / "b.toml").write_text("dense_weight = 1.5\n")
    done = rag(home, "q.jsonl", "-i", str(home / "index"), "--compare", "a.toml", "b.toml")
    assert "b.toml: 'dense_weight' must be from 0 to 1" in done.stderr
    (home / "b.toml").write_text("chunk = 3\n")
    done = rag(home, "q.jsonl", "-i", str(home / "index"), "--compare", "a.toml", "b.toml")
    assert done.returncode == 1
    assert "b.toml: no setting 'chunk'" in done.stderr


def test_the_history_is_private_bounded_and_survives_damage(home: Path) -> None:
    index = Index.open(home / "index")
    evaluation = evaluate(index, [EvalQuestion("1", "What is the deposit?", ("1,800 euros",))])
    history = EvaluationHistory(index.path, home / "kept")
    assert history.last() is None
    for _ in range(52):
        history.add(evaluation)
    stored = history.last()
    assert stored is not None
    assert stored.evaluation == without_long_texts(evaluation)
    assert all(not p.text for a in stored.evaluation.answers for p in a.passages)
    assert len(history.path.read_text().splitlines()) == 50
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
    with history.path.open("a") as file:
        file.write('{"half')
    assert history.last() is None


def test_documents_that_are_not_in_the_index_are_named(home: Path) -> None:
    lost = {"question": "What is the monthly rent?", "document": "old-lease.md"}
    (home / "lost.jsonl").write_text(json.dumps(lost))
    done = rag(home, "lost.jsonl", "-i", str(home / "index"))
    assert "the documents of 1 question are not in the index: old-lease.md" in done.stderr
    assert "expected  from: old-lease.md" in done.stdout
