"""Printing: results on standard output as text or JSON, notes and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from rag_infer.cli.hints import with_hint
from rag_infer.cli.terminal import styled
from rag_infer.errors import RagError

Result = TypeVar("Result")


def print_text(text: str = "") -> None:
    """Prints a line of a result; flushed, since what follows may take long."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_note(text: str, style: str = "yellow") -> None:
    """Prints a line that is not part of the result to standard error."""
    sys.stdout.flush()
    sys.stderr.write(styled(text, style, sys.stderr) + "\n")
    sys.stderr.flush()


def print_error(error: RagError) -> None:
    """Prints an error as the one line it is."""
    sys.stdout.flush()
    sys.stderr.write(f"rag: error: {with_hint(error)}\n")
    sys.stderr.flush()


def print_json(value: Any) -> None:
    """Prints a result as indented JSON, in the shapes that REST and MCP give too."""
    from rag_infer.responses import to_jsonable

    print_text(json.dumps(to_jsonable(value), ensure_ascii=False, indent=2))


def print_result(value: Result, render: Callable[[Result], None], as_json: bool) -> None:
    """Prints a result as JSON, or as ``render`` prints it."""
    if as_json:
        print_json(value)
    else:
        render(value)


def count_of(count: int, noun: str) -> str:
    """A number with its noun: ``1 page``, ``2 pages``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
