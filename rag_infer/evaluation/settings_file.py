"""The settings of one side of a comparison, as TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError

_KINDS: dict[str, tuple[type, ...]] = {
    "index": (str,),
    "llm": (str,),
    "top_k": (int,),
    "dense_weight": (int, float),
    "reranker": (str,),
    "min_confidence": (int, float),
    "max_tokens": (int,),
    "system": (str,),
}
_RANGES = {"dense_weight": (0, 1), "min_confidence": (0, 1), "top_k": (1, 1000)}


def read_eval_settings(path: Path) -> dict[str, Any]:
    """Reads the keys ``index``, ``llm``, ``top_k``, ``dense_weight``, ``reranker``,
    ``min_confidence``, ``max_tokens`` and ``system``; what is left out is as configured.

    Raises:
        InputError: The file cannot be read, or a key or value is not one of these.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"invalid TOML: {error}", where=str(path)) from error
    for key, value in values.items():
        kinds = _KINDS.get(key)
        if kinds is None:
            raise InputError(
                f"no setting '{key}'", where=str(path), hint=f"there are: {', '.join(_KINDS)}"
            )
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise InputError(f"'{key}' has a wrong type", where=str(path))
        low, high = _RANGES.get(key, (-inf, inf))
        if isinstance(value, int | float) and not low <= value <= high:
            raise InputError(f"'{key}' must be from {low:g} to {high:g}", where=str(path))
    return values


def write_eval_settings(path: Path, values: Mapping[str, str | int | float]) -> None:
    """Writes settings as ``read_eval_settings`` reads them.

    Raises:
        InputError: The file cannot be written.
    """
    # A JSON string is a TOML string too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    try:
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error
