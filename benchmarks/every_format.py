"""A folder with a file of every format: which of its parts are read?

    python benchmarks/every_format.py            prints the table; seconds
    python benchmarks/every_format.py --write    also docs/reference/formats.md
    python benchmarks/every_format.py --check    exits with 1 when that file is out of date

The files are made by the libraries of their formats where there is one (python-docx, python-pptx,
XlsxWriter, ReportLab, pypdf, email), each with parts that readers like to lose: notes, comments,
hidden sheets, forms, attachments. A part is read when its words are in the text; a part that is
left out on purpose must be named. Pictures are read by the extra `ocr`, and not here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from peers.sample_files import Sample, samples

from rag_infer.read import ReadOptions, SourceFile, read_files

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "formats.md"
INTRODUCTION = """# What is read from each format

<!-- Written by benchmarks/every_format.py; do not edit. -->

One file of every format, made with the parts below, and how many of them are in the text that was
read. Parts in *italics* are left out on purpose and named in the report of `rag index`. Blocks are
headings, paragraphs, lists, tables and code as the reader parts them; tables are stored as grids,
with the place of each cell. Pictures and scanned pages need the extra `ocr`; without it they are
named.

| file | parts | read | documents | pages | blocks | cells |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What was read from one file."""

    name: str
    parts: tuple[str, ...]
    lost: tuple[str, ...]
    documents: int
    pages: int
    blocks: Counter[str]
    cells: int

    def markdown(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.blocks.items()))
        n_parts = len(self.parts)
        read = f"{n_parts - len(self.lost)} of {n_parts}"
        if self.lost:
            read += f" (not: {', '.join(self.lost)})"
        counts = f"{self.documents} | {self.pages} | {kinds} | {self.cells or ''}"
        return f"| `{self.name}` | {', '.join(self.parts)} | {read} | {counts} |"


def rows() -> list[Row]:
    """The rows of the table, by name of file."""
    format_rows = []
    with tempfile.TemporaryDirectory(prefix="every-format-") as folder:
        for sample in samples():
            path = Path(folder) / sample.name
            path.write_bytes(sample.data)
            format_rows.append(_row(sample, path))
    return format_rows


def _row(sample: Sample, path: Path) -> Row:
    results = list(read_files([SourceFile(path, sample.name)], ReadOptions(ocr=False)))
    for result in results:
        if result.error is not None:
            sys.exit(f"{sample.name}: {result.error}")
    documents = [document for result in results for document in result.documents]
    pages = [page for document in documents for page in document.pages]
    text = "\n".join(
        [page.text for page in pages]
        + [f"{document.id} {document.title} {document.metadata}" for document in documents]
    )
    notes = "\n".join(page.note or "" for page in pages)
    readings = {name: words in text for name, words in sample.parts.items()}
    readings |= {f"*{name}*": words in notes for name, words in sample.left_out.items()}
    return Row(
        sample.name,
        tuple(readings),
        tuple(name for name, was_read in readings.items() if not was_read),
        len(documents),
        len(pages),
        Counter(block.kind for page in pages for block in page.blocks),
        sum(len(row) for page in pages for table in page.tables for row in table.cells),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/reference/formats.md")
    parser.add_argument("--check", action="store_true", help="exit with 1 if that is out of date")
    options = parser.parse_args()
    format_rows = rows()
    parts, lost = (
        sum(len(row.parts) for row in format_rows),
        sum(len(row.lost) for row in format_rows),
    )
    total = f"\n{parts - lost} of {parts} parts of {len(format_rows)} files.\n"
    text = INTRODUCTION + "".join(f"{row.markdown()}\n" for row in format_rows) + total
    if options.write:
        PAGE.write_text(text, "utf-8")
    if options.check:
        if not PAGE.is_file() or PAGE.read_text("utf-8") != text:
            sys.exit(f"{PAGE} is out of date: python benchmarks/every_format.py --write")
        return
    print(text[text.index("| file") :], end="")
    print(f"aim: every part read, or named: {'NOT met' if lost else 'met'}")


if __name__ == "__main__":
    main()
