"""The typer application: every command with its examples.

A command's module is imported when the command is called, or its help is asked for.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated

import typer

from rag_infer.cli.renamed_options import RenamedOptionsCommand

# The module and function of each command, and examples.
_COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "index": ("index_commands.index", ("rag index docs/", "rag index report.pdf notes.md -i work")),
    "ask": (
        "ask.ask",
        (
            "rag ask what is a hallucination",
            'cat notes.txt | rag ask "who decides?"',
            'rag ask "what is the fee?" --as-of 2024-06-30',
        ),
    ),
    "chat": ("chat.chat", ("rag chat", "rag chat --resume last", "rag chat --export last")),
    "search": (
        "search.search",
        ('rag search "kv cache" -k 3', "rag search '\"memory bandwidth\" -training'"),
    ),
    "batch": (
        "batch.batch",
        (
            "rag batch questions.txt",
            "rag batch questions.jsonl -o answers.jsonl --llm ollama:qwen3:4b",
            "rag batch questions.csv --retry-failed --ordered",
            "rag batch questions.txt --llm ollama:qwen3:4b --export requests.jsonl",
            "rag batch questions.txt --llm ollama:qwen3:4b --import results.jsonl",
            "rag batch tickets.csv --labels billing,bug,other --llm ollama:qwen3:4b",
        ),
    ),
    "summarize": (
        "summarize.summarize",
        ("rag summarize report.pdf --bullets 3", "rag summarize *.pdf --words 80"),
    ),
    "extract": (
        "extract.extract",
        (
            'rag extract --field "expiry date" --field "notice period"',
            "rag extract contracts/ --schema fields.json --csv fields.csv",
        ),
    ),
    "conflicts": ("conflicts.conflicts", ("rag conflicts", "rag conflicts policies/ --json")),
    "fact-check": (
        "fact_check.fact_check",
        ("rag fact-check report.md", "rag fact-check - --exit-code < draft.txt"),
    ),
    "ls": ("index_commands.ls", ("rag ls", "rag ls -i work", "rag ls --indexes")),
    "status": (
        "index_commands.status",
        ("rag status", "rag status -i work --json", "rag status -i s3://team-rag/work"),
    ),
    "reindex": (
        "index_commands.reindex",
        ("rag reindex --embedder multilingual", "rag reindex -i work --chunk-tokens 110"),
    ),
    "remove": ("index_commands.remove", ("rag remove docs/old.pdf", "rag remove docs/drafts/")),
    "access": (
        "index_commands.access",
        ("rag access salaries/ --group hr --group board", "rag access menu.md --everyone"),
    ),
    "verify": ("index_commands.verify", ("rag verify", "rag verify -i work --repair")),
    "upgrade": ("index_commands.upgrade", ("rag upgrade", "rag upgrade -i work")),
    "push": ("buckets.push", ("rag push work s3://team-rag/work",)),
    "pull": ("buckets.pull", ("rag pull s3://team-rag/work work",)),
    "gc": (
        "index_commands.gc",
        ("rag gc", "rag gc -i work", "rag gc -i s3://team-rag/work --older-than 48"),
    ),
    "eval": (
        "evaluate.evaluate",
        (
            "rag eval",
            "rag eval --make 50 --out questions.jsonl",
            "rag eval questions.jsonl --min answer=0.8",
        ),
    ),
    "tune": (
        "tune.tune",
        ("rag tune questions.jsonl", "rag tune questions.jsonl --budget 60 --dry-run"),
    ),
    "replay": ("replay.replay", ("rag replay answer.json", "rag replay answer.json --json")),
    "logs": ("usage_report.logs", ("rag logs", "rag logs -n 5 --json")),
    "usage": (
        "usage_report.usage",
        ("rag usage", "rag usage --audit-log audit.jsonl --since 2026-03-01"),
    ),
    "models": ("models.models", ("rag models", "rag models pull", "rag models pull qwen3-4b")),
    "config": (
        "config_doctor.config",
        ("rag config", "rag config init", "rag config init --llm ollama:qwen3:4b"),
    ),
    "doctor": ("config_doctor.doctor", ("rag doctor", "rag doctor -i work")),
    "tools": ("tools.tools", ("rag tools", "rag tools table --json")),
    "open": ("serve.open_page", ("rag open", "rag open -i work")),
    "serve": ("serve.serve", ("rag serve", "rag serve -i work --host 0.0.0.0")),
    "users": (
        "users.users",
        (
            "rag users add alice --group finance",
            "rag users list",
            "rag users renew alice",
            "rag users change alice --group finance --group board",
            "rag users revoke alice",
            "rag users block eve@example.com",
        ),
    ),
    "mcp": ("serve.mcp", ("rag mcp", "rag mcp -i work --http 8001")),
    "version": ("version.version", ("rag version", "rag version --json")),
}
_ALIASES = {"check": "fact-check", "rm": "remove", "list": "ls"}


def application(command: str | None = None) -> typer.Typer:
    """The application.

    Args:
        command: The only command that it is to have, which takes a tenth of the time; of another
            name, or None: all.
    """
    app = typer.Typer(
        help="Question answering over your own documents, with citations. Runs on this machine.",
        no_args_is_help=True,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    names = (*_COMMANDS, *_ALIASES)
    for name in (command,) if command in names else names:
        where, examples = _COMMANDS[_ALIASES.get(name, name)]
        module, function = where.split(".")
        app.command(
            name, cls=RenamedOptionsCommand, hidden=name in _ALIASES, epilog=_epilog(examples)
        )(getattr(import_module(f"rag_infer.cli.{module}"), function))
    return app


def _version_option(is_set: bool) -> None:
    if is_set:
        from rag_infer.cli.version import version

        version()
        raise typer.Exit


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


def _epilog(examples: tuple[str, ...]) -> str:
    r"""Examples one below another; ``\b`` keeps the lines as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples)))
