"""The office folders of two invented worlds, and everyday questions about each.

    python benchmarks/everyday/build.py FOLDER [--world falconry|coop] [--questions dev|test]
    python benchmarks/everyday/build.py --check

The first writes ``FOLDER/files`` and ``FOLDER/questions.jsonl``, which ``benchmarks/office.py
--data FOLDER`` reads. The second builds both worlds into a temporary folder, reads every file with
a plain reader, and checks the questions against that text. ``sources/`` of a world holds one text
a file: ``NAME.docx.txt`` and ``NAME.pdf.txt`` in the markup that ``blocks`` reads,
``NAME.xlsx.txt`` as rows that ``write_xlsx`` reads, other files as they are.
Nothing may be fitted on these files or questions: see README.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
WORLDS = {"falconry": HERE, "coop": HERE / "coop"}
SETS = ("dev", "test")
MARKUP = {"# ": "title", "## ": "heading", "- ": "bullet", "+ ": "number"}
PDF_FONTS = {
    "Helvetica": ("Helvetica", "Helvetica-Bold"),
    "Times": ("Times-Roman", "Times-Bold"),
    "Courier": ("Courier", "Courier-Bold"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A title, heading, paragraph, bullet, number, or table (rows of cells)."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(source: str) -> tuple[dict[str, str], list[Block]]:
    """The options (``@name value``) and the blocks of a source; every line is a paragraph."""
    options: dict[str, str] = {}
    result: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*source.splitlines(), ""]:
        is_row = line.startswith("|")
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|")) if is_row else ()
        # a row of another width begins a new table
        if rows and len(cells) != len(rows[-1]):
            result.append(Block("table", rows=tuple(rows)))
            rows = []
        if is_row:
            rows.append(cells)
        elif line.startswith("@"):
            name, _, value = line[1:].partition(" ")
            options[name] = value
        elif line.strip():
            mark = next((m for m in MARKUP if line.startswith(m)), "")
            result.append(Block(MARKUP.get(mark, "paragraph"), line[len(mark) :]))
    return options, result


def write_docx(source: str, target: Path) -> None:
    import docx

    options, content = blocks(source)
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = options.get("header", "")
    section.footer.paragraphs[0].text = options.get("footer", "")
    styles = {"bullet": "List Bullet", "number": "List Number"}
    for block in content:
        if block.kind in ("title", "heading"):
            document.add_heading(block.text, 0 if block.kind == "title" else 2)
        elif block.kind == "table":
            table = document.add_table(len(block.rows), len(block.rows[0]), "Table Grid")
            for row, cells in zip(table.rows, block.rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        else:
            document.add_paragraph(block.text, styles.get(block.kind))
    document.save(str(target))


def write_pdf(source: str, target: Path) -> None:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

    options, content = blocks(source)
    regular, bold = PDF_FONTS[options.get("font", "Helvetica")]
    columns = int(options.get("columns", "1"))
    size = 9.5 if columns == 2 or regular == "Courier" else 10.5
    body = ParagraphStyle("body", fontName=regular, fontSize=size, leading=size * 1.3, spaceAfter=5)
    heading = ParagraphStyle("heading", body, fontName=bold, spaceBefore=6)
    title = ParagraphStyle("title", body, fontName=bold, fontSize=15, leading=19, spaceAfter=9)
    styles = {"title": title, "heading": heading}
    width, height = A4
    margin, gap = 56.0, 20.0
    column = (width - 2 * margin - gap * (columns - 1)) / columns
    flow: list[Any] = []
    for block in content:
        if block.kind != "table":
            text = escape(block.text)
            flow.append(Paragraph(text, styles.get(block.kind, body)))
            continue
        cell = ParagraphStyle("cell", body, fontSize=size - 1, leading=size * 1.15, spaceAfter=0)
        lengths = [
            max(8, *(len(text) for text in texts)) for texts in zip(*block.rows, strict=True)
        ]
        widths = [column * min(n, 40) / sum(min(n, 40) for n in lengths) for n in lengths]
        rows = [[Paragraph(escape(text), cell) for text in row] for row in block.rows]
        grid = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        flow += [Spacer(1, 4), Table(rows, colWidths=widths, style=grid), Spacer(1, 8)]

    def foot(canvas: Any, document: Any) -> None:
        canvas.setFont(regular, 7)
        canvas.drawString(margin, 30, options.get("footer", "").replace("%d", str(document.page)))

    frames = [
        Frame(margin + i * (column + gap), 48, column, height - 100, 0, 0, 0, 0)
        for i in range(columns)
    ]
    document = BaseDocTemplate(str(target), pagesize=A4, invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames, onPage=foot))
    document.build(flow)


def write_xlsx(source: str, target: Path) -> None:
    """Write sheets (``[name]``) of rows; ``<`` merges a cell into the one on its left, and
    ``=FORMULA -> value`` is a formula with the value that it has.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(target)) as book:
        money, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
        sheet, at = None, 0
        for line in source.splitlines():
            if line.startswith("["):
                sheet, at = book.add_worksheet(line.strip("[]")), 0
                sheet.set_column(1, 2, 40)
                continue
            assert sheet is not None, f"{target.name}: a row before the first sheet"
            cells = [cell.strip() for cell in line.split("|")]
            for column, text in enumerate(cells):
                if text == "<":
                    continue
                last = column
                while cells[last + 1 : last + 2] == ["<"]:
                    last += 1
                if last > column:
                    sheet.merge_range(at, column, at, last, text, bold)
                elif text.startswith("="):
                    formula, _, value = text.partition(" -> ")
                    sheet.write_formula(at, column, formula, money, float(value))
                elif text.replace(".", "", 1).isdigit():
                    sheet.write_number(at, column, float(text), money)
                else:
                    sheet.write_string(at, column, text, bold if at <= 1 else None)
            at += 1


WRITERS = {".docx": write_docx, ".pdf": write_pdf, ".xlsx": write_xlsx}


def build(folder: Path, questions: str, world: str = "falconry") -> None:
    """Write all files and one set of questions of a world into a folder."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    for source in sorted((WORLDS[world] / "sources").iterdir()):
        target = files / source.stem
        write = WRITERS.get(target.suffix)
        if write:
            write(source.read_text("utf-8"), target)
        else:
            shutil.copyfile(source, files / source.name)
    shutil.copyfile(WORLDS[world] / f"questions_{questions}.jsonl", folder / "questions.jsonl")


def plain_text(path: Path) -> str:
    """The text of a file as a common reader gives it, spaces made single."""
    if path.suffix == ".docx":
        import docx

        document = docx.Document(str(path))
        cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
        margins = [
            p.text for s in document.sections for p in (*s.header.paragraphs, *s.footer.paragraphs)
        ]
        text = "\n".join([*(p.text for p in document.paragraphs), *cells, *margins])
    elif path.suffix == ".pdf":
        import pypdf

        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    elif path.suffix == ".xlsx":
        import python_calamine

        book = python_calamine.CalamineWorkbook.from_path(path)
        rows = [
            row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()
        ]
        text = "\n".join(
            f"{cell:.10g}" if isinstance(cell, float) else str(cell) for r in rows for cell in r
        )
    elif path.suffix == ".html":
        import lxml.html

        text = lxml.html.fromstring(path.read_bytes()).text_content()
    else:
        text = path.read_text("utf-8")
    return " ".join(text.split())


def faults(question: dict[str, Any], texts: dict[str, str], earlier: set[str]) -> Iterator[str]:
    """What is wrong with a question, judged by the text of the files it names."""
    missing = [name for name in question["documents"] if name not in texts]
    if missing:
        yield f"no such file {missing}"
        return
    text = "\n".join(texts[name] for name in question["documents"]).lower()
    if question["after"] and question["after"] not in earlier:
        yield f"follows {question['after']}, which is not before it"
    if question["answerable"] != (question["kind"] != "unanswerable"):
        yield "answerable and kind disagree"
    if question["answerable"] and not (question["answers"] or question["complete"]):
        yield "no answer"
    if set(question["answers"]) & set(question["must_not"]):
        yield "an answer is both right and wrong"
    if question["literal"] and not any(
        " ".join(a.lower().split()) in text for a in question["answers"]
    ):
        yield f"none of {question['answers']} in {question['documents']}"
    for item in question["complete"] or ():
        if question["literal"] and not any(
            alternative.lower() in text for alternative in item.split("/")
        ):
            yield f"item {item!r} not in {question['documents']}"


def check(world: str) -> int:
    """Print what is wrong with both sets of a world; the number of faults."""
    count = 0
    seen: dict[str, str] = {}
    for name in SETS:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder), name, world)
            texts = {p.name: plain_text(p) for p in (Path(folder) / "files").iterdir()}
            lines = (Path(folder) / "questions.jsonl").read_text("utf-8").splitlines()
        questions = [json.loads(line) for line in lines]
        for question in questions:
            for fault in faults(question, texts, set(seen)):
                print(f"{world} {name} {question['id']}: {fault}")
                count += 1
            if question["id"] in seen or (
                not question["after"] and question["question"] in seen.values()
            ):
                print(f"{world} {name} {question['id']}: stands twice")
                count += 1
            seen[question["id"]] = question["question"]
        kinds = Counter(question["kind"] for question in questions)
        print(
            f"{world} {name}: {len(questions)} questions, {len(texts)} files,",
            dict(kinds.most_common()),
        )
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--world", choices=WORLDS, default="falconry")
    parser.add_argument("--questions", choices=SETS, default="dev")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        sys.exit(1 if sum(check(world) for world in WORLDS) else 0)
    if args.folder is None:
        parser.error("a folder to write into, or --check")
    build(args.folder, args.questions, args.world)


if __name__ == "__main__":
    main()
