"""Fields of many documents: each document is asked for each field by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rag_infer.engine import Engine
from rag_infer.extraction.document_reading import DocumentReader
from rag_infer.extraction.fields import ExtractionField, check_fields
from rag_infer.extraction.model_cells import with_model_cells
from rag_infer.extraction.results import Extraction, ExtractionRow
from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.retrieve import Filter

MAX_DOCUMENTS = 1000


def extract_fields(
    engine: Engine,
    fields: Sequence[ExtractionField],
    filter: Filter,
    generator: Generator | None = None,
    *,
    max_documents: int = MAX_DOCUMENTS,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Extraction:
    """One row for each document that a filter allows, one cell for each field.

    Args:
        engine: The open index.
        fields: What is looked for.
        filter: Which documents are read, and for whom.
        generator: A model that may fill cells that stay empty otherwise.
        max_documents: Most documents that are read, in order of id.
        on_progress: Called with the number of documents read and of all.
        should_stop: Asked before each document; True ends with the rows so far.

    Raises:
        InputError: There are no fields, too many, or two of one name.
        ModelError: The model fails.
    """
    check_fields(fields)
    started = time.perf_counter()
    documents = engine.documents(filter)
    rows: list[ExtractionRow] = []
    wanted = tuple(fields)
    interrupted = False
    if documents:
        reader = DocumentReader(engine, filter)
        selected = documents[:max_documents]
        for number, document in enumerate(selected, 1):
            if interrupted := should_stop():
                break
            cells = reader.cells(document, wanted)
            if generator is not None:
                cells = with_model_cells(reader, generator, document, wanted, cells, should_stop)
            rows.append(ExtractionRow(document.id, document.title, document.format, cells))
            if on_progress is not None:
                on_progress(number, len(selected))
    note = engine.as_of_note(filter)
    warnings = [*engine.shard_notes(started), *([note] if note else [])]
    if len(documents) > max_documents:
        warnings.append(
            f"only the first {max_documents:,} of {len(documents):,} documents were read; "
            "name fewer paths, or allow more documents"
        )
    return Extraction(
        wanted,
        tuple(rows),
        len(documents),
        len(rows),
        sum(row.is_empty for row in rows),
        EXTRACTIVE if generator is None else generator.name,
        interrupted,
        tuple(warnings),
    )
