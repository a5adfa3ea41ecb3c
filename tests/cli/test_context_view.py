"""What --show-context and --dry-run print, by the command and a model of real architecture."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.answering.extractive_answerer import EXTRACTIVE_TOP_K
from rag_infer.cite import answerability
from rag_infer.cli import context_view
from rag_infer.context.bounded_template import BoundedTemplate
from rag_infer.context.plan import Budget, plan
from rag_infer.types import Answer, Chunk, Hit
from tests.command import run_command
from tests.factories import CORPUS, save_model

QUESTION = "Why is decoding limited by memory bandwidth?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    Index.open(home / "index", create=True).add(*sorted(CORPUS.glob("*.md")))
    save_model(home / "model", window=1536)
    return home


def ask(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1"}
    done = run_command("ask", QUESTION, "-i", home / "index", *arguments, cwd=home, env=environment)
    done.check_returncode()
    return done


def test_a_dry_run_prints_the_exact_prompt_and_the_ledger(home: Path) -> None:
    options = ["--llm", str(home / "model"), "--max-tokens", "100", "--dry-run"]
    view = ask(home, *options, "--show-context")
    data = json.loads(ask(home, *options, "--json").stdout)
    context = data["context"]
    assert view.stdout == context["prompt"] + "\n" * (not context["prompt"].endswith("\n"))
    assert data["text"] == ""
    assert data["usage"]["output_tokens"] == 0
    assert "dry run" in data["reason"]
    lines = view.stderr.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in view.stderr
    assert f"1536 tokens, {context['tokens']} for the prompt, 100 reserved" in view.stderr
    for name, tokens in ((layer["name"], layer["tokens"]) for layer in context["layers"]):
        assert not tokens or re.search(rf"{name} +{tokens} +\d+\.\d%", view.stderr), name
    assert len(context["omitted"]) > 0
    assert "left out:" in view.stderr
    assert any(re.fullmatch(r"[SPQTA·]{80}", line) for line in lines)
    # More was found than asked for by default, so that there was something to choose from.
    assert len(data["hits"]) > 10
    assert len(json.loads(ask(home, *options, "-k", "2", "--json").stdout)["hits"]) == 2


def test_without_a_model_it_says_so(home: Path) -> None:
    view = ask(home, "--show-context")
    assert "[1]" in view.stdout
    assert "no window and no prompt" in view.stderr
    assert "kv-cache.md" in view.stderr
    dry = ask(home, "--dry-run")
    assert "limited by\nmemory bandwidth" in dry.stdout
    assert "[1]" not in dry.stdout
    data = json.loads(ask(home, "--dry-run", "--json").stdout)
    assert data["context"] is None
    assert data["hits"]
    assert EXTRACTIVE_TOP_K <= answerability.MAX_PASSAGES


def test_bounds_are_said_to_be_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    text = "Tokens cost money. " * 30
    hits = [Hit(Chunk(f"{n}.md", 1, 0, len(text), f"{n} {text}"), 1 - n / 10) for n in range(9)]
    context = plan(BoundedTemplate(), Budget(2500, 100), "How much?", hits)
    answer = Answer("How much?", "", False, "a server", context=context)
    context_view.render_context(answer)
    context_view.render_prompt(answer)
    printed = capsys.readouterr()
    assert "upper bounds" in printed.err
    assert f"at most {context.tokens} for the prompt" in printed.err
    assert "no room" in printed.err or "repeats" in printed.err
    assert all(len(line) <= 80 for line in printed.err.splitlines())
    assert all(message["content"] in printed.out for message in context.messages)
