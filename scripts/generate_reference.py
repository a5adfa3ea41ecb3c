"""Writes docs/reference/cli.md and configuration.md from the commands and the settings.

python scripts/generate_reference.py           writes the files
python scripts/generate_reference.py --check   exits with 1 when they are out of date
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import typer
from typer.cli import get_docs_for_click

from rag_infer.cli.app import app
from rag_infer.settings import Settings
from rag_infer.settings.profiles import ModelProfile, Price, ToolServer

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
SETTINGS = {
    "index": "Index to use where `--index` is not given.",
    "indexes": "Folder of named indexes. Default: `./indexes` if it exists, else the user's data.",
    "embedder": "Embedding model of new indexes: `minilm`, a folder or a hub id.",
    "llm": "`extractive`, a profile, `openai:MODEL`, a folder or a hub id.",
    "runtime": "`transformers` or `openvino`.",
    "reranker": "Cross-encoder that reorders candidates: a folder or a hub id.",
    "log": "Whether questions are recorded for `rag logs`, on this machine only.",
    "tools": "Tools that a model may call.",
}
INTRODUCTION = """# Configuration

Settings are read from the user config file (`rag config` prints its path), then from `rag.toml`
in the working folder, then from the environment (`RAG_` and the name in capitals), then from
options; the last one wins. A `rag.toml` may not name servers, keys or programs. `rag config` shows
every value and its origin.

| setting | default | environment | meaning |
|---|---|---|---|
"""


def default(field: Field[Any]) -> str:
    if field.default is MISSING:
        return "" if field.default_factory is MISSING else "empty"
    return f"`{field.default}`"


def table(kind: Any) -> str:
    rows = [f"| `{f.name}` | `{f.type}` | {default(f)} |" for f in fields(kind) if f.name != "name"]
    text = " ".join(line.strip() for line in (kind.__doc__ or "").strip().splitlines())
    return f"{text}\n\n| key | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def configuration() -> str:
    by_name = {f.name: f for f in fields(Settings)}
    rows = [
        f"| `{name}` | {default(by_name[name])} | `RAG_{name.upper()}` | {meaning} |\n"
        for name, meaning in SETTINGS.items()
    ]
    return (
        INTRODUCTION
        + "".join(rows)
        + f"\n## `[models.NAME]`\n\n{table(ModelProfile)}"
        + f"\n### `[models.NAME.price]`\n\n{table(Price)}"
        + f"\n## `[mcp.NAME]`\n\n{table(ToolServer)}"
    )


def cli() -> str:
    command = typer.main.get_command(app)
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
