"""Makes the two PDFs of the corpus, byte for byte the same each time.

    python corpus/.make/pdfs.py [FOLDER]

The words are in ``handbook.txt`` and ``capacity.txt`` beside this script, in a small markup:
``#`` and ``##`` headings, ``|`` table rows, ``=two`` and ``=one`` to change the number of columns
on a new page.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

WIDTH, HEIGHT = A5
MARGIN = 18 * mm
INK, ACCENT = colors.HexColor("#1f2937"), colors.HexColor("#1d4ed8")
BODY = ParagraphStyle(
    "body", fontName="Times-Roman", fontSize=11, leading=15, alignment=TA_JUSTIFY, spaceAfter=6,
    textColor=INK,
)  # fmt: skip
NARROW = ParagraphStyle("narrow", BODY, fontSize=9.6, leading=12.6)
CELL = ParagraphStyle("cell", BODY, fontName="Helvetica", fontSize=8, leading=10, alignment=0)
HEAD = ParagraphStyle("head", CELL, fontName="Helvetica-Bold", textColor=colors.white)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=21, leading=26, textColor=INK)
SUBTITLE = ParagraphStyle(
    "subtitle", fontName="Helvetica", fontSize=11, leading=15, textColor=ACCENT
)
H1 = ParagraphStyle(
    "h1", fontName="Helvetica-Bold", fontSize=15, leading=19, spaceBefore=8, spaceAfter=7,
    textColor=INK, keepWithNext=1,
)  # fmt: skip
H2 = ParagraphStyle(
    "h2", H1, fontSize=11.5, leading=15, spaceBefore=6, spaceAfter=4, textColor=ACCENT
)


class Book(BaseDocTemplate):
    """A5 pages with running head and foot, outline, contents and page labels (i, ii, 1, 2, ...)."""

    def __init__(self, path: Path, title: str, front: int) -> None:
        super().__init__(str(path), pagesize=A5, title=title, author="rag-infer", invariant=1)
        self.title, self.front = title, front
        inner = WIDTH - 2 * MARGIN
        tall = HEIGHT - 2 * MARGIN - 6 * mm
        gap = 6 * mm
        half = (inner - gap) / 2
        bottom = MARGIN + 2 * mm

        def frame(x: float, width: float) -> Frame:
            return Frame(
                x, bottom, width, tall, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
            )

        self.addPageTemplates([
            PageTemplate("cover", [frame(MARGIN, inner)]),
            PageTemplate("one", [frame(MARGIN, inner)], onPage=self.furniture),
            PageTemplate(
                "two",
                [frame(MARGIN, half), frame(MARGIN + half + gap, half)],
                onPage=self.furniture,
            ),
        ])  # fmt: skip

    def label(self, page: int) -> str:
        roman = ["i", "ii", "iii", "iv"]
        return roman[page - 1] if page <= self.front else str(page - self.front)

    def furniture(self, canvas: Canvas, _: object) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(colors.HexColor("#6b7280"))
        canvas.drawString(MARGIN, HEIGHT - 12 * mm, self.title)
        canvas.line(MARGIN, HEIGHT - 13.5 * mm, WIDTH - MARGIN, HEIGHT - 13.5 * mm)
        canvas.drawCentredString(WIDTH / 2, 11 * mm, self.label(canvas.getPageNumber()))
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - the library's name
        level = {"h1": 0, "h2": 1}.get(getattr(getattr(flowable, "style", None), "name", ""))
        if level is None:
            return
        text = flowable.getPlainText()
        key = f"s{self.seq.nextf('section')}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level, closed=False)
        if level == 0:
            self.notify("TOCEntry", (0, text, self.page - self.front, key))

    def beforeDocument(self) -> None:  # noqa: N802
        self.canv.addPageLabel(0, "ROMAN_LOWER", 1)
        self.canv.addPageLabel(self.front, "ARABIC", 1)
        self.canv.showOutline()


def table(rows: list[str]) -> Table:
    cells = [[part.strip() for part in row.strip("|").split("|")] for row in rows]
    body = [[Paragraph(c, HEAD if i == 0 else CELL) for c in row] for i, row in enumerate(cells)]
    made = Table(
        body, colWidths=[(WIDTH - 2 * MARGIN) / len(cells[0])] * len(cells[0]), hAlign="LEFT"
    )
    made.setStyle(TableStyle([
        ("BACKGROUND", (0, 0), (-1, 0), ACCENT),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.HexColor("#f1f5f9")]),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#cbd5e1")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]))  # fmt: skip
    return made


def make(source: Path, target: Path) -> None:
    title, subtitle, *lines = source.read_text("utf-8").splitlines()
    contents = TableOfContents()
    contents.levelStyles = [ParagraphStyle("toc", fontName="Helvetica", fontSize=10, leading=17)]
    story: list[Flowable] = [
        Spacer(1, 45 * mm), Paragraph(title, TITLE),
        Spacer(1, 5 * mm), Paragraph(subtitle, SUBTITLE),
        NextPageTemplate("one"), PageBreak(),
        Paragraph("Contents", ParagraphStyle("plain", H1)), contents, PageBreak(),
    ]  # fmt: skip
    body, rows, paragraph = BODY, [], []

    def flush() -> None:
        if paragraph:
            story.append(Paragraph(" ".join(paragraph), body))
            paragraph.clear()
        if rows:
            story.extend([KeepTogether([table(rows)]), Spacer(1, 3 * mm)])
            rows.clear()

    for line in [*lines, ""]:
        if not line.startswith("|") and (rows or not line or line[0] in "#="):
            flush()
        if line.startswith("=two"):
            story.extend([NextPageTemplate("two"), PageBreak()])
            body = NARROW
        elif line.startswith("=one"):
            story.extend([NextPageTemplate("one"), PageBreak()])
            body = BODY
        elif line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            story.append(Paragraph(line.lstrip("# "), H1 if level == 1 else H2))
        elif line.startswith("|"):
            flush() if paragraph else None
            rows.append(line)
        elif line:
            paragraph.append(line)
    Book(target, title, front=2).multiBuild(story)


def main(folder: Path) -> None:
    here = Path(__file__).parent
    make(here / "handbook.txt", folder / "retrieval-handbook.pdf")
    make(here / "capacity.txt", folder / "capacity-planning.pdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
