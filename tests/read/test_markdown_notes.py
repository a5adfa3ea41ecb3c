"""Front matter, comments and footnotes of Markdown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.cite.answer_units import answer_units
from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]
TOML = '+++\ntitle = "Pump log"\ndate = 2026-02-11\ntags = ["pump", "well"]\ndraft = false\n+++\n'


@pytest.mark.parametrize(
    ("head", "title", "metadata"),
    [
        (TOML, "Pump log", {"date": "2026-02-11", "tags": "pump, well", "draft": "false"}),
        ("+++\ntitle = 'Well 3'\n[extra]\nx = 1\n+++\n", "Well 3", {}),
        ("+++\ndate = 2026-02-11T08:30:00Z\n+++\n", None, {"date": "2026-02-11 08:30:00+00:00"}),
        ("+++\ntitle = broken\nyear = 1999\n+++\n", "broken", {"year": "1999"}),
    ],
)
def test_toml_front_matter(
    head: str, title: str | None, metadata: dict[str, str], write: Write
) -> None:
    note = document(write("a.md", (head + "\nThe pump was replaced.\n").encode()))
    assert note.title == title
    assert metadata.items() <= note.metadata.items()
    assert [note.pages[0].text[b.start : b.end] for b in note.pages[0].blocks][-1] == (
        "The pump was replaced."
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Before.\n\n%% the fence costs 900 euros %%\n\nAfter.", "Before.\n\n\n\nAfter."),
        ("Ten %%hidden%% words.", "Ten  words."),
        ("%%\na private\n\nblock\n%%\nSeen.", "\nSeen."),
        ("A <!-- b\nc --> d", "A  d"),
        ("Use 50%% or 60%% of it.", "Use 50%% or 60%% of it."),
        ("Write `<!-- x -->` so.", "Write `<!-- x -->` so."),
        ("```html\n<!-- shown -->\n```\n", "```html\n<!-- shown -->\n```\n"),
        ("    %% indented code %%\n", "    %% indented code %%\n"),
        ("No end <!-- of it", "No end <!-- of it"),
        ("The fee is ~~18,000~~ 22,500 euros.", "The fee is  22,500 euros."),
        ("About ~20 or ~~30 of them, ~~~40.", "About ~20 or ~~30 of them, ~~~40."),
    ],
)
def test_comments_are_no_text_but_in_code(source: str, text: str, write: Write) -> None:
    assert document(write("a.md", source.encode())).pages[0].text == text


def test_private_comments_are_named(write: Write) -> None:
    note = document(write("a.md", b"A %%secret%% b"))
    assert note.pages[0].note == "comments left out (10 characters)"


@pytest.mark.parametrize(
    ("text", "note", "presupposed"),
    [
        (
            "The hull gets red lead[^1] and grey.[^2]\n\n[^1]: Sold by Brandt in Kiel\n[^2]: Old.",
            "Sold by Brandt in Kiel",
            "The hull gets red lead",
        ),
        (
            "Rent is due monthly.[^late]\n\n[^late]: After ten days a fee of 12 euros is added.",
            "After ten days a fee of 12 euros is added.",
            "Rent is due monthly.",
        ),
        (
            "The membership fee is 120 ³ euros a year.\n\n3 Half of it for pupils.",
            "Half of it for pupils.",
            "The membership fee is 120",
        ),
    ],
)
def test_a_footnote_presupposes_what_its_reference_stands_behind(
    text: str, note: str, presupposed: str
) -> None:
    units = {text[unit.start : unit.end]: unit for unit in answer_units(text)}
    assert units[note].presupposed == presupposed


def test_a_sentence_that_begins_with_a_figure_is_no_footnote() -> None:
    text = "It holds 85² people.\n\n3 halls are rented."
    assert "3 halls are rented." in [text[u.start : u.end] for u in answer_units(text)]
