"""Whether a question may be one about a table at all: a cheap test before it is read as one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.table_qa.clauses.lexicon import PLAIN_VERBS, UNITS, dimensions
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.synonyms import GENERIC, LIGHT

# Words of operations and synonyms of headers stand in no table: so many may be left over.
_MAX_UNMATCHED_WORDS = 2
_MAX_ASKED_TABLES = 30  # that are all read, whatever words they have
# What a thing is, means or is for is told by prose; its row has a figure of it.
_EXPLANATION = re.compile(
    r"^\W*(?:(?:what|who)(?:'s|’s| is| are) an? (?!\w+ (?:of|in|on|for|at)\b)[\w' -]+\W*$"
    r"|what does\b.*\b(?:mean|stand for|do)\W*$|what is (?:meant by|the (?:meaning|purpose) of)\b"
    r"|define\b|explain\b|why\b|how (?:do|does) \w[\w' -]* work\b)",
    re.IGNORECASE,
)


def asks_explanation(question: str) -> bool:
    """Whether a question asks what a thing is, means or is for, which prose tells."""
    return _EXPLANATION.match(question) is not None


def may_concern(question: str, tables: Sequence[QueryTable]) -> bool:
    """Whether some table has most words of a question, or all but two.

    A plan that is certain explains every word; synonyms and the words of operations explain few.

    Args:
        question: What was asked.
        tables: Those that may be meant.
    """
    if asks_explanation(question):
        return False
    question_keys = _question_keys(question)
    return len(question_keys) <= _MAX_UNMATCHED_WORDS or any(
        _has_most(table, question_keys) for table in tables
    )


def concerned_tables(question: str, tables: Sequence[QueryTable]) -> list[QueryTable]:
    """Of many tables those that have most words of a question; all of few, which may be joined."""
    question_keys = _question_keys(question)
    if len(tables) <= _MAX_ASKED_TABLES or len(question_keys) <= 1:
        return list(tables)
    return [table for table in tables if _has_most(table, question_keys)]


def _question_keys(question: str) -> set[str]:
    measuring = dimensions()
    return {
        w.key for w in content_words(question)
        if question[w.start : w.end].lower() not in measuring
    } - GENERIC - LIGHT - PLAIN_VERBS - UNITS  # fmt: skip


def _has_most(table: QueryTable, question_keys: set[str]) -> bool:
    """Whether a table has most words of a question, or all but two."""
    matched = sum(
        key in table.cell_index
        or key in table.context_keys
        or any(key in header for header in table.header_keys)
        for key in question_keys
    )
    return matched > 0 and (
        2 * matched >= len(question_keys) or len(question_keys) - matched <= _MAX_UNMATCHED_WORDS
    )
