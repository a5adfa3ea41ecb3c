"""What the simulation takes as measured is what the kept results say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
INPUTS = json.loads((BENCHMARKS / "simulation" / "inputs.json").read_text("utf-8"))


@pytest.mark.parametrize("name", INPUTS["measured"])
def test_a_measured_input_is_that_of_its_result_file(name: str) -> None:
    entry = INPUTS["measured"][name]
    value = json.loads((BENCHMARKS / "results" / entry["file"]).read_text("utf-8"))
    for key in entry["path"]:
        value = value[key]
    assert value == pytest.approx(entry["value"], rel=1e-3)


def test_the_kept_simulation_was_run_with_these_inputs() -> None:
    simulation = json.loads((BENCHMARKS / "results" / "simulation.json").read_text("utf-8"))
    measured = {key: entry["value"] for key, entry in INPUTS["measured"].items()}
    assert simulation["inputs"] == {**measured, **INPUTS["assumed"]}
