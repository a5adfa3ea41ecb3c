"""The process in which a query runs (``python -m``): one request on stdin, one answer.

The database is in memory and read-only for the query: files, network, extensions and settings are
locked before it is read. Memory and time of the process are limited, as a single function may make
more than DuckDB itself keeps count of.

Cells are text. A column in which every cell reads as a number, a date or a time becomes one;
"$1,200" and "(300)" read as numbers, "007" does not.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag_infer._subprocess import limit_process
from rag_infer.tools.sql_names import literal, quoted

_QUERY_MEMORY_MB, _MAX_ROWS, _MAX_CELL_CHARS = 512, 100, 200
_PROCESS_MEMORY_BYTES = 2 * 2**30  # of the whole process: Python and DuckDB map more than they use
# Commas and blanks part thousands only where they do; 12,50 stays text, as it says two things.
_GROUPED = r"'^[-(+]?[$€£]? ?\d{1,3}([, ]\d{3})+(\.\d+)?\)?$'"
_BARE = (
    f"regexp_replace(CASE WHEN regexp_matches(trim({{c}}), {_GROUPED})"
    " THEN replace(replace(trim({c}), ',', ''), ' ', '') ELSE trim({c}) END,"
    r" '^([-(]?)[$€£] ?', '\1')"
)
_NUMBER = f"regexp_replace({_BARE}, '^\\((.*)\\)$', '-\\1')"
_INTEGER, _DECIMAL = r"^[-+]?(0|[1-9]\d*)$", r"^[-+]?(0|[1-9]\d*)?(\.\d+)?([eE][-+]?\d+)?$"
# What SQL calls a kind of column, how a cell is read, and what a cell has to look like.
_COLUMN_TYPES = (
    ("BIGINT", _NUMBER, _INTEGER),
    ("DOUBLE", _NUMBER, _DECIMAL),
    ("DATE", "{c}", r"\d"),
    ("TIMESTAMP", "{c}", r"\d"),
)


def main() -> None:
    """Reads one order from standard input and writes its answer."""
    order = json.loads(sys.stdin.buffer.read())
    limit_process(cpu_seconds=int(order["seconds"]) + 10, permanent=True)
    import duckdb

    limit_process(memory_bytes=_PROCESS_MEMORY_BYTES, permanent=True)
    try:
        reply = _answer(_loaded(order["tables"]), order["query"], order["seconds"])
    except _Refused as error:
        reply = {"error": error.what, "hint": error.known}
    except duckdb.Error as error:
        reply = {"error": _first(error), "hint": True}
    except MemoryError:
        reply = {"error": "the query used too much memory", "hint": False}
    sys.stdout.write(json.dumps(reply))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to save, and threads that end under a memory limit may abort


class _Refused(Exception):  # noqa: N818
    """A query that is not run, or was stopped. ``known``: naming the tables would help."""

    def __init__(self, what: str, known: bool = False) -> None:
        self.what = what
        self.known = known


def _loaded(tables: Sequence[tuple[str, Sequence[str], Any, Sequence[str]]]) -> Any:
    """A database of the tables, closed to everything else from then on."""
    import duckdb

    database = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": f"{_QUERY_MEMORY_MB}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    database.execute("SET temp_directory = ''")
    with tempfile.TemporaryDirectory(prefix="rag-tables-") as folder:
        for number, (name, columns, rows, texts) in enumerate(tables):
            _load(database, Path(folder) / f"{number}.csv", name, columns, rows)
            for column in columns:
                if column not in texts:
                    _type(database, quoted(name), quoted(column))
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def _load(
    database: Any, file: Path, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    width = len(columns)
    with file.open("w", encoding="utf-8", errors="replace", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerows([*row, *[""] * (width - len(row))][:width] for row in rows)
    column_types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    database.execute(
        f"CREATE TABLE {quoted(name)} AS SELECT * FROM read_csv({literal(str(file))},"
        " header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
        " nullstr = '', allow_quoted_nulls = true, max_line_size = 100000000,"
        f" columns = {{{column_types}}})"
    )


def _type(database: Any, table: str, column: str) -> None:
    """Gives a column the first kind that every one of its cells can be read as."""
    (currencies,) = database.execute(
        f"SELECT count(DISTINCT nullif(regexp_extract({column}, '[$€£]'), '')) FROM {table}"
    ).fetchone()
    if currencies > 1:
        return  # dollars and euros do not add up
    for kind, expression, pattern in _COLUMN_TYPES:
        parsed = expression.replace("{c}", column)
        filled, convertible = database.execute(
            f"SELECT count({column}), count(*) FILTER (regexp_matches({parsed}, {literal(pattern)})"
            f" AND TRY_CAST({parsed} AS {kind}) IS NOT NULL) FROM {table}"
        ).fetchone()
        if filled and convertible == filled:
            database.execute(
                f"ALTER TABLE {table} ALTER {column} TYPE {kind} USING CAST({parsed} AS {kind})"
            )
            return


def _answer(database: Any, query: str, seconds: float) -> dict[str, Any]:
    """The rows of one SELECT. Raises _Refused, and what DuckDB raises."""
    import duckdb

    statements = database.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise _Refused("only one SELECT can be asked; tables cannot be changed")
    timer = threading.Timer(seconds, database.interrupt)
    timer.daemon = True
    timer.start()
    try:
        result = database.execute(statements[0])
        rows = result.fetchmany(_MAX_ROWS + 1)
    except duckdb.InterruptException:
        raise _Refused(f"the query took longer than {seconds:g} s") from None
    except duckdb.OutOfMemoryException:
        raise _Refused("the query used too much memory") from None
    finally:
        timer.cancel()
    return {
        "columns": [str(column[0]) for column in result.description or ()],
        "rows": [[_cell(cell) for cell in row] for row in rows[:_MAX_ROWS]],
        "more": len(rows) > _MAX_ROWS,
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    text = " ".join(str(value).split())
    return text if len(text) <= _MAX_CELL_CHARS else f"{text[:_MAX_CELL_CHARS]} [...]"


def _first(error: Exception) -> str:
    """The first line of an error of DuckDB, without its kind in front."""
    line = str(error).strip().split("\n", 1)[0]
    return re.sub(r"^\w+ Error: ", "", line)


if __name__ == "__main__":
    main()
