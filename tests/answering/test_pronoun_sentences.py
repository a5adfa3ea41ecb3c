"""The sentence that answers is quoted, also where it names its subject by a pronoun only."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

TEXTS = {
    "valve": "The relief valve opens at six bar. It was made in Ulm in 1987.",
    "otter": "The otter lives by the river. It eats trout and crayfish.",
    "voss": "Ingrid Voss joined the Larn club in 2019. She leads the sailing group.",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("pronouns")
    index = Index.open(folder / "index", create=True)
    for name, text in TEXTS.items():
        index.add_text(text, id=name)
    return index


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Where was the relief valve made?", "It was made in Ulm in 1987."),
        ("When was the relief valve made?", "It was made in Ulm in 1987."),
        ("At how many bar does the relief valve open?", "The relief valve opens at six bar."),
        ("What does the otter eat?", "It eats trout and crayfish."),
        ("Where does the otter live?", "The otter lives by the river."),
        ("What does Ingrid Voss lead?", "She leads the sailing group."),
        ("When did Ingrid Voss join the club?", "Ingrid Voss joined the Larn club in 2019."),
    ],
)
def test_the_sentence_with_the_predicate_is_quoted_first(
    index: Index, question: str, sentence: str
) -> None:
    assert (
        index.ask(
            question,
        )
        .claims[0]
        .text
        == sentence
    )
