"""Folders of several languages, searched in all of them."""

from __future__ import annotations

import numpy as np
import pytest

from rag_infer import Index
from rag_infer.index import bm25, term_statistics
from rag_infer.index.postings import Postings, PostingsBuilder
from rag_infer.retrieve.query_languages import query_languages

TEXTS = {
    "en": "The deposit is three months of rent. Bicycles are kept in the basement of the house.",
    "de": "Die Kaution beträgt drei Monatsmieten. Fahrräder werden im Keller abgestellt.",
    "fr": "La caution s'élève à deux mois de loyer. Les vélos sont rangés dans la cave.",
    "ru": "Залог составляет месячную плату. Велосипеды хранятся в подвале этого дома.",
    "th": "เงินประกันเท่ากับค่าเช่าสองเดือน จักรยานเก็บไว้ในชั้นใต้ดินของอาคาร",
    "ar": "التأمين يساوي إيجار شهرين. توضع الدراجات في القبو أسفل المبنى.",
}
QUESTIONS = {
    "en": "Where are bicycles kept?",
    "de": "Wo wird ein Fahrrad abgestellt?",
    "fr": "Où ranger un velo ?",
    "ru": "Где хранится велосипед?",
    "th": "จักรยานเก็บไว้ที่ไหน",
    "ar": "أين توضع الدراجة؟",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("languages")
    for language, text in TEXTS.items():
        (folder / f"{language}.txt").write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


def test_each_chunk_has_the_language_of_its_text(index: Index) -> None:
    snapshot = index.engine.snapshot
    assert snapshot.languages() == dict.fromkeys(sorted(TEXTS), 1)


@pytest.mark.parametrize("language", TEXTS)
def test_a_question_finds_the_document_in_its_language(index: Index, language: str) -> None:
    (first, *_) = index.search(QUESTIONS[language])
    assert first.document_id.endswith(f"{language}.txt")
    assert first.lexical > 0


def test_a_question_is_analyzed_in_the_languages_that_it_may_see(index: Index) -> None:
    snapshot = index.engine.snapshot
    masks = [np.zeros(s.chunks, dtype=bool) for s in snapshot.segments]
    masks[0][0] = True
    assert len(query_languages(snapshot, [None] * len(masks)).names) == len(TEXTS)
    alone = query_languages(snapshot, masks)
    assert len(alone.names) == 1
    assert alone.groups is None


def postings(chunks: list[list[str]]) -> Postings:
    builder = PostingsBuilder()
    builder.add(chunks, list(range(len(chunks))))
    return builder.build()


def test_a_common_word_of_a_rare_language_is_common() -> None:
    english = [["house", f"word{n}"] for n in range(500)]
    german = [["die", "haus", f"wort{n}"] for n in range(100)]
    part = postings([*english, *german])
    groups = term_statistics.Groups(
        [np.repeat(np.array([0, 1], np.uint16), [500, 100])], ("en", "de")
    )
    query = bm25.grouped([{}, {"die": 1.0, "wort7": 1.0}])
    (scores,) = bm25.score([part], [None], query, groups)
    (plain,) = bm25.score([part], [None], {"die": 1.0, "wort7": 1.0})
    assert scores[507] > 8 * scores[508]  # "wort7" tells, "die" does not
    assert plain[507] < 5 * plain[508]


def test_terms_of_one_language_are_not_looked_for_in_another() -> None:
    part = postings([["die"], ["die"]])
    groups = term_statistics.Groups([np.array([0, 1], np.uint16)], ("en", "de"))
    (scores,) = bm25.score([part], [None], bm25.grouped([{}, {"die": 1.0}]), groups)
    assert scores[0] == 0 < scores[1]
