"""Lists under a heading: the whole of one, its length, and the item after another."""

from __future__ import annotations

import pytest

from rag_infer import Index

FILES = {
    "hut.md": "# Hut manual\n\n## Closing the hut\n\n1. Sweep the floor of the kitchen.\n2. Close "
    "the gas valve.\n3. Bolt the shutters.\n4. Write into the hut book.\n\n## Duties of guests\n\n"
    "- Carry your waste down.\n- Keep the stove clean.\n- Pay into the green box.\n\n"
    "The hut sleeps twelve.\n\n## Huts nearby\n\nThe Larn hut is two hours away.\n",
    "plan.md": "# Avalanche plan\n\n## Avalanche\n\n1. Stay where you are.\n2. Ring the bell three "
    "times.\n3. Wait for the warden, and do not use the lower path.\n\n## Storm\n\nClose all "
    "shutters.\n",
    "report.txt": "Tool safety\n\n* Wear gloves.\n* Tie up long hair.\n",
}


@pytest.mark.parametrize(
    ("question", "items"),
    [
        ("What are the duties of guests?", ("waste", "stove", "green box")),
        ("What are all the steps for closing the hut?", ("Sweep", "gas", "shutters", "hut book")),
        ("List the rules of tool safety.", ("gloves", "hair")),
        ("What should I do if there is an avalanche?", ("Stay", "bell", "warden")),
        ("what do we do in an avalanche?", ("Stay", "bell", "warden")),
    ],
)
def test_the_whole_list(index: Index, question: str, items: tuple[str, ...]) -> None:
    answer = index.ask(question)
    assert answer.answered
    for item in items:
        assert item in answer.text
    span = answer.citations[0].span
    text = FILES[span.document_id.rsplit("/", 1)[-1]]
    assert text[span.start : span.end] == span.quote


def test_the_items_are_counted(index: Index) -> None:
    answer = index.ask("How many duties do guests have?")
    assert answer.short_text is not None
    assert answer.short_text.startswith("3 ")


@pytest.mark.parametrize(
    ("question", "item", "other"),
    [
        ("What do I do after I have closed the gas valve?", "shutters", "Sweep"),
        ("What comes before bolting the shutters?", "gas valve", "hut book"),
        ("What must be done after sweeping the kitchen floor?", "gas valve", "shutters"),
    ],
)
def test_the_item_beside_another(index: Index, question: str, item: str, other: str) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert item in answer.text
    assert other not in answer.text


def test_a_fact_beside_a_list_is_still_answered(index: Index) -> None:
    assert "twelve" in index.ask("How many guests does the hut sleep?").text
