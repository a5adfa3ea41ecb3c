"""Tables of PDFs by another library, as JSON lines: run by the Python that has the library.

    python pdf_tables.py pdfplumber|camelot|img2table JOBS.json

JOBS.json is a list of ``{"pdf", "page" (from 1), "box" (PDF points from the lower left) or null}``.
With a box the table in it is read, without one all tables of the page. One line a table:
``{"job", "box", "cells": [{"row", "col", "rowspan", "colspan", "text"}]}``; the last line holds
the seconds of processor time that the work took, imports left out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Table = dict[str, Any]


def _cells(rows: list[list[str | None]]) -> list[dict[str, Any]]:
    return [
        {"row": r, "col": c, "rowspan": 1, "colspan": 1, "text": text}
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
        if text and text.strip()
    ]


def with_pdfplumber(jobs: list[dict[str, Any]]) -> Iterator[Table]:
    """Its default, ruling lines; where there are none in a given region, alignment of words."""
    import pdfplumber

    last, pdf = "", None
    for number, job in enumerate(jobs):
        if job["pdf"] != last:
            last, pdf = job["pdf"], pdfplumber.open(job["pdf"])
        assert pdf is not None
        page = pdf.pages[job["page"] - 1]
        top = float(page.height)
        if job["box"] is None:
            for table in page.find_tables():
                x0, y0, x1, y1 = table.bbox
                box = [x0, top - y1, x1, top - y0]
                yield {"job": number, "box": box, "cells": _cells(table.extract())}
            continue
        x0, y0, x1, y1 = job["box"]
        area = (x0 - 4, top - y1 - 4, x1 + 4, top - y0 + 4)
        page = page.crop(area, strict=False)
        rows = page.extract_table()
        if not rows or len(rows[0]) < 2:
            text = {"vertical_strategy": "text", "horizontal_strategy": "text"}
            rows = page.extract_table(text)
        yield {"job": number, "box": job["box"], "cells": _cells(rows or [])}


def with_camelot(jobs: list[dict[str, Any]]) -> Iterator[Table]:
    """Lattice, then stream where it finds nothing; whole pages the same."""
    import camelot

    for number, job in enumerate(jobs):
        options: dict[str, Any] = {"pages": str(job["page"]), "suppress_stdout": True}
        if job["box"]:
            x0, y0, x1, y1 = job["box"]
            options["table_areas"] = [f"{x0 - 4},{y1 + 4},{x1 + 4},{y0 - 4}"]
        tables: Any = []
        for flavor in ("lattice", "stream"):
            try:
                tables = camelot.read_pdf(job["pdf"], flavor=flavor, **options)
            except Exception as error:  # an area without text is an error there
                print(f"{job['pdf']}: {error}", file=sys.stderr)
                tables = []
            if tables:
                break
        for table in tables:
            cells = _cells(table.df.values.tolist())
            yield {"job": number, "box": list(table._bbox), "cells": cells}


def with_img2table(jobs: list[dict[str, Any]]) -> Iterator[Table]:
    """Its pages are pictures of 200 dots an inch, its text is the file's. No regions."""
    from img2table.document import PDF

    for number, job in enumerate(jobs):
        pages = [job["page"] - 1]
        document = PDF(job["pdf"], pages=pages, pdf_text_extraction=True)
        height = document.images[0].shape[0]
        for table in document.extract_tables(borderless_tables=True).get(job["page"] - 1, []):
            cells: dict[tuple[int, int, int, int], dict[str, Any]] = {}
            for r, row in enumerate(table.content.values()):
                for c, cell in enumerate(row):
                    box = (cell.bbox.x1, cell.bbox.y1, cell.bbox.x2, cell.bbox.y2)
                    if box in cells:
                        cells[box]["rowspan"] = r - cells[box]["row"] + 1
                        cells[box]["colspan"] = c - cells[box]["col"] + 1
                    elif cell.value:
                        cell_position = {"row": r, "col": c, "rowspan": 1, "colspan": 1}
                        cells[box] = {**cell_position, "text": cell.value}
            b = table.bbox
            points = [v * 72 / 200 for v in (b.x1, height - b.y2, b.x2, height - b.y1)]
            yield {"job": number, "box": points, "cells": list(cells.values())}


def main() -> None:
    library, path = sys.argv[1:]
    jobs = json.loads(Path(path).read_text("utf-8"))
    libraries = {
        "pdfplumber": with_pdfplumber,
        "camelot": with_camelot,
        "img2table": with_img2table,
    }
    __import__(library)
    started = time.process_time()
    for table in libraries[library](jobs):
        print(json.dumps(table), flush=True)
    print(json.dumps({"seconds": time.process_time() - started}))


if __name__ == "__main__":
    main()
