"""The command as a person runs it: a process, its streams, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_command
from tests.crawl.site import Site, html

RAG = Path(sys.executable).with_name("rag")


def rag(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", "RAG_LOG": "off", **environment}
    return run_command(*arguments, cwd=cwd, env=variables)


def one_line_error(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and an index in ./indexes."""
    home = tmp_path_factory.mktemp("home")
    (home / "indexes").mkdir()
    notes = home / "notes"
    notes.mkdir()
    (notes / "kv.md").write_text(
        "# Memory\n\n## The cache\n\nThe key-value cache stores the keys and values of earlier "
        "tokens, so that each new token needs one pass only.\n\n## Batches\n\nA batch of 32 "
        "requests shares one read of the weights.\n"
    )
    (notes / "tea.txt").write_text("Green tea is brewed at 80 degrees for two minutes.\n")
    done = rag("index", "notes", "--json", cwd=home)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["indexed"]) == 2
    return home


def test_ask_quotes_and_cites(home: Path) -> None:
    done = subprocess.run(
        [str(RAG), "ask", "What does the key-value cache store?"],
        cwd=home, env={**os.environ, "RAG_LOG": "off"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "stores the keys and values of earlier tokens" in " ".join(done.stdout.split())
    assert "[1]" in done.stdout
    assert "notes/kv.md" in done.stdout
    assert "Memory > The cache" in done.stdout
    assert done.stderr == ""


def test_ask_as_json_has_quotes_that_are_the_page(home: Path) -> None:
    done = rag("ask", "At which temperature is green tea brewed?", "--json", cwd=home)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["answered"] is True
    (citation, *_) = answer["citations"]
    span = citation
    text = (home / span["document_id"]).read_text()
    assert text[span["start"] : span["end"]] == span["quote"]
    assert "80 degrees" in span["quote"]


def test_ask_says_when_the_documents_do_not_answer(home: Path) -> None:
    done = rag("ask", "Who won the cycling race in 1987?", "--json", cwd=home)
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["answered"] is False
    assert answer["reason"]
    assert answer["citations"] == []
    output = rag("ask", "Who won the cycling race in 1987?", cwd=home)
    assert "do not" in output.stdout


def test_asking_imports_nothing_heavy(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['rag', 'ask', 'What does the key-value cache store?']\n"
        "from rag_infer.cli import main\n"
        "try:\n    main()\nexcept SystemExit as done:\n    assert not done.code, done.code\n"
        "print('\\nMODULES', ' '.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split("MODULES")[1].split())
    assert "[1]" in done.stdout
    assert not {"torch", "transformers", "sentence_transformers", "pandas", "sklearn"} & modules


def test_search_and_status(home: Path) -> None:
    done = rag("search", "weights per batch", "-k", "1", "--json", cwd=home)
    (hit,) = json.loads(done.stdout)
    assert "batch of 32" in hit["text"]
    assert {"score", "dense", "lexical"} <= set(hit)
    output = rag("search", "weights per batch", cwd=home).stdout
    assert all(len(line) <= 100 for line in output.splitlines())
    status = json.loads(rag("status", "--json", cwd=home).stdout)
    assert status["documents"] == 2
    assert status["embedder"] == "all-MiniLM-L6-v2"
    assert status["bytes"] > 1000
    assert "notes/kv.md" in rag("status", "-v", cwd=home).stdout


def test_errors_are_one_line_with_what_to_do(home: Path, tmp_path: Path) -> None:
    one_line_error(rag("index", "nowhere", cwd=home), "nowhere", "no such file or folder")
    (tmp_path / "empty").mkdir()
    one_line_error(rag("index", "empty", cwd=tmp_path), "empty", "nothing to index")
    one_line_error(rag("ask", "x?", "--index", "none", cwd=home), "no index", "rag index")
    one_line_error(rag("ask", "  ", cwd=home), "empty")
    one_line_error(
        rag("index", "notes", "-i", "new", "--embedder", "someone/model", cwd=home),
        "someone/model",
        "hf download",
    )
    one_line_error(
        rag("ask", "x?", "--llm", "someone/chat-model", cwd=home), "someone/chat-model", "download"
    )
    one_line_error(rag("remove", "notes/none.md", cwd=home), "notes/none.md", "not in the index")


def test_usage_errors_exit_with_two(home: Path) -> None:
    for arguments in (
        ["ask"],
        ["ask", "x", "-k", "0"],
        ["nonsense"],
        ["search", "x", "--metadata", "y"],
        ["ask", "x", "--since", "yesterday"],
        ["ask", "x", "--since", "2025", "--until", "2024"],
        ["ask", "x", "--path", ""],
        ["ask", "x", "--runtime", "none"],
        ["summarize", "notes/a.md", "--pages", "x"],
        ["summarize", "notes/a.md", "--pages", "9-3"],
        ["eval", "--min", "answer"],
        ["mcp", "--http", "99999"],
        ["config", "none"],
    ):
        done = rag(*arguments, cwd=home)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.splitlines()[-1].startswith(("Error: ", "rag: error: ")), done.stderr


def test_a_bad_file_is_named_and_the_others_land(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "good.txt").write_text("A sentence that can be read.")
    (folder / "bad.pdf").write_bytes(b"not a pdf at all")
    done = rag("index", "mixed", "-i", str(tmp_path / "index"), cwd=tmp_path)
    assert done.returncode == 0
    assert "mixed/bad.pdf" in done.stdout
    strict = rag("index", "mixed", "-i", str(tmp_path / "index"), "--fail-on-error", cwd=tmp_path)
    assert strict.returncode == 1
    result = rag("search", "sentence", "-i", str(tmp_path / "index"), cwd=tmp_path)
    assert "mixed/good.txt" in result.stdout
    only = rag("index", "mixed/bad.pdf", "-i", str(tmp_path / "other"), cwd=tmp_path)
    assert only.returncode == 1


def test_verify_gc_and_rm(home: Path, tmp_path: Path) -> None:
    index_path = str(tmp_path / "index")
    assert rag("index", "notes", "-i", index_path, cwd=home).returncode == 0
    assert "index OK" in rag("verify", "-i", index_path, cwd=home).stdout
    assert (
        rag("remove", "notes/tea.txt", "-i", index_path, cwd=home).stdout
        == "removed notes/tea.txt\n"
    )
    assert rag("gc", "-i", index_path, cwd=home).returncode == 0
    (arrays,) = Path(index_path).glob("segments/*/arrays.bin")
    arrays.write_bytes(arrays.read_bytes()[:-4])
    broken = rag("verify", "-i", index_path, cwd=home)
    assert broken.returncode == 1
    assert "arrays.bin" in broken.stdout
    one_line_error(rag("ask", "x?", "-i", index_path, cwd=home), "arrays.bin", "rag verify")


def test_control_characters_of_a_document_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil.txt").write_text(
        "The launch code is \x1b[31mred\x1b[0m \x1b]0;owned\x07 and \u202edesrever\u202c.\n"
    )
    index_path = str(tmp_path / "index")
    rag("index", "evil.txt", "-i", index_path, cwd=tmp_path)
    for command in (["search", "launch code"], ["ask", "What is the launch code?"]):
        output = rag(*command, "-i", index_path, cwd=tmp_path).stdout
        assert "launch code" in output
        assert not {"\x1b", "\x07", "\u202e"} & set(output)


def test_every_command_has_help_with_examples(home: Path) -> None:
    for command in ("index", "ask", "search", "status", "remove", "verify", "gc"):
        done = rag(command, "--help", cwd=home)
        assert done.returncode == 0
        assert "Examples:" in done.stdout
        assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_remove_says_what_the_next_run_adds_again(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.md").write_text(f"A note on {name}.")
    (tmp_path / "indexes").mkdir()
    assert rag("index", "notes", cwd=tmp_path).returncode == 0
    done = rag("remove", "notes/a.md", cwd=tmp_path)
    assert done.stdout == "removed notes/a.md\n"
    assert f"adds {folder / 'a.md'} again" in done.stderr and ".ragignore" in done.stderr
    (folder / "b.md").unlink()
    done = rag("remove", "notes/b.md", "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == {"removed": ["notes/b.md"], "returning": []}
    (folder / ".ragignore").write_text("a.md\n")
    rag("index", "notes", cwd=tmp_path)
    assert rag("ls", cwd=tmp_path).stdout == "notes/c.md\n"
    # Without its root, no run speaks for the folder any more.
    done = rag("remove", "notes", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("removed notes/c.md\n", "")


def test_text_piped_beside_a_question_is_the_source(home: Path) -> None:
    done = subprocess.run(
        [str(RAG), "ask", "At", "what", "time", "does", "the", "harbor", "close?"],
        input="The harbor closes at nine in the evening.\n", cwd=home, capture_output=True,
        env={**os.environ, "RAG_LOG": "off"}, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "nine in the evening" in done.stdout
    assert "standard input" in done.stdout


def test_bytes_that_are_no_text_do_not_crash(home: Path) -> None:
    done = subprocess.run(
        [str(RAG).encode(), b"ask", b"What is \xff\xfe tea?"],
        cwd=home, env={**os.environ, "RAG_LOG": "off"}, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"internal error" not in done.stderr


def test_web_pages_are_indexed_asked_synced_and_removed(tmp_path: Path) -> None:
    (tmp_path / "indexes").mkdir()
    pages = {"/": html("<p>The harbor closes at 9 pm. <a href='/fees'>Fees</a></p>"),
             "/fees": html("<p>A berth costs 31 euros.</p>")}  # fmt: skip
    with Site(pages) as site:
        one_line_error(rag("index", site.url(), cwd=tmp_path), "private", "--allow-private")
        arguments = ("index", site.url(), "--depth", 1, "--allow-private", "--json")
        report = json.loads(rag(*arguments, cwd=tmp_path).stdout)
        assert [f["document_id"] for f in report["indexed"]] == [site.url(), site.url("/fees")]
        answer = rag("ask", "When does the harbor close?", cwd=tmp_path).stdout
        assert "9 pm" in answer
        assert site.url() in answer
        del site.pages["/fees"]
        report = json.loads(rag(*arguments, cwd=tmp_path).stdout)
        assert report["removed"] == [site.url("/fees")]
        assert rag("ls", cwd=tmp_path).stdout.split() == [site.url()]
    report = json.loads(rag(*arguments, cwd=tmp_path).stdout)
    assert [(u["path"], u["documents"]) for u in report["unreachable"]] == [(site.url(), 1)]
    assert rag("remove", site.url(), cwd=tmp_path).returncode == 0
    one_line_error(rag(*arguments, cwd=tmp_path), "not reachable")
    assert rag("index", site.url(), "--watch", cwd=tmp_path).returncode == 2


def test_the_package_runs_as_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "rag_infer", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.startswith("rag-infer ")
