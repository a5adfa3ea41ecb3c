"""Answers that are computed rather than quoted: a sum, a count, a total of an indexed table.

Knows: when a question is plainly one (``tools.asked`` reads it), how the result becomes an answer
with the call and, where a row is the answer, that row as its sources.
Does not know: how either is computed, models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rag_infer.answering.tool_registry import bind_tools
from rag_infer.errors import IndexNotFoundError
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter
from rag_infer.table_qa.index_tables import IndexTable, any_table, tables
from rag_infer.tools import Tool, ToolOutput
from rag_infer.tools.executor import ToolLimits, run
from rag_infer.tools.sql_client import QueryResult, ask
from rag_infer.types import Answer, Citation, Claim, Span, ToolCall, ToolResult

if TYPE_CHECKING:
    from rag_infer.engine import Engine
    from rag_infer.table_qa.sql_builder import TableQuestion

_SHOWN = 8  # rows of a result that stand in the answer
_CITED = 3  # rows of a table that are quoted
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|he|him|his|she|her)\b"
    r"|^\s*(?:and|but|also|what about|how about)\b",
    re.IGNORECASE,
)


def try_computed_answer(
    engine: Engine, question: str, chosen: Filter, bounds: ToolLimits, *, follows: bool = False
) -> Answer | None:
    """The answer to a question that is plainly a sum or plainly about a table; else None.

    ``follows``: there was a question before. One that points back ("and of those?") is then not
    plain, whatever it says.
    """
    if any(mark.isdigit() for mark in question):
        from rag_infer.table_qa.question_parser import parse_arithmetic

        if (expression := parse_arithmetic(question)) is not None:
            return _sum(engine, question, expression, chosen, bounds)
    from rag_infer.table_qa.question_parser import maybe_table_question, parse_table_question

    if follows and _BACK.search(question):
        return None
    try:
        if not maybe_table_question(question) or not any_table(engine.snapshot, chosen):
            return None
    except IndexNotFoundError:
        return None
    found = tables(engine.snapshot, chosen)
    asked = parse_table_question(question, [each.table for each in found])
    if asked is None:
        return None
    own = (asked.table.name, asked.table.document)
    source = next(each for each in found if (each.table.name, each.table.document) == own)
    return _total(question, asked, source, bounds)


def cited_result(number: int, result: ToolResult) -> Citation:
    """What a tool gave back, as a source."""
    span = Span(result.location, 1, 0, len(result.text), result.text)
    return Citation(number, span, format="tool")


def _sum(
    engine: Engine, question: str, expression: str, chosen: Filter, bounds: ToolLimits
) -> Answer:
    (calculator,) = bind_tools(engine, chosen, ["calculator"])
    result = run([calculator], ToolCall("calculator", {"expression": expression}), bounds)
    if result.is_error:
        return _failed(question, result)
    return _answer(question, result.text, [result], [])


def _total(
    question: str, asked: TableQuestion, source: IndexTable, bounds: ToolLimits
) -> Answer | None:
    found: list[QueryResult] = []

    def table(arguments: Mapping[str, Any]) -> ToolOutput:
        found.append(ask([asked.table], arguments["query"], bounds.seconds))
        return ToolOutput(found[-1].text(), documents=(asked.table.document,))

    tool = Tool("table", "SQL over the tables of the documents.", {}, table)
    result = run([tool], ToolCall("table", {"query": asked.sql}), bounds)
    if result.is_error or not found:
        return None  # the words of the documents are still there
    # The file's name alone: the folder of an upload is named after whoever handed it in.
    file = PurePosixPath(asked.table.document).name
    of = f"{len(asked.rows)} row{'s' * (len(asked.rows) != 1)} of {file}"
    if found[0].columns == ("count",):
        of = file  # how many rows there are is the answer
    if source.odd:
        of += f", {source.odd} left out that have other columns"
    told = f"{asked.said[0].upper()}{asked.said[1:]}: {_told(found[0])} ({of})"
    return _answer(question, told, [result], _bearing(asked, source, found[0].rows))


def _told(found: QueryResult) -> str:
    rows = found.rows
    if not rows:
        return "none"
    if len(found.columns) == 1:
        return _figure(rows[0][0]) or "none"
    if len(rows) == 1:
        return f"{rows[0][0]} ({found.columns[1]} {_figure(rows[0][1])})"
    shown = "; ".join(f"{row[0]} {_figure(row[1])}" for row in rows[:_SHOWN])
    left = len(rows) - _SHOWN
    more = f"{left} or more others" if found.more else f"{left} more"
    return shown + (f"; and {more}" if left > 0 else "")


def _figure(text: str) -> str:
    """A figure with its thousands apart; what is none stays as it is."""
    if not re.fullmatch(r"-?\d{5,}(?:\.\d+)?", text):
        return text
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}"


def _bearing(
    asked: TableQuestion, source: IndexTable, rows: Sequence[Sequence[str]]
) -> Sequence[Span]:
    """The rows of the table that are the answer: those it names, or all if they are few."""
    kept = [(asked.table.rows[n], source.spans[n]) for n in asked.rows]
    if asked.picks:
        named = [s for cells, s in kept if any({r[0], r[1]} <= _values(cells) for r in rows)]
        return named[:_CITED]
    return [span for _, span in kept] if len(kept) <= _CITED else []


def _values(cells: Sequence[str]) -> set[str]:
    """Cells as they are written and as a query gives them back."""
    bare = {re.sub(r"[$€£, ]", "", cell) for cell in cells}
    return {*cells, *bare, *(b.rstrip("0").rstrip(".") for b in bare if "." in b)}


def _answer(
    question: str, told: str, results: Sequence[ToolResult], rows: Sequence[Span]
) -> Answer:
    sources = [cited_result(1, results[0])]
    sources += [Citation(n, span, format="table") for n, span in enumerate(rows, 2)]
    numbers = tuple(citation.number for citation in sources)
    text = told + "".join(f" [{n}]" for n in numbers)
    claim = Claim(told, numbers, "supported", 1.0, None, tuple(c.span for c in sources))
    return Answer(
        question, text, True, EXTRACTIVE, tuple(sources), (claim,),
        probability=1.0, tool_results=tuple(results),
    )  # fmt: skip


def _failed(question: str, result: ToolResult) -> Answer:
    why = result.text.removeprefix("failed: ")
    found = Answer(question, "This cannot be computed.", False, EXTRACTIVE, reason=why)
    return replace(found, tool_results=(result,))
