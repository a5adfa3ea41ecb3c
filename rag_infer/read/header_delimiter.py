"""What parts the columns of a table of questions, by its first line."""

from __future__ import annotations

from pathlib import Path


def header_delimiter(text: str, path: Path) -> str:
    """The character between the names of the columns.

    Args:
        text: Of a table with a line of names; spreadsheets write semicolons where commas stand in
            numbers.
        path: Its file; a ``.tsv`` has tabs.
    """
    if path.suffix.lower() == ".tsv":
        return "\t"
    names = text.split("\n", 1)[0]
    return max((",", ";", "\t"), key=names.count)
