"""Versions of a document in folders of years: the newest counts, and the older one is said."""

from __future__ import annotations

import pytest

from rag_infer import Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("versions")
    for year, price in (("2021", "3.20"), ("2023", "3.90"), ("2024", "4.40")):
        path = folder / "files" / year / "sauna.md"
        path.parent.mkdir(parents=True)
        path.write_text(
            f"# Sauna\n\nAn evening in the sauna costs {price} euros. Towels are lent.\n",
            "utf-8",
        )
    for day, colour in (("2024-02-05", "grey"), ("2024-03-11", "red")):
        (folder / "files" / f"minutes-{day}.md").write_text(
            f"# Minutes\n\nPresent: Ana, Tom. The garden gate is painted {colour}.\n", "utf-8"
        )
    index = Index.open(folder / "index", create=True)
    index.add(folder / "files")
    return index


def test_the_newest_version_answers_and_the_older_one_is_said(index: Index) -> None:
    answer = index.ask("What does an evening in the sauna cost?")
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "4.40 euros"
    assert [c.span.document_id.split("/")[-2] for c in answer.citations] == ["2024", "2023"]
    assert answer.reason == "[1] is of the newest version of the document, [2] of an older one"


def test_a_year_in_the_question_decides(index: Index) -> None:
    answer = index.ask("What did an evening in the sauna cost in 2021?")
    assert "3.20 euros" in answer.text
    assert answer.reason is None


def test_later_minutes_count(index: Index) -> None:
    answer = index.ask("Which colour is the garden gate painted?")
    assert answer.text.startswith("The garden gate is painted red.")


def test_the_current_price_is_the_newest(index: Index) -> None:
    answer = index.ask("What is the current price of an evening in the sauna?")
    assert answer.text.startswith("An evening in the sauna costs 4.40 euros.")
