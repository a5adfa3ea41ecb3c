"""A toolkit as a process that indexes a folder and answers questions, one line of JSON each.

Knows: how questions come and answers go, so that every toolkit is asked alike. Does not know: any
toolkit. Runs in either environment and so needs the standard library alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_TOKENS = 256  # of an answer, for every toolkit: two minutes of a small machine at most
TEMPERATURE = 0.0


@dataclass(frozen=True)
class Reply:
    """``sources`` are names of files in the order shown; ``declined`` where the toolkit says so."""

    text: str
    sources: tuple[str, ...]
    short: str = ""
    declined: bool = False


Ask = Callable[[str], Reply]


def work(build: Callable[[list[Path], str, str], Ask]) -> None:
    """Runs ``build(files, url, model)`` on the files, then asks what it returns.

    Called as ``SCRIPT FOLDER QUESTIONS ANSWERS URL MODEL``; lines are appended to ANSWERS as they
    come, and the caller leaves out of QUESTIONS what stands there already.
    """
    parser = argparse.ArgumentParser()
    for name in ("folder", "questions", "answers"):
        parser.add_argument(name, type=Path)
    parser.add_argument("url")
    parser.add_argument("model")
    options = parser.parse_args()
    start = time.perf_counter()
    files = sorted(path for path in options.folder.rglob("*") if path.is_file())
    ask = build(files, options.url, options.model)
    with options.answers.open("a", encoding="utf-8") as out:
        _write(out, {"index_seconds": time.perf_counter() - start})
        for line in options.questions.read_text("utf-8").splitlines():
            question = json.loads(line)
            start = time.perf_counter()
            try:
                reply = ask(question["question"])
            except Exception as error:  # counts as an answer that did not come
                reply = Reply(f"{type(error).__name__}: {error}"[:300], ())
                failed = True
            else:
                failed = False
            row = {
                "id": question["id"], "text": reply.text, "short": reply.short,
                "sources": list(dict.fromkeys(reply.sources)), "declined": reply.declined,
                "failed": failed, "seconds": time.perf_counter() - start,
            }  # fmt: skip
            _write(out, row)


def _write(out: Any, row: dict[str, Any]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    out.write(json.dumps({**row, "peak_mib": max(peak, children)}, ensure_ascii=False) + "\n")
    out.flush()
