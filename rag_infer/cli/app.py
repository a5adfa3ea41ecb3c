"""The commands: each parses, calls the library, prints.

Knows: options, help with examples, which stream gets what.
Does not know: documents, models. An ``if`` about those belongs below.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import check_replay, config_doctor, context_view, output, usage_report
from rag_infer.cli import serve as serving
from rag_infer.cli.chat import chat
from rag_infer.cli.options import (
    EmbedderOption,
    GroupFilter,
    IndexOption,
    JsonOption,
    LlmOption,
    MetaFilter,
    PathFilter,
    RerankerOption,
    RuntimeOption,
    SinceFilter,
    ToolOption,
    TopK,
    TypeFilter,
    UntilFilter,
    VerifierOption,
    filter_of,
)
from rag_infer.cli.summarize import summarize
from rag_infer.cli.tools import tools
from rag_infer.errors import InputError, RagError

if TYPE_CHECKING:
    from rag_infer import Answer, Index
    from rag_infer.userdata.conversations import ConversationStore

app = typer.Typer(
    help="Ask your own documents. Answers are quoted and cited; nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    index: IndexOption = None,
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

    chosen = settings.load()
    opened = Index.open(index or chosen.index, create=True, embedder=embedder or chosen.embedder)

    def run() -> Any:
        with indexing(not json_) as on_progress:
            return opened.add(
                *paths,
                options=ReadOptions(passwords=tuple(password or ())),
                labels=label or (),
                on_progress=on_progress,
            )

    report = run()
    _print(report, output.ingest, json_)
    if report.interrupted:
        raise typer.Exit(130)
    if watch:
        from rag_infer.ingest.watcher import follow

        for found in follow(paths, opened.path, run):
            _print(found, output.followed, json_)
        return
    if report.failed and (strict or not (report.indexed or report.unchanged)):
        raise typer.Exit(1)


@app.command(
    epilog='Examples:  rag ask "What does the KV cache store?"   |   rag ask -i work "..."'
)
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    index: IndexOption = None,
    k: Annotated[
        int | None,
        typer.Option("-k", "--top-k", min=1, help="Most passages; else what is worth its room."),
    ] = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
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
    continue_: Annotated[
        bool,
        typer.Option("--continue", "-c", help="A follow-up: go on with the last conversation."),
    ] = False,
    show_context: Annotated[
        bool, typer.Option("--show-context", help="What enters the window, what not, and why.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the exact prompt; send nothing.")
    ] = False,
    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="FILE", help="Answer in JSON of this schema.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out what the documents do not bear.")
    ] = False,
    verifier: VerifierOption = None,
    tool: ToolOption = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0.0, max=1.0, help="Quote from this probability on."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with sources.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", metavar="FILE", help="Also write it for rag replay.")
    ] = None,
    usage: Annotated[
        bool, typer.Option("--usage", help="Show time, tokens and cost, on standard error.")
    ] = False,
    no_log: Annotated[
        bool, typer.Option("--no-log", help="Leave this question out of rag logs.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Answer a question with numbered citations; exit code 0 also when the documents do not say."""
    from rag_infer import AskOptions, Index
    from rag_infer.answering import tool_registry

    chosen = settings.load()
    opened = Index.open(index or chosen.index)
    thread = _CliConversation(opened, continue_)
    options = AskOptions(
        history=thread.history,
        top_k=k,
        filter=filter_of(path, type_, meta, as_group, since, until),
        llm=llm or chosen.llm,
        model_profiles=settings.profiles(chosen, llm or chosen.llm, runtime),
        schema=_schema(schema),
        reranker=reranker or chosen.reranker,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        min_confidence=threshold,
        verifier=verifier,
        drop_unsupported=strict,
        on_text=None if json_ else output.stream(sys.stdout),
        dry_run=dry_run,
        on_tool_result=output.asking(sys.stderr),
    )
    names = tool_registry.resolve_tool_names(
        tool, chosen, llm or chosen.llm, schema=schema is not None
    )
    with tool_registry.open_tools(names, chosen.mcp) as given:
        options = replace(options, tools=given)
        answer = opened.ask(_text(question), options)
    thread.keep(answer)
    _print(answer, context_view.prompt if dry_run else output.answer, json_)
    if html is not None:
        from rag_infer.cli import html_report

        html_report.write(html, answer)
    if receipt is not None:
        check_replay.keep(receipt, opened, answer, options)
    if show_context and not json_:
        context_view.show(answer)
    if usage and not json_:
        usage_report.spent(answer)
    if chosen.log and not no_log and not dry_run:
        _logged(opened, answer)


app.command(epilog="Examples:  rag chat   |   rag chat --resume last   |   rag chat --export last")(
    chat
)


@app.command(
    epilog='Examples:  rag search "kv cache" -k 3   |   rag search \'"exact words" -draft\''
)
def search(
    query: Annotated[str, typer.Argument(help='Words; "a phrase" must occur, -word must not.')],
    index: IndexOption = None,
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

    chosen = settings.load()
    hits = Index.open(index or chosen.index).search(
        _text(query),
        k,
        filter=filter_of(path, type_, meta, as_group, since, until),
        reranker=reranker or chosen.reranker,
    )
    _print(hits, output.hits, json_)


@app.command(epilog="Examples:  rag status   |   rag status -i work --json")
def status(
    index: IndexOption = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the documents.")] = False,
    json_: JsonOption = False,
) -> None:
    """Show what is indexed, with which model, how large it is."""
    from rag_infer import Index

    opened = Index.open(_index(index))
    _print(opened.status(), output.status, json_ and not verbose)
    if verbose:
        _print(opened.documents(), output.documents, json_)


@app.command(epilog="Examples:  rag rm docs/old.pdf   |   rag rm docs/drafts/")
def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Documents or folders.")],
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Remove documents from an index, their text from its files included."""
    from rag_infer import Index

    removed = Index.open(_index(index)).remove(names)
    _print({"removed": removed}, output.removed, json_)


@app.command(epilog="Examples:  rag verify   |   rag verify -i work --repair")
def verify(
    index: IndexOption = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Go back to the last whole generation if need be.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Read every file of an index and check it; exit code 1 when anything is damaged."""
    from rag_infer.index.maintenance import check

    report = check(_index(index), repair=repair)
    _print(report, output.verification, json_)
    if report.damage and not report.repaired:
        raise typer.Exit(1)


@app.command(epilog="Examples:  rag gc   |   rag gc -i work")
def gc(index: IndexOption = None, json_: JsonOption = False) -> None:
    """Drop what older generations of an index left on disk."""
    from rag_infer.index.maintenance import collect

    _print(collect(_index(index)), output.collected, json_)


app.command(
    epilog="Examples:  rag summarize report.pdf --bullets 3   |   rag summarize *.pdf --words 80"
)(summarize)
app.command(epilog="Examples:  rag check report.md   |   rag check - --strict < draft.txt")(
    check_replay.check
)
app.command(epilog="Examples:  rag replay answer.json   |   rag replay answer.json --json")(
    check_replay.replay
)
app.command(epilog="Examples:  rag logs   |   rag logs -n 5 --json")(usage_report.logs)
app.command(epilog="Examples:  rag usage   |   rag usage --json")(usage_report.usage)
app.command(epilog="Examples:  rag config   |   rag config --json")(config_doctor.config)
app.command(epilog="Examples:  rag doctor")(config_doctor.doctor)
app.command(epilog="Examples:  rag tools   |   rag tools table --json")(tools)
app.command(epilog="Examples:  rag serve   |   rag serve -i work --host 0.0.0.0")(serving.serve)
app.command(epilog="Examples:  rag mcp   |   rag mcp -i work --http 8001")(serving.mcp)


def _index(given: str | None) -> str:
    return given or settings.load().index


class _CliConversation:
    """The conversation that ``ask --continue`` goes on with; without it, nothing is kept."""

    def __init__(self, index: Index, wanted: bool) -> None:
        self.history: list[dict[str, str]] = []
        self._kept: ConversationStore | None = None
        if not wanted:
            return
        from rag_infer.userdata.conversations import ConversationStore, history

        place = str(index.path.resolve())
        self._kept = ConversationStore()
        found = self._kept.all(place)
        self._id = found[0].id if found else self._kept.start(place)
        self.history = history(self._kept.turns(self._id))

    def keep(self, answer: Answer) -> None:
        if self._kept is not None and answer.text:
            self._kept.add(self._id, answer)


def _schema(path: Path | None) -> Any:
    if path is None:
        return None
    from rag_infer.answering.pipeline import load_schema

    return load_schema(path)


def _logged(index: Index, answer: Answer) -> None:
    from rag_infer.userdata.usage_log import UsageLog

    log = UsageLog()
    if log.add(str(index.path.resolve()), answer):
        print(  # noqa: T201
            f"rag: questions are kept in {log.path}, on this machine only; "
            "--no-log, or log = false in rag.toml, turns that off",
            file=sys.stderr,
        )


def _text(given: str) -> str:
    text = sys.stdin.read() if given == "-" else given
    if not text.strip():
        raise InputError("the question is empty", hint='for example: rag ask "what is ...?"')
    return text.strip()


def _print(value: Any, shown: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(output.plain(value), ensure_ascii=False, indent=2))
    else:
        shown(value)


__all__ = ["RagError", "app"]
