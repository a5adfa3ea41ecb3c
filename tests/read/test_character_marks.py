"""Raised, lowered and struck-out characters, and lists of terms, in HTML, Word and slides."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag_infer.read.character_marks import lowered, raised
from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]


@pytest.mark.parametrize(
    ("before", "text", "result"),
    [
        ("The fee is 120", "3", " ³"),
        ("covers 640 m", "2", "²"),
        ("stores 10", "-6", "⁻⁶"),
        ("the 1", "st", "st"),
        ("le 2", "e", "e"),
        ("Acme", "TM", "TM"),
        ("members", "a", " ᵃ"),
        ("people", "[12]", "[12]"),
        ("", "3", "3"),
        ("(a + b)", "2", "²"),
    ],
)
def test_raised_text(before: str, text: str, result: str) -> None:
    assert raised(before, text) == result


def test_lowered_text() -> None:
    assert (lowered("2"), lowered("max"), lowered("n+1")) == ("₂", "max", "n₊₁")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Fee: 120<sup>3</sup> euros, 640 m<sup>2</sup>.</p>", "Fee: 120 ³ euros, 640 m²."),
        ("<p>In 10<sup><a href='#n'>4</a></sup> towns</p>", "In 10 ⁴ towns"),
        ("<p>H<sub>2</sub>O and x<sub>max</sub></p>", "H₂O and xmax"),
        ("<ul><li>85<sup>1</sup> people</li></ul>", "- 85 ¹ people"),
        ("<p>gate<a epub:type='noteref' href='#n1'>1</a>.</p>", "gate ¹."),
        ("<p>It costs <del>900</del> <ins>700</ins> euros.</p>", "It costs 700 euros."),
        ("<dl><dt>Height</dt><dd>31 m</dd><dt>Owner:</dt><dd>Selby</dd></dl>",
         "Height: 31 m\nOwner: Selby"),
        ("<dl><dt>Rooms</dt><dd><ul><li>Hall</li><li>Loft</li></ul></dd></dl>",
         "Rooms\n\n- Hall\n- Loft"),
        ("<dl><dt>A</dt><dt>B</dt><dd>one</dd><dd>two</dd></dl>", "A, B: one\ntwo"),
    ],
)  # fmt: skip
def test_html(source: str, text: str, write: Write) -> None:
    page = document(write("a.html", f"<html><body>{source}</body></html>")).pages[0]
    assert page.text == text
    assert page.note == ("struck-out text left out (3 characters)" if "<del>" in source else None)


def _docx(*runs: tuple[str, str]) -> bytes:
    import docx

    file = docx.Document()
    paragraph = file.add_paragraph()
    for text, kind in runs:
        run = paragraph.add_run(text)
        if kind:
            setattr(run.font, kind, True)
    return _saved(file)


def _saved(file: Any) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def test_word(write: Write) -> None:
    data = _docx(("85", ""), ("4", "superscript"), (" people, ", ""), ("H", ""),
                 ("2", "subscript"), ("O, ", ""), ("900", "double_strike"), ("700", ""),
                 (" secret", "hidden"))  # fmt: skip
    page = document(write("a.docx", data)).pages[0]
    assert page.text == "85 ⁴ people, H₂O, 700"
    assert page.note == (
        "struck-out text left out (3 characters); hidden text left out (7 characters)"
    )


def test_slides(write: Write) -> None:
    import pptx

    file = pptx.Presentation()
    slide = file.slides.add_slide(file.slide_layouts[1])
    slide.shapes.title.text = "Fees"
    paragraph = slide.placeholders[1].text_frame.paragraphs[0]
    for text, attribute in (("120", {}), ("3", {"baseline": "30000"}), (" euros ", {}),
                            ("900", {"strike": "sngStrike"}), ("CO", {}),
                            ("2", {"baseline": "-25000"})):  # fmt: skip
        run = paragraph.add_run()
        run.text = text
        for name, value in attribute.items():
            run._r.get_or_add_rPr().set(name, value)
    page = document(write("a.pptx", _saved(file))).pages[0]
    assert page.text == "Fees\n\n120 ³ euros CO₂"
    assert page.note == "struck-out text left out (3 characters)"
