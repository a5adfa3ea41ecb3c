"""Writes docs/reference/cli.md and configuration.md from the commands and the settings.

python scripts/generate_reference.py           writes the files
python scripts/generate_reference.py --check   exits with 1 when they are out of date
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import typer
from pydantic import TypeAdapter
from typer.cli import get_docs_for_click

from rag_infer.cli.app import application
from rag_infer.settings import (
    ModelProfile,
    Price,
    Prompts,
    Settings,
    ToolServer,
    environment_variable,
)
from rag_infer.settings.schema import SCALAR_KEYS, USER_FILE_KEYS

_TYPES = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
    "array": "list of texts",
}  # fmt: skip
FOLDER = Path(__file__).parents[1] / "docs" / "reference"
INTRODUCTION = """# Configuration

<!-- Written by scripts/generate_reference.py from rag_infer/settings; do not edit. -->

A value is taken from the first place that has it:

1. an option of the command, for example `--index notes`
2. an environment variable, for example `RAG_INDEX=notes`
3. `rag.toml` in the working folder
4. the user's config file; `rag config` prints its path
5. the default

`rag config` shows every value and where it comes from. A key that does not exist, or a value of the
wrong type, is an error of one line that names file and key.

A `rag.toml` may come from anybody, with a folder of documents. So it may not name servers (other
than on this machine), keys or programs, and may not make the settings marked *no* below.

| setting | type | default | environment | in `rag.toml` | meaning |
|---|---|---|---|---|---|
"""
EXTERNAL_VARIABLES = """
A list in the environment is separated by commas: `RAG_TOOLS=calculator,search`. For true or false,
`0`, `false`, `no` and `off` are false.

Variables of other programs that are read too: `OPENAI_BASE_URL` and `OPENAI_API_KEY` for
`openai:MODEL`, `OLLAMA_HOST` for `ollama:MODEL`, `NO_COLOR` and `TERM` for colors,
`XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_STATE_HOME` and `XDG_CACHE_HOME` (Linux) for the
user's folders.
"""


def descriptions(kind: Any) -> dict[str, dict[str, Any]]:
    """The JSON schema of each field of a settings model, as pydantic validates it."""
    return dict(TypeAdapter(kind).json_schema()["properties"])


def type_text(schema: dict[str, Any]) -> str:
    """The type of a field in the words of TOML."""
    if "anyOf" in schema:
        return type_text(next(kind for kind in schema["anyOf"] if kind.get("type") != "null"))
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    return _TYPES.get(schema.get("type", ""), "table")


def default_text(value: Any) -> str:
    """A default as TOML has it; empty where there is none, as the description says what happens."""
    return "" if value in (None, [], {}) else f"`{json.dumps(value)}`"


def table(kind: Any) -> str:
    """The keys of a named table."""
    schemas = descriptions(kind)
    rows = [
        f"| `{key}` | {type_text(schema)} | {default_text(schema.get('default'))} "
        f"| {schema['description'].replace(chr(10), ' ')} |\n"
        for key, schema in schemas.items()
        if key != "name"
    ]
    heading = "| key | type | default | meaning |\n|---|---|---|---|\n"
    summary = inspect.cleandoc(kind.__doc__).partition("Raises:")[0].strip()
    return f"{summary}\n\n{heading}{''.join(rows)}"


def configuration() -> str:
    schemas = descriptions(Settings)
    rows = [
        f"| `{key}` | {type_text(schemas[key])} | {default_text(schemas[key].get('default'))} "
        f"| `{environment_variable(key)}` | {'no' if key in USER_FILE_KEYS else 'yes'} "
        f"| {schemas[key]['description'].replace(chr(10), ' ')} |\n"
        for key in SCALAR_KEYS
    ]
    return (
        INTRODUCTION
        + "".join(rows)
        + EXTERNAL_VARIABLES
        + f"\n## `[models.NAME]`\n\n{table(ModelProfile)}"
        + f"\n### `[models.NAME.price]`\n\n{table(Price)}"
        + f"\n## `[prompts]`\n\nOnly in the user's config file. {table(Prompts)}"
        + f"\n## `[mcp.NAME]`\n\nOnly in the user's config file. {table(ToolServer)}"
    )


def cli() -> str:
    command = typer.main.get_command(application())
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="rag")
    return "# Command line\n\n" + text.replace("# `rag`\n\n", "", 1).rstrip() + "\n"


def main() -> int:
    pages = {"cli.md": cli(), "configuration.md": configuration()}
    outdated = [n for n, text in pages.items() if not (FOLDER / n).is_file()
                or (FOLDER / n).read_text("utf-8") != text]  # fmt: skip
    if "--check" in sys.argv:
        print(*(f"out of date: docs/reference/{name}" for name in outdated), sep="\n")
        return bool(outdated)
    for name in outdated:
        (FOLDER / name).write_text(pages[name], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
