"""PDFs: passwords, forms, pictures, places; and a third of a collection of odd ones."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_infer.errors import PasswordError
from rag_infer.read import ReadOptions
from rag_infer.read.text_boxes import locate_text
from tests.read import fixtures
from tests.read.conftest import document, error

Write = Callable[[str, bytes | str], Path]
SAID = "The relief valve opens at six bar."


def test_an_encrypted_file_opens_with_its_password(write: Write) -> None:
    path = write("locked.pdf", fixtures.pdf("Valves", [SAID], password="sesame"))
    assert isinstance(error(path), PasswordError)
    assert "password" in str(error(path))
    assert "none of the passwords" in str(error(path, ReadOptions(passwords=("wrong",))))
    result = document(path, ReadOptions(passwords=("wrong", "sesame")))
    assert SAID in result.pages[0].text


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_an_empty_password_is_no_obstacle(algorithm: str, write: Write) -> None:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(fixtures.pdf("Valves", [SAID])))
    writer.encrypt("", "owner", algorithm=algorithm)
    buffer = io.BytesIO()
    writer.write(buffer)
    assert SAID in document(write("a.pdf", buffer.getvalue())).pages[0].text


def page_texts(write: Write, draw: Callable[[Any], None]) -> list[str]:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    draw(canvas)
    canvas.save()
    return [page.text for page in document(write("drawn.pdf", buffer.getvalue())).pages]


def test_form_fields_stay_with_their_labels(write: Write) -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(60, 740, "Name:")
        canvas.drawString(60, 710, "Agreed:")
        canvas.drawString(60, 680, "Refused:")
        canvas.drawString(60, 640, "City of birth")
        canvas.drawString(60, 580, SAID)
        form = canvas.acroForm
        form.textfield(name="city", value="Turin", x=60, y=615, width=200, height=18)
        form.textfield(name="name", value="Ada Lovelace", x=150, y=735, width=200, height=18)
        form.checkbox(name="agreed", checked=True, x=150, y=708, size=14)
        form.checkbox(name="refused", checked=False, x=150, y=678, size=14)

    (text,) = page_texts(write, draw)
    lines = text.split()
    words = " ".join(lines)
    for expected in ("Name: Ada Lovelace", "Agreed: [x]", "Refused: [ ]", "City of birth Turin"):
        assert expected in words
    assert SAID in words


def test_fields_below_one_another_are_cut_apart(write: Write) -> None:
    values = {"Name:": "Marit Solheim", "Policy:": "TRV-55120-K", "Amount:": "1,284.50 euros"}

    def draw(canvas: Any) -> None:
        for n, (label, value) in enumerate(values.items()):
            canvas.drawString(60, 740 - 30 * n, label)
            canvas.acroForm.textfield(
                name=label, value=value, x=220, y=735 - 30 * n, width=260, height=18
            )

    (text,) = page_texts(write, draw)
    words = " ".join(text.split())
    assert "Name: Marit Solheim Policy: TRV-55120-K Amount: 1,284.50 euros" in words


def test_fields_of_rows_far_apart_and_choices_of_one_row_stay_with_their_labels(
    write: Write,
) -> None:
    def draw(canvas: Any) -> None:
        form = canvas.acroForm
        canvas.setFont("Helvetica", 11)
        rows = {"Borrower:": "Museum of Pendra", "Value:": "48,500 euros", "Season": "Autumn"}
        for y, (label, value) in zip((750, 690, 570), rows.items(), strict=True):
            canvas.drawString(60, y, label)
            form.textfield(name=label, value=value, x=180, y=y - 5, width=260, height=18)
        canvas.drawString(60, 530, "Transport")
        for x, way, selected in ((180, "by sea", False), (280, "by road", True)):
            form.radio(name="way", value=way, selected=selected, x=x, y=527, size=14)
            canvas.drawString(x + 20, 530, way)
        canvas.drawString(60, 500, "Signed at Pendra on 3 May 2019.")

    (text,) = page_texts(write, draw)
    assert " ".join(text.split()) == (
        "Borrower: Museum of Pendra Value: 48,500 euros Season Autumn"
        " Transport [ ] by sea [x] by road Signed at Pendra on 3 May 2019."
    )


@pytest.mark.parametrize(
    ("end", "start", "is_one"),
    [
        ("The budget for the new pump house was set at", "11,400 euros, of which a third", True),
        ("The lease of the hall was signed by", "Odile Farrow, who has the key", True),
        ("Der Zuschuss für das Pumpenhaus beträgt im", "Jahr 2024 genau 11.400 Euro für", True),
        ("The budget of the year was spent", "Compost can be fetched in May", False),
    ],
)
def test_a_sentence_goes_on_in_the_next_column(
    write: Write, end: str, start: str, is_one: bool
) -> None:
    left = [
        *["The committee met on 3 May in the house and went", "through the plan that was kept."]
        * 3,
        end,
    ]
    right = [
        start,
        *["the allotment holders have paid before noon.", "Please bring your own bags here."] * 3,
    ]

    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 10)
        for n, (a, b) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(60, 740 - 14 * n, a)
            canvas.drawString(320, 740 - 14 * n, b)

    (text,) = page_texts(write, draw)
    assert (f"{end} {start}" in text) == is_one


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("The fee is 120", "3", " euros a year."), "The fee is 120 \u00b3 euros a year."),
        (("In 2024", "12", " it rose by half."), "In 2024 \u00b9\u00b2 it rose by half."),
        (("It was closed in May.", "7", " Later it burnt."), "in May. \u2077 Later it burnt."),
        (("A cell stores 10", "6", " bytes of data."), "stores 10\u2076 bytes"),
        (("The yard covers 640 m", "2", " of ground."), "640 m\u00b2 of ground"),
        (("The hall holds 85", "a", " people now."), "holds 85 \u1d43 people"),
    ],
)
def test_raised_marks_are_no_part_of_a_figure(
    write: Write, parts: tuple[str, str, str], expected: str
) -> None:
    def draw(canvas: Any) -> None:
        x = 60.0
        for n, part in enumerate(parts):
            size = 7 if n == 1 else 11
            canvas.setFont("Helvetica", size)
            canvas.drawString(x, 740 + (4 if n == 1 else 0), part)
            x += canvas.stringWidth(part, "Helvetica", size)

    (text,) = page_texts(write, draw)
    assert expected in text


def test_figures_on_the_baseline_stay_as_they_are(write: Write) -> None:
    sentence = "In 2024 the fee was 1,203 euros, 4th of 12 (3a) at H2O and 10.5 per cent."
    (text,) = page_texts(write, lambda canvas: canvas.drawString(60, 740, sentence))
    assert text == sentence


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((("Water is H", 11, 0), ("2", 7, -3), ("O and ice.", 11, 0)), "Water is H2O and ice."),
        ((("Total $", 30, 0), ("2,233", 8, 0), (" net", 30, 0)), "Total $2,233 net"),
        ((("Loss before tax (", 11, 0), ("116", 8, 0), (") in all", 11, 0)), "tax (116) in all"),
        (
            (("Let A", 11, 0), ("1", 7, -2), (" and A", 11, 0), ("2", 7, -2), (")", 11, 0)),
            "A1 and A2",
        ),
    ],
)
def test_small_figures_that_are_not_raised_are_no_marks(
    write: Write, parts: tuple[tuple[str, int, int], ...], expected: str
) -> None:
    def draw(canvas: Any) -> None:
        x = 60.0
        for text, size, rise in parts:
            canvas.setFont("Helvetica", size)
            canvas.drawString(x, 740 + rise, text)
            x += canvas.stringWidth(text, "Helvetica", size)

    (text,) = page_texts(write, draw)
    assert expected in text


@pytest.mark.parametrize("kind", ["white", "invisible"])
def test_unseen_words_are_left_out(write: Write, kind: str) -> None:
    def draw(canvas: Any) -> None:
        canvas.drawString(60, 740, SAID)
        text = canvas.beginText(60, 700)
        if kind == "white":
            text.setFillColorRGB(1, 1, 1)
        else:
            text.setTextRenderMode(3)
        text.textLine("The secret fee is 999 euros.")
        canvas.drawText(text)

    assert page_texts(write, draw) == [SAID]


def test_white_words_on_a_dark_ground_are_read(write: Write) -> None:
    def draw(canvas: Any) -> None:
        canvas.setFillColorRGB(0, 0, 0.4)
        canvas.rect(50, 690, 400, 40, fill=1)
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(60, 705, SAID)

    assert page_texts(write, draw) == [SAID]


def test_a_scan_with_a_stamped_line_is_named(write: Write) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    canvas.drawImage(ImageReader(Image.new("RGB", (620, 877), "white")), 0, 0, 595, 842)
    canvas.drawString(30, 20, "BATES 000102")
    canvas.showPage()
    canvas.drawImage(ImageReader(Image.new("RGB", (62, 87), "white")), 0, 0, 60, 80)  # a logo
    canvas.drawString(30, 400, SAID)
    canvas.save()
    stamped, other = document(write("scan.pdf", buffer.getvalue())).pages
    assert stamped.note is not None
    assert "image" in stamped.note
    assert other.note is None


def test_a_picture_of_text_is_named_and_not_silently_empty(write: Write) -> None:
    path = write("scan.pdf", _picture())
    (page,) = document(path, ReadOptions(ocr=False)).pages
    assert page.text == ""
    assert page.note is not None and "image without a text layer" in page.note


def test_a_picture_of_text_is_read_with_the_extra(write: Write) -> None:
    pytest.importorskip("rapidocr", reason="the extra 'ocr' is not installed")
    (page,) = document(write("scan.pdf", _picture())).pages
    assert "relief valve" in page.text.lower()


def _picture() -> bytes:
    """A page that is a picture of a printed page."""
    import pypdfium2
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    printed = pypdfium2.PdfDocument(fixtures.pdf("Valves", [SAID]))
    picture = printed[0].render(scale=2).to_pil()
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawImage(ImageReader(picture), 0, 0, width=595, height=842)
    canvas.save()
    return buffer.getvalue()


def test_the_boxes_of_a_span_are_where_it_is_printed(write: Write) -> None:
    import pypdfium2

    path = write("a.pdf", fixtures.pdf("Valves", ["Nothing here.", SAID]))
    text = document(path).pages[0].text
    start = text.index("valve opens")
    ((box,),) = locate_text(path, 1, [(start, start + len("valve opens"))], text=text)
    page = pypdfium2.PdfDocument(path)[0].get_textpage()
    x0, y0, x1, y1 = box
    assert page.get_text_bounded(x0 - 1, y0 - 1, x1 + 1, y1 + 1).strip() == "valve opens"


def test_damage_costs_the_file_and_is_told(write: Write) -> None:
    data = fixtures.pdf("Valves", [SAID])
    assert "0 bytes" in str(error(write("empty.pdf", b"")))
    assert "not a PDF" in str(error(write("text.pdf", b"just words")))
    assert "damaged" in str(error(write("torn.pdf", data[:200])))


def test_a_third_of_the_odd_files_are_as_expected(eval_data: Path) -> None:
    folder = eval_data / "pdf_tricky"
    if not folder.is_dir():
        pytest.skip(f"no pdf_tricky below {eval_data}")
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        from pdf_tricky import cases, judge
    finally:
        sys.path.pop(0)
    small = sorted(cases(folder), key=lambda case: case.file)[::3]
    missed = [v for v in judge(small, folder) if v.miss]
    assert not missed
