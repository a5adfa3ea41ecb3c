"""``rag tune`` on a real index: what is won is kept, used, and removed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_infer import Index, InputError
from rag_infer.evaluation.calibration_fit import CalibrationFit
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import EvalSettings, evaluate
from rag_infer.evaluation.tuning import (
    TuningCandidate,
    TuningResult,
    candidate_space,
    tune,
    tuning_of,
)
from rag_infer.evaluation.utility import PairedDifference
from rag_infer.index import tuning as stored
from rag_infer.index.tuning import Calibration, Tuning
from tests.evaluation.test_evaluate_command import rag_command

THINGS = (
    "boiler pump gate lift crane mill press dryer mixer filter valve engine tank oven saw drill "
    "lathe forge kiln winch hoist loader cutter grinder"
).split()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("tune")
    (home / "machines").mkdir()
    for n, thing in enumerate(THINGS):
        text = f"# The {thing}\n\nThe {thing} was built in {1950 + n}.\n"
        (home / "machines" / f"{thing}.md").write_text(text)
    index = Index.open(home / "index", create=True)
    index.add(home / "machines")
    return index


QUESTIONS = [
    EvalQuestion(t, f"When was the {t} built?", (str(1950 + n),)) for n, t in enumerate(THINGS)
]


def test_a_search_stays_within_its_time_and_keeps_what_is_as_good(index: Index) -> None:
    steps: list[str] = []
    result = tune(index, QUESTIONS, EvalSettings(), budget_s=2, on_progress=steps.append)
    assert result.candidates == len(candidate_space()) == 20
    assert result.asked >= 20
    assert steps[0] == "20 settings, 8 questions"
    assert 1 <= result.search_questions <= 12
    if result.gain is None or not result.gain.is_gain:
        assert result.selected == TuningCandidate()
    assert index.engine.tuning == Tuning()  # nothing is written by a search
    with pytest.raises(InputError, match="too few"):
        tune(index, QUESTIONS[:19], EvalSettings(), budget_s=1)


def test_sizes_of_chunks_are_tried_on_copies(index: Index) -> None:
    generation = index.status().generation
    steps: list[str] = []
    result = tune(
        index, QUESTIONS, EvalSettings(), budget_s=1, chunk_tokens=(40,), on_progress=steps.append
    )
    assert "embedding in chunks of 40 tokens" in steps
    assert result.candidates == 40
    assert index.status().generation == generation
    assert index.status().chunk_tokens is None


def test_the_weight_of_the_vectors_reaches_the_search(index: Index) -> None:
    scores = []
    for weight in (0.0, 1.0):
        index.engine.tuning_override = Tuning(dense_weight=weight)
        scores.append([hit.score for hit in index.search("the boiler of the mill", 8)])
    index.engine.tuning_override = None
    assert scores[0] != scores[1]
    settings = EvalSettings(tuning=Tuning(calibration=Calibration(threshold=1.0)))
    assert not evaluate(index, QUESTIONS[:1], settings).answers[0].answered
    assert evaluate(index, QUESTIONS[:1]).answers[0].answered


def test_only_what_holds_is_kept() -> None:
    best = TuningCandidate(12, 0.35)
    gain, chance = PairedDifference(0.1, 0.02, 0.2), PairedDifference(0.1, -0.1, 0.3)
    calibration = CalibrationFit(Calibration(0.5, 0.1), 40)
    present = Tuning(4, None, Calibration(2.0))
    won = TuningResult(best, 20, 9, None, gain, calibration)
    assert tuning_of(won, present) == Tuning(12, 0.35, Calibration(0.5, 0.1))
    lost = TuningResult(best, 20, 9, None, chance, None)
    assert tuning_of(lost, present) == present


def test_a_kept_tuning_is_used_by_every_question(index: Index) -> None:
    question = "When was the kiln built?"
    plain = index.ask(question)
    assert plain.probability is not None
    assert len(plain.hits) > 0
    stored.write(index.path, Tuning(1, None, Calibration(1.0, -1.0, None)))
    tuned = index.ask(question)
    assert tuned.probability is not None
    assert tuned.probability < plain.probability
    stored.write(index.path, Tuning(calibration=Calibration(threshold=1.0)))
    assert not index.ask(question).answered
    stored.remove(index.path)
    assert index.ask(question).probability == pytest.approx(plain.probability, abs=1e-3)


def test_a_receipt_names_a_tuning_that_changed(index: Index) -> None:
    answer = index.ask("When was the kiln built?")
    receipt = index.receipt(answer)
    stored.write(index.path, Tuning(dense_weight=0.4))
    replay = index.replay(receipt)
    stored.remove(index.path)
    assert "tuning of the index" in [difference.what for difference in replay.differences]
    del receipt["index"]["tuning"]  # of an earlier version, which had none
    differences = [difference.what for difference in index.replay(receipt).differences]
    assert "tuning of the index" not in differences


def test_the_command_says_what_was_won_and_writes_settings(index: Index, tmp_path: Path) -> None:
    lines = [json.dumps({"question": q.question, "answer": q.answers[0]}) for q in QUESTIONS]
    (tmp_path / "q.jsonl").write_text("\n".join(lines))
    arguments = ("tune", "q.jsonl", "-i", str(index.path), "--budget", "2", "--out", "tuned.toml")
    done = rag_command(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    assert "20 settings tried" in done.stdout
    assert "settings: " in done.stdout
    assert "confidence: " in done.stdout
    assert (tmp_path / "tuned.toml").exists()
    again = rag_command(tmp_path, *arguments)
    assert "there is such a file already" in again.stderr
    done = rag_command(tmp_path, "tune", "-i", str(index.path), "--reset")
    assert done.returncode == 0
    assert not (index.path / stored.FILE_NAME).exists()
