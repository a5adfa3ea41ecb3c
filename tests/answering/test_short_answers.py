"""Of two values in a sentence the one whose own part the question names is shown in short."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.answering.short_answers import _whole
from rag_infer.answering.value_bounds import with_negated_comparison


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much is a night for a large dog?", "41 euros"),
        ("How much does a night cost for a large dog?", "41 euros"),
        ("How much is a night for a small dog?", "32 euros"),
    ],
)
def test_the_value_of_the_part_that_is_asked_for(tmp_path: Path, question: str, value: str) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        text = "A stay costs 32 euros per night for small dogs and 41 euros for large dogs."
        index.add_text(text, id="kennel")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == value


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The pool is open on all days but Monday.", "When is the pool open?"),
        ("The archive can be used every day except Friday.", "When can the archive be used?"),
        ("The ferry sails daily, not on Sundays.", "When does the ferry sail?"),
    ],
)
def test_an_exception_is_no_short_answer(tmp_path: Path, text: str, question: str) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="hours")
        answer = index.ask(question)
    assert answer.answered
    assert answer.short_answer is None


@pytest.mark.parametrize(
    ("text", "question", "few_words"),
    [
        ("The yearly fee is 120 ³ euros.", "How much is the yearly fee?", "120 euros"),
        ("The barn is let for 75 ¹² euros a day.", "How much is the barn a day?", "75 euros"),
        ("The lane is 90 metres ⁵ long.", "How long is the lane?", "90 metres"),
    ],
)
def test_the_number_of_a_footnote_is_not_shown(
    tmp_path: Path, text: str, question: str, few_words: str
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="fees")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote in text
    assert (answer.short_text or answer.short_answer.quote) == few_words


@pytest.mark.parametrize(
    "question",
    [
        "Which tug is stronger, the Bison or the Marten?",
        "Which tug is older, the Marten or the Bison?",
        "Who of the two tugs is faster, Bison or Marten?",
    ],
)
def test_of_two_names_no_third_one_is_the_answer(tmp_path: Path, question: str) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        text = "The harbour has three tugs: Bison, Marten and Otter. The Bison pulls 60 tonnes."
        index.add_text(text, id="harbour")
        answer = index.ask(question)
    assert answer.short_answer is None or "Otter" not in answer.short_answer.quote


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who decides on ropes and sails?", "Bo Torsen"),
        ("Who decides on the paint?", "Ina Velde"),
        ("Who decides on guests in the harbour?", "Ulla Gram"),
    ],
)
def test_of_several_people_the_one_of_the_part_asked_about(
    tmp_path: Path, question: str, name: str
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        text = (
            "Ina Velde decides on the paint, Bo Torsen on ropes and sails, and Ulla Gram on guests "
            "in the harbour. The board meets in May."
        )
        index.add_text(text, id="club")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == name


def test_a_list_that_answers_has_no_item_as_its_short_answer(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        text = "You need to bring:\n\n- a signed rope card\n- a photo for the board\n- two keys\n"
        index.add_text(text, id="climbing")
        answer = index.ask("What do I have to bring as a new climber?")
    assert "photo" in answer.text
    assert answer.short_answer is None


@pytest.mark.parametrize(
    "question", ["When does the permit run out?", "When does our permit expire?"]
)
def test_the_start_of_a_term_is_not_its_end(tmp_path: Path, question: str) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(
            "The permit was granted on 1 September 2022 and runs for five years.", id="permit"
        )
        answer = index.ask(question)
    assert "five years" in answer.text
    assert answer.short_answer is None or "2022" not in answer.short_answer.quote


def test_how_long_is_told_by_both_ends(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(
            "the transmitter was off air on Saturday 11 April from 14:05 to 17:40.", id="mail"
        )
        answer = index.ask("For how long was the transmitter off on 11 April?")
    assert "14:05 to 17:40" in answer.text
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "14:05 to 17:40"


@pytest.mark.parametrize(
    ("part", "whole"),
    [("780.00", "1,780.00"), ("1,78", "1,780.00"), ("ur Stre", "Harbour Street"), ("30", "30")],
)
def test_no_word_or_number_is_cut(part: str, whole: str) -> None:
    text = "Six lifts at 30 Harbour Street cost 1,780.00 each."
    start = text.index(part)
    place = _whole(text, start, start + len(part))
    assert text[slice(*place)] == whole


def test_the_most_is_not_shown_where_the_least_is_asked_for(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("Children under twelve swim only with an adult.", id="pool")
        answer = index.ask("How old must children be to swim alone?")
    assert answer.answered
    assert answer.short_answer is None


@pytest.mark.parametrize(
    ("text", "question", "value"),
    [
        ("7.62.001 gasket, fits pump P-3", "Which pump does 7.62.001 fit?", "P-3"),
        ("Lessons are held in room 12 on Mondays.", "In which room are lessons held?", "12"),
    ],
)
def test_the_code_after_the_noun_of_the_question(
    tmp_path: Path, text: str, question: str, value: str
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="list")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == value


def test_one_of_several_bare_figures_is_not_the_price(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("1 Sit-stand desk, oak 40 389.00 15,560.00", id="order")
        answer = index.ask("What does the sit-stand desk cost?")
    assert answer.short_answer is None


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What does a student pay?", "£22"),
        ("What do families pay?", "£98"),
        ("Who leads the walk, and by when?", None),  # half of the answer
    ],
)
def test_one_of_several_amounts_is_that_of_whoever_pays(
    tmp_path: Path, question: str, value: str | None
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("Full members pay £64 a year, students £22 and families £98.", id="fees")
        index.add_text("Colm Reade will lead the walk by 28 February.", id="walk")
        answer = index.ask(question)
    assert answer.answered
    assert (answer.short_answer and answer.short_answer.quote) == value


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How much notice must the tenant give?", "four months"),
        ("How much notice must the landlord give?", "nine months"),
        ("notice tenant lease", "four months"),
    ],
)
def test_each_sentence_of_a_clause_has_its_own_value(
    tmp_path: Path, question: str, value: str
) -> None:
    text = (
        "3. Repairs. The Tenant repairs floors.\n"
        "4. Notice. The Tenant may end the Lease by giving four months' written notice.\n"
        "The Landlord may end it by giving nine months' notice.\n"
        "5. Deposit. The deposit is 4,350 pounds."
    )
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="lease")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert value in answer.short_answer.quote


def test_what_is_joined_to_the_thing_asked_about_is_not_who_does_it(tmp_path: Path) -> None:
    text = (
        "3. Repairs. The Landlord keeps the roof and the hoist in repair.\n"
        "The Tenant repairs floors and windows.\n"
        "4. Notice. The Tenant may end the Lease by giving four months' written notice."
    )
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="lease")
        answer = index.ask("Who repairs the roof?")
    assert answer.answered
    assert answer.short_answer is None or answer.short_answer.quote != "the hoist"


def test_of_from_and_to_the_new_value_is_shown(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("The open day is postponed from 14 June to 5 July 2025.", id="minutes")
        answer = index.ask("On which date is the open day?")
    assert answer.short_answer is not None
    assert answer.short_answer.quote == "5 July 2025"


@pytest.mark.parametrize(
    ("text", "question", "few_words"),
    [
        ("The archive is open between 9 and 5 pm.", "When does the archive open?", "9 and 5 pm"),
        ("The cellar is open from 3 to 5 May 2026.", "When does it open?", "3 to 5 May 2026"),
        ("The fair was moved from 3 to 5 May 2026.", "When is the fair?", "5 May 2026"),
        ("The shop is open from 9 to 5 pm.", "When does the shop open?", "9 to 5 pm"),
        ("Delivery takes six to eight weeks.", "How long is delivery?", "six to eight weeks"),
        ("Drying takes two or three days.", "How long does drying take?", "two or three days"),
        ("A tuning costs 110 to 135 euros.", "How much is a tuning?", "110 to 135 euros"),
        ("The fee was raised from 110 to 135 euros.", "How much is the fee?", "135 euros"),
        ("We work 7 days. Glue dries in 5 days.", "How long does glue dry?", "5 days"),
        (
            "It will not be done before 19 May 2025.",
            "When is it done?",
            "not be done before 19 May 2025",
        ),
        ("The hall isn't open until 7 pm.", "When is the hall open?", "isn't open until 7 pm"),
    ],
)
def test_the_end_of_a_range_is_not_shown_alone(
    tmp_path: Path, text: str, question: str, few_words: str
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text(text, id="hours")
        answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == few_words


@pytest.mark.parametrize(
    ("text", "few_words", "quote"),
    [
        (
            "Hedges must not be higher than 1.20 metres.",
            "higher than 1.20 metres",
            "not be higher than 1.20 metres",
        ),
        ("Bags may never weigh more than 20 kg.", "more than 20 kg", "never weigh more than 20 kg"),
        ("The fee is no more than 5 euros.", "more than 5 euros", "no more than 5 euros"),
        (
            "Das darf nicht länger als 2 Tage dauern.",
            "länger als 2 Tage",
            "nicht länger als 2 Tage",
        ),
        ("Trees must be higher than 2 metres.", "higher than 2 metres", "higher than 2 metres"),
        ("It is not allowed. Over 5 kg is extra.", "Over 5 kg", "Over 5 kg"),
        ("Hedges must not be higher than 1.20 metres.", "1.20 metres", "1.20 metres"),
    ],
)
def test_a_bound_is_shown_with_its_negation(text: str, few_words: str, quote: str) -> None:
    start = text.index(few_words)
    span = with_negated_comparison(text, (start, start + len(few_words)))
    assert text[slice(*span)] == quote


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("When does the boat house close?", None),
        ("When does the boat house close in winter?", None),
        ("When does the boat house close from May to September?", "21:30"),
        ("When does the gate shut?", None),
        ("When does the gate shut from October to March?", "17:00"),
        ("How much is the deposit?", None),
        ("How much is the deposit for members?", "50 euro"),
        ("What is the training budget of a lawyer?", "GBP 1,800"),
        ("Wann schließt die Sauna?", None),
        ("Wann schließt die Sauna von Mai bis September?", "21:30 Uhr"),
    ],
)
def test_a_value_of_one_case_is_short_only_for_a_question_of_that_case(
    tmp_path: Path, question: str, value: str | None
) -> None:
    texts = (
        "The boat house closes at 21:30 from May to September and at 18:00 otherwise.",
        "Each lawyer has a training budget of GBP 1,800 a year, all others GBP 900.",
        "From October to March the gate shuts at 17:00, otherwise at 20:00.",
        "A deposit of 50 euro is due for members and 80 euro otherwise.",
        "Die Sauna schließt von Mai bis September um 21:30 Uhr, sonst um 18:00 Uhr.",
    )
    with Index.open(tmp_path / "index", create=True) as index:
        for number, text in enumerate(texts):
            index.add_text(text, id=f"rule {number}")
        answer = index.ask(question)
    assert (answer.short_answer and answer.short_answer.quote) == value
    assert any(text in answer.text for text in texts)
