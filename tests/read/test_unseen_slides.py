"""Text of slides in the color of what is behind it, tiny or transparent; and what looks like it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]
WHITE = RGBColor(255, 255, 255)
DARK = RGBColor(0x10, 0x20, 0x50)
BOX = (Inches(1), Inches(3), Inches(4), Inches(1))
SECRET = "Pay 999 euros."


def saved(deck: Any) -> bytes:
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def new_slide(deck: Any) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Fees"
    return slide


def add_run(shape: Any, look: str = "white") -> None:
    run = shape.text_frame.paragraphs[0].add_run()
    run.text = SECRET
    if look == "white":
        run.font.color.rgb = WHITE
    elif look == "nearly white":
        run.font.color.rgb = RGBColor(252, 252, 250)
    elif look == "theme":
        run.font.color.theme_color = MSO_THEME_COLOR.BACKGROUND_1
    elif look == "dark":
        run.font.color.rgb = DARK
    elif look == "tiny":
        run.font.size = Pt(1)
    elif look == "transparent":
        run.font.color.rgb = DARK
        color = run.font._rPr.find(".//{*}srgbClr")
        alpha = color.makeelement(color.tag.replace("srgbClr", "alpha"), {"val": "0"})
        color.append(alpha)


def box_on(slide: Any, look: str) -> None:
    add_run(slide.shapes.add_textbox(*BOX), look)


def dark_slide_dark_text(deck: Any) -> None:
    slide = new_slide(deck)
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = DARK
    box_on(slide, "dark")


def same_fill(deck: Any) -> None:
    shape = new_slide(deck).shapes.add_textbox(*BOX)
    shape.fill.solid()
    shape.fill.fore_color.rgb = DARK
    add_run(shape, "dark")


def placeholder(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Fees"
    add_run(slide.placeholders[1])


def cell(deck: Any) -> None:
    table = new_slide(deck).shapes.add_table(2, 2, *BOX).table
    for n, words in enumerate(("Item", "Fee", "Boat")):
        table.cell(n // 2, n % 2).text = words
    table.cell(1, 1).fill.solid()
    table.cell(1, 1).fill.fore_color.rgb = WHITE
    add_run(table.cell(1, 1))


def hidden_group(deck: Any) -> None:
    group = new_slide(deck).shapes.add_group_shape()
    add_run(group.shapes.add_textbox(*BOX), "plain")
    group._element.nvGrpSpPr.cNvPr.set("hidden", "1")


UNSEEN: list[Any] = [
    *(
        pytest.param(lambda deck, look=look: box_on(new_slide(deck), look), id=look)
        for look in ("white", "nearly white", "theme", "tiny", "transparent")
    ),
    dark_slide_dark_text, same_fill, placeholder, cell, hidden_group,
]  # fmt: skip


@pytest.mark.parametrize("build", UNSEEN)
def test_text_of_slides_that_nobody_sees_is_left_out_and_named(
    write: Write, build: Callable[[Any], None]
) -> None:
    deck = Presentation()
    build(deck)
    page = document(write("a.pptx", saved(deck))).pages[0]
    assert page.text.startswith("Fees")
    assert "999" not in page.text
    assert page.note == "hidden text left out (14 characters)"


def dark_slide(deck: Any) -> None:
    slide = new_slide(deck)
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = DARK
    box_on(slide, "white")


def gradient_slide(deck: Any) -> None:
    slide = new_slide(deck)
    slide.background.fill.gradient()
    box_on(slide, "white")


def dark_master(deck: Any) -> None:
    fill = deck.slide_masters[0].background.fill
    fill.solid()
    fill.fore_color.rgb = DARK
    box_on(new_slide(deck), "white")


def dark_theme(deck: Any) -> None:
    """Its colors are exchanged by the map of the master: the background is the dark one."""
    master = deck.slide_masters[0]._element
    mapping = master.find("{*}clrMap")
    mapping.set("bg1", "dk1")
    mapping.set("tx1", "lt1")
    box_on(new_slide(deck), "white")


def dark_shape(deck: Any) -> None:
    shape = new_slide(deck).shapes.add_shape(MSO_SHAPE.RECTANGLE, *BOX)
    add_run(shape)


def on_shape(deck: Any) -> None:
    slide = new_slide(deck)
    slide.shapes.add_shape(MSO_SHAPE.OVAL, *BOX)
    box_on(slide, "white")


def on_picture(deck: Any) -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (90, 90), (0, 40, 90)).save(picture, "PNG")
    slide = new_slide(deck)
    slide.shapes.add_picture(picture, *BOX)
    box_on(slide, "white")


def on_group(deck: Any) -> None:
    slide = new_slide(deck)
    group = slide.shapes.add_group_shape()
    group.shapes.add_shape(MSO_SHAPE.RECTANGLE, *BOX)
    add_run(group.shapes.add_textbox(*BOX))


def on_layout_shape(deck: Any) -> None:
    layout = deck.slide_layouts[5]
    source = new_slide(deck)
    band = source.shapes.add_shape(MSO_SHAPE.RECTANGLE, *BOX)._element
    layout.shapes._spTree.append(band)
    box_on(source, "white")


def table_head(deck: Any) -> None:
    """The style of the table colors its head."""
    table = new_slide(deck).shapes.add_table(2, 2, *BOX).table
    add_run(table.cell(0, 0))
    table.cell(1, 0).text = "Boat"


@pytest.mark.parametrize(
    "build",
    [dark_slide, gradient_slide, dark_master, dark_theme, dark_shape, on_shape, on_picture,
     on_group, on_layout_shape, table_head],
)  # fmt: skip
def test_white_text_on_something_dark_or_unknown_is_text(
    write: Write, build: Callable[[Any], None]
) -> None:
    deck = Presentation()
    build(deck)
    page = document(write("a.pptx", saved(deck))).pages[0]
    assert SECRET in page.text
    assert page.note is None
