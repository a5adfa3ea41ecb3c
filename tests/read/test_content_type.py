"""What bytes without a name are, by how they begin."""

from __future__ import annotations

import pytest

from rag_infer.read.content_type import extension_of_content
from tests.factories import CORPUS

PAGE = "<!DOCTYPE html><html><body><p>Grüße</p></body></html>"


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (PAGE.encode(), ".html"),
        (PAGE.encode("utf-8-sig"), ".html"),
        (PAGE.encode("utf-16"), ".html"),
        (b"\n  <!-- saved from x -->\n<HTML lang=en>", ".html"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">', ".html"),
        (b'<div class="a">Text.</div>', ".html"),
        (b"<p>Text.", ".html"),
        (b"{\\rtf1 Text}", ".rtf"),
        (b"PK\x03\x04 broken", ".zip"),
        (b"The tag <p> begins a paragraph of <html>.", ".txt"),
        (b"<person>Ann</person>", ".txt"),
        (b"<maria@example.org> wrote:", ".txt"),
        (b"", ".txt"),
    ],
)
def test_formats_are_recognized(data: bytes, extension: str) -> None:
    assert extension_of_content(data) == extension


@pytest.mark.parametrize("name", ["capacity-planning.pdf", "checking-answers.docx", "serving.html"])
def test_files_are_recognized(name: str) -> None:
    assert f".{name.rpartition('.')[2]}" == extension_of_content((CORPUS / name).read_bytes())
