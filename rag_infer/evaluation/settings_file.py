"""The settings of one side of a comparison, as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from rag_infer.errors import InputError

_KINDS: dict[str, tuple[type, ...]] = {
    "index": (str,),
    "llm": (str,),
    "top_k": (int,),
    "reranker": (str,),
    "min_confidence": (int, float),
    "max_tokens": (int,),
    "system": (str,),
}


def read_eval_settings(path: Path) -> dict[str, Any]:
    """Reads the keys ``index``, ``llm``, ``top_k``, ``reranker``, ``min_confidence``,
    ``max_tokens`` and ``system``; what is left out is as configured.

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
    return values
