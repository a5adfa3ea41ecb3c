"""Jupyter notebooks: cells in order, prose as Markdown, code as code, short outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.markdown import blocks, table_rows
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.layout import TableRow
from rag_infer.types import Document, Scalar

_MAX_OUTPUT_CHARS = 2_000  # of one cell; more is data, not text


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError for a file that is not a notebook."""
    try:
        notebook = json.loads(decode(file.data()))
    except ValueError as error:
        raise ReadError(f"not a Jupyter notebook: {error}") from error
    builder = PageBuilder()
    for cell in _cells(notebook):
        _add_cell(cell, builder)
    info = notebook.get("metadata")
    kernel = info.get("kernelspec") if isinstance(info, dict) else None
    metadata: dict[str, Scalar] = {}
    if isinstance(kernel, dict) and isinstance(kernel.get("language"), str):
        metadata["language"] = kernel["language"]
    yield Document(
        file.id,
        "notebook",
        file.sha256,
        (builder.page(),),
        title=builder.first("heading"),
        metadata=metadata,
    )


def _cells(notebook: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(notebook, dict):
        raise ReadError("not a Jupyter notebook")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", ())]
    if not isinstance(cells, list):
        raise ReadError("not a Jupyter notebook: no cells")
    return (cell for cell in cells if isinstance(cell, dict))


def _add_cell(cell: dict[str, Any], builder: PageBuilder) -> None:
    kind = cell.get("cell_type")
    source = _join_source(cell.get("source", cell.get("input")))
    if kind == "heading":
        level = cell.get("level")
        builder.add("heading", source, level if isinstance(level, int) and 1 <= level <= 6 else 1)
    elif kind == "code":
        builder.add("code", source)
        outputs = cell.get("outputs")
        output_text = "\n".join(map(_output, outputs)) if isinstance(outputs, list) else ""
        if len(output_text) <= _MAX_OUTPUT_CHARS:
            builder.add("code", output_text)
    else:
        for block in blocks(source):
            text = source[block.start : block.end]
            if block.kind == "table":
                rows = table_rows(source, block.start, block.end)
                builder.add_table([TableRow([cell for cell, _ in row]) for row in rows], 1)
                continue
            if block.kind == "heading":
                text = text.split("\n")[0].strip("# \t")
            builder.add(block.kind, text, block.level)


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    if output.get("output_type") in ("error", "pyerr"):
        return ": ".join(filter(None, map(_join_source, map(output.get, ("ename", "evalue")))))
    plain = data.get("text/plain") if isinstance(data, dict) else None
    return _join_source(output.get("text", plain)).strip()


def _join_source(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
