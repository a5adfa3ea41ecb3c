"""Words for the time that a rate is of: an "hourly wage" is no number of hours."""

from __future__ import annotations

_RATES = {
    "hours": "hourly",
    "days": "daily",
    "weeks": "weekly",
    "months": "monthly",
    "years": "yearly",
}


def is_only_rate(word: str, header: str) -> bool:
    """Whether a header shares with a word for lengths of time only its adverb.

    Args:
        word: As it stands in a question: "hours".
        header: The name of a column: "Hourly wage".
    """
    rate = _RATES.get(word.lower())
    names = header.lower().split()
    return rate is not None and rate in names and word.lower() not in names
