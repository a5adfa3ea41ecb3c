"""Options that several commands share.

Knows: their names, help and environment variables.
Does not know: what a command does with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rag_infer import Filter


def _index_names(incomplete: str) -> list[str]:
    """For the shell to complete: the indexes that have a name."""
    from rag_infer.settings import indexes_folder

    try:
        found = [p.name for p in indexes_folder().iterdir() if (p / "CURRENT").is_file()]
    except OSError:
        return []
    return sorted(name for name in found if name.startswith(incomplete))


IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        "-i",
        metavar="NAME_OR_PATH",
        help="Which index.",
        envvar="RAG_INDEX",
        autocompletion=_index_names,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, in a stable shape.")]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="MODEL",
        help="Embedding model: minilm (bundled), a folder, or a hub id.",
        envvar="RAG_EMBEDDER",
    ),
]
TopK = Annotated[int, typer.Option("-k", "--top-k", min=1, help="How many passages.")]
PathFilter = Annotated[
    list[str] | None,
    typer.Option("--path", metavar="GLOB", help="Only documents like this; may be repeated."),
]
TypeFilter = Annotated[
    list[str] | None, typer.Option("--type", metavar="FORMAT", help="Only this format (pdf, ...).")
]
MetaFilter = Annotated[
    list[str] | None, typer.Option("--meta", metavar="KEY=VALUE", help="Only with this metadata.")
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        metavar="MODEL",
        envvar="RAG_RERANKER",
        help="A cross-encoder, folder or hub id, that orders the candidates.",
    ),
]
SinceFilter = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only documents of 2024, 2024-03, ... or later."),
]
UntilFilter = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Only documents up to and with that date."),
]
GroupFilter = Annotated[
    list[str] | None,
    typer.Option("--as-group", metavar="GROUP", help="See only what this group may read."),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="MODEL",
        envvar="RAG_LLM",
        help="extractive (quotes, no model), a profile, openai:MODEL, or a folder or hub id.",
    ),
]
ToolOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tool",
        metavar="NAME",
        help="What a model may ask on its way: calculator, search, table, all, or an MCP server.",
    ),
]
RuntimeOption = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        metavar="NAME",
        envvar="RAG_RUNTIME",
        help="What runs a model's folder: transformers, or openvino (converts it once; quicker).",
    ),
]
VerifierOption = Annotated[
    str | None,
    typer.Option(
        "--verifier",
        metavar="MODEL",
        envvar="RAG_VERIFIER",
        help="A cross-encoder for inference, folder or hub id, that judges claims.",
    ),
]


def filter_of(
    paths: list[str] | None,
    types: list[str] | None,
    meta: list[str] | None,
    groups: list[str] | None,
    since: str | None,
    until: str | None,
) -> Filter:
    """The documents that the options of a search leave visible."""
    from rag_infer import Filter

    pairs = [item.partition("=") for item in meta or ()]
    if any(not sep for _, sep, _ in pairs):
        raise typer.BadParameter("metadata is given as KEY=VALUE", param_hint="--meta")
    return Filter(
        paths=tuple(paths or ()),
        formats=tuple(types or ()),
        metadata={key: value for key, _, value in pairs},
        groups=frozenset(groups) if groups else None,
        since=since,
        until=until,
    )
