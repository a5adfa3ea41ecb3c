"""Are tables in PDFs found, and are their cells in the right rows and columns?

    python benchmarks/pdf_tables.py            the ICDAR 2013 competition; half a minute
    python benchmarks/pdf_tables.py --peers PYTHON    beside pdfplumber, camelot and img2table

The measures are those of the competition (Göbel et al., ICDAR 2013). Structure: every filled cell
and its nearest filled neighbor to the right and below is one relation, texts compared without
white space and case; precision and recall of the relations, averaged by document; with the
regions given, and end to end. Regions: the characters in tables, averaged by document; a table is
complete if all of its characters are within regions that overlap it, pure if they hold no others.
Published with the regions given: .946 (best participant), .972 (Aoyagi 2022).
False tables: how many are seen on pages that hold none: a book of prose with numbered lines, notes
and an index, a book of mathematics with drawings, and the competition's other pages, with charts.
Filings: the share of numbers of four digits and more of company reports that are in a cell, and of
cells of figures that hold two of them on a line.
Pages a second are of processor time, on one core: other work on the machine does not count.
PYTHON is one that has the three libraries (pip install pdfplumber camelot-py img2table).
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import pypdfium2

from rag_infer.read.tables import TableGrid, find_tables, read_page_content, table_in_region

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
ICDAR = DATA / "icdar2013"
OUT = Path(__file__).parent / "out"
RESULTS = Path(__file__).parent / "results"
PEERS = ("pdfplumber", "camelot", "img2table")
_LONG_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+")
_FIGURE = re.compile(r"(?<!\S)(?:\$ )?[(]?\d[\d,.]*[)]?%?(?!\S)")
AIM_F1, AIM_PAGES_PER_SECOND = 0.90, 20.0

Box = tuple[float, float, float, float]
Relations = Counter[tuple[str, str, str]]


@dataclass
class Table:
    """A table as the truth or a library gives it.

    ``box`` is in points from the lower left of the page as it lies in the file, ``shown_box`` of
    the page as it is shown, which is what the truth and the other libraries go by.
    """

    pdf: str
    page: int
    box: Box | None
    cells: list[dict[str, Any]]
    shown_box: Box | None = None


@dataclass
class Score:
    """Precision and recall of each document, and counts over all of them."""

    precision: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    right: int = 0
    predicted: int = 0
    expected: int = 0

    def add(self, right: int, predicted: int, expected: int) -> None:
        self.precision.append(right / predicted if predicted else 0.0)
        self.recall.append(right / expected if expected else 1.0)
        self.right += right
        self.predicted += predicted
        self.expected += expected

    def figures(self) -> dict[str, float]:
        precision, recall = fmean(self.precision), fmean(self.recall)
        pooled = 2 * self.right / max(1, self.predicted + self.expected)
        return {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
            "f1_pooled": round(pooled, 4),
        }


def relations(cells: list[dict[str, Any]]) -> Relations:
    """Every filled cell with its nearest filled neighbors to the right and below."""
    grid: dict[tuple[int, int], int] = {}
    for number, cell in enumerate(cells):
        for r in range(cell["row"], cell["row"] + cell["rowspan"]):
            for c in range(cell["col"], cell["col"] + cell["colspan"]):
                grid.setdefault((r, c), number)
    texts = ["".join(cell["text"].split()).casefold() for cell in cells]
    height = max((r for r, _ in grid), default=-1) + 1
    width = max((c for _, c in grid), default=-1) + 1
    pairs = set()
    for (r, c), number in grid.items():
        for way, ahead in (
            ("right", ((r, x) for x in range(c + 1, width))),
            ("below", ((y, c) for y in range(r + 1, height))),
        ):
            for key in ahead:
                other = grid.get(key, number)
                if other != number and texts[other]:
                    pairs.add((number, other, way))
                    break
    return Counter((texts[a], texts[b], way) for a, b, way in pairs if texts[a])


def truth() -> list[Table]:
    """The tables of the competition; the regions of one table are told apart by their boxes."""
    tables = []
    with gzip.open(ICDAR / "tables.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            box = tuple(item["box"]) if item["box"] else _hull(item["cells"])
            tables.append(Table(item["pdf"], item["page"], box, item["cells"]))
    for table in tables:
        table.shown_box = table.box
        table.box = _box_in_file(table.pdf, table.page, table.box)
    return tables


def _box_in_file(pdf: str, page: int, box: Box | None) -> Box | None:
    """The box of a page as it lies in the file, from one of the page as it is shown."""
    output = pypdfium2.PdfDocument(ICDAR / "pdfs" / pdf)[page - 1]
    if output.get_rotation() != 90 or box is None:
        return box
    x0, y0, x1, y1 = box
    width = output.get_mediabox()[2]
    return width - y1, x0, width - y0, x1


def _hull(cells: list[dict[str, Any]]) -> Box:
    boxes = [cell["box"] for cell in cells]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _plain(grid: TableGrid, pdf: str, page: int) -> Table:
    cells = [
        {
            "row": cell.row,
            "col": cell.column,
            "rowspan": cell.row_span,
            "colspan": cell.column_span,
            "text": cell.text,
        }
        for cell in grid.cells
    ]
    return Table(pdf, page, grid.box, cells)


def ours(expected: list[Table]) -> tuple[list[Table], list[Table], float, int]:
    """Tables in the given regions, tables of all pages, and seconds and pages of the latter."""
    in_regions, everywhere = [], []
    seconds, pages = 0.0, 0
    for path in sorted((ICDAR / "pdfs").glob("*.pdf")):
        document = pypdfium2.PdfDocument(path)
        for number in range(len(document)):
            started = time.process_time()
            content = read_page_content(document.raw, number)
            grids = find_tables(content)
            seconds += time.process_time() - started
            pages += 1
            everywhere += [_plain(grid, path.name, number + 1) for grid in grids]
            for table in expected:
                if (table.pdf, table.page) == (path.name, number + 1) and table.box:
                    grid = table_in_region(content, table.box)
                    if grid is not None:
                        in_regions.append(_plain(grid, path.name, number + 1))
    return in_regions, everywhere, seconds, pages


def with_peer(name: str, python: str, expected: list[Table]) -> tuple[Any, Any, float, int]:
    """The same by another library."""
    pages = [
        (path, number + 1)
        for path in sorted((ICDAR / "pdfs").glob("*.pdf"))
        for number in range(len(pypdfium2.PdfDocument(path)))
    ]
    full_pages = [{"pdf": str(path), "page": page, "box": None} for path, page in pages]
    regions = [
        {"pdf": str(ICDAR / "pdfs" / t.pdf), "page": t.page, "box": t.shown_box} for t in expected
    ]
    everywhere, seconds = _run_peer(name, python, full_pages)
    if name == "img2table":  # it takes no regions: those of its tables that lie in them
        by_page = defaultdict(list)
        for table in everywhere:
            by_page[table.pdf, table.page].append(table)
        in_regions = [
            table
            for t in expected
            for table in by_page[t.pdf, t.page]
            if t.box and table.box and _overlap(t.box, table.box)
        ]
        in_regions = list({id(t): t for t in in_regions}.values())
    else:
        in_regions, _ = _run_peer(name, python, regions)
    return in_regions, everywhere, seconds, len(pages)


def _run_peer(name: str, python: str, jobs: list[dict[str, Any]]) -> tuple[list[Table], float]:
    script = Path(__file__).parent / "peers" / "pdf_tables.py"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.json"
        path.write_text(json.dumps(jobs), "utf-8")
        output = subprocess.run([python, script, name, path], capture_output=True, check=True)
    *lines, last = [json.loads(line) for line in output.stdout.splitlines()]
    tables = []
    for item in lines:
        job = jobs[item["job"]]
        pdf, page = Path(job["pdf"]).name, job["page"]
        box = _box_in_file(pdf, page, tuple(item["box"]))
        tables.append(Table(pdf, page, box, item["cells"]))
    return tables, last["seconds"]


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def structure(expected: list[Table], predicted: list[Table]) -> Score:
    """Relations that are right, by document; those of each page are compared with one another."""
    score = Score()
    expected_cells: dict[str, dict[int, Relations]] = defaultdict(lambda: defaultdict(Counter))
    found_cells: dict[str, dict[int, Relations]] = defaultdict(lambda: defaultdict(Counter))
    for table in expected:
        expected_cells[table.pdf][table.page] += relations(table.cells)
    for table in predicted:
        found_cells[table.pdf][table.page] += relations(table.cells)
    for pdf, pages in expected_cells.items():
        right = sum(
            (pages[p] & found_cells[pdf][p]).total() for p in set(pages) | set(found_cells[pdf])
        )
        score.add(
            right,
            sum(r.total() for r in found_cells[pdf].values()),
            sum(r.total() for r in pages.values()),
        )
    return score


def regions(expected: list[Table], predicted: list[Table]) -> tuple[Score, dict[str, int]]:
    """Characters in tables, by document; how many tables are complete, and how many are pure."""
    score = Score()
    counts = {"tables": len(expected), "predicted": len(predicted), "complete": 0, "pure": 0}
    for pdf in sorted({table.pdf for table in expected}):
        document = pypdfium2.PdfDocument(ICDAR / "pdfs" / pdf)
        right = found_cells = expected_cells = 0
        for page in {t.page for t in [*expected, *predicted] if t.pdf == pdf}:
            spots = _characters(document[page - 1])
            of_truth = [_within(spots, t.box) for t in expected if (t.pdf, t.page) == (pdf, page)]
            of_ours = [_within(spots, t.box) for t in predicted if (t.pdf, t.page) == (pdf, page)]
            all_truth = frozenset().union(*of_truth)
            all_ours = frozenset().union(*of_ours)
            right += len(all_truth & all_ours)
            found_cells += len(all_ours)
            expected_cells += len(all_truth)
            for characters in of_truth:
                union: frozenset[int] = frozenset().union(*(o for o in of_ours if o & characters))
                counts["complete"] += characters <= union
                counts["pure"] += bool(union) and union <= characters
        score.add(right, found_cells, expected_cells)
    return score, counts


def _characters(page: Any) -> list[tuple[float, float]]:
    text = page.get_textpage()
    spots = []
    for number in range(text.count_chars()):
        if text.get_text_range(number, 1).strip():
            x0, y0, x1, y1 = text.get_charbox(number)
            spots.append(((x0 + x1) / 2, (y0 + y1) / 2))
    return spots


def _within(spots: list[tuple[float, float]], box: Box | None) -> frozenset[int]:
    if box is None:
        return frozenset()
    x0, y0, x1, y1 = box
    return frozenset(
        n for n, (x, y) in enumerate(spots) if x0 - 1 <= x <= x1 + 1 and y0 - 1 <= y <= y1 + 1
    )


def false_tables(expected: list[Table]) -> dict[str, int]:
    """Tables on pages that hold none."""
    pages = tables = 0
    with_tables = {(table.pdf, table.page) for table in expected}
    with_tables |= {("freeculture.pdf", page) for page in (91, 182, 183)}
    books = (DATA / "pdf_tricky/files/freeculture.pdf", DATA / "pdf_text/GeoTopo-komprimiert.pdf")
    for path in (*books, *sorted((ICDAR / "pdfs").glob("*.pdf"))):
        document = pypdfium2.PdfDocument(path)
        for number in range(len(document)):
            if (path.name, number + 1) not in with_tables:
                pages += 1
                tables += len(find_tables(read_page_content(document.raw, number)))
    return {"pages": pages, "tables": tables}


def filings() -> dict[str, float]:
    """Numbers of company reports in cells; there is no truth, and every number counts."""
    numbers = in_cells = cells = double = pages = tables = 0
    started = time.process_time()
    for path in sorted((DATA / "financebench" / "pdfs").glob("*.pdf")):
        document = pypdfium2.PdfDocument(path)
        for page in range(len(document)):
            pages += 1
            content = read_page_content(document.raw, page)
            numbers += sum(_LONG_NUMBER.search(word.text) is not None for word in content.words)
            for grid in find_tables(content):
                tables += 1
                for cell in grid.cells:
                    in_cells += len(_LONG_NUMBER.findall(cell.text))
                    figures = _FIGURE.findall(cell.text) if cell.column else []
                    cells += bool(figures)
                    double += len(figures) > 1 and "".join(figures) == cell.text.replace(" ", "")
    return {
        "pages": pages,
        "tables": tables,
        "numbers_in_cells": round(in_cells / max(1, numbers), 4),
        "cells_of_two_figures": round(double / max(1, cells), 5),
        "pages_per_second": round(pages / (time.process_time() - started), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has the peers installed")
    parser.add_argument("--documents", action="store_true", help="print each document's figures")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not ICDAR.is_dir():
        sys.exit(f"{ICDAR} is not there; set RAG_EVAL_DATA")
    expected = truth()
    results: dict[str, Any] = {}
    print(f"{'':14}{'regions given':^24}{'end to end':^24}{'found tables':^24}{'pages':>8}")
    print(f"{'':14}" + f"{'P':>8}{'R':>8}{'F1':>8}" * 3 + f"{'/s':>8}")
    for name in ("rag-infer", *(PEERS if options.peers else ())):
        in_regions, everywhere, seconds, pages = (
            ours(expected) if name == "rag-infer" else with_peer(name, options.peers, expected)
        )
        found_cells, end = structure(expected, in_regions), structure(expected, everywhere)
        detection, counts = regions(expected, everywhere)
        rows = [found_cells.figures(), end.figures(), detection.figures()]
        print(
            f"{name:14}"
            + "".join(f"{r[k]:8.3f}" for r in rows for k in ("precision", "recall", "f1"))
            + f"{pages / seconds:8.1f}",
            flush=True,
        )
        print(f"{'':14}{counts}")
        results[name] = {
            "structure_regions_given": rows[0],
            "structure_end_to_end": rows[1],
            "regions": {**rows[2], **counts},
            "pages_per_second": round(pages / seconds, 1),
        }
        if options.documents:
            pdfs = list(dict.fromkeys(t.pdf for t in expected))
            for n, pdf in enumerate(pdfs):
                print(
                    f"  {pdf:12} given P {found_cells.precision[n]:.3f}"
                    f" R {found_cells.recall[n]:.3f}"
                    f"   end P {end.precision[n]:.3f} R {end.recall[n]:.3f}"
                )
    results["false_tables"] = false_tables(expected)
    print(
        "pages without tables: {pages}, tables seen on them: {tables}".format(
            **results["false_tables"]
        )
    )
    results["filings"] = filings()
    print(f"filings: {results['filings']}")
    mine = results["rag-infer"]
    f1, speed = mine["structure_regions_given"]["f1"], mine["pages_per_second"]
    print(f"aim: F1 of at least {AIM_F1} with regions: {'met' if f1 >= AIM_F1 else 'NOT met'}")
    fast = speed >= AIM_PAGES_PER_SECOND
    met = "met" if fast else "NOT met"
    print(f"aim: {AIM_PAGES_PER_SECOND:.0f} pages a second on one core: {met}")
    for folder in [OUT, RESULTS] if options.publish else [OUT]:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "pdf_tables.json"
        path.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
