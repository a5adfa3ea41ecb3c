"""The commands: each parses, calls the library, prints.

Knows: options, help with examples, which stream gets what.
Does not know: documents, models. An ``if`` about those belongs below.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rag_infer.cli import render
from rag_infer.errors import InputError, RagError

app = typer.Typer(
    help="Ask your own documents. Answers are quoted and cited; nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

IndexOption = Annotated[
    str,
    typer.Option("--index", "-i", metavar="NAME_OR_PATH", help="Which index.", envvar="RAG_INDEX"),
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


def _version(shown: bool) -> None:
    if shown:
        from importlib.metadata import version

        typer.echo(f"rag-infer {version('rag-infer')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(epilog="Examples:  rag index docs/   |   rag index report.pdf notes.md -i work")
def index(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.")],
    index: IndexOption = "default",
    embedder: EmbedderOption = None,
    password: Annotated[
        list[str] | None,
        typer.Option("--password", help="Tried on encrypted files; may be repeated."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="GROUP", help="Only this group may read them."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when any file could not be read.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and take in every change until Ctrl-C.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Read, split and embed PATHs into an index; later runs take in what changed."""
    from rag_infer import Index, ReadOptions
    from rag_infer.cli.progress import indexing

    opened = Index.open(index, create=True, embedder=embedder)

    def run() -> Any:
        with indexing(not json_) as on_progress:
            return opened.add(
                *paths,
                options=ReadOptions(passwords=tuple(password or ())),
                labels=label or (),
                on_progress=on_progress,
            )

    report = run()
    _print(report, render.ingest, json_)
    if report.interrupted:
        raise typer.Exit(130)
    if watch:
        from rag_infer.pipeline.watch import follow

        for found in follow(paths, opened.path, run):
            _print(found, render.followed, json_)
        return
    if report.failed and (strict or not (report.indexed or report.unchanged)):
        raise typer.Exit(1)


@app.command(
    epilog='Examples:  rag ask "What does the KV cache store?"   |   rag ask -i work "..."'
)
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    index: IndexOption = "default",
    k: TopK = 5,
    llm: Annotated[
        str,
        typer.Option(
            "--llm",
            metavar="MODEL",
            envvar="RAG_LLM",
            help="extractive (quotes, no model), a folder or hub id of a chat model.",
        ),
    ] = "extractive",
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Longest answer of a model.")
    ] = 512,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="0 is greedy and repeatable.")
    ] = 0.0,
    seed: Annotated[int | None, typer.Option("--seed", help="For sampling.")] = None,
    path: PathFilter = None,
    type_: TypeFilter = None,
    meta: MetaFilter = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    as_group: GroupFilter = None,
    reranker: RerankerOption = None,
    json_: JsonOption = False,
) -> None:
    """Answer a question with numbered citations; exit code 0 also when the documents do not say."""
    from rag_infer import AskOptions, Index

    options = AskOptions(
        k=k,
        filter=_filter(path, type_, meta, as_group, since, until),
        generator=llm,
        reranker=reranker,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        on_text=None if json_ else render.stream(sys.stdout),
    )
    answer = Index.open(index).ask(_text(question), options)
    _print(answer, render.answer, json_)


@app.command(
    epilog='Examples:  rag search "kv cache" -k 3   |   rag search \'"exact words" -draft\''
)
def search(
    query: Annotated[str, typer.Argument(help='Words; "a phrase" must occur, -word must not.')],
    index: IndexOption = "default",
    k: TopK = 10,
    path: PathFilter = None,
    type_: TypeFilter = None,
    meta: MetaFilter = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    as_group: GroupFilter = None,
    reranker: RerankerOption = None,
    json_: JsonOption = False,
) -> None:
    """Show the passages a question retrieves, with every score."""
    from rag_infer import Index

    hits = Index.open(index).search(
        _text(query),
        k,
        filter=_filter(path, type_, meta, as_group, since, until),
        reranker=reranker,
    )
    _print(hits, render.hits, json_)


@app.command(epilog="Examples:  rag status   |   rag status -i work --json")
def status(
    index: IndexOption = "default",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the documents.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show what is indexed, with which model, how large it is."""
    from rag_infer import Index

    opened = Index.open(index)
    _print(opened.status(), render.status, json_ and not verbose)
    if verbose:
        _print(opened.documents(), render.documents, json_)


@app.command(epilog="Examples:  rag rm docs/old.pdf   |   rag rm docs/drafts/")
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Documents or folders.")],
    index: IndexOption = "default",
    json_: JsonOption = False,
) -> None:
    """Remove documents from an index, their text from its files included."""
    from rag_infer import Index

    removed = Index.open(index).remove(names)
    _print({"removed": removed}, render.removed, json_)


@app.command(epilog="Examples:  rag verify   |   rag verify -i work --repair")
def verify(
    index: IndexOption = "default",
    repair: Annotated[
        bool, typer.Option("--repair", help="Go back to the last whole generation if need be.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Read every file of an index and check it; exit code 1 when anything is damaged."""
    from rag_infer.pipeline.upkeep import check

    report = check(index, repair=repair)
    _print(report, render.verification, json_)
    if report.damage and not report.repaired:
        raise typer.Exit(1)


@app.command(epilog="Examples:  rag gc   |   rag gc -i work")
def gc(index: IndexOption = "default", json_: JsonOption = False) -> None:
    """Drop what older generations of an index left on disk."""
    from rag_infer.pipeline.upkeep import collect

    _print(collect(index), render.collected, json_)


def _filter(
    paths: list[str] | None,
    types: list[str] | None,
    meta: list[str] | None,
    groups: list[str] | None,
    since: str | None,
    until: str | None,
) -> Any:
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


def _text(given: str) -> str:
    text = sys.stdin.read() if given == "-" else given
    if not text.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    return text.strip()


def _print(value: Any, shown: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(render.plain(value), ensure_ascii=False, indent=2))
    else:
        shown(value)


__all__ = ["RagError", "app"]
