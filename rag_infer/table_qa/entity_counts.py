"""Plans that count the rows of a document's table: "how many vehicles do we hire under AF-20771?".

What rows are may be said only by the text around the table ("mileage is pooled across all
vehicles"), and by what their cells mean. A number that the text itself gives must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.cite.text_normalization import NUMBER_WORDS, Word, words
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.plan import Plan
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Question
from rag_infer.table_qa.synonyms import GENERIC, LIGHT
from rag_infer.tables.totals import is_like_total

_EACH = frozenset(("each", "every", "per", "all"))
_CERTAINTY = 0.82
_MIN_LIKENESS = 0.42
_MIN_ROWS, _MAX_ROWS = 2, 200
_MAX_CELLS = 6  # whose meaning is compared
_WIDTH = 3  # columns at least: two are a list of properties


def entity_count_plans(
    question: Question, table: QueryTable, likeness: Likeness | None
) -> Iterator[Plan]:
    """The number of rows of a table whose document a question names, if its rows are that."""
    if likeness is None or not may_count_rows(question, table):
        return
    entity = question.asked[-1]
    surface = question.text[entity.start : entity.end]
    if _means(surface, table, likeness):
        yield Plan(
            table, "count", table.data, (), None, certainty=_CERTAINTY,
            reasons=(f"each row is read as one of the {surface}",),
        )  # fmt: skip


def may_count_rows(question: Question, table: QueryTable) -> bool:
    """Whether all but the meaning of its cells says that rows of a table are counted."""
    if question.wh != "how many" or question.operations != ("count",):
        return False
    if question.unsupported or question.negated or question.comparisons or not question.asked:
        return False
    if not _MIN_ROWS <= len(table.data) <= _MAX_ROWS or len(table.columns) < _WIDTH:
        return False
    entity = question.asked[-1]
    if entity.capital or entity.number or len(question.asked) > 1 or table.is_statement:
        return False
    rest = [w for w in content_words(question.text) if w.start != entity.start
            and w.key not in GENERIC and w.key not in LIGHT]  # fmt: skip
    if not any(w.number or w.capital for w in rest):
        return False  # no document is named
    if any(w.key not in table.context_keys for w in rest):
        return False
    if any(is_like_total(table.rows[n].texts) for n in table.data):
        return False
    named = any(entity.key in header for header in table.header_keys)
    return not named and _is_around(entity, table)


def _is_around(entity: Word, table: QueryTable) -> bool:
    """Whether the text around says "each" of it, and no other number of it."""
    each = False
    around = words(table.surroundings)
    for place, word in enumerate(around):
        if word.key != entity.key or word.number:
            continue
        before = around[max(0, place - 2) : place]
        surfaces = [re.sub(r"\W", "", table.surroundings[w.start : w.end]).lower() for w in before]
        each = each or bool(_EACH.intersection(surfaces))
        for other, surface in zip(before, surfaces, strict=True):
            number = other.key if other.number else NUMBER_WORDS.get(surface)
            if number is not None and number not in (str(len(table.data)), "1"):
                return False
    return each


def _means(surface: str, table: QueryTable, likeness: Likeness) -> bool:
    """Whether cells or headers that name rows are near to a noun in meaning."""
    texts = [column.name for column in table.columns if column.kind == "text"]
    for column in table.columns:
        if column.kind == "text":
            cells = dict.fromkeys(table.rows[n].texts[column.index] for n in table.data)
            texts += list(cells)[:_MAX_CELLS]
    return bool(texts) and max(likeness(surface, texts)) >= _MIN_LIKENESS
