"""Tables that can be queried in SQL, in a child process that is ended when it takes too long."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer import _subprocess
from rag_infer.errors import InputError

_MAX_QUERY_CHARS = 4000  # characters of a query
_START_TIMEOUT_S = 10.0  # of a process, beside the time for the query itself


@dataclass(frozen=True, slots=True)
class SqlTable:
    """Rows of text cells under ``columns``, which are distinct. ``document`` is where it is from.

    A row may be shorter than the columns; the cells that are missing are null, as empty ones are.
    ``texts`` are columns whose cells stay text, whatever they read as.
    """

    name: str
    document: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query found, as text cells. ``more``: there are other rows that are not here."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: bool = False

    def text(self) -> str:
        """As a person or a model reads it: a header and a line for each row."""
        lines = [" | ".join(self.columns), *(" | ".join(row) for row in self.rows)]
        if not self.rows:
            lines.append("(no rows)")
        if self.more:
            lines.append(f"(there are more rows; these are the first {len(self.rows)})")
        return "\n".join(lines)


def ask(tables: Sequence[SqlTable], query: str, seconds: float = 10.0) -> QueryResult:
    """The rows of one SELECT over tables, by DuckDB: at most 100 of them.

    The query sees these tables and nothing else: no file, no network, no setting. Raises InputError
    for anything but a SELECT that works, and when it takes too much time or memory.
    """
    if len(query) > _MAX_QUERY_CHARS:
        raise InputError(f"the query is longer than {_MAX_QUERY_CHARS} characters")
    order = {
        "query": query,
        "seconds": seconds,
        "tables": [[t.name, t.columns, [list(row) for row in t.rows], t.texts] for t in tables],
    }
    try:
        process = _subprocess.run(
            "rag_infer.tools.sql_worker",
            json.dumps(order).encode("utf-8", "surrogatepass"),
            timeout=seconds + _START_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"the query took longer than {seconds:g} s and was stopped") from None
    if process.returncode:
        raise InputError("the query used too much memory or time and was stopped")
    reply = json.loads(process.stdout)
    if "error" in reply:
        listed = ", ".join(t.name for t in tables)
        raise InputError(reply["error"], hint=f"there are: {listed}" if reply["hint"] else None)
    rows = tuple(tuple(str(cell) for cell in row) for row in reply["rows"])
    return QueryResult(tuple(reply["columns"]), rows, bool(reply["more"]))
