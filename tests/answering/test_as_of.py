"""Questions as of a day: documents that are dated later do not count."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from rag_infer import Filter, Index, InputError
from rag_infer.cli.app import application
from rag_infer.retrieve.document_dates import is_later, validity_date

PRICES = {"2022": "31", "2023": "35", "2024": "42", "2025": "48"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("dated")
    for year, price in PRICES.items():
        path = folder / "files" / year / "mooring.md"
        path.parent.mkdir(parents=True)
        path.write_text(f"# Mooring\n\nA mooring costs {price} euros a night.\n", "utf-8")
    (folder / "files" / "rules.md").write_text(
        "# Harbour rules\n\nValid from 1 March 2024.\n\nDogs are kept on a leash.\n", "utf-8"
    )
    (folder / "files" / "map.md").write_text("# Map\n\nThe crane stands at pier 3.\n", "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder / "files")
    return index


@pytest.mark.parametrize(
    ("as_of", "price"), [("2022", "31"), ("2023-08", "35"), ("2024-06-30", "42"), (None, "48")]
)
def test_the_newest_version_of_that_day_answers(
    index: Index, as_of: str | None, price: str
) -> None:
    answer = index.ask("What does a mooring cost?", filter=Filter(as_of=as_of))
    assert answer.answered
    assert answer.text.startswith(f"A mooring costs {price} euros a night.")
    notes = [w for w in answer.warnings if w.startswith("as of")]
    assert len(notes) == (as_of is not None)


def test_what_was_left_out_is_said(index: Index) -> None:
    answer = index.ask("What does a mooring cost?", filter=Filter(as_of="2023"))
    later = "left out 3 documents dated later: 2024/mooring.md, 2025/mooring.md, files/rules.md"
    assert answer.warnings[-1] == f"as of 2023: {later}"


def test_what_a_document_says_of_its_validity_counts(index: Index) -> None:
    def names(as_of: str) -> set[str]:
        documents = index.documents(Filter(as_of=as_of))
        return {row.id.rsplit("/", 1)[-1] for row in documents}

    assert "rules.md" not in names("2024-02-28")
    assert "rules.md" in names("2024-03-01")
    assert "map.md" in names("1999"), "a document without a date counts"


def test_the_command_takes_a_date(index: Index) -> None:
    command = ["search", "mooring", "-i", str(index.path)]
    result = CliRunner().invoke(application(), [*command, "--as-of", "2023"])
    assert result.exit_code == 0
    assert "2024" not in result.stdout
    assert "left out 3 documents" in result.stderr
    assert CliRunner().invoke(application(), [*command, "--as-of", "June"]).exit_code == 2


def test_a_wrong_date_is_refused() -> None:
    with pytest.raises(InputError, match="is not a date"):
        Filter(as_of="30 June 2024")


@pytest.mark.parametrize(
    ("name", "opening", "metadata", "date"),
    [
        ("a/price.md", "Prices, valid from March 1, 2025", {}, (2025, 3, 1)),
        ("a/Preise.md", "Gültig ab 1.7.2024", {}, (2024, 7, 1)),
        ("2024/price.md", "Prices", {}, (2024, 0, 0)),
        ("a/minutes 2024-05-06.md", "Minutes", {}, (2024, 5, 6)),
        ("a/x.eml", "Hello", {"date": "Mon, 28 Apr 2025 15:40:00 +0200"}, (2025, 4, 28)),
        ("a/x.docx", "Hello", {"modified": "2025-05-02"}, None),
    ],
)
def test_the_date_of_a_document(
    name: str, opening: str, metadata: dict[str, str], date: tuple[int, int, int] | None
) -> None:
    assert validity_date(name, None, opening, metadata) == date


def test_dates_are_compared_as_far_as_both_say() -> None:
    assert not is_later((2024, 5, 6), "2024")
    assert is_later((2024, 5, 6), "2024-05-05")
    assert not is_later((2024, 0, 0), "2024-01-01")
