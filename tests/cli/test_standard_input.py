"""Documents piped into the command are read by the reader of their format."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import CORPUS

RAG = Path(sys.executable).with_name("rag")
PAGE = b"""<!DOCTYPE html><html><head><title>Larn</title></head><body>
<nav><a href="/">Home</a></nav><main><h1>Harbor of Larn</h1>
<p>The <b>harbor</b> of Larn was built by the engineer <i>Ingrid Voss</i> in 1871.</p></main>
</body></html>"""


def rag(
    *arguments: str, data: bytes | None = None, cwd: Path
) -> subprocess.CompletedProcess[bytes]:
    streams = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    return subprocess.run(
        [str(RAG), *arguments], **streams, cwd=cwd, env={**os.environ, "RAG_LOG": "off"},
        capture_output=True, timeout=120, check=False,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def test_a_page_is_quoted_without_its_markup(tmp_path: Path) -> None:
    answer = rag("ask", "Who built the harbor of Larn?", data=PAGE, cwd=tmp_path).stdout
    assert b"The harbor of Larn was built by the engineer Ingrid Voss in 1871." in answer
    assert b"standard input, Harbor of Larn" in answer
    assert b"<b>" not in answer
    summary = rag("summarize", "-", data=PAGE, cwd=tmp_path).stdout
    assert b"The harbor of Larn was built by the engineer" in summary and b"<b>" not in summary


def test_a_document_in_place_of_an_index_that_was_named_is_noted(tmp_path: Path) -> None:
    """In a loop over the lines of a file, the other lines would silently be the document."""
    for options, notes in (((), 0), (("-i", "./work"), 1), (("--shards", "http://a:1"), 1)):
        done = rag("ask", "Who built the harbor?", *options, data=PAGE, cwd=tmp_path)
        assert done.stderr.count(b"reading standard input, not the index") == notes


def test_a_pdf_is_read(tmp_path: Path) -> None:
    data = (CORPUS / "capacity-planning.pdf").read_bytes()
    done = rag("ask", "How much memory do twenty of them need?", data=data, cwd=tmp_path)
    assert b"66 GB" in done.stdout
    assert b"standard input, p. " in done.stdout


def test_a_text_in_an_old_encoding_is_read(tmp_path: Path) -> None:
    text = "Der Müller öffnet die Mühle um neun Uhr früh.\n"
    done = rag("ask", "Wann öffnet der Müller?", data=text.encode("cp1252"), cwd=tmp_path)
    assert text.strip() in done.stdout.decode()


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0\0\0", b"<html><body></body></html>"])
def test_what_holds_no_text_is_one_line(data: bytes, tmp_path: Path) -> None:
    done = rag("ask", "What is shown?", data=data, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(b"rag: error: standard input: ")
    assert done.stderr.count(b"\n") == 1 and not done.stdout


def test_summaries_check_all_names_before_the_first_is_printed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The mill of Larn was built in 1871 by Ingrid Voss alone.\n")
    (tmp_path / "folder").mkdir()
    for wrong in ("gone.txt", "folder"):
        done = rag("summarize", "a.txt", wrong, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, b"")
        assert wrong.encode() in done.stderr and done.stderr.count(b"\n") == 1
    done = rag("summarize", "a.txt", "--pages", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
