"""Word, PowerPoint, RTF and OpenDocument files as LibreOffice saved them: one text, one deck."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.errors import ReadError
from rag_infer.types import Document
from tests.read.conftest import document, error

Write = Callable[[str, bytes | str], Path]
DATA = Path(__file__).parent / "data"
TEXTS = ("lease.doc", "lease.rtf", "lease.odt")
DECKS = ("museum.ppt", "museum.odp")


def data_of(name: str) -> bytes:
    """The bytes of a file; those of the large PPT, most of it zeros, are compressed."""
    path = DATA / name
    return (
        path.read_bytes() if path.is_file() else gzip.decompress((DATA / f"{name}.gz").read_bytes())
    )


@pytest.fixture(scope="module", params=TEXTS)
def lease(request: pytest.FixtureRequest) -> Document:
    return document(DATA / request.param)


@pytest.fixture(scope="module", params=DECKS)
def deck(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    path = tmp_path_factory.mktemp("deck") / request.param
    path.write_bytes(data_of(request.param))
    return document(path)


def test_text_lists_and_headings(lease: Document) -> None:
    page = lease.pages[0]
    assert (lease.title, lease.metadata["author"]) == ("Lease of the mill", "Ada Sund")
    headings = [page.text[b.start : b.end] for b in page.blocks if b.kind == "heading"]
    assert headings == ["Lease of the mill", "Rooms of the Mühle"]
    items = "- Call the miller before noon.\n- Keep the sluice closed in frost."
    assert items in [page.text[b.start : b.end] for b in page.blocks if b.kind == "list"]


def test_raised_figures_are_no_part_of_a_number(lease: Document) -> None:
    assert "The yearly fee is 120 ³ euros and the yard covers 640 m²." in lease.pages[0].text


def test_struck_out_and_hidden_words_are_left_out_and_named(lease: Document) -> None:
    page = lease.pages[0]
    assert "The deposit is 700 euros." in page.text
    assert "secret margin" not in page.text
    assert page.note == (
        "struck-out text left out (3 characters); hidden text left out (32 characters)"
    )


def test_a_table_is_a_grid(lease: Document) -> None:
    (table,) = lease.pages[0].tables
    assert table.cells == (
        ("Room", "Area", "Rent"),
        ("Mill hall", "120 m²", "800 euros"),
        ("Drying loft", "45 m²", "260 euros"),
        ("Größe – “Nest”", "12 m²", "€ 90"),
    )


@pytest.mark.parametrize(
    "words",
    ["File number LM-2207", "Questions go to mill@example.org",
     "Comment (Ingeborg Falk): Ask for an extension."],
)  # fmt: skip
def test_margins_and_comments_are_read(lease: Document, words: str) -> None:
    assert words in lease.pages[0].text


def test_a_deck_has_a_page_for_each_slide(deck: Document) -> None:
    assert [page.label for page in deck.pages[:2]] == ["Plans of the museum", "Team – Größe"]
    assert "A shop at the north gate costs 18 euros" in deck.pages[0].text
    assert deck.pages[0].text.endswith("Notes: The wing opens on 9 October.")
    assert "The lift was tested on 4 May." in deck.pages[1].text


def test_a_table_of_a_deck_is_a_grid(deck: Document) -> None:
    (table,) = deck.pages[1].tables
    assert table.cells[2] == ("School classes", "Birgit Thaler")


def test_a_hidden_slide_is_named(deck: Document) -> None:
    assert (deck.pages[2].text, deck.pages[2].note) == ("", "hidden slide, left out")


@pytest.mark.parametrize("name", [*TEXTS, *DECKS])
@pytest.mark.parametrize("kept", [0, 10, 600, 0.5, 0.9])
def test_a_cut_file_is_refused_in_one_line_or_read(name: str, kept: float, write: Write) -> None:
    data = data_of(name)
    length = int(kept if kept > 1 else kept * len(data))
    path = write(name, data[:length])
    try:
        document(path)
    except ReadError as failure:
        assert "\n" not in str(failure)


def test_rich_text_in_a_doc_is_rich_text(write: Write) -> None:
    path = write("a.doc", (DATA / "lease.rtf").read_bytes())
    assert "The lease ends on 31 August 2031." in document(path).pages[0].text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"{\rtf1\ansi 120{\super 3} euros, H{\sub 2}O, 1{\super st}}", "120 ³ euros, H₂O, 1st"),
        (r"{\rtf1\ansi\ansicpg1250 \'bf\'f3\'b3ty}", "żółty"),
        (
            r"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\f0 a {\f1\'ca\'eb\'fe\'f7} b}",
            "a Ключ b",
        ),
        (r"{\rtf1\uc1 \u128273?\u-10179?\u-8989? key}", "\uf511📣 key"),
        (r"{\rtf1 Fee{\footnote\pard {\super 1} Half for pupils.} due}",
         "Fee due\n\nFootnote: 1 Half for pupils."),
        (r"{\rtf1 {\field{\*\fldinst HYPERLINK x}{\fldrslt the link}} and {\deleted old }new}",
         "the link and new"),
        (r"{\rtf1 {\*\unknown secret}{\pict\pngblip 89504e}seen}", "seen"),
        (r"{\rtf1 before{\bin5 }}}}}after}", "beforeafter"),
    ],
)  # fmt: skip
def test_rich_text(source: str, text: str, write: Write) -> None:
    assert document(write("a.rtf", source)).pages[0].text == text


def test_rich_text_nested_without_end_is_refused(write: Write) -> None:
    assert "nested" in str(error(write("a.rtf", r"{\rtf1" + "{" * 5_000)))
