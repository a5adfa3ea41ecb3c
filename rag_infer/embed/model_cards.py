"""What well-known embedding models expect, by their name: prefixes, pooling, window, languages.

Some models' files do not say with which words they were trained to read a question, and none say
which languages they were trained on in a way that a program can rely on. The values are those of
the model cards on the hub.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Pooling = Literal["mean", "cls", "last"]

ENGLISH = frozenset(("en",))
CHINESE = frozenset(("zh", "en"))
# Of XLM-RoBERTa (Conneau et al. 2020, table 6), from which most multilingual encoders start.
XLM_ROBERTA = frozenset(
    """af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he
    hi hr hu hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or
    pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi
    zh""".split()
)
# Of paraphrase-multilingual-* (Reimers & Gurevych 2020).
PARAPHRASE = frozenset(
    """ar bg ca cs da de el en es et fa fi fr gl gu he hi hr hu hy id it ja ka ko ku lt lv mk mn mr
    ms my no nl pl pt ro ru sk sl sq sr sv th tr uk ur vi zh""".split()
)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """How a model is used.

    Attributes:
        languages: The codes of those it was trained on.
        cosine_floor: About the cosine of texts that have nothing to do with each other. Models
            trained at a low temperature crowd all their vectors together.
    """

    languages: frozenset[str]
    pooling: Pooling = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = 512
    cosine_floor: float = 0.0


# "the cosine similarity scores distribute around 0.7 to 1.0": the model cards of e5.
_E5_FLOOR = 0.7
_SEARCH_SENTENCE = "Represent this sentence for searching relevant passages: "
_INSTRUCTION = (
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
)
_CARDS: tuple[tuple[str, ModelCard], ...] = (
    (
        r"multilingual-e5-large-instruct",
        ModelCard(XLM_ROBERTA, "mean", f"{_INSTRUCTION} ", "", cosine_floor=_E5_FLOOR),
    ),
    (
        r"multilingual-e5-",
        ModelCard(XLM_ROBERTA, "mean", "query: ", "passage: ", cosine_floor=_E5_FLOOR),
    ),
    (
        r"e5-(small|base|large)(-v2)?",
        ModelCard(ENGLISH, "mean", "query: ", "passage: ", cosine_floor=_E5_FLOOR),
    ),
    (r"bge-m3", ModelCard(XLM_ROBERTA, "cls", max_tokens=8192)),
    (r"bge-(small|base|large)-en(-v1\.5)?", ModelCard(ENGLISH, "cls", _SEARCH_SENTENCE)),
    (
        r"bge-(small|base|large)-zh(-v1\.5)?",
        ModelCard(CHINESE, "cls", "为这个句子生成表示以用于检索相关文章："),
    ),
    (r"gte-multilingual-base", ModelCard(XLM_ROBERTA, "cls", max_tokens=8192)),
    (r"gte-modernbert-base", ModelCard(ENGLISH, "cls", max_tokens=8192)),
    (r"gte-(small|base|large)-zh", ModelCard(CHINESE, "cls")),
    (r"gte-(small|base|large)", ModelCard(ENGLISH, "mean")),
    (
        r"snowflake-arctic-embed-[ml]-v2\.0",
        ModelCard(XLM_ROBERTA, "cls", "query: ", max_tokens=8192),
    ),
    (r"snowflake-arctic-embed-", ModelCard(ENGLISH, "cls", _SEARCH_SENTENCE)),
    (
        r"nomic-embed-text-v2-moe",
        ModelCard(XLM_ROBERTA, "mean", "search_query: ", "search_document: "),
    ),
    (
        r"nomic-embed-text-v1(\.5)?",
        ModelCard(ENGLISH, "mean", "search_query: ", "search_document: ", 8192),
    ),
    (
        r"embeddinggemma-300m",
        ModelCard(
            XLM_ROBERTA, "mean", "task: search result | query: ", "title: none | text: ", 2048
        ),
    ),
    (r"qwen3-embedding-", ModelCard(XLM_ROBERTA, "last", _INSTRUCTION, max_tokens=32_768)),
    (r"mxbai-embed-large-v1", ModelCard(ENGLISH, "cls", _SEARCH_SENTENCE)),
    (r"paraphrase-multilingual-", ModelCard(PARAPHRASE, "mean", max_tokens=128)),
    (r"distiluse-base-multilingual-", ModelCard(PARAPHRASE, "mean", max_tokens=128)),
    (
        r"(all|multi-qa|msmarco|paraphrase)-(minilm|mpnet|distilroberta|distilbert)",
        ModelCard(ENGLISH),
    ),
)


def model_card(name: str) -> ModelCard | None:
    """The card of a model by its hub id or the name of its folder; None for other models."""
    basename = Path(name).name.lower()
    for pattern, card in _CARDS:
        if re.match(pattern, basename):
            return card
    return None


def card_languages(readme: str) -> frozenset[str] | None:
    """The languages that the head of a model's ``README.md`` lists, or None.

    The hub writes them as YAML: ``language: en``, or a list of codes below ``language:``.
    """
    head = re.match(r"---\n(.*?)\n---", readme, re.DOTALL)
    if head is None:
        return None
    field = re.search(r"^languages?:[ \t]*(\S[^\n]*)?\n?((?:[ \t]*-[ \t]+\S+\n?)*)", head[1], re.M)
    if field is None:
        return None
    value = f"{field[1] or ''} {field[2]}"
    if "multilingual" in value:
        return XLM_ROBERTA
    return frozenset(re.findall(r"\b[a-z]{2,3}\b", value)) or None
