"""The corpus is what it says, its scripts make it, and its questions point at real words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[1] / "corpus"
QUESTIONS = [json.loads(line) for line in (CORPUS / "questions.jsonl").read_text().splitlines()]
PDFS = sorted(CORPUS.glob("*.pdf"))


def text_of(path: Path, page: int | None = None) -> str:
    """Plain text by the simplest means there are, not by the readers under test."""
    if path.suffix == ".pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(path)
        numbers = range(len(document)) if page is None else [page - 1]
        text = "\n".join(document[n].get_textpage().get_text_range() for n in numbers)
    elif path.suffix == ".docx":
        import docx

        document = docx.Document(str(path))
        cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
        text = "\n".join([*(p.text for p in document.paragraphs), *cells])
    else:
        text = path.read_text("utf-8")
    return " ".join(text.split())


def test_there_is_enough_of_each_kind() -> None:
    documents = [
        p for p in CORPUS.iterdir() if p.suffix in {".md", ".html", ".txt", ".docx", ".pdf"}
    ]
    assert len(documents) >= 12
    assert {p.suffix for p in documents} == {".md", ".html", ".txt", ".docx", ".pdf"}
    assert len(QUESTIONS) >= 40
    assert sum(not q["answerable"] for q in QUESTIONS) >= 8
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("path", PDFS, ids=lambda p: p.name)
def test_pdfs_have_pages_outline_and_labels(path: Path) -> None:
    import pypdf

    reader = pypdf.PdfReader(path)
    assert len(reader.pages) >= 8
    assert reader.page_labels[:4] == ["i", "ii", "1", "2"]
    assert len(reader.outline) >= 5


@pytest.mark.parametrize("script", ["pdfs.py", "word.py"])
def test_scripts_make_the_committed_files(script: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, CORPUS / ".make" / script, tmp_path], check=True)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    for path in files:
        # Compressors differ between builds of zlib; what is inside may not.
        assert text_of(path) == text_of(CORPUS / path.name)


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if q["answerable"]], ids=lambda q: q["id"]
)
def test_each_quote_stands_where_the_question_says(question: dict[str, object]) -> None:
    path = CORPUS / str(question["document"])
    page = question.get("page")
    text = text_of(path, int(str(page)) if page else None)
    assert " ".join(str(question["quote"]).split()) in text
    if "heading" in question:
        heading = str(question["heading"])
        assert re.search(rf"(^|[#>\s]){re.escape(heading)}", text)
