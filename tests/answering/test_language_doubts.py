"""Answers for which only vectors speak."""

from __future__ import annotations

import pytest

from rag_infer.answering.language_doubts import is_doubtful
from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.question_type import read
from rag_infer.cite.sentence_features import FEATURES, Sentence
from rag_infer.types import Chunk, Hit

QUESTION = "A che ora apre la palestra la domenica?"
FOREIGN = "Die Halle schließt werktags um 23 Uhr, sonntags um 20 Uhr."
OWN = "La palestra è chiusa il 25 dicembre e il 1º gennaio."


def unit(text: str, cosine: float, aspect_covered: float = 0.0) -> Sentence:
    values = {
        "sentence_cosine": cosine,
        "passage_cosine": cosine,
        "aspect_covered": aspect_covered,
    }
    return Sentence(
        Hit(Chunk(f"{text[:3]}.md", 1, 0, len(text), text), 0.5),
        0,
        len(text),
        text,
        tuple(values.get(name, 0.0) for name in FEATURES),
        is_translation=text == FOREIGN,
    )


def result(language: str, *units: Sentence) -> AnswerabilityResult:
    profile = read(QUESTION, "it", language)
    return AnswerabilityResult(profile, tuple((u, 0.9) for u in units), 0.9)


@pytest.mark.parametrize(
    ("foreign", "own", "is_doubt"), [(0.54, 0.53, True), (0.54, 0.16, False), (0.54, None, False)]
)
def test_another_language_should_be_nearer_than_the_own_one(
    foreign: float, own: float | None, is_doubt: bool
) -> None:
    others = [] if own is None else [unit(OWN, own)]
    assert is_doubtful(result("de", unit(FOREIGN, foreign), *others)) is is_doubt


def test_an_answer_in_the_own_language_should_have_a_word_of_what_is_asked() -> None:
    assert is_doubtful(result("it", unit(OWN, 0.5)))
    assert not is_doubtful(result("it", unit(OWN, 0.5, aspect_covered=0.4)))


def test_without_vectors_the_words_have_been_judged_already() -> None:
    assert not is_doubtful(result("it", unit(OWN, 0.0)))
