"""The typer application: every command with its examples."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from rag_infer.cli.ask import ask
from rag_infer.cli.batch import batch
from rag_infer.cli.buckets import pull, push
from rag_infer.cli.chat import chat
from rag_infer.cli.config_doctor import config, doctor
from rag_infer.cli.conflicts import conflicts
from rag_infer.cli.evaluate import evaluate
from rag_infer.cli.extract import extract
from rag_infer.cli.fact_check import fact_check
from rag_infer.cli.index_commands import (
    access,
    gc,
    index,
    ls,
    reindex,
    remove,
    status,
    upgrade,
    verify,
)
from rag_infer.cli.models import models
from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_result, print_text
from rag_infer.cli.renamed_options import RenamedOptionsCommand
from rag_infer.cli.replay import replay
from rag_infer.cli.search import search
from rag_infer.cli.serve import mcp, open_page, serve
from rag_infer.cli.summarize import summarize
from rag_infer.cli.tools import tools
from rag_infer.cli.tune import tune
from rag_infer.cli.usage_report import logs, usage
from rag_infer.cli.users import users

app = typer.Typer(
    help="Question answering over your own documents, with citations. Runs on this machine.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def version(json_: JsonOption = False) -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    number = installed_version("rag-infer")
    print_result(
        {"version": number}, lambda result: print_text(f"rag-infer {result['version']}"), json_
    )


def _version_option(is_set: bool) -> None:
    if is_set:
        version()
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version_option, is_eager=True, help="Print the version."
        ),
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="Open no connection but to this machine.")
    ] = False,
) -> None:
    if private or _is_private_by_setting():
        from rag_infer.private_mode import enforce_private_mode

        enforce_private_mode()


def _is_private_by_setting() -> bool:
    from rag_infer import settings
    from rag_infer.errors import InputError

    try:
        return settings.load().private
    except InputError:  # the command says what is wrong with the settings
        return bool(os.environ.get(settings.environment_variable("private")))


_COMMANDS: dict[Callable[..., None], tuple[str, ...]] = {
    index: ("rag index docs/", "rag index report.pdf notes.md -i work"),
    ask: (
        "rag ask what is a hallucination",
        'cat notes.txt | rag ask "who decides?"',
        'rag ask "what is the fee?" --as-of 2024-06-30',
    ),
    chat: ("rag chat", "rag chat --resume last", "rag chat --export last"),
    search: ('rag search "kv cache" -k 3', "rag search '\"memory bandwidth\" -training'"),
    batch: (
        "rag batch questions.txt",
        "rag batch questions.jsonl -o answers.jsonl --llm ollama:qwen3:4b",
        "rag batch questions.csv --retry-failed --ordered",
        "rag batch questions.txt --llm ollama:qwen3:4b --export requests.jsonl",
        "rag batch questions.txt --llm ollama:qwen3:4b --import results.jsonl",
        "rag batch tickets.csv --labels billing,bug,other --llm ollama:qwen3:4b",
    ),
    summarize: ("rag summarize report.pdf --bullets 3", "rag summarize *.pdf --words 80"),
    extract: (
        'rag extract --field "expiry date" --field "notice period"',
        "rag extract contracts/ --schema fields.json --csv fields.csv",
    ),
    conflicts: ("rag conflicts", "rag conflicts policies/ --json"),
    fact_check: ("rag fact-check report.md", "rag fact-check - --exit-code < draft.txt"),
    ls: ("rag ls", "rag ls -i work", "rag ls --indexes"),
    status: ("rag status", "rag status -i work --json", "rag status -i s3://team-rag/work"),
    reindex: ("rag reindex --embedder multilingual", "rag reindex -i work --chunk-tokens 110"),
    remove: ("rag remove docs/old.pdf", "rag remove docs/drafts/"),
    access: ("rag access salaries/ --group hr --group board", "rag access menu.md --everyone"),
    verify: ("rag verify", "rag verify -i work --repair"),
    upgrade: ("rag upgrade", "rag upgrade -i work"),
    push: ("rag push work s3://team-rag/work",),
    pull: ("rag pull s3://team-rag/work work",),
    gc: ("rag gc", "rag gc -i work", "rag gc -i s3://team-rag/work --older-than 48"),
    evaluate: (
        "rag eval",
        "rag eval --make 50 --out questions.jsonl",
        "rag eval questions.jsonl --min answer=0.8",
    ),
    tune: ("rag tune questions.jsonl", "rag tune questions.jsonl --budget 60 --dry-run"),
    replay: ("rag replay answer.json", "rag replay answer.json --json"),
    logs: ("rag logs", "rag logs -n 5 --json"),
    usage: ("rag usage", "rag usage --json"),
    models: ("rag models", "rag models pull", "rag models pull qwen3-4b"),
    config: ("rag config", "rag config init", "rag config init --llm ollama:qwen3:4b"),
    doctor: ("rag doctor", "rag doctor -i work"),
    tools: ("rag tools", "rag tools table --json"),
    open_page: ("rag open", "rag open -i work"),
    serve: ("rag serve", "rag serve -i work --host 0.0.0.0"),
    users: (
        "rag users add alice --group finance",
        "rag users list",
        "rag users revoke alice",
        "rag users block eve@example.com",
    ),
    mcp: ("rag mcp", "rag mcp -i work --http 8001"),
    version: ("rag version", "rag version --json"),
}
_NAMES: dict[Callable[..., None], str] = {evaluate: "eval", open_page: "open"}
_ALIASES: dict[str, Callable[..., None]] = {"check": fact_check, "rm": remove, "list": ls}


def _epilog(examples: tuple[str, ...]) -> str:
    r"""Examples one below another; ``\b`` keeps the lines as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples)))


for _function, _examples in _COMMANDS.items():
    _name = _NAMES.get(_function) or _function.__name__.replace("_", "-")
    app.command(_name, cls=RenamedOptionsCommand, epilog=_epilog(_examples))(_function)
for _name, _function in _ALIASES.items():
    app.command(
        _name, cls=RenamedOptionsCommand, hidden=True, epilog=_epilog(_COMMANDS[_function])
    )(_function)
