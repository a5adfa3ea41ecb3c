"""``rag extract``: fields of documents as a table, with a citation for each cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.api.document_paths import with_paths
from rag_infer.cli.options import (
    FilterArguments,
    IndexOption,
    JsonOption,
    LlmOption,
    RuntimeOption,
    values_of,
    with_filter_options,
)
from rag_infer.cli.output import print_note, print_result
from rag_infer.cli.progress import counting


@with_filter_options
def extract(
    filter_arguments: FilterArguments,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH...", help="Indexed documents, folders or globs; none: all."),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="NAME", help="Field, or NAME=QUESTION. Repeatable."),
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", metavar="FILE", help="JSON Schema whose properties are fields."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write the table with its quotes as CSV."),
    ] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Show the quote and page behind each cell.")
    ] = False,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    max_documents: Annotated[
        int, typer.Option("--max-documents", min=1, help="Most documents to read.")
    ] = 1000,
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Extract fields of documents into a table. A cell is empty where a document does not say.

    A model, with --llm, may fill empty cells; its values must stand in the document.
    """
    from rag_infer import Index
    from rag_infer.cli import extraction_view
    from rag_infer.extraction.fields import ExtractionField, field_of_text, load_fields

    fields: list[ExtractionField] = []
    with values_of("--field"):
        fields += [field_of_text(text) for text in field or ()]
    if schema is not None:
        fields += load_fields(schema)
    if not fields:
        raise typer.BadParameter('name one, such as "expiry date"', param_hint="--field, --schema")
    configured = settings.load()
    opened = Index.open(index or configured.index)
    filter = with_paths(opened, filter_arguments.to_filter(), paths or ())
    model = llm or configured.llm
    with counting("documents", not json_) as on_progress:
        extraction = opened.extract(
            fields,
            filter=filter,
            llm=model,
            model_profiles=settings.profiles(configured, model, runtime),
            max_documents=max_documents,
            on_progress=on_progress,
        )
    print_result(extraction, extraction_view.render_extraction, json_)
    if sources and not json_:
        extraction_view.render_sources(extraction)
    if csv is not None:
        from rag_infer.cli import table_csv

        table_csv.write_rows(csv, *extraction_view.csv_table(extraction))
    if not extraction.documents and not json_:
        print_note(
            "note: no document matches the filter" if len(opened) else "note: the index is empty"
        )
