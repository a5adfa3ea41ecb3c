"""What ``rag tune`` found for one index, kept with it: ``tuning.json`` in its folder.

An index may come from anybody, so the file holds numbers only, each within bounds; no model is
named in it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag_infer.errors import CorruptIndexError

FILE_NAME = "tuning.json"
_FORMAT = 1
_MAX_BYTES = 10_000
_MAX_TOP_K = 100
_MAX_LOGIT = 30.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the probability of an answer is corrected by one's own questions (Platt, 1999).

    Attributes:
        slope: Of the corrected log odds over the fitted ones; above 0, so the order stays.
        offset: Added to the log odds.
        threshold: Fitted probability from which on an answer is given; None: that of the package.
    """

    slope: float = 1.0
    offset: float = 0.0
    threshold: float | None = None

    def probability(self, fitted: float) -> float:
        """The corrected probability of a fitted one."""
        if (self.slope, self.offset) == (1.0, 0.0):
            return fitted
        return _probability(self.slope * log_odds(fitted) + self.offset)

    def fitted(self, corrected: float) -> float:
        """The fitted probability of a corrected one; 0 and 1 stay what they are."""
        if corrected in (0.0, 1.0) or (self.slope, self.offset) == (1.0, 0.0):
            return corrected
        return _probability((log_odds(corrected) - self.offset) / self.slope)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Parameters of search and answers that fit one index; None: those of the package.

    Attributes:
        top_k: Passages whose sentences are ranked for a quoted answer.
        dense_weight: Share of the vectors in the score of a passage, 0 to 1.
        calibration: Of quoted answers.
    """

    top_k: int | None = None
    dense_weight: float | None = None
    calibration: Calibration | None = None


NO_TUNING = Tuning()


def log_odds(probability: float) -> float:
    """Of a probability that is kept off 0 and 1."""
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-min(max(logit, -_MAX_LOGIT), _MAX_LOGIT)))


def read(index: Path) -> Tuning:
    """The tuning of an index; none where it has no such file.

    Raises:
        CorruptIndexError: The file is not valid.
    """
    path = index / FILE_NAME
    try:
        with path.open("rb") as file:
            return from_json(json.loads(file.read(_MAX_BYTES).decode("utf-8")))
    except FileNotFoundError:
        return NO_TUNING
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptIndexError(
            "is not valid", where=str(path), hint="remove the file, or tune again"
        ) from error


def write(index: Path, tuning: Tuning) -> None:
    """Keeps a tuning with an index, in one atomic step."""
    temporary = index / f"{FILE_NAME}.{os.getpid()}.tmp"
    temporary.write_text(json.dumps(to_json(tuning), indent=1), "utf-8")
    temporary.replace(index / FILE_NAME)


def remove(index: Path) -> bool:
    """Removes the tuning of an index; whether there was one."""
    path = index / FILE_NAME
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def to_json(tuning: Tuning) -> dict[str, Any]:
    """A tuning as its file has it."""
    return {"format": _FORMAT, **asdict(tuning)}


def from_json(values: Any) -> Tuning:
    """A tuning from what its file has.

    Raises:
        ValueError, KeyError, TypeError: It is not valid.
    """
    if values["format"] != _FORMAT:
        raise ValueError("another format")
    top_k, calibration = values["top_k"], values["calibration"]
    if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, int)):
        raise TypeError("top_k")
    if top_k is not None and not 1 <= top_k <= _MAX_TOP_K:
        raise ValueError("top_k")
    return Tuning(
        top_k,
        _number(values["dense_weight"], 0, 1),
        None
        if calibration is None
        else Calibration(
            _required(calibration["slope"], 0.01, 100),
            _required(calibration["offset"], -_MAX_LOGIT, _MAX_LOGIT),
            _number(calibration["threshold"], 0, 1),
        ),
    )


def _number(value: Any, low: float, high: float) -> float | None:
    return None if value is None else _required(value, low, high)


def _required(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError("out of bounds")
    return float(value)
