"""A chat of six turns over the corpus: as it looks by default, and with a real architecture.

    python benchmarks/chats.py                about a minute
    python benchmarks/chats.py --publish      also writes benchmarks/results/chats.md

The first is the default: no model, follow-up questions that take what they lean on from the turns
before, a sum that is computed. The second has a model of the Qwen2 architecture with random weights
and a tokenizer trained on the corpus: what it writes is noise, and every claim is marked so; to be
seen are what was read anew of each prompt, what was taken from the turn before, and how long the
first token took.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tiny model is the tests'

ROOT = Path(__file__).parents[1]
RAG = Path(sys.executable).with_name("rag")
TURNS = [
    "What does the key-value cache store?",
    "How large does it get for each token?",
    "Why is decoding limited by memory bandwidth?",
    "What is 524,288 * 16,384 / 2^30?",
    "Who decides on spending above 500 euros a day?",
    "And on changes to the prompt?",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--publish", action="store_true", help="write benchmarks/results/chats.md")
    options = parser.parse_args()
    from tests.factories import save_model

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run(home, "index", str(ROOT / "corpus"))
        default = run(home, "chat", typed=TURNS)
        model = save_model(home / "tiny-qwen2", window=4096)
        each = [line for turn in TURNS for line in (turn, "/usage")]
        written = run(home, "chat", "--llm", str(model), "--max-tokens", "24", typed=each)
    text = (
        "# Two chats\n\nPrinted by `python benchmarks/chats.py --publish`.\n\n"
        f"## The default: quotes, no model\n\n```console\n$ rag chat\n{default}```\n\n"
        "## A model of real architecture, with random weights\n\nIts words are noise, and are told "
        "to be; `/usage` shows what of each\nprompt was read already.\n\n"
        f"```console\n$ rag chat --llm tiny-qwen2 --max-tokens 24\n{written}```\n"
    )
    print(text)
    if options.publish:
        (ROOT / "benchmarks" / "results" / "chats.md").write_text(text, "utf-8")


def run(home: Path, *arguments: str, typed: list[str] | None = None) -> str:
    """What a command prints, both streams together, given what is typed."""
    done = subprocess.run(
        [str(RAG), *arguments],
        env={
            **os.environ, "RAG_INDEXES": str(home / "indexes"), "NO_COLOR": "1",
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
            "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1",
        },
        input="\n".join(typed or []), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=True, cwd=home,
    )  # fmt: skip
    return done.stdout.replace(str(home) + "/", "")


if __name__ == "__main__":
    main()
