"""Questions that name a document of a dated series: by its period or as the latest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.retrieve.document_dates import document_date


def _report(company: str, period: str, revenue: str, tax: str) -> str:
    return (
        f"{company}, Inc.\n\nReport for the {period}\n\nOur revenue for the quarter was {revenue} "
        f"million dollars. The effective tax rate was {tax}.\n"
    )


FILES = {
    "2023 Q1 BRK.md": _report("Brookstone", "first quarter of 2023", "412", "18 %"),
    "2023 Q2 BRK.md": _report("Brookstone", "second quarter of 2023", "437", "19 %"),
    "2023 Q3 BRK.md": _report("Brookstone", "third quarter of 2023", "455", "17 %"),
    "2023 Q1 TAL.md": _report("Talvera", "first quarter of 2023", "88", "21 %"),
    "2023 Q3 TAL.md": _report("Talvera", "third quarter of 2023", "97", "23 %"),
    "minutes-2025-03-11.md": "# Minutes\n\nThe fence is painted green. Costs: 300 euros.\n",
    "minutes-2025-04-08.md": "# Minutes\n\nThe fence is painted blue. Costs: 340 euros.\n",
    "parking.md": "# Parking\n\nNotice must be given by the end of March at the latest.\n",
}


@pytest.mark.parametrize(
    ("question", "value", "document"),
    [
        ("What was Brookstone's revenue in the latest quarter?", "455", "2023 Q3 BRK"),
        ("What was the revenue of Brookstone in Q1 2023?", "412", "2023 Q1 BRK"),
        ("What was the revenue of Brookstone in the second quarter of 2023?", "437", "2023 Q2 BRK"),
        ("What is the tax rate in Talvera's most recent report?", "23 %", "2023 Q3 TAL"),
        ("What was Talvera's revenue for the first quarter of 2023?", "88", "2023 Q1 TAL"),
        ("What colour is the fence in the latest minutes?", "blue", "minutes-2025-04-08"),
        ("What colour is the fence in the minutes of 2025-03-11?", "green", "minutes-2025-03-11"),
    ],
)
def test_the_document_of_the_period_answers(
    index: Index, question: str, value: str, document: str
) -> None:
    answer = index.ask(question)
    assert value in answer.text
    assert all(document in citation.span.document_id for citation in answer.citations)


def test_the_document_that_latest_stands_for_is_named(index: Index) -> None:
    answer = index.ask("What was Brookstone's revenue in the latest quarter?")
    assert any("2023 Q3 BRK.md" in warning for warning in answer.warnings)


def test_another_period_does_not_answer_for_one_that_says_nothing(index: Index) -> None:
    answer = index.ask("How many people did Talvera employ in Q3 2023?")
    assert not answer.answered


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023 Q3 AAPL", (2023, 9, 0)),
        ("Q1 2024", (2024, 3, 0)),
        ("the second quarter of 2022", (2022, 6, 0)),
        ("fourth quarter of fiscal year 2021", (2021, 12, 0)),
        ("2. Quartal 2020", (2020, 6, 0)),
        ("board_minutes 2025-04-08", (2025, 4, 8)),
        ("12 June 2024", (2024, 6, 12)),
        ("Q5 2024", None),
        ("chapter 3", None),
    ],
)
def test_dates_of_documents(text: str, date: tuple[int, int, int] | None) -> None:
    assert document_date(text) == date


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What did the meeting of May decide?", "visiting hours end at 19:00"),
        ("What did the ward meeting in May 2025 decide?", "visiting hours end at 19:00"),
        ("What did the May meeting decide?", "visiting hours end at 19:00"),
        ("What was decided in May?", "visiting hours end at 19:00"),
        ("What was decided at the meeting of 14 May?", "visiting hours end at 19:00"),
        ("What did the meeting of February decide?", "two new monitors"),
        ("What did the meeting of August decide?", None),
    ],
)
@pytest.mark.parametrize("names", [("a", "b"), ("minutes-2025-02-12", "minutes-2025-05-14")])
def test_the_minutes_of_the_month_say_what_was_decided(
    tmp_path: Path, names: tuple[str, str], question: str, quote: str | None
) -> None:
    folder = tmp_path / "ward"
    folder.mkdir()
    (folder / f"{names[0]}.md").write_text(
        "# Minutes of the ward meeting, 12 February 2025\nPresent: Dr. Lang, Sister Moe.\n"
        "The meeting decided to buy two new monitors.\n"
    )
    (folder / f"{names[1]}.md").write_text(
        "# Minutes of the ward meeting, 14 May 2025\nPresent: Dr. Lang, Sister Moe, Mr. Ott.\n"
        "It was agreed that visiting hours end at 19:00.\nNext meeting on 18 June.\n"
    )
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(folder)
        answer = index.ask(question)
    assert answer.answered is (quote is not None)
    assert quote is None or quote in answer.text
