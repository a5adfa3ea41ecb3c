"""Exact identifiers come first, whatever resembles them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index


def serial(number: int) -> str:
    return f"{number:02X}ACE{number % 7}-{50 + number}"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("identifiers")
    for number in range(60):
        text = f"{serial(number)}; {number * 7} mm; red; Oslo; 4 bar; n/a; {number % 5} of 9\n"
        (folder / f"row-{number}.txt").write_text(text, "utf-8")
    for number in range(5):
        (folder / f"guide-{number}.txt").write_text(
            f"Which pump has the serial number? The serial number of pump {number} stands on the "
            "plate. Filters of a pump are ordered by the serial number.\n",
            "utf-8",
        )
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize("number", [2, 16, 33, 59])
@pytest.mark.parametrize(
    "form", ["{}", "Which pump has the serial number {}?", "filters of the pump {}"]
)
def test_the_passage_with_the_identifier_is_the_first_hit(
    index: Index, number: int, form: str
) -> None:
    (best, *_) = index.search(form.format(serial(number)), 5)
    assert serial(number) in best.chunk.text


def test_an_identifier_that_nothing_holds_changes_nothing(index: Index) -> None:
    hits = index.search("What is the serial number ZZ99-12345?", 5)
    assert "guide" in hits[0].document_id


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("部屋番号は ３０５ です。", "305"),
        ("The spare key hangs in room 305.", "３０５"),
        ("Raum ４１２ liegt im ersten Stock.", "412"),
        ("The meter reads 99,107 units.", "99,107"),
    ],
)
def test_figures_alone_are_found_as_they_are_however_wide(
    text: str, query: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(text, "utf-8")
    for number in range(8):
        (tmp_path / f"b{number}.txt").write_text(
            f"The pallet {number} weighs {number + 2} 250 kg at gate {number}.", "utf-8"
        )
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path)
    assert index.search(query)[0].document_id.endswith("a.txt")
