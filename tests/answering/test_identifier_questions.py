"""A question for a number of a kind that the passage does not mention gets no other figure."""

from __future__ import annotations

import pytest

from rag_infer import Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("identifiers")
    (folder / "loan.md").write_text(
        "# Loan agreement\n\nThe loan of the choir amounts to 8,400 euros and is repaid in twelve "
        "parts. The account number of the choir is DE02 1203 0000.\n",
        "utf-8",
    )
    index = Index.open(folder / "index", create=True)
    index.add(folder / "loan.md")
    return index


def test_another_figure_is_not_given_for_it(index: Index) -> None:
    answer = index.ask("What is the reference number of the loan agreement?")
    assert not answer.answered
    assert answer.short_answer is None


def test_the_number_that_is_there_is_given(index: Index) -> None:
    assert "DE02" in index.ask("What is the account number of the choir?").text
