"""Answers that are read or computed from tables rather than quoted, and arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from rag_infer.errors import IndexNotFoundError
from rag_infer.generate import EXTRACTIVE
from rag_infer.retrieve import Filter
from rag_infer.table_qa.cited_results import cited_result
from rag_infer.table_qa.table_documents import (
    MAX_DOCUMENTS,
    any_table,
    count_documents,
    named_documents,
)
from rag_infer.types import Answer, Citation, Claim, ToolCall, ToolResult

if TYPE_CHECKING:
    from rag_infer.engine import Engine
    from rag_infer.index.snapshot import Snapshot
    from rag_infer.table_qa.outcome import Outcome
    from rag_infer.table_qa.plan import Plan
    from rag_infer.table_qa.query_table import QueryTable
    from rag_infer.table_qa.schema_questions import SchemaAnswer
    from rag_infer.tools.executor import ToolLimits

_MAX_RESULT_ROWS = 8  # in the text of an answer
_OF_FIGURES = frozenset("sum avg median max min".split())
_MAX_CITED_CELLS = 5
_MAX_MARK_ROWS = 200  # by which commas of a result are read
_MAX_QUESTION_CHARS = 400
_EXPLAINING_HITS = 5  # passages, one of which may be headed by what a question asks about
_WHAT_IS_THE = re.compile(r"^\W*what(?:'s|’s| is| are) the ([\w' -]+?)\W*$", re.IGNORECASE)
_NEAR_HITS = 20  # passages whose documents' tables are asked in a large index
_FOLLOW_UP = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|he|him|his|she|her)\b"
    r"|^\s*(?:and|but|also|only|what about|how about)\b",
    re.IGNORECASE,
)


def try_computed_answer(
    engine: Engine,
    question: str,
    filter: Filter,
    limits: ToolLimits,
    *,
    earlier: Sequence[str] = (),
) -> Answer | None:
    """The answer to a question that tables or arithmetic answer.

    Args:
        engine: The open index, whose tables are asked.
        question: What the user asked.
        filter: The documents that the user is authorized to read.
        limits: Seconds and characters of a computation.
        earlier: The questions before, oldest first, on which a follow-up leans.

    Returns:
        The answer, or None when no table answers with enough certainty.
    """
    answer = _computed_answer(engine, question, filter, limits, earlier)
    if answer is None:
        return None
    citations = tuple(_with_page(engine.snapshot, citation) for citation in answer.citations)
    return replace(answer, citations=citations)


def _with_page(snapshot: Snapshot, citation: Citation) -> Citation:
    """The citation of a cell with the format and page label of its document."""
    place = None if citation.format else snapshot.find(citation.span.document_id)
    if place is None:
        return citation
    page = snapshot.page(citation.span.document_id, citation.span.page_number)
    document = snapshot.segments[place.segment].catalogue.document(place.row)
    label = page[0].label if page is not None else None
    heading = citation.heading
    if document.format == "sheet" and label and heading[:1] != (label,):
        heading = (label, *heading)  # a workbook has a page a sheet, which a person has to open
    return replace(citation, heading=heading, format=document.format, page_label=label)


def _computed_answer(
    engine: Engine, question: str, filter: Filter, limits: ToolLimits, earlier: Sequence[str]
) -> Answer | None:
    # The parsers bring a grammar and a stemmer along, which most questions do not need.
    if any(character.isdigit() for character in question):
        from rag_infer.table_qa.arithmetic import parse_arithmetic

        if (expression := parse_arithmetic(question)) is not None:
            return _arithmetic_answer(question, expression, limits)
    if len(question) > _MAX_QUESTION_CHARS:
        return None
    try:
        if not any_table(engine.snapshot, filter):
            return None
    except IndexNotFoundError:
        return None
    # Loaded only for an index with tables: the parsers of cells and questions take 40 ms.
    from rag_infer.table_qa.relevance import asks_explanation, concerned_tables, may_concern
    from rag_infer.table_qa.schema_questions import is_schema_question, schema_answer

    if is_schema_question(question):
        schema = schema_answer(question, _tables_for(engine, question, filter, every=True))
        if schema is not None:
            return _schema_answer(question, schema)
    text = question
    if earlier and _FOLLOW_UP.search(question):
        from rag_infer.table_qa.follow_up import standalone

        rewritten = standalone(question, earlier)
        if rewritten is None:
            return None
        text = rewritten
    from rag_infer.table_qa.formula_names import names_formula

    candidates = _tables_for(engine, text, filter)
    if names_formula(text) and not asks_explanation(text):
        from rag_infer.table_qa.formula_view import answer_by_formula

        if (computed := answer_by_formula(question, text, candidates)) is not None:
            return computed
    if not may_concern(text, candidates):
        return None
    from rag_infer.table_qa.meaning import likeness_of
    from rag_infer.table_qa.planner import best_plan
    from rag_infer.table_qa.selection import choose

    candidates = concerned_tables(text, candidates)
    choice = choose(best_plan(text, candidates, likeness_of(engine.embedder)))
    if choice is None or _is_explained(engine, text, filter, choice[0].table.document):
        return None
    return _table_answer(question, *choice)


def _is_explained(engine: Engine, question: str, filter: Filter, document: str) -> bool:
    """Whether another document has a title or heading for all that "what is the X?" asks about.

    One row has a figure of it; whoever asks no more than what it is wants what is told there.
    """
    match = _WHAT_IS_THE.match(question)
    if match is None:
        return False
    from rag_infer.cite.text_normalization import content, words

    subject = {w.key for w in content(words(match[1]))}
    for hit in engine.search(question, _EXPLAINING_HITS, filter=filter):
        headings = (hit.title or "", PurePosixPath(hit.document_id).stem, *hit.chunk.heading)
        if hit.document_id != document and any(
            {w.key for w in content(words(text.replace("_", " ")))} == subject for text in headings
        ):
            return True
    return False


def _tables_for(
    engine: Engine, question: str, filter: Filter, *, every: bool = False
) -> list[QueryTable]:
    """All tables of a small index, of a large one those of the documents on the subject.

    A document whose name the question says ("Amazon's" of ``AMAZON_2017_10K.pdf``) is one of them.
    """
    from rag_infer.table_qa.index_tables import MAX_TABLES, tables

    if every or count_documents(engine.snapshot, filter) <= MAX_DOCUMENTS:
        matches = tables(engine.snapshot, filter)
        if every or len(matches) < MAX_TABLES:
            return matches
    neighbors = named_documents(engine.snapshot, filter, question)
    hits = engine.search(question, _NEAR_HITS, filter=filter)
    return tables(engine.snapshot, filter, neighbors | {hit.document_id for hit in hits})


def _arithmetic_answer(question: str, expression: str, limits: ToolLimits) -> Answer:
    from rag_infer.tools import tool
    from rag_infer.tools.calculator import calculator
    from rag_infer.tools.executor import run

    call = ToolCall("calculator", {"expression": expression})
    result = run([tool(calculator)], call, limits)
    if result.is_error:
        reason = result.text.removeprefix("failed: ")
        answer = Answer(question, "This cannot be computed.", False, EXTRACTIVE, reason=reason)
        return replace(answer, tool_results=(result,))
    citation = cited_result(1, result)
    claim = Claim(result.text, (1,), "supported", 1.0, None, (citation.span,))
    return Answer(
        question, f"{result.text} [1]", True, EXTRACTIVE, (citation,), (claim,), probability=1.0,
        tool_results=(result,),
    )  # fmt: skip


def _schema_answer(question: str, schema: SchemaAnswer) -> Answer:
    """Which tables or columns there are, with a cell of each as its source."""
    first = (
        next((span for row in table.rows for span in row.spans if span is not None), None)
        for table in schema.tables
    )
    spans = list(dict.fromkeys(span for span in first if span is not None))[:_MAX_CITED_CELLS]
    citations = tuple(Citation(n, span) for n, span in enumerate(spans, 1))
    numbers = tuple(citation.number for citation in citations)
    claim = Claim(schema.text, numbers, "supported", 1.0, None, tuple(spans))
    marks = "".join(f" [{n}]" for n in numbers)
    return Answer(
        question, schema.text + marks, True, EXTRACTIVE, citations, (claim,), probability=1.0,
        table=schema.table,
    )  # fmt: skip


def _table_answer(question: str, plan: Plan, outcome: Outcome) -> Answer:
    """The outcome of a plan in words, with the cells that support it."""
    from rag_infer.table_qa.result_table import result_table  # reads cells, which few answers need

    table = plan.table
    citations: list[Citation] = []
    results: tuple[ToolResult, ...] = ()
    computation = outcome.sql or outcome.formula
    if computation:
        lines = [" | ".join(outcome.columns), *(" | ".join(row) for row in outcome.rows[:100])]
        call = {"query": computation}
        results = (ToolResult("table", call, "\n".join(lines), documents=(table.document,)),)
        citations.append(cited_result(1, results[0]))
    for row, column in outcome.cells:
        span = table.rows[row].spans[column] if table.rows[row].spans else None
        if span is None or any(c.span == span for c in citations):
            continue
        # The row of a join has its label in the first of two tables only.
        is_of_label = not table.join_start or column < table.join_start
        label = table.rows[row].texts[table.label_column] if is_of_label else ""
        heading = tuple(filter(None, (label if column != table.label_column else "",
                                      table.columns[column].name)))  # fmt: skip
        citations.append(Citation(len(citations) + 1, span, heading))
        if len(citations) - bool(computation) >= _MAX_CITED_CELLS:
            break
    text = _text(plan, outcome)
    numbers = tuple(citation.number for citation in citations)
    spans = tuple(citation.span for citation in citations)
    claim = Claim(text, numbers, "supported", plan.certainty, None, spans)
    marks = "".join(f" [{n}]" for n in numbers)
    is_computed = bool(computation) or plan.kind == "best_period"
    is_cell = plan.kind in ("cells", "periods") and len(outcome.values) == 1 and bool(spans)
    return Answer(
        question, text + marks, True, EXTRACTIVE, tuple(citations), (claim,),
        probability=plan.certainty, warnings=outcome.notes, tool_results=results,
        short_answer=spans[0] if is_cell else None,
        short_text=outcome.values[0] if is_computed and len(outcome.values) == 1 else None,
        table=result_table(outcome.columns, outcome.rows, computation, _some_cells(table)),
    )  # fmt: skip


def _some_cells(table: QueryTable) -> list[str]:
    figures = [column.index for column in table.columns if column.kind == "number"]
    return [row.texts[c] for row in table.rows[:_MAX_MARK_ROWS] for c in figures]


def _text(plan: Plan, outcome: Outcome) -> str:
    # The file's name only: the folder of an upload is named after its owner.
    file = PurePosixPath(plan.table.document).name
    if plan.kind == "cells":
        return _cells_text(plan, outcome)
    if plan.kind == "flag":
        cells = "; ".join(
            f"{row[0]}: {name} {text}"
            for row in outcome.rows
            for name, text in zip(outcome.columns[1:], row[1:], strict=True)
        )
        return f"{plan.flag.capitalize()} ({cells})"
    if plan.kind == "periods":
        pairs = zip(outcome.columns[1:], outcome.values, strict=True)
        return f"{outcome.title}: {'; '.join(f'{name} {text}' for name, text in pairs)}"
    if plan.kind == "rows":
        listing = "; ".join(outcome.values[:_MAX_RESULT_ROWS])
        more = len(outcome.values) - _MAX_RESULT_ROWS
        rest = f"; and {more} more" if more > 0 else ""
        return f"{outcome.title} ({' | '.join(outcome.columns)}): {listing}{rest}"
    number = len(plan.rows)
    if plan.kind in _OF_FIGURES:
        number = len({row for row, _ in outcome.cells})  # those that have one
    rows = f"{number} row{'s' * (number != 1)} of {file}"
    origin = file if plan.kind.startswith("count") else rows
    if outcome.formula:
        origin = f"{outcome.formula}; {file}"
    if len(outcome.columns) == 2:
        visible = outcome.rows[:_MAX_RESULT_ROWS]
        if len(outcome.rows) == 1:
            result = f"{visible[0][0]} ({outcome.columns[1]} {visible[0][1]})"
        else:
            result = "; ".join(f"{a}: {b}" for a, b in visible)
        if len(outcome.rows) > _MAX_RESULT_ROWS:
            result += f"; and {len(outcome.rows) - _MAX_RESULT_ROWS} more"
    else:
        result = ", ".join(outcome.values)
    return f"{outcome.title}: {result} ({origin})"


def _cells_text(plan: Plan, outcome: Outcome) -> str:
    """A cell under its row's label and its column's header; several as a list."""
    table, target = plan.table, plan.target
    assert target is not None
    if not outcome.values:
        return f"No row of {PurePosixPath(table.document).name} fits."
    unit = table.columns[target].unit
    values = [_value_with_unit(value, unit) for value in outcome.values]
    if len(values) == 1 and len(plan.rows) == 1:
        text = f"{', '.join([outcome.title, *_place(plan)])}: {values[0]}"
    else:
        more = len(values) - 2 * _MAX_RESULT_ROWS
        visible = ", ".join(values[: 2 * _MAX_RESULT_ROWS]) + (f" and {more} more" * (more > 0))
        text = f"{outcome.title}: {visible}"
    return text


def _place(plan: Plan) -> list[str]:
    """What names the row of a look-up: its group, its label, the cells that it was found by."""
    table, row = plan.table, plan.table.rows[plan.rows[0]]
    columns = {table.label_column, *(c.column for c in plan.conditions if c.column >= 0)}
    named = sorted(c for c in columns if c != plan.target and table.columns[c].kind != "flag")
    texts = [*row.group, *(row.texts[c] for c in named)]
    return list(dict.fromkeys(filter(None, texts)))


def _value_with_unit(value: str, unit: str) -> str:
    """A cell with the unit that its column has and it lacks."""
    if not unit or unit in value or not any(map(str.isdigit, value)):
        return value
    symbols = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
    if symbols.get(unit, unit) in value:
        return value
    return f"{value}{unit}" if unit == "%" else f"{value} {unit}"
