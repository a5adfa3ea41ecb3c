"""The answer to a question for a named figure of accounts: the formula, each cell and its page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from rag_infer.generate import EXTRACTIVE
from rag_infer.table_qa.cited_results import cited_result
from rag_infer.table_qa.formula_answers import FormulaAnswer, formula_answer
from rag_infer.table_qa.outcome import format_number
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.result_table import result_table
from rag_infer.types import Answer, Citation, Claim, ToolResult

_MAX_CITED_CELLS = 12


def answer_by_formula(question: str, text: str, tables: Sequence[QueryTable]) -> Answer | None:
    """The answer that the statements of a document give to a question that names a formula.

    Args:
        question: As the user asked it.
        text: The question made complete by those before it.
        tables: Those that the user may read.
    """
    answer = formula_answer(text, tables)
    if answer is None:
        return None
    columns = ("year", answer.name, "computed as")
    rows = tuple((r.year, answer.text_of(r), r.expression) for r in answer.results)
    lines = [" | ".join(columns), *(" | ".join(row) for row in rows)]
    call = {"query": answer.definition}
    result = ToolResult("table", call, "\n".join(lines), documents=(answer.document,))
    citations = [cited_result(1, result)]
    for figure in (f for r in answer.results for f in r.figures):
        for row, column in figure.cells:
            spans = figure.table.rows[row].spans
            span = spans[column] if spans else None
            if span is None or any(c.span == span for c in citations):
                continue
            label = figure.table.rows[row].texts[0]
            citations.append(Citation(len(citations) + 1, span, (label, figure.year)))
    citations = citations[: _MAX_CITED_CELLS + 1]
    visible = _text(answer)
    numbers = tuple(c.number for c in citations)
    claim = Claim(
        visible, numbers, "supported", answer.certainty, None, tuple(c.span for c in citations)
    )
    marks = "".join(f" [{n}]" for n in numbers)
    return Answer(
        question, visible + marks, True, EXTRACTIVE, tuple(citations), (claim,),
        probability=answer.certainty, warnings=answer.notes, tool_results=(result,),
        short_text=_short(answer), table=result_table(columns, rows, answer.definition),
    )  # fmt: skip


def _short(answer: FormulaAnswer) -> str:
    if len(answer.results) == 1:
        return answer.text_of(answer.results[0])
    return ", ".join(f"{answer.text_of(r)} ({r.year})" for r in answer.results)


def _text(answer: FormulaAnswer) -> str:
    """The result in words: the formula with its figures, and the course of several years."""
    file = PurePosixPath(answer.document).name
    name = answer.name[0].upper() + answer.name[1:]
    values = "; ".join(
        f"{r.year}: {answer.text_of(r)}" + (f" = {r.expression}" if len(r.figures) > 1 else "")
        for r in answer.results
    )
    course = ""
    if len(answer.results) > 1:
        first, last = answer.results[0], answer.results[-1]
        change = last.value - first.value
        verb = "rose" if change > 0 else "fell" if change < 0 else "did not change"
        course = f" From {first.year} to {last.year} it {verb}"
        if change:
            course += f" by {_change(answer)}"
        course += "."
    formula = (
        f" ({answer.definition}; {file})" if len(answer.results[0].figures) > 1 else f" ({file})"
    )
    return f"{name}, {values}.{course}{formula}"


def _change(answer: FormulaAnswer) -> str:
    first, last = answer.results[0].value, answer.results[-1].value
    change = abs(last - first)
    if answer.unit == "%":
        return f"{round(change, 1):,f} percentage points"
    if answer.unit:
        return f"{round(change, 2):,f} {answer.unit}"
    percent = f" ({format_number(round(change / abs(first) * 100, 1))} %)" if first else ""
    return format_number(change) + percent
