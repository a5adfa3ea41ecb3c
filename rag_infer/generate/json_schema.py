"""Answers of a shape: JSON that a schema allows, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_infer.errors import InputError, MissingDependencyError, ModelError

Schema = Mapping[str, Any]


def load_schema(path: Path) -> Schema:
    """The schema in a file. Raises InputError when it is none, MissingDependencyError."""
    jsonschema = _jsonschema()
    try:
        schema = json.loads(path.read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
    except OSError as error:
        raise InputError(error.strerror or str(error), where=str(path)) from error
    except (ValueError, jsonschema.SchemaError) as error:
        message = str(error).split("\n", 1)[0]
        raise InputError(f"not a valid JSON schema ({message})", where=str(path)) from error
    if not isinstance(schema, dict):
        raise InputError("not a JSON schema: not an object", where=str(path))
    return schema


def check(text: str, schema: Schema, where: str) -> Any:
    """The value that a text says. Raises ModelError when it is no JSON, or not of the schema."""
    jsonschema = _jsonschema()
    try:
        value = json.loads(text)
        jsonschema.validate(value, schema)
    except ValueError as error:
        raise ModelError(
            f"its answer is no whole JSON ({error})",
            where=where,
            hint="allow more output tokens",
            code="incomplete_json",
        ) from error
    except jsonschema.ValidationError as error:
        message = " ".join(error.message.split())[:200]
        raise ModelError(f"its answer is not as the schema says: {message}", where=where) from error
    return value


class JsonSchemaConstraint:
    """Which tokens a schema can go on with, for one generation; a logits processor as well.

    Raises InputError for a schema with parts that cannot be enforced, MissingDependencyError.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, schema: Schema) -> None:
        try:
            import llguidance
            import llguidance.hf
        except ImportError:
            raise _missing_dependency() from None
        grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        token_table = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocabulary)
        self._matcher = llguidance.LLMatcher(token_table, grammar)
        self._consumed = 0
        self._prompt: int | None = None
        if error := self._matcher.get_error():
            raise InputError(f"the schema cannot be enforced: {' '.join(error.split())[:200]}")

    def allowed(self, output_ids: Sequence[int]) -> NDArray[np.bool_]:
        """For each token whether it may come next, after all that was written so far."""
        for token in output_ids[self._consumed :]:
            self._matcher.consume_token(token)
        self._consumed = len(output_ids)
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little").astype(bool)

    def __call__(self, ids: Any, scores: Any) -> Any:
        import torch

        if self._prompt is None:
            self._prompt = ids.shape[1]
        allowed = self.allowed(ids[0, self._prompt :].tolist())[: scores.shape[1]]
        blocked = torch.from_numpy(~allowed).to(scores.device)
        blocked = torch.nn.functional.pad(blocked, (0, scores.shape[1] - len(allowed)), value=True)
        return scores.masked_fill(blocked, float("-inf"))


def _missing_dependency() -> MissingDependencyError:
    return MissingDependencyError("answers by a schema need an optional package", extra="schema")


def _jsonschema() -> Any:
    try:
        import jsonschema
    except ImportError:
        raise _missing_dependency() from None
    return jsonschema
