"""What a command takes from its arguments and from standard input: a question, a document."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag_infer.cli.output import print_note
from rag_infer.errors import InputError

_NOTE_AFTER_S = 1.0
_GIVE_UP_AFTER_S = 10.0


def question_text(words: Sequence[str]) -> str:
    """The question of the arguments, joined by spaces; a single ``-`` reads standard input.

    Raises InputError for an empty question.
    """
    text = read_text() if list(words) == ["-"] else valid_text(" ".join(words))
    if not text.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    return text.strip()


def read_text() -> str:
    """Standard input as text; bytes that are not UTF-8 become replacement characters."""
    return sys.stdin.buffer.read().decode("utf-8", "replace").replace("\0", "\ufffd")


def valid_text(argument: str) -> str:
    """An argument without lone surrogates (bytes that are not UTF-8) and NUL characters."""
    text = argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text.replace("\0", "\ufffd")


@contextmanager
def document_file(data: bytes | None = None) -> Iterator[Path]:
    """A temporary file of standard input, with the extension of what it begins like.

    So a page, a PDF or a Word file that is piped in is read as one.

    Args:
        data: What was read of standard input already; None reads it.
    """
    from rag_infer.read.content_type import extension_of_content

    data = sys.stdin.buffer.read() if data is None else data
    with tempfile.TemporaryDirectory(prefix="rag-") as folder:
        path = Path(folder) / f"standard-input{extension_of_content(data)}"
        path.write_bytes(data)
        yield path


def piped_document() -> bytes | None:
    """What is piped into the command beside its arguments; None where nothing is piped.

    Only pipes and files are read, never a terminal or a device. A pipe that stays silent may be
    one that the command inherited and nobody will ever write to, so it is given up after a while.
    """
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or replaced by a test
        return None
    if stat.S_ISFIFO(mode):
        if not _has_input():
            return None
    elif not stat.S_ISREG(mode):
        return None
    data = sys.stdin.buffer.read()
    return data if data.strip() else None


def _has_input() -> bool:
    import select

    if select.select([sys.stdin], [], [], _NOTE_AFTER_S)[0]:
        return True
    print_note("reading standard input; to skip it, add: < /dev/null", "dim")
    if select.select([sys.stdin], [], [], _GIVE_UP_AFTER_S - _NOTE_AFTER_S)[0]:
        return True
    print_note("nothing arrived on standard input; continuing without it")
    return False
