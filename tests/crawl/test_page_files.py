"""Under which extension a page is read, and that its text arrives as it was sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer.crawl.addresses import WebAddress
from rag_infer.crawl.page_files import file_extension, saved_page
from rag_infer.read.encoding import decode

PDF = b"%PDF-1.7 ..."
HTML = b"<!doctype html><title>x</title>"


@pytest.mark.parametrize(
    ("path", "content_type", "body", "extension"),
    [
        ("/", "text/html; charset=utf-8", HTML, ".html"),
        ("/page.php", "text/html", HTML, ".html"),
        ("/report", "application/pdf", PDF, ".pdf"),
        ("/report.pdf", "application/octet-stream", PDF, ".pdf"),
        ("/download?id=3", "application/octet-stream", PDF, ".pdf"),
        ("/download", "", HTML, ".html"),
        ("/notes.md", "text/plain; charset=utf-8", b"# Notes", ".md"),
        ("/LICENSE", "text/plain", b"words", ".txt"),
        ("/rows.csv", "text/csv", b"a,b", ".csv"),
        ("/feed", "application/xml", b"<?xml version='1.0'?><a/>", ".xml"),
        ("/data", "application/json", b"{}", ".json"),
        ("/sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK",
         ".xlsx"),
        ("/letter", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         b"PK", ".docx"),
        ("/letter.docx", "application/zip", b"PK", ".docx"),
        ("/text.odt", "application/vnd.oasis.opendocument.text", b"PK", ".odt"),
        ("/mail", "message/rfc822", b"From: a", ".eml"),
        ("/program.exe", "application/octet-stream", b"MZ", None),
        ("/film", "video/mp4", b"...", None),
        ("/x", "nonsense", b"...", ".txt"),
    ],
)  # fmt: skip
def test_the_extension_of_a_page(
    path: str, content_type: str, body: bytes, extension: str | None
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    address = WebAddress.parse(f"https://a.example{path}")
    assert file_extension(address, headers, body) == extension


def test_a_download_may_name_its_file() -> None:
    headers = {
        "content-type": "application/octet-stream",
        "content-disposition": "attachment; filename*=UTF-8''../../rows.csv",
    }
    assert file_extension(WebAddress.parse("https://a.example/d"), headers, b"a,b") == ".csv"


@pytest.mark.parametrize(
    ("charset", "text"), [("iso-8859-1", "Straße – 3 €"), ("koi8-r", "Гавань"), ("gb2312", "港口")]
)
def test_the_encoding_of_the_header_counts(tmp_path: Path, charset: str, text: str) -> None:
    codec = "cp1252" if charset == "iso-8859-1" else charset
    headers = {"content-type": f"text/html; charset={charset}"}
    path = saved_page(tmp_path, 1, ".html", headers, text.encode(codec))
    assert decode(path.read_bytes()) == text


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset", "utf-16", "rot13"])
def test_a_wrong_encoding_changes_nothing(tmp_path: Path, charset: str) -> None:
    headers = {"content-type": f"text/html; charset={charset}"}
    data = "Straße".encode()
    assert saved_page(tmp_path, 1, ".html", headers, data).read_bytes() == data


def test_the_time_of_the_file_is_that_of_the_page(tmp_path: Path) -> None:
    headers = {"last-modified": "Wed, 21 Oct 2015 07:28:00 GMT"}
    path = saved_page(tmp_path, 1, ".html", headers, HTML)
    assert path.stat().st_mtime == 1445412480
    for value in ("yesterday", "Wed, 21 Oct 99999 07:28:00 GMT", ""):
        saved_page(tmp_path, 2, ".html", {"last-modified": value}, HTML)
