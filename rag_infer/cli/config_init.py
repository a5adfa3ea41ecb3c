"""``rag config init``: asks for the model that answers and writes the user's settings file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import typer

from rag_infer import settings
from rag_infer.cli.output import print_note, print_text
from rag_infer.cli.terminal import one_line
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.generate.discovery import available_models


def init(llm: str | None) -> None:
    """Writes ``llm`` as the default into the user's file; asks for it where it is None.

    Settings that the file has already stay as they are.

    Raises:
        InputError: No terminal to ask on, or the file cannot be written.
    """
    choice = llm or _ask(settings.load())
    path = settings.user_file()
    _write(path, choice)
    print_text(f"Wrote {path}: llm = {json.dumps(choice)}")
    print_text("Try it: rag ask What is this about?")


def _ask(configured: settings.Settings) -> str:
    if not sys.stdin.isatty():
        raise InputError(
            "there is no terminal to ask on", hint="name the model: rag config init --llm MODEL"
        )
    rows = available_models(configured)
    choices = [EXTRACTIVE, *(row.llm for row in rows)]
    print_text("Which model should write answers?")
    print_text("  1  extractive: quotes of the documents, no model")
    for number, row in enumerate(rows, 2):
        print_text(f"  {number}  {one_line(row.llm)}  ({one_line(row.source)})")
    if not rows:
        print_note("No model server is running on this machine; see: rag models", "dim")
    answer = str(typer.prompt("Number, or the name of another model", default="1")).strip()
    if answer.isdecimal() and 1 <= int(answer) <= len(choices):
        return choices[int(answer) - 1]
    return answer


def _write(path: Path, llm: str) -> None:
    """Replaces the line of the default model, or puts one first; tables must come after it."""
    line = f"llm = {json.dumps(llm, ensure_ascii=False)}"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    top = next((n for n, text in enumerate(lines) if text.lstrip().startswith("[")), len(lines))
    own = [n for n in range(top) if lines[n].split("=")[0].strip() == "llm"]
    lines = [text for n, text in enumerate(lines) if n not in own]
    lines.insert(own[0] if own else 0, line)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text("\n".join(lines) + "\n", "utf-8")
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error
