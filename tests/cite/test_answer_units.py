"""What can be quoted of a text, and what each piece presupposes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag_infer.cite.answer_units import AnswerUnit, answer_units, entry_value, unit_label


def quoted(text: str) -> list[tuple[str, str, str]]:
    return [(u.kind, text[u.start : u.end], u.presupposed) for u in answer_units(text)]


def by_kind(text: str, kind: str) -> list[AnswerUnit]:
    return [u for u in answer_units(text) if u.kind == kind]


def test_a_question_is_presupposed_by_its_answer_and_never_quoted() -> None:
    text = "Q: Who cleans the pool?\nA: The caretaker.\n\nQ: May I smoke?\nA: No."
    assert quoted(text) == [
        ("pair", "The caretaker.", "Who cleans the pool?"),
        ("pair", "No.", "May I smoke?"),
    ]


def test_a_list_goes_with_its_lead_in_and_each_item_by_itself() -> None:
    text = "Bring the following:\n\n- a lamp\n- two ropes\n\nThen wait."
    (unit,) = by_kind(text, "list")
    assert text[unit.start : unit.end] == "Bring the following:\n\n- a lamp\n- two ropes"
    items = by_kind(text, "item")
    assert [text[i.start : i.end] for i in items] == ["a lamp", "two ropes"]
    assert {i.presupposed for i in items} == {"Bring the following:"}


def test_a_numbered_heading_is_no_item() -> None:
    text = (
        'Made between:\n\n(1) Vel Ltd (the "Lessor"); and\n(2) Tor (the "Lessee").\n\n'
        "1. The Vans\n\nThree vans are let."
    )
    assert "1. The Vans" not in [own for _, own, _ in quoted(text)]
    last = answer_units(text)[-1]
    assert (text[last.start : last.end], last.heading) == ("Three vans are let.", "1. The Vans")


def test_rows_presuppose_their_header() -> None:
    text = "Boat | Hour | Day\nCanoe | 8 | 31\nKayak | 9 | 40"
    assert quoted(text) == [
        ("row", "Canoe | 8 | 31", "Boat | Hour | Day"),
        ("row", "Kayak | 9 | 40", "Boat | Hour | Day"),
    ]


def test_lines_of_a_form_and_of_a_mail_stand_alone() -> None:
    form = "Venue: Town hall\nDoors: 7 pm\nTicket: EUR 12"
    assert [kind for kind, _, _ in quoted(form)] == ["entry"] * 3
    assert entry_value("Venue: Town hall") == (7, 16)
    mail = "From: Ina <ina@x.example>\nTo: Bo <bo@y.example>\nSubject: Roof"
    assert {kind for kind, _, _ in quoted(mail)} == {"mail header"}


def test_marks_of_markdown_are_not_quoted() -> None:
    assert quoted("- **Decision:** The roof is mended.\n")[0][1].startswith("**Decision:**")


@example("?\nA.")
@given(st.text(alphabet="ab1.:?|-* \n#()QA", max_size=200))
def test_units_are_slices_in_order_without_space_around_them(text: str) -> None:
    units = answer_units(text)
    assert list(units) == sorted(units, key=lambda u: u.start)
    for unit in units:
        assert 0 <= unit.start < unit.end <= len(text)
        assert text[unit.start : unit.end].strip()


def test_a_separator_without_spaces_ends_no_header() -> None:
    text = "| Matter | Rule |\n|---|---|\n| Keys | two each |\n|Lamp|none|"
    assert quoted(text) == [
        ("row", "| Keys | two each |", "| Matter | Rule |"),
        ("row", "|Lamp|none|", "| Matter | Rule |"),
    ]


def test_a_line_of_capitals_heads_the_text_below_it() -> None:
    text = "WHEN THE BOAT IS BACK\nDry it. It rests\nfor two days.\n\nFEES\nNone are taken."
    dry, rests, fees = answer_units(text)
    assert (dry.heading, fees.heading) == ("WHEN THE BOAT IS BACK", "FEES")
    assert text[rests.start : rests.end] == "It rests\nfor two days."
    assert rests.presupposed == "Dry it."
    title = "VEL LTD\nRULES OF THE HOUSE\nSecond edition"
    assert "VEL LTD" not in {u.heading for u in answer_units(title)}


def test_a_marked_heading_heads_the_text_right_below_it() -> None:
    text = "# Club\n## 4. Why the lamps are red\nWhite light spoils the eyes.\nIt takes an hour."
    light, hour = answer_units(text)
    assert text[light.start : light.end] == "White light spoils the eyes."
    assert light.heading == hour.heading == "4. Why the lamps are red"


def test_the_label_of_a_unit_says_what_it_is_about() -> None:
    for text, kind, label in (
        ("**Apologies:** Ina Vel", "entry", "Apologies"),
        ("| Canoe | 8 |", "row", "Canoe"),
        ("3. Length of hire. It ends in May.", "sentence", "Length of hire"),
    ):
        place = unit_label(text, kind)  # type: ignore[arg-type]
        assert place is not None
        assert text[slice(*place)].strip(" *") == label
    assert unit_label("The canoe is green.", "sentence") is None


@pytest.mark.parametrize(
    "line", ["mean height 3.72 metres", "loss after 40 epochs", "max 12 bar at noon"]
)
def test_a_line_that_a_program_printed_is_no_heading(line: str) -> None:
    text = f"{line}\n\nThe gauge stands at the pier.\n"
    assert text.index(line) in [unit.start for unit in answer_units(text)]


def test_a_line_of_a_form_after_a_list_is_no_part_of_its_last_item() -> None:
    text = "1. The lamp is mended.\n2. Ina takes over the keys\n   from Bo.\nNext meeting: 15 April"
    assert [own for _, own, _ in quoted(text)] == [
        "1. The lamp is mended.",
        "2. Ina takes over the keys\n   from Bo.",
        "Next meeting: 15 April",
    ]


def test_a_short_paragraph_of_chinese_or_hindi_is_no_heading() -> None:
    paragraphs = [
        "餐费补贴为每天28欧元。",
        "酒店不得超过120欧元。",
        "द्वार दस बजे बंद होता है।",
        "यह अंत है।",
    ]
    text = "\n\n".join(paragraphs)
    units = answer_units(text)
    assert [text[u.start : u.end] for u in units] == paragraphs
    assert not any(u.heading for u in units)
