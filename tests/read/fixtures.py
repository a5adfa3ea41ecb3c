"""Small real files of every format, written by the libraries that people's programs use.

Each writer takes a title and paragraphs, and gives the bytes of a file that says them.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape

Paragraphs = Sequence[str]


def text(title: str, paragraphs: Paragraphs) -> bytes:
    return "\n\n".join((title, *paragraphs)).encode()


def latin(title: str, paragraphs: Paragraphs) -> bytes:
    return "\n\n".join((title, *paragraphs)).encode("utf-16")


def markdown(title: str, paragraphs: Paragraphs) -> bytes:
    return "\n\n".join((f"# {title}", *paragraphs)).encode()


def html(title: str, paragraphs: Paragraphs) -> bytes:
    body = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{escape(title)}</title></head>"
        f"<body><nav><a href=/>Home</a><a href=/more>More</a></nav><main>"
        f"<h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()


def docx(title: str, paragraphs: Paragraphs) -> bytes:
    import docx as word

    document = word.Document()
    document.add_heading(title, 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return _saved(document.save)


def pptx(title: str, paragraphs: Paragraphs) -> bytes:
    import pptx as power

    deck = power.Presentation()
    for paragraph in paragraphs or [""]:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = paragraph
    return _saved(deck.save)


def xlsx(title: str, paragraphs: Paragraphs) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("Sheet")
        for row, cells in enumerate(_table(title, paragraphs)):
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
    return buffer.getvalue()


def comma(title: str, paragraphs: Paragraphs) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(_table(title, paragraphs))
    return buffer.getvalue().encode()


def epub(title: str, paragraphs: Paragraphs) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book/package.opf"/></rootfiles></container>',
        )
        book.writestr(
            "book/package.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
            '<dc:creator>A. Writer</dc:creator></metadata><manifest><item id="a" href="one.xhtml" '
            'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
            "</package>",
        )
        body = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
        book.writestr(
            "book/one.xhtml",
            f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{escape(title)}</h1>{body}'
            "</body></html>",
        )
    return buffer.getvalue()


def mail(title: str, paragraphs: Paragraphs) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = title, "a@example.org", "b@example.org"
    message.set_content("\n\n".join(paragraphs))
    return message.as_bytes()


def notebook(title: str, paragraphs: Paragraphs) -> bytes:
    cells = [
        {"cell_type": "markdown", "source": p, "metadata": {}} for p in (f"# {title}", *paragraphs)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def records(title: str, paragraphs: Paragraphs) -> bytes:
    lines = [{"id": n, "title": title, "text": p} for n, p in enumerate(paragraphs)]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def code(title: str, paragraphs: Paragraphs) -> bytes:
    parts = [f"def part_{n}():\n    return {p!r}\n" for n, p in enumerate(paragraphs)]
    return "\n\n".join((f"# {title}", *parts)).encode()


def pdf(title: str, paragraphs: Paragraphs, password: str | None = None) -> bytes:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    styles = getSampleStyleSheet()
    buffer = io.BytesIO()
    flow = [Paragraph(escape(title), styles["Heading1"])]
    flow += [Paragraph(escape(p), styles["BodyText"]) for p in paragraphs]
    SimpleDocTemplate(buffer, encrypt=password).build(flow)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[str, Paragraphs], bytes]] = {
    "a.txt": text, "b.txt": latin, "a.md": markdown, "a.html": html, "a.docx": docx,
    "a.pptx": pptx, "a.xlsx": xlsx, "a.csv": comma, "a.epub": epub, "a.eml": mail,
    "a.ipynb": notebook, "a.jsonl": records, "a.py": code, "a.pdf": pdf,
}  # fmt: skip


def _table(title: str, paragraphs: Paragraphs) -> list[list[str]]:
    return [["name", "words"], *([f"{title} {n}", p] for n, p in enumerate(paragraphs))]


def _saved(save: Callable[[io.BytesIO], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()
