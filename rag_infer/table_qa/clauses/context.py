"""Whether a word is said around a table, or its headers are those of what the word stands for."""

from __future__ import annotations

from rag_infer.table_qa.clauses.lexicon import signs_of
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.synonyms import PERSON, PLACE, are_synonyms


def says_context(table: QueryTable, word: str) -> bool:
    """Whether a word is said around a table, or its headers are those of such things."""
    signs = signs_of(word)
    if signs and any(not signs.isdisjoint(header) for header in table.header_keys):
        return True
    return word in table.context_keys or (
        not word[:1].isdigit()
        and word not in PLACE | PERSON  # which ask for a cell, whatever a title says of places
        and any(are_synonyms(word, other) for other in table.context_keys)
    )
