"""What is known of embedding models by their names."""

from __future__ import annotations

import pytest

from rag_infer.embed import load_embedder
from rag_infer.embed.batching import CachedEmbedder
from rag_infer.embed.callable_embedder import CallableEmbedder
from rag_infer.embed.language_coverage import (
    RELATED_LANGUAGE_COVERAGE,
    coverage,
    unknown_languages,
)
from rag_infer.embed.model_cards import card_languages, model_card


@pytest.mark.parametrize(
    ("name", "query_prefix", "passage_prefix", "pooling"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: ", "mean"),
        ("/models/e5-base-v2", "query: ", "passage: ", "mean"),
        (
            "BAAI/bge-small-en-v1.5",
            "Represent this sentence for searching relevant passages: ",
            "",
            "cls",
        ),
        ("BAAI/bge-m3", "", "", "cls"),
        ("thenlper/gte-small", "", "", "mean"),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", "", "cls"),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: ", "mean"),
        (
            "google/embeddinggemma-300m",
            "task: search result | query: ",
            "title: none | text: ",
            "mean",
        ),
    ],
)
def test_prefixes_and_pooling_by_name(
    name: str, query_prefix: str, passage_prefix: str, pooling: str
) -> None:
    card = model_card(name)
    assert card is not None
    assert (card.query_prefix, card.passage_prefix, card.pooling) == (
        query_prefix,
        passage_prefix,
        pooling,
    )


def test_other_names_have_no_card() -> None:
    assert model_card("acme/our-own-model") is None


@pytest.mark.parametrize(
    ("readme", "languages"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# Model", {"en"}),
        ("---\nlicense: mit\nlanguage:\n- de\n- fr\n---\n", {"de", "fr"}),
        ("# language: en", None),
        ("---\nlicense: mit\n---\n", None),
    ],
)
def test_languages_of_a_readme(readme: str, languages: set[str] | None) -> None:
    assert card_languages(readme) == (languages if languages is None else frozenset(languages))


def test_how_far_the_default_embedder_knows_a_question() -> None:
    embedder = CachedEmbedder(load_embedder())
    assert coverage(embedder, "How high is the deposit?", ["en", "de"]) == 1.0
    assert coverage(embedder, "Wie hoch ist die Kaution?", ["en"]) == 1.0
    of_german = coverage(embedder, "Wie hoch ist die Kaution?", ["en", "de"])
    assert of_german == RELATED_LANGUAGE_COVERAGE
    assert coverage(embedder, "Как зовут сторожа?", ["ru"]) == 0.0
    assert 0 < coverage(embedder, "Где лежит AX-4410 manual?", ["ru"]) < 1
    assert unknown_languages(embedder, ["en", "", "und", "th", "de"]) == ("th", "de")


def test_an_embedder_that_says_nothing_is_trusted() -> None:
    own = CallableEmbedder(lambda texts: [[1.0, 0.0] for _ in texts], name="own")
    assert coverage(own, "Как зовут сторожа?", ["ru"]) == 1.0
    assert unknown_languages(own, ["ru"]) == ()
