"""What a follow-up question takes from the turns before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import AskOptions, Index
from rag_infer.retrieve.conversation import Carried, carry, leans

TURNS = st.lists(st.text(st.sampled_from("ab it the what pump?- 7"), max_size=30), max_size=5)
RARE = {"guinea": 0.01, "pigs": 0.02, "sleep": 0.1, "wild": 0.2}


def share(word: str) -> float:
    return RARE.get(word, 0.5)


def test_a_question_that_names_its_subject_takes_nothing() -> None:
    whole = "How many hours does the nightly backup of the policy library usually take?"
    assert leans(whole) == 0.0
    assert carry(whole, ["Where do guinea pigs sleep?"], share) == Carried()


def test_a_short_question_takes_the_rarest_words_of_the_nearest_turn() -> None:
    taken = carry("What do they eat?", ["Where do guinea pigs sleep in the wild?"], share)
    assert taken.words[:2] == ("guinea", "pigs")
    assert taken.text("What do they eat?", 2) == "What do they eat? (about: guinea pigs)"
    assert taken.weights["guinea"] < 1


def test_nearer_turns_weigh_more() -> None:
    taken = carry("And then?", ["the old boiler", "the new furnace"], lambda _: 0.1)
    assert taken.weights["furnac"] > taken.weights["boiler"]


@given(TURNS, st.text(max_size=30))
def test_it_only_ever_adds(earlier: list[str], question: str) -> None:
    taken = carry(question, earlier, share)
    assert 0 <= taken.leans <= 1
    assert all(0 < weight <= 1 for weight in taken.weights.values())
    assert taken.text(question).startswith(question)
    if not earlier:
        assert taken == Carried()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("notes")
    for animal, food in (("badger", "earthworms"), ("otter", "trout"), ("heron", "frogs")):
        (folder / f"{animal}.txt").write_text(
            f"The {animal} lives by the river. It eats mostly {food}, and hunts at dusk.\n"
        )
    made = Index.open(folder / "index", create=True)
    made.add(*sorted(folder.glob("*.txt")))
    return made


@pytest.mark.parametrize("animal", ["badger", "otter", "heron"])
def test_a_follow_up_finds_the_subject_of_the_turn_before(index: Index, animal: str) -> None:
    hits = index.search("And what does it eat?", 3, earlier=[f"Where does the {animal} live?"])
    assert hits[0].source.endswith(f"{animal}.txt")


def test_asking_takes_the_history_into_account(index: Index) -> None:
    history = [
        {"role": "user", "content": "Where does the otter live?"},
        {"role": "assistant", "content": "By the river."},
    ]
    answer = index.ask("And what does it eat?", AskOptions(history=history, threshold=0.0))
    assert "trout" in answer.text
    assert answer.question == "And what does it eat?"


def test_hidden_documents_lend_no_rarity(tmp_path: Path) -> None:
    """What is carried depends on the passages the asker may see, and on no others."""
    for name, text in (("open", "alpha beta " * 5), ("secret", "alpha gamma " * 5)):
        (tmp_path / f"{name}.txt").write_text(text)
    plain = Index.open(tmp_path / "plain", create=True)
    plain.add(tmp_path / "open.txt", labels=["all"])
    mixed = Index.open(tmp_path / "mixed", create=True)
    mixed.add(tmp_path / "open.txt", labels=["all"])
    mixed.add(tmp_path / "secret.txt", labels=["few"])
    from rag_infer import Filter

    may = Filter(groups=frozenset({"all"}))
    one, other = (i.search("it?", earlier=["alpha gamma beta"], filter=may) for i in (plain, mixed))
    assert [(h.chunk, h.score, h.lexical) for h in one] == [
        (h.chunk, h.score, h.lexical) for h in other
    ]
