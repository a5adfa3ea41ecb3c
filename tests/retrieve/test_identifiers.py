"""Exact identifiers come first, whatever resembles them."""

from __future__ import annotations

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
