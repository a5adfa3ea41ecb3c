"""The same tables in Word, HTML and PDF: are questions answered as well as from the grid?

    python benchmarks/table_containers.py [--tables N] [--half dev|held-out] [--write FILE]

Tables of WikiTableQuestions (``RAG_EVAL_DATA``, default ``../shared/data``) of at most eight
columns and 30 rows are written into one file each, indexed, and read back. Each question is
asked of its table alone, without a model, once of the grid that the data set gives and once of what
was read. The aim: accuracy in each container at most 5 points below that of the grid.
"""

from __future__ import annotations

import argparse
import html
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from table_qa import same, wtq

from rag_infer import Index
from rag_infer.retrieve import Filter
from rag_infer.table_qa.index_tables import tables
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.selection import choose

AIM_POINTS = 5.0
MAX_COLUMNS, MAX_ROWS, MAX_CELL_CHARS = 8, 30, 60
Grid = Sequence[Sequence[str]]
Item = tuple[str, list[str]]  # a question and its answers


def write_html(grid: Grid, path: Path) -> None:
    head, *body = grid
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    page = f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"
    path.write_text(f"<!doctype html><title>Table</title><body>{page}</body>", "utf-8")


def write_docx(grid: Grid, path: Path) -> None:
    import docx

    document = docx.Document()
    table = document.add_table(len(grid), len(grid[0]))
    for row, texts in zip(table.rows, grid, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.save(str(path))


def write_pdf(grid: Grid, path: Path) -> None:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    style = getSampleStyleSheet()["BodyText"]
    style.fontSize, style.leading = 8, 10
    cells = [[Paragraph(html.escape(text), style) for text in row] for row in grid]
    table = Table(cells, repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey)]))
    SimpleDocTemplate(str(path), pagesize=landscape(A4)).build([table])


WRITERS: dict[str, Callable[[Grid, Path], None]] = {
    "docx": write_docx, "html": write_html, "pdf": write_pdf,
}  # fmt: skip


def grid_of(table: QueryTable) -> list[list[str]]:
    header = [" ".join(levels) for levels in table.headers]
    return [header, *(list(row.texts) for row in table.rows)]


def is_plain(grid: Grid) -> bool:
    """Whether a table fits a page, in letters that the fonts of a PDF have."""
    return (
        len(grid[0]) <= MAX_COLUMNS and len(grid) <= MAX_ROWS and all(grid[0])
        and all(len(cell) <= MAX_CELL_CHARS and _is_latin(cell) for row in grid for cell in row)
    )  # fmt: skip


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def tally(items: Sequence[Item], table: QueryTable | None) -> tuple[int, int]:
    """How many questions are answered, and how many of them right."""
    answered = right = 0
    for question, gold in items:
        choice = choose(best_plan(question, [table])) if table is not None else None
        if choice is not None:
            answered += 1
            right += same(list(choice[1].values), gold)
    return answered, right


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tables", type=int, default=150)
    parser.add_argument("--half", default="dev", choices=("dev", "held-out"))
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    by_table: dict[int, tuple[QueryTable, list[Item]]] = {}
    for question, table, gold, _ in wtq(args.half):
        by_table.setdefault(id(table), (table, []))[1].append((question, gold))
    sample = [pair for pair in by_table.values() if is_plain(grid_of(pair[0]))][: args.tables]
    results: list[dict[str, Any]] = []
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for table, items in sample:
        counts["grid"] = [a + b for a, b in zip(counts["grid"], tally(items, table), strict=True)]
    for container, write in WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder) / "files"
            files.mkdir()
            for number, (table, _) in enumerate(sample):
                write(grid_of(table), files / f"t{number:04}.{container}")
            index = Index.open(Path(folder) / "index", create=True)
            index.add(files)
            by_name: dict[str, list[QueryTable]] = defaultdict(list)
            for table in tables(index.engine.snapshot, Filter()):
                by_name[PurePosixPath(table.document).stem].append(table)
            for number, (_, items) in enumerate(sample):
                read = by_name[f"t{number:04}"]
                pair = tally(items, read[0] if len(read) == 1 else None)
                counts[container] = [a + b for a, b in zip(counts[container], pair, strict=True)]
    questions = sum(len(items) for _, items in sample)
    base = counts["grid"][1] / questions * 100
    for name, (answered, right) in counts.items():
        accuracy = 100 * right / questions
        results.append(
            {
                "container": name, "tables": len(sample), "questions": questions,
                "answered": answered, "right": right, "accuracy": round(accuracy, 1),
                "points_below_grid": round(base - accuracy, 1),
                "right_of_grid": round(100 * right / max(1, counts["grid"][1]), 1),
            }
        )  # fmt: skip
        print(json.dumps(results[-1]))
    met = all(row["points_below_grid"] <= AIM_POINTS for row in results)
    print(f"aim: at most {AIM_POINTS:.0f} points below the grid: {'met' if met else 'NOT met'}")
    if args.write:
        args.write.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
