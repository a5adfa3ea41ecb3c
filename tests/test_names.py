"""Names of files and folders: their words, their dates, and what they do for search."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.names import name_period, name_title, name_words

CLAUSE = "Either party may end it with a notice of three months. "


@pytest.mark.parametrize(
    ("document_id", "words"),
    [
        ("in/Okafor Ltd/offer.txt", ("in", "Okafor", "Ltd", "offer")),
        ("invoice_2292_basalt.txt", ("invoice", "2292", "basalt")),
        ("tickets.jsonl#T-1", ("tickets", "T", "1")),
        ("2026-03-17 board meeting.md", (
            "2026", "03", "17", "board", "meeting", "March",
        )),
        ("scan20260317.tar.gz", ("scan20260317", "17", "March", "2026")),
        ("v1.2/notes", ("v1", "2", "notes")),
        ("", ()),
    ],
)  # fmt: skip
def test_words_of_a_name(document_id: str, words: tuple[str, ...]) -> None:
    assert name_words(document_id) == words


@pytest.mark.parametrize(
    ("document_id", "title"),
    [
        ("in/Customers/Okafor Ltd/offer.txt", "Customers > Okafor Ltd > offer"),
        ("in/invoice_2292_basalt.txt", "invoice 2292 basalt"),
        ("in/2026-03-17 board.md", "2026-03-17 board, 17 March 2026"),
        ("tickets.jsonl#T-1", None),
        ("in/0001.txt", None),
        ("Okafor Ltd/offer.txt", "Okafor Ltd > offer"),
        ("Lindgren/2025/lease.txt", "Lindgren > 2025 > lease"),
        ("Documents/offer.txt", "offer"),
    ],
)
def test_a_name_stands_for_a_title(document_id: str, title: str | None) -> None:
    assert name_title(document_id) == title


@pytest.fixture
def customers(tmp_path: Path) -> Index:
    texts = {
        "Okafor Ltd/offer.txt": "Offer\n\nTotal: 7,950 euros. Valid for two weeks.",
        "Lindgren AB/offer.txt": "Offer\n\nTotal: 3,410 euros. Valid for six weeks.",
        "2025/lease_hall_7.txt": "The rent is 900 euros a month.",
        "2026/lease_hall_7.txt": "The rent is 960 euros a month.",
        "minutes 2026-03-17.txt": "A new auditor was chosen: Firth and Sons.",
        "minutes 2026-04-21.txt": "A new auditor was chosen: Bell and Daughters.",
    }
    for name, text in texts.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "in")
    return index


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [
        ("What is the total of the offer for Okafor?", "in/Okafor Ltd/offer.txt", "7,950"),
        ("Lindgren", "in/Lindgren AB/offer.txt", ""),
        ("What is the rent of the lease of 2026?", "in/2026/lease_hall_7.txt", "960"),
        ("Which auditor was chosen on 21 April 2026?", "in/minutes 2026-04-21.txt", "Bell"),
    ],
)
def test_what_only_a_name_says_is_searched(
    customers: Index, question: str, document: str, words: str
) -> None:
    assert customers.search(question)[0].document_id == document
    if words:
        assert words in customers.ask(question).text


def test_a_name_does_not_drown_the_text(tmp_path: Path) -> None:
    """A word of the name that the text also holds counts where it stands, not everywhere."""
    folder = tmp_path / "in"
    folder.mkdir()
    section = "## Clause {n}\n\n" + "It is about deliveries, their dates and their weights. " * 12
    text = "\n\n".join(section.format(n=n) for n in range(8))
    (folder / "notice.md").write_text(f"# Contract\n\n{text}\n\n## End\n\n{CLAUSE}\n\n{text}")
    (folder / "other.md").write_text("# Rules\n\n" + "Nothing is said about it here. " * 9)
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder)
    hits = index.search("notice of the contract")
    assert CLAUSE.strip() in hits[0].chunk.text
    lexical = [hit.lexical or 0.0 for hit in hits[1:]]
    assert (hits[0].lexical or 0.0) > max(lexical)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("backup/2021/report-03.md", "backup2/2021/report-03.md"),
        ("plan 2024.pdf", "plan 2024 (2).pdf"),
        ("plan 2024.pdf", "plan 2024 copy 2.pdf"),
        ("2024/offer.docx", "2024/offer_v3.docx"),
    ],
)
def test_numbers_of_copies_say_no_time(name: str, other: str) -> None:
    assert name_period(name) == name_period(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("2023/prices.md", "2024/prices.md"),
        ("2024-03-17 minutes.md", "2024-04-17 minutes.md"),
        ("prices (2023).md", "prices (2024).md"),
        ("IMG20230317.pdf", "IMG20240317.pdf"),
        ("2024/Q3/report.pdf", "2024/Q4/report.pdf"),
        ("budget 2024 H1.xlsx", "budget 2024 H2.xlsx"),
    ],
)
def test_numbers_of_times_tell_names_apart(name: str, other: str) -> None:
    assert name_period(name) != name_period(other)
