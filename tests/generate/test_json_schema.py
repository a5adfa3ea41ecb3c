"""Answers of a shape, from a model of a real architecture whose words are noise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_infer.context.plan import Budget, plan
from rag_infer.errors import InputError, ModelError
from rag_infer.generate import GenerateOptions, load_generator
from rag_infer.generate.json_schema import check, load_schema
from tests.factories import save_model

SCHEMA = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "maxLength": 12},
        "sure": {"type": "boolean"},
        "page": {"enum": [1, 2, 3]},
    },
    "required": ["answer", "sure", "page"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("seed", range(3))
def test_even_noise_is_within_the_schema(seed: int, tmp_path: Path) -> None:
    model = load_generator(str(save_model(tmp_path / "model")))
    prompt = plan(model.template, Budget(model.window, 200), "What?")
    options = GenerateOptions(max_tokens=200, temperature=1.0, seed=seed, schema=SCHEMA)
    value = check("".join(model.stream(prompt, options)), SCHEMA, "model")
    assert set(value) == {"answer", "sure", "page"}


def test_what_is_not_of_the_schema_is_told() -> None:
    with pytest.raises(ModelError, match="no whole JSON"):
        check('{"answer": "a', SCHEMA, "m")
    with pytest.raises(ModelError, match="not as the schema says: 'sure' is a required"):
        check('{"answer": "a", "page": 1}', SCHEMA, "m")


@pytest.mark.parametrize("text", ["{", '{"type": 7}', "[]"])
def test_a_file_that_is_no_schema_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"shape\.json: not a valid JSON schema"):
        load_schema(path)
    path.write_text(json.dumps(SCHEMA))
    assert load_schema(path) == SCHEMA
