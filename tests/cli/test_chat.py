"""``rag chat`` as a process: over a pipe, and in a real terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rag_infer import Index
from tests.command import run_command
from tests.factories import CORPUS, save_model

RAG = str(Path(sys.executable).with_name("rag"))
READY = "\x1b[?2004h"  # the prompt is there
STORE = "What does the key-value cache store?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("chat")
    index = Index.open(home / "indexes" / "default", create=True)
    index.add(CORPUS / "kv-cache.md", CORPUS / "tokens.md")
    save_model(home / "tiny", window=4096)
    return home


def environment(home: Path) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAG_")}
    return {
        **environment, "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"),
        "HF_HUB_OFFLINE": "1", "NO_COLOR": "1", "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }  # fmt: skip


def chat(home: Path, *lines: str, options: tuple[str, ...] = ()) -> str:
    done = run_command(
        "chat", *options, cwd=home, env=environment(home), text="\n".join(lines),
        streams_joined=True,
    )  # fmt: skip
    done.check_returncode()
    return done.stdout


def test_it_is_kept_listed_resumed_exported_and_forgotten(home: Path) -> None:
    output = chat(
        home, STORE, "How large does it get for each token?", "/sources", "/nope", "/quit"
    )
    assert f"> {STORE}" in output
    assert "524,288" in output  # what "it" is was taken from the turn before
    assert "dense 0." in output
    assert "unknown command /nope" in output
    listed = chat(home, options=("--list",))
    assert re.search(r"^[0-9a-f]{8}  .*  2 turns  What does the key-value", listed, re.MULTILINE)
    output = chat(home, "/retry", options=("--resume", "last"))
    assert output.count("How large does it get for each token?") == 1
    exported = chat(home, options=("--export", "last"))
    assert exported.startswith(f"## {STORE}\n")
    assert exported.count("## ") == 2
    output = chat(home, "/sources", "/context", "/usage", "/retry", "/new", "/help")
    assert output.count("There is no answer yet.") == 3
    assert "There is no question yet." in output
    chat(home, options=("--delete", "last"))
    assert "No conversations" in chat(home, options=("--list",))


def test_a_model_is_loaded_once_and_reads_only_what_is_new(home: Path) -> None:
    options = ("--llm", "tiny", "--max-tokens", "12")
    output = chat(home, STORE, "/usage", "What does it hold?", "/usage", options=options)
    assert output.count("of them cached") == 1
    read, cached = map(int, re.findall(r"prompt (\d+), (\d+) of them cached", output)[0])
    assert cached > 0.8 * read


class Terminal:
    """The far end of a pseudo-terminal in which a program runs."""

    def __init__(self, descriptor: int, process: int) -> None:
        self._descriptor, self.process, self.seen = descriptor, process, ""

    def until(self, text: str, seconds: float = 60) -> str:
        """Waits until a text was printed; gives what came before and with it."""
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            if select.select([self._descriptor], [], [], 0.2)[0]:
                self.seen += os.read(self._descriptor, 65536).decode(errors="replace")
        at = self.seen.index(text) + len(text)
        match, self.seen = self.seen[:at], self.seen[at:]
        return match

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())


@contextmanager
def terminal(home: Path, *options: str) -> Iterator[Terminal]:
    process, descriptor = pty.fork()
    if not process:
        os.chdir(home)
        os.execve(RAG, [RAG, "chat", *options], environment(home))
    try:
        yield Terminal(descriptor, process)
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        os.close(descriptor)


def test_ctrl_c_stops_the_answer_and_not_the_chat(home: Path) -> None:
    with terminal(home, "--llm", "tiny", "--max-tokens", "3000") as screen:
        screen.until(READY)
        screen.type(f"{STORE}\r")
        screen.until("\n")
        time.sleep(0.2)
        for _ in range(100):  # until the model writes, which takes some seconds to load
            if select.select([screen._descriptor], [], [], 1)[0]:
                screen.seen += os.read(screen._descriptor, 65536).decode(errors="replace")
            if len(screen.seen) > 400:
                break
        screen.type("\x03")
        screen.until("(stopped)")
        screen.until(READY)
        screen.type("/usage\r")
        screen.until("output")
        screen.until(READY)
        screen.type("/quit\r")
        assert os.waitpid(screen.process, 0)[1] == 0


def test_a_question_of_two_lines(home: Path) -> None:
    with terminal(home) as screen:
        screen.until(READY)
        screen.type("What does the\x1b\rkey-value cache store?\r")
        screen.until("kv-cache.md")
        screen.type("\x04")
        exported = ""
        for _ in range(100):
            exported = chat(home, options=("--export", "last"))
            if "What does the key-value" in exported:
                break
            time.sleep(0.1)
    assert exported.startswith("## What does the key-value cache store?")


def test_answers_are_judged_and_asked_again_by_an_evaluation(home: Path) -> None:
    output = chat(
        home, "/right", STORE, "/right", "How large is it for each token?", "/wrong 12 bytes",
        "/wrongly", "/quit",
    )  # fmt: skip
    assert output.count("There is no answer yet.") == 1
    assert output.count("Noted, on this machine only") == 2
    assert "unknown command /wrongly" in output
    options = ("--from-feedback", "--out", "mine.jsonl")
    done = run_command("eval", *options, cwd=home, env=environment(home))
    assert "2 questions written" in done.stdout
    written = (home / "mine.jsonl").read_text()
    assert '"answers": ["12 bytes"]' in written
    assert '"documents": ["kv-cache.md"]' in written
