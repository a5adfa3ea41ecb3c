"""``rag search``: the passages that a query retrieves."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.cli.answer_view import render_hits
from rag_infer.cli.options import (
    FilterArguments,
    IndexOption,
    JsonOption,
    RerankerOption,
    with_filter_options,
)
from rag_infer.cli.output import print_note, print_result
from rag_infer.cli.shard_option import ShardsOption, use_shards
from rag_infer.cli.standard_input import question_text


@with_filter_options
def search(
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY...", help='Words; "a phrase" must occur, -word must not; - reads stdin.'
        ),
    ],
    filter_arguments: FilterArguments,
    index: IndexOption = None,
    top_k: Annotated[int, typer.Option("-k", "--top-k", min=1, help="Number of passages.")] = 10,
    reranker: RerankerOption = None,
    shards: ShardsOption = None,
    json_: JsonOption = False,
) -> None:
    """Show the passages a query retrieves. Each comes with its scores."""
    from rag_infer import Index

    configured = settings.load()
    opened = Index.open(index or configured.index)
    use_shards(opened, shards, configured)
    started = time.perf_counter()
    filter = filter_arguments.to_filter()
    text = question_text(query)
    hits = opened.search(text, top_k, filter=filter, reranker=reranker or configured.reranker)
    print_result(hits, lambda shown: render_hits(shown, text), json_)
    for shard_note in opened.engine.shard_notes(started):
        print_note(f"note: {shard_note}")
    if note := opened.engine.as_of_note(filter):
        print_note(f"note: {note}")
    if not hits and not json_ and not opened.documents(filter):
        print_note(
            "note: no document matches the filter" if len(opened) else "note: the index is empty"
        )
