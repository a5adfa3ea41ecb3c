"""``rag ask``: one question, answered with citations."""

from __future__ import annotations

import atexit
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli import answer_view, context_view, usage_report
from rag_infer.cli.options import (
    DropUnsupportedOption,
    FilterArguments,
    IndexOption,
    JsonOption,
    LlmOption,
    MaxTokensOption,
    RerankerOption,
    RuntimeOption,
    ToolOption,
    VerifierOption,
    with_filter_options,
)
from rag_infer.cli.output import print_note, print_result
from rag_infer.cli.shard_option import ShardsOption, use_shards
from rag_infer.cli.standard_input import document_file, piped_document, question_text
from rag_infer.cli.tracing_setup import start_traces
from rag_infer.errors import InputError, ReadError

if TYPE_CHECKING:
    from rag_infer import Answer, Conversation, Index

STANDARD_INPUT = "standard input"  # the id of a document that was piped in


@with_filter_options
def ask(
    question: Annotated[
        list[str],
        typer.Argument(metavar="QUESTION...", help="The question; - reads it from standard input."),
    ],
    filter_arguments: FilterArguments,
    index: IndexOption = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            "-k", "--top-k", min=1, help="Most passages to read. Default: as many as fit."
        ),
    ] = None,
    llm: LlmOption = None,
    runtime: RuntimeOption = None,
    max_tokens: MaxTokensOption = 512,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="Sampling temperature; 0 is greedy.")
    ] = 0.0,
    seed: Annotated[int | None, typer.Option("--seed", help="Random seed of sampling.")] = None,
    reranker: RerankerOption = None,
    shards: ShardsOption = None,
    single_search: Annotated[
        bool,
        typer.Option("--single-search", help="Do not search again for what is not covered."),
    ] = False,
    continue_: Annotated[
        bool, typer.Option("--continue", "-c", help="Continue the last conversation.")
    ] = False,
    show_context: Annotated[
        bool, typer.Option("--show-context", help="Show what the context window holds and why.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the exact prompt and send nothing.")
    ] = False,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", metavar="FILE", help="Answer in JSON that fits this JSON Schema."),
    ] = None,
    drop_unsupported: DropUnsupportedOption = False,
    verifier: VerifierOption = None,
    tool: ToolOption = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0.0, max=1.0, help="Lowest confidence of a quoted answer."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write a web page with the sources."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write the table of the answer as CSV."),
    ] = None,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Also write a receipt for rag replay."),
    ] = None,
    usage: Annotated[
        bool, typer.Option("--usage", help="Show time, tokens and cost on standard error.")
    ] = False,
    no_log: Annotated[
        bool, typer.Option("--no-log", help="Do not record this question in rag logs.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Answer a question with citations. A document piped in is read in place of the index.

    Exit code 0 also when the documents do not answer.
    """
    from rag_infer import AskOptions, GenerationOptions, Index, RetrievalOptions
    from rag_infer.answering import tool_registry
    from rag_infer.answering.events import collect_answer
    from rag_infer.generate import EXTRACTIVE

    text = question_text(question)
    configured = settings.load()
    model = llm or configured.llm
    start_traces(configured)
    attached = None if question == ["-"] else piped_document()
    if attached is not None and receipt is not None:
        raise InputError(
            "a receipt of a piped document cannot be replayed", hint="index a file instead"
        )
    if attached is not None and (index is not None or shards is not None):
        print_note("reading standard input, not the index; to ask that, add: < /dev/null")
    target = Index.open(index or configured.index) if attached is None else _piped_index(attached)
    use_shards(target, shards, configured)
    conversation = _last_conversation(target) if continue_ else None
    options = AskOptions(
        retrieval=RetrievalOptions(
            reranker=reranker or configured.reranker,
            further_searches=0 if single_search else RetrievalOptions().further_searches,
        ),
        generation=GenerationOptions(
            model_profiles=settings.profiles(configured, model, runtime),
            schema=_load_schema(schema),
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            **configured.prompts.options(),
        ),
        min_confidence=threshold,
        verifier=verifier or configured.verifier,
        drop_unsupported=drop_unsupported,
        dry_run=dry_run,
    )
    names = tool_registry.resolve_tool_names(tool, configured, model, schema=schema is not None)
    streams = sys.stdout.isatty() and not (json_ or dry_run or model == EXTRACTIVE)
    with tool_registry.open_tools(names, configured.mcp) as tools:
        arguments: dict[str, Any] = {
            "llm": model,
            "top_k": top_k,
            "filter": filter_arguments.to_filter(),
            "tools": tools,
            "conversation": conversation,
            "options": options,
        }
        view = answer_view.StreamView(sys.stdout, sys.stderr)
        try:
            answer = collect_answer(
                target.stream(text, **arguments),
                on_text=view.write_text if streams else None,
                on_step=view.write_step,
                on_status=view.write_status if streams else None,
                on_tool_result=answer_view.tool_result_writer(sys.stderr),
            )
        except BaseException:
            view.break_off()
            raise
    if dry_run or json_:
        print_result(answer, context_view.render_prompt, json_)
    else:
        answer_view.render_answer(answer, streamed=streams)
    if html is not None:
        from rag_infer.cli import html_report

        html_report.write(html, answer)
    if csv is not None:
        from rag_infer.cli import table_csv

        table_csv.write(csv, answer)
    if receipt is not None:
        from rag_infer.cli.replay import write_receipt

        write_receipt(receipt, target.receipt(answer, **arguments))
    if show_context and not json_:
        context_view.render_context(answer)
    if usage and not json_:
        usage_report.render_usage(answer)
    if configured.log and not no_log and not dry_run and attached is None:
        _log_question(target, answer)


def _piped_index(data: bytes) -> Index:
    """A temporary index of what was piped in, so that answers cite it like a document.

    Raises ReadError for what cannot be read or holds no text.
    """
    from rag_infer import Index

    folder = tempfile.TemporaryDirectory(prefix="rag-")
    atexit.register(folder.cleanup)
    index = Index.open(Path(folder.name) / "index", create=True)
    with document_file(data) as path:
        report = index.add_file(path, STANDARD_INPUT)
    reasons = [failure.reason.partition(";")[0] for failure in report.failed]
    if not report.chunks:
        notes = [note for file in report.indexed for note in file.notes]
        reason = (*reasons, *notes, "no text in it")[0]
        raise ReadError(
            reason, where=STANDARD_INPUT, hint="save it as a file, then: rag index FILE"
        )
    return index


def _last_conversation(index: Index) -> Conversation:
    """The conversation that ``--continue`` extends; a new one where there is none."""
    from rag_infer import ConversationStore

    store = ConversationStore()
    conversations = store.all(str(index.path.resolve()))
    newest = conversations[0].id if conversations else None
    return index.conversation(newest, store=store, reserve_followups=False)


def _load_schema(path: Path | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    from rag_infer.answering.pipeline import load_schema

    return load_schema(path)


def _log_question(index: Index, answer: Answer) -> None:
    from rag_infer.userdata.usage_log import UsageLog

    log = UsageLog()
    is_first = log.add(str(index.path.resolve()), answer)
    if is_first:
        print_note(
            f"rag: questions are logged in {log.path}, on this machine only; "
            "turn that off with --no-log, or log = false in rag.toml",
            "dim",
        )
