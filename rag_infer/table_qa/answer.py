"""Answers that are computed rather than quoted: arithmetic, or a figure of an indexed table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rag_infer.errors import IndexNotFoundError
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter
from rag_infer.table_qa.index_tables import IndexTable, any_table, tables
from rag_infer.tools import Tool, ToolOutput, tool
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.tools.sql_client import QueryResult, ask
from rag_infer.types import Answer, Citation, Claim, Span, ToolCall, ToolResult

if TYPE_CHECKING:
    from rag_infer.engine import Engine
    from rag_infer.table_qa.sql_builder import TableQuestion

_MAX_RESULT_ROWS = 8  # in the text of an answer
_MAX_CITED_ROWS = 3
_FOLLOW_UP = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|he|him|his|she|her)\b"
    r"|^\s*(?:and|but|also|what about|how about)\b",
    re.IGNORECASE,
)


def try_computed_answer(
    engine: Engine, question: str, filter: Filter, limits: ToolLimits, *, follows: bool = False
) -> Answer | None:
    """The answer to a question that can be computed.

    Args:
        engine: The open index, whose tables are queried.
        question: What the user asked.
        filter: The documents that the user is authorized to read.
        limits: Seconds and characters of a computation.
        follows: There was a question before. A context-dependent follow-up ("and of those?") is
            then never computed, since it says only half of what is meant.

    Returns:
        The answer, or None when the question is not recognized as arithmetic or as one that a
        single table answers.
    """
    # The parsers bring a grammar and a stemmer along, which most questions do not need.
    if any(character.isdigit() for character in question):
        from rag_infer.table_qa.question_parser import parse_arithmetic

        if (expression := parse_arithmetic(question)) is not None:
            return _arithmetic_answer(question, expression, limits)
    from rag_infer.table_qa.question_parser import maybe_table_question, parse_table_question

    if follows and _FOLLOW_UP.search(question):
        return None
    try:
        if not maybe_table_question(question) or not any_table(engine.snapshot, filter):
            return None
    except IndexNotFoundError:
        return None
    index_tables = tables(engine.snapshot, filter)
    query = parse_table_question(question, [each.table for each in index_tables])
    if query is None:
        return None
    key = (query.table.name, query.table.document)
    source = next(each for each in index_tables if (each.table.name, each.table.document) == key)
    return _table_answer(question, query, source, limits)


def cited_result(number: int, result: ToolResult) -> Citation:
    """The result of a tool as a source."""
    span = Span(result.location, 1, 0, len(result.text), result.text)
    return Citation(number, span, format="tool")


def _arithmetic_answer(question: str, expression: str, limits: ToolLimits) -> Answer:
    from rag_infer.tools.calculator import calculator

    call = ToolCall("calculator", {"expression": expression})
    result = run([tool(calculator)], call, limits)
    if result.is_error:
        reason = result.text.removeprefix("failed: ")
        answer = Answer(question, "This cannot be computed.", False, EXTRACTIVE, reason=reason)
        return replace(answer, tool_results=(result,))
    return _answer(question, result.text, result, [])


def _table_answer(
    question: str, query: TableQuestion, source: IndexTable, limits: ToolLimits
) -> Answer | None:
    results: list[QueryResult] = []

    def query_table(arguments: Mapping[str, Any]) -> ToolOutput:
        results.append(ask([query.table], arguments["query"], limits.seconds))
        return ToolOutput(results[-1].text(), documents=(query.table.document,))

    sql_tool = Tool("table", "SQL over the tables of the documents.", {}, query_table)
    result = run([sql_tool], ToolCall("table", {"query": query.sql}), limits)
    if result.is_error or not results:
        return None  # the text of the documents may still answer
    # The file's name only: the folder of an upload is named after its owner.
    file = PurePosixPath(query.table.document).name
    origin = f"{len(query.rows)} row{'s' * (len(query.rows) != 1)} of {file}"
    if results[0].columns == ("count",):
        origin = file  # the number of rows is the answer
    if source.skipped_rows:
        origin += f", {source.skipped_rows} left out that have other columns"
    description = f"{query.description[0].upper()}{query.description[1:]}"
    text = f"{description}: {_format_result(results[0])} ({origin})"
    return _answer(question, text, result, _cited_rows(query, source, results[0].rows))


def _format_result(result: QueryResult) -> str:
    rows = result.rows
    if not rows:
        return "none"
    if len(result.columns) == 1:
        return _format_number(rows[0][0]) or "none"
    if len(rows) == 1:
        return f"{rows[0][0]} ({result.columns[1]} {_format_number(rows[0][1])})"
    listing = "; ".join(f"{row[0]} {_format_number(row[1])}" for row in rows[:_MAX_RESULT_ROWS])
    remaining = len(rows) - _MAX_RESULT_ROWS
    others = f"{remaining} or more others" if result.more else f"{remaining} more"
    return listing + (f"; and {others}" if remaining > 0 else "")


def _format_number(text: str) -> str:
    """A number with its thousands separated; other text unchanged."""
    if not re.fullmatch(r"-?\d{5,}(?:\.\d+)?", text):
        return text
    integer, point, fraction = text.partition(".")
    return f"{int(integer):,}{point}{fraction}"


def _cited_rows(
    query: TableQuestion, source: IndexTable, result_rows: Sequence[Sequence[str]]
) -> Sequence[Span]:
    """The rows of the table that are the answer: those it names, or all if they are few."""
    rows = [(query.table.rows[n], source.spans[n]) for n in query.rows]
    if query.selects_rows:
        spans = [
            span
            for cells, span in rows
            if any({r[0], r[1]} <= _cell_values(cells) for r in result_rows)
        ]
        return spans[:_MAX_CITED_ROWS]
    return [span for _, span in rows] if len(rows) <= _MAX_CITED_ROWS else []


def _cell_values(cells: Sequence[str]) -> set[str]:
    """Cells as they are written and as a query returns them."""
    plain = {re.sub(r"[$€£, ]", "", cell) for cell in cells}
    return {*cells, *plain, *(v.rstrip("0").rstrip(".") for v in plain if "." in v)}


def _answer(question: str, text: str, result: ToolResult, rows: Sequence[Span]) -> Answer:
    sources = [cited_result(1, result)]
    sources += [Citation(n, span, format="table") for n, span in enumerate(rows, 2)]
    numbers = tuple(citation.number for citation in sources)
    claim = Claim(text, numbers, "supported", 1.0, None, tuple(c.span for c in sources))
    return Answer(
        question, text + "".join(f" [{n}]" for n in numbers), True, EXTRACTIVE, tuple(sources),
        (claim,), probability=1.0, tool_results=(result,),
    )  # fmt: skip
