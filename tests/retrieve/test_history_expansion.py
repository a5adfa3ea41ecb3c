"""What a follow-up question takes from the turns before it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import Filter, Index
from rag_infer.embed import Embedder, FloatRows
from rag_infer.retrieve import SearchOptions, search
from rag_infer.retrieve.history_expansion import (
    blend_query_vectors,
    context_dependence,
    dense_weight,
    expansion_terms,
    query_variants,
    with_history_terms,
)
from rag_infer.retrieve.relevance_feedback import top_terms
from tests.ask_arguments import ask

MAX_TURNS = st.lists(st.text(st.sampled_from("ab it the what pump?- 7"), max_size=30), max_size=5)
RARE = {"guinea": 0.01, "pigs": 0.02, "sleep": 0.1, "wild": 0.2}


def share(word: str) -> float:
    return RARE.get(word, 0.5)


def test_a_question_that_names_its_subject_takes_nothing() -> None:
    full_question = "How many hours does the nightly backup of the policy library usually take?"
    assert context_dependence(full_question) == 0.0
    assert expansion_terms(full_question, ["Where do guinea pigs sleep?"], share) == {}


def test_a_short_question_takes_the_rarest_words_of_the_nearest_turn() -> None:
    terms = expansion_terms("What do they eat?", ["Where do guinea pigs sleep in the wild?"], share)
    assert set(sorted(terms, key=lambda term: -terms[term])[:2]) <= {
        "guinea",
        "pig",
        "sleep",
        "wild",
    }
    assert 0 < terms["guinea"] < 1


def test_it_is_read_with_the_words_that_name_something() -> None:
    assert with_history_terms("What do they eat?", "Where do the guinea pigs sleep?") == (
        "What do they eat? (about: guinea pigs sleep)"
    )
    assert with_history_terms("And the pigs?", "the pig?") == "And the pigs?"


def test_nearer_turns_weigh_more() -> None:
    terms = expansion_terms("And then?", ["the old boiler", "the new furnace"], lambda _: 0.1)
    assert terms["furnac"] > terms["boiler"]


@given(MAX_TURNS, st.text(max_size=30))
def test_it_only_ever_adds(earlier: list[str], question: str) -> None:
    terms = expansion_terms(question, earlier, share)
    assert 0 <= context_dependence(question) <= 1
    assert all(0 < weight <= 1 for weight in terms.values())
    assert with_history_terms(question, earlier[-1] if earlier else "").startswith(question)
    if not earlier:
        assert terms == {}


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_the_further_it_leans_the_more_other_readings_and_the_vector_count(
    one: float, other: float, seed: int
) -> None:
    rows = np.random.default_rng(seed).standard_normal((3, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    less, more = sorted((one, other))
    assert np.allclose(blend_query_vectors(rows, 0.0), rows[0], atol=1e-6)
    assert np.linalg.norm(blend_query_vectors(rows, more)) == pytest.approx(1, abs=1e-5)
    assert (
        blend_query_vectors(rows, more) @ rows[0]
        <= blend_query_vectors(rows, less) @ rows[0] + 1e-5
    )
    assert 0.5 == dense_weight(0.5, 0.0) <= dense_weight(0.5, less) <= dense_weight(0.5, more) < 1
    # Who wants words or vectors alone gets them alone.
    assert dense_weight(0.0, more) == 0 and dense_weight(1.0, more) == 1


def test_a_question_is_read_after_the_first_turn_and_the_last() -> None:
    assert query_variants("Why?", ["One.", "Two.", "Three."]) == [
        "Why?",
        "One. Why?",
        "Three. Why?",
    ]


def test_telling_words_are_frequent_in_the_passages_and_rare_elsewhere() -> None:
    texts = ["guinea pigs sleep", "guinea pigs sleep in the wild", "wild guinea fowl"]
    shares = {"guinea": 0.01, "pig": 0.02, "wild": 1.0}
    words = top_terms(texts, lambda term: shares.get(term, 0.5))
    assert list(words)[:2] == ["guinea", "pig"] and words["guinea"] == 1
    assert "wild" not in words  # it is in every passage there is
    assert top_terms([], lambda _: 0.5) == {}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("notes")
    for animal, food in (("badger", "earthworms"), ("otter", "trout"), ("heron", "frogs")):
        (folder / f"{animal}.txt").write_text(
            f"The {animal} lives by the river. It eats mostly {food}, and hunts at dusk.\n"
        )
    opened = Index.open(folder / "index", create=True)
    opened.add(*sorted(folder.glob("*.txt")))
    return opened


@pytest.mark.parametrize("animal", ["badger", "otter", "heron"])
def test_a_follow_up_finds_the_subject_of_the_turn_before(index: Index, animal: str) -> None:
    hits = index.search("And what does it eat?", 3, earlier=[f"Where does the {animal} live?"])
    assert hits[0].document_id.endswith(f"{animal}.txt")


def test_a_follow_up_finds_what_the_turns_led_to_but_did_not_say(tmp_path: Path) -> None:
    """The passage says "levain" as the found one does; no turn does."""
    notes = {
        "starter": "A sourdough starter is called a levain. A levain is flour and water.",
        "levain": "The levain is fed at seven in the morning and at seven in the evening.",
        "cattle": "The cattle are fed at six in the morning and at noon.",
        "hens": "The hens are fed once, at eight in the morning.",
    }
    for name, text in notes.items():
        (tmp_path / f"{name}.txt").write_text(text + "\n")
    opened = Index.open(tmp_path / "index", create=True)
    opened.add(*sorted(tmp_path.glob("*.txt")))
    follow_up = "And when is it fed?"
    turns = ["What is a sourdough starter?"]
    plain_hits, led = opened.search(follow_up, 4), opened.search(follow_up, 4, earlier=turns)
    scores = {hit.document_id: hit.lexical for hit in plain_hits}
    gained = {hit.document_id: hit.lexical - scores[hit.document_id] for hit in led}
    by_words = sorted(gained, key=lambda source: -gained[source])
    assert [Path(source).stem for source in by_words[:2]] == ["starter", "levain"]
    assert "levain" in led[0].chunk.text


class Counting:
    """An embedder that counts how often it is asked."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.calls = 0

    def embed_queries(self, texts: Sequence[str]) -> FloatRows:
        self.calls += 1
        return self._embedder.embed_queries(texts)


def test_all_texts_of_a_turn_are_embedded_together(index: Index) -> None:
    counting = Counting(index.engine.embedder)
    options = SearchOptions(earlier=("Where does the otter live?", "Where is that?"))
    search(index.engine.snapshot, counting, "And why?", 3, options)  # type: ignore[arg-type]
    assert counting.calls == 1


def test_turns_without_words_and_questions_that_stand_alone_change_nothing(index: Index) -> None:
    full_question = "Which animal by the river hunts frogs at dusk in summer rain?"
    for follow_up, earlier in (
        (full_question, ["Where does the otter live?"]),
        ("And why?", [" ", "\n"]),
    ):
        one, other = index.search(follow_up, 3, earlier=earlier), index.search(follow_up, 3)
        # Dense scores differ a little between the two runtimes that the embedder changes over.
        assert [(h.chunk, h.lexical) for h in one] == [(h.chunk, h.lexical) for h in other]
        assert [h.score for h in one] == pytest.approx([h.score for h in other], abs=0.02)


def test_asking_takes_the_history_into_account(index: Index) -> None:
    history = [
        {"role": "user", "content": "Where does the otter live?"},
        {"role": "assistant", "content": "By the river."},
    ]
    answer = ask(index, "And what does it eat?", history=history, min_confidence=0.0)
    assert "trout" in answer.text
    assert answer.question == "And what does it eat?"


def test_hidden_documents_lend_no_rarity(tmp_path: Path) -> None:
    """What is carried depends on the passages the asker may see, and on no others."""
    for name, text in (("open", "alpha beta " * 5), ("secret", "alpha gamma " * 5)):
        (tmp_path / f"{name}.txt").write_text(text)
    plain = Index.open(tmp_path / "plain", create=True)
    plain.add(tmp_path / "open.txt", groups=["all"])
    restricted = Index.open(tmp_path / "mixed", create=True)
    restricted.add(tmp_path / "open.txt", groups=["all"])
    restricted.add(tmp_path / "secret.txt", groups=["few"])
    may = Filter(groups=frozenset({"all"}))
    one, other = (
        i.search("it?", earlier=["alpha gamma beta"], filter=may) for i in (plain, restricted)
    )
    assert [(h.chunk, h.score, h.lexical) for h in one] == [
        (h.chunk, h.score, h.lexical) for h in other
    ]
