"""``rag ask``: one question, answered with citations."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
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
from rag_infer.cli.standard_input import question_text

if TYPE_CHECKING:
    from rag_infer import Answer, Index
    from rag_infer.userdata.conversations import ConversationStore


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
    """Answer a question with citations. Exit code 0 also when the documents do not answer it."""
    from rag_infer import AskOptions, Index
    from rag_infer.answering import tool_registry

    text = question_text(question)
    configured = settings.load()
    model = llm or configured.llm
    target = Index.open(index or configured.index)
    conversation = _LastConversation(target) if continue_ else None
    options = AskOptions(
        history=conversation.history if conversation else (),
        top_k=top_k,
        filter=filter_arguments.to_filter(),
        llm=model,
        model_profiles=settings.profiles(configured, model, runtime),
        schema=_load_schema(schema),
        reranker=reranker or configured.reranker,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        min_confidence=threshold,
        verifier=verifier,
        drop_unsupported=drop_unsupported,
        on_text=None if json_ else answer_view.text_writer(sys.stdout),
        dry_run=dry_run,
        on_tool_result=answer_view.tool_result_writer(sys.stderr),
    )
    names = tool_registry.resolve_tool_names(tool, configured, model, schema=schema is not None)
    with tool_registry.open_tools(names, configured.mcp) as tools:
        options = replace(options, tools=tools)
        answer = target.ask(text, options)
    if conversation:
        conversation.add(answer)
    render = context_view.render_prompt if dry_run else answer_view.render_answer
    print_result(answer, render, json_)
    if html is not None:
        from rag_infer.cli import html_report

        html_report.write(html, answer)
    if receipt is not None:
        from rag_infer.cli.replay import write_receipt

        write_receipt(receipt, target, answer, options)
    if show_context and not json_:
        context_view.render_context(answer)
    if usage and not json_:
        usage_report.render_usage(answer)
    if configured.log and not no_log and not dry_run:
        _log_question(target, answer)


class _LastConversation:
    """The newest conversation about an index, which ``--continue`` extends."""

    def __init__(self, index: Index) -> None:
        from rag_infer.userdata.conversations import ConversationStore, history

        path = str(index.path.resolve())
        self._store: ConversationStore = ConversationStore()
        conversations = self._store.all(path)
        self._id = conversations[0].id if conversations else self._store.start(path)
        self.history = history(self._store.turns(self._id))

    def add(self, answer: Answer) -> None:
        """Appends a turn; an empty answer (of a dry run) is none."""
        if answer.text:
            self._store.add(self._id, answer)


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
