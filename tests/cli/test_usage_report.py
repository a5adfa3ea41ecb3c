"""Logs, usage, config, doctor: the real command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from rag_infer.serve.audit_log import AuditLog
from rag_infer.types import Answer, Usage
from rag_infer.userdata.usage_log import UsageLog
from tests.command import run_command

COUNTS = ("questions", "answered", "searches", "other_actions", "documents")
NOTE = "The relief valve opens at six bar. It was made in Ulm in 1987."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "note.md").write_text(NOTE)
    assert rag(folder, "index", "note.md").returncode == 0
    return folder


def rag(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"),
        "RAG_INDEXES": str(home / "indexes"), "NO_COLOR": "1", **more,
    }  # fmt: skip
    return run_command(*arguments, cwd=home, env=environment)


def test_the_log_begins_with_a_plain_word_about_it(home: Path) -> None:
    first = rag(home, "ask", "At how many bar does the relief valve open?", "--usage")
    assert "on this machine only" in first.stderr
    assert "retrieval" in first.stderr
    again = rag(home, "ask", "Where was the relief valve made?")
    assert "this machine" not in again.stderr
    rag(home, "ask", "Who is the tallest man?", "--no-log")
    rag(home, "ask", "Who is the oldest man?", RAG_LOG="off")
    listed = json.loads(rag(home, "logs", "--json").stdout)
    assert [one["question"] for one in listed] == [
        "Where was the relief valve made?",
        "At how many bar does the relief valve open?",
    ]
    (summed,) = json.loads(rag(home, "usage", "--json").stdout)
    assert (summed["model"], summed["questions"]) == ("extractive", 2)
    assert all(len(line) <= 80 for line in rag(home, "usage").stdout.splitlines())


def test_a_log_that_cannot_be_written_costs_no_answer(home: Path, tmp_path: Path) -> None:
    (tmp_path / "rag-infer").write_text("a file where a folder should be")
    answer = rag(home, "ask", "Where was the relief valve made?", XDG_DATA_HOME=str(tmp_path))
    assert answer.returncode == 0
    assert "Ulm" in answer.stdout


def test_costs_are_summed_where_prices_are_known(tmp_path: Path) -> None:
    log = UsageLog(tmp_path / "log.sqlite")
    assert log.add("/i", Answer("q", "a", True, "m", usage=Usage(10, 2, 4, cost=0.5)))
    assert not log.add("/i", Answer("q", "a", False, "m", usage=Usage(10, 2, cost=0.25)))
    (summed,) = log.summed()
    assert (summed.questions, summed.answered, summed.prompt_tokens) == (2, 1, 20)
    assert (summed.cached_tokens, summed.cost) == (4, 0.75)


def test_config_names_the_source_of_every_value(home: Path) -> None:
    rows = {
        r["name"]: (r["value"], r["source"])
        for r in json.loads(rag(home, "config", "--json", RAG_LLM="fast").stdout)
    }
    assert rows["llm"] == ("fast", "RAG_LLM")
    assert rows["index"] == ("default", "default")


def test_doctor_says_what_is_there_and_fails_when_something_is_bad(home: Path) -> None:
    well = rag(home, "doctor")
    assert well.returncode == 0
    assert "weights verified" in well.stdout
    assert "intact" in well.stdout
    config = home / "config" / "rag-infer" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[models.down]\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\nretries = 0\n'
    )
    try:
        ill = rag(home, "doctor")
    finally:
        config.unlink()
    assert ill.returncode == 1
    assert "cannot be reached" in ill.stdout


def test_doctor_checks_the_model_of_the_environment_and_the_index_of_an_option(home: Path) -> None:
    ill = rag(home, "doctor", "--json", RAG_LLM="/no/such/model")
    assert ill.returncode == 1
    findings = {row["subject"]: row for row in json.loads(ill.stdout)}
    assert findings["llm"]["state"] == "bad" and "/no/such/model" in findings["llm"]["message"]
    other = rag(home, "doctor", "-i", "nope")
    assert other.returncode == 0
    assert "nope: no index yet" in other.stdout


def test_the_version_as_json(home: Path) -> None:
    number = json.loads(rag(home, "version", "--json").stdout)["version"]
    assert rag(home, "version").stdout == rag(home, "--version").stdout == f"rag-infer {number}\n"


def test_a_wrong_setting_is_one_line_and_exit_code_1(home: Path) -> None:
    (home / "rag.toml").write_text("indx = 'a'\n")
    try:
        result = rag(home, "status")
    finally:
        (home / "rag.toml").unlink()
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "rag: error: rag.toml: there is no setting 'indx'; there are: index, indexes, "
        "embedder, llm, runtime, reranker, verifier, evaluation_seconds, log, tools, "
        "allow_downloads, private, prefix_cache_mb, prefix_disk_mb, "
        "bucket_cache, bucket_cache_gb, cluster_wait_s, traces, trace_texts, token, shard_key, "
        "models, mcp, prompts"
    )


def test_an_audit_log_is_summed_by_user(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    for user, outcome in (("ole", "answered"), ("ole", "refused"), ("eva", "answered")):
        log.record("ask", user, "team", text="How high is the rent?")
        log.record("answer", user, "team", outcome=outcome, documents=("lease.pdf", "faq.md"))
    log.record("search", "eva", "team", text="rent", documents=("lease.pdf",))
    log.record("page", "eva", "team", documents=("plan.pdf",))
    log.record("remove", "eva", "team", documents=("old.pdf",))  # which shows no text
    rotated = tmp_path / "audit.jsonl.1"
    rotated.write_text(
        '{"time": "2026-01-05T10:00:00.000+00:00", "user": "mo\\u001b[2J", "action": "ask",'
        ' "index": "team", "documents": []}\nhalf a li'
    )
    files = ("--audit-log", "audit.jsonl", "--audit-log", "audit.jsonl.1")
    report = json.loads(rag(tmp_path, "usage", *files, "--json").stdout)
    assert report["unreadable_lines"] == 1
    counted = {user["user"]: [user[count] for count in COUNTS] for user in report["users"]}
    assert counted == {
        "ole": [2, 1, 0, 0, 2], "eva": [1, 1, 1, 2, 3], "mo\x1b[2J": [1, 0, 0, 0, 0],
    }  # fmt: skip
    printed = rag(tmp_path, "usage", *files)
    assert "\x1b" not in printed.stdout
    assert "1 line is none of an audit log" in printed.stderr
    since = rag(tmp_path, "usage", *files, "--since", "2026-02-01").stdout
    assert "ole" in since
    assert "mo" not in since
    assert rag(tmp_path, "usage", *files, "--since", "yesterday").returncode == 2
    assert rag(tmp_path, "usage", "--since", "2026-02-01").returncode == 2
    assert rag(tmp_path, "usage", "--audit-log", "none.jsonl").returncode == 1
