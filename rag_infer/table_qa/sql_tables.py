"""Tables of an index for SQL."""

from __future__ import annotations

from collections.abc import Sequence

from rag_infer.table_qa.query_table import QueryTable
from rag_infer.tools.sql_client import SqlTable
from rag_infer.tools.sql_names import distinct


def sql_tables(matches: Sequence[QueryTable]) -> list[SqlTable]:
    """Tables for SQL: rows of data under distinct names; rows that sum up others are left out."""
    names = distinct([table.name for table in matches], "table")
    return [
        SqlTable(
            name,
            table.document,
            distinct([column.name for column in table.columns]),
            [table.rows[n].texts for n in table.data],
        )
        for name, table in zip(names, matches, strict=True)
    ]
