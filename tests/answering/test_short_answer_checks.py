"""Few words that would say the contrary, or half, of what was asked are not shown."""

import pytest

from rag_infer import Index
from rag_infer.answering.short_answer_checks import can_name_person, value_of_year

FILES = {
    "about.md": "# Quarry\n\nIn 2024 we sold 59,174 stones, 6 % more than in 2023, when it was "
    "55,820.\n\nThe board raised the day ticket from £6.80 to £7.20 from 1 April 2025.\n",
    "kiln.md": "# Kiln\n\nTwo firms have quoted for the kiln: Gallow Brothers £41,600 and Macrae "
    "Works £38,900.\n",
    "fuel.md": "# Fuel\n\nThe supplier delivers heating oil to the tank. The quarry takes at "
    "least 60,000 litres a year.\n",
    "walk.md": "# Walk\n\nThe lime walk costs the club £940. They have paid a deposit of £235.\n",
    "faq.md": "# Questions\n\n## Can I bring my bicycle?\n\nYes. There is room for eight bicycles. "
    "Electric bicycles are allowed, but their batteries may not be charged here.\n\n"
    "## When does the last cart leave?\n\nIn summer (1 April to 30 September) the last cart leaves "
    "at 18:45, on Saturdays at 20:15.\n",
    "2023-02-01 pier letter.md": "# Pier agreement, 1 February 2023\n\nThe pier agreement can be "
    "ended by either side with six months' notice in writing.\n",
    "2025-03-01 pier letter.md": "# Change of the pier agreement, 1 March 2025\n\nThe notice "
    "period of the pier agreement is extended from six months to nine months.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("quarry")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    index = Index.open(tmp_path_factory.mktemp("index") / "index", create=True)
    index.add(folder)
    return index


def short(index: Index, question: str) -> str | None:
    answer = index.ask(question)
    return answer.short_text or (answer.short_answer and answer.short_answer.quote)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many stones did you sell in 2023?", "55,820"),
        ("How many stones did you sell in 2024?", "59,174"),
        ("What did the day ticket cost before April 2025?", "£6.80"),
        ("What does the day ticket cost since April 2025?", "£7.20"),
        (
            "How much cheaper was Macrae Works than Gallow Brothers?",
            "£2,700 (£41,600 − £38,900)",
        ),
    ],
)
def test_the_value_of_the_asked_side_is_shown(index: Index, question: str, value: str) -> None:
    assert short(index, question) == value


def test_what_is_paid_is_not_what_is_owed(index: Index) -> None:
    assert short(index, "How much is still to be paid for the lime walk?") != "£235"


def test_a_quantity_is_no_price(index: Index) -> None:
    assert short(index, "heating oil price per litre") is None


def test_a_reply_to_another_question_says_no_yes(index: Index) -> None:
    assert not index.ask("Can I charge the battery of my electric bicycle?").text.startswith("Yes")
    assert index.ask("Can I bring my bicycle?").text.startswith("Yes")


def test_a_month_within_a_season_is_mentioned(index: Index) -> None:
    answer = index.ask("When does the last cart leave on a Saturday in July?")
    assert answer.answered
    assert "20:15" in answer.text
    answer = index.ask("When does the last cart leave on a Saturday in December?")
    assert not answer.answered


def test_a_letter_that_amends_comes_before_the_amended_one(index: Index) -> None:
    assert short(index, "What notice must be given to end the pier agreement?") == "nine months"


@pytest.mark.parametrize(
    ("text", "name", "can"),
    [
        ("Harbour Master (successor to Donald Haig)", "Donald Haig", False),
        ("I will skipper it myself.", "it myself", False),
        ("Signed in Kilbrae on 16 September 2024", "Kilbrae", False),
        ("The boat is steered by Ailsa Grant.", "Ailsa Grant", True),
    ],
)
def test_who_a_sentence_can_name(text: str, name: str, can: bool) -> None:
    start = text.index(name)
    assert can_name_person("Who is it?", text, (start, start + len(name))) is can


def test_a_value_belongs_to_the_year_beside_it() -> None:
    text = "It was 5 in 2022, 6 in 2023 and 7 in 2024."
    places = [(text.index(f"{n} in"), text.index(f"{n} in") + 1) for n in (5, 6, 7)]
    for year, place in zip((2022, 2023, 2024), places, strict=True):
        assert value_of_year(f"What was it in {year}?", text, places) == place
    assert value_of_year("What was it in 2021?", text, places) is None
