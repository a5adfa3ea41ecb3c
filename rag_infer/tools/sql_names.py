"""Names and texts as SQL has them."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def distinct(names: Sequence[str], missing: str = "column") -> tuple[str, ...]:
    """Names without repeats or gaps, told apart without regard to case, as SQL does."""
    used: set[str] = set()
    next_suffix: dict[str, int] = {}  # so that many equal names take no quadratic time
    unique = []
    for number, name in enumerate(names, 1):
        base = " ".join(name.split()) or f"{missing} {number}"
        candidate, suffix = base, next_suffix.get(base.lower(), 2)
        while candidate.lower() in used:
            candidate, suffix = f"{base} {suffix}", suffix + 1
        next_suffix[base.lower()] = suffix
        used.add(candidate.lower())
        unique.append(candidate)
    return tuple(unique)
