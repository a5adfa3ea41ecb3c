"""A citation names the section in which the quoted words stand, though passages hold several."""

from __future__ import annotations

import pytest

from rag_infer import Index

GUIDE = {
    "guide.md": "# Islands\n\n## Vestrey\n\nThe hut is owned by Mette Ravn.\n\n"
    "## Norholm\n\nThe well is four metres deep.\n\n## Sandoy\n\nThe ferry needs forty minutes.\n",
    "lease.txt": "7 Rent\n\nThe tenant pays the rent in advance, on the third working day of "
    "each month, to the account that the landlord names in writing.\n\n7.1 Amount\n\n"
    "The rent is 940 euros a month. Heating is paid on its own, once a year, when the bill has "
    "come.\n\n7.2 Deposit\n\nThe deposit is 2,820 euros. It is held in an account of its own, "
    "apart from the landlord's money, and bears interest.\n",
    "rules.html": "<html><head><title>Rules</title></head><body><main><h1>Rules</h1>"
    "<h2>Crane</h2><p>Work stops at wind force six.</p><h2>Laboratory</h2>"
    "<p>The shower is tested every Monday.</p></main></body></html>",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("sections") / "in"
    folder.mkdir()
    for name, text in GUIDE.items():
        (folder / name).write_text(text)
    index = Index.open(folder.parent / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("Who owns the hut on Vestrey?", "Vestrey"),
        ("How long does the ferry need?", "Sandoy"),
        ("How deep is the well?", "Norholm"),
        ("At which wind force does work stop?", "Crane"),
        ("When is the shower tested?", "Laboratory"),
        ("How much is the deposit?", "7.2 Deposit"),
        ("How many euros a month is the rent?", "7.1 Amount"),
    ],
)
def test_the_section_of_the_quote_is_named(index: Index, question: str, section: str) -> None:
    citation = index.ask(question).citations[0]
    assert citation.heading[-1] == section, citation
    assert section in citation.location


def test_sections_of_a_chunk_are_stored(index: Index) -> None:
    hit = next(h for h in index.search("ferry to Sandoy") if h.document_id == "in/guide.md")
    positions = [start for start, _ in hit.chunk.sections]
    assert positions == sorted(positions)
    at = hit.chunk.start + hit.chunk.text.index("four metres")
    assert hit.chunk.heading_at(at) == ("Islands", "Norholm")
