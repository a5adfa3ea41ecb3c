"""Which regular expressions of the package cost more than the text is long?

    python benchmarks/pattern_growth.py [--characters 6000]

Every pattern that stands in a module of ``rag_infer`` (also within tuples and dicts) is searched
for in texts that repeat one short piece: digits, letters, spaces, brackets, words of questions. A
text of twice the length should take twice the time; listed are the patterns that take more than
three times as much and more than ``--milliseconds``. Documents and questions are untrusted, so
none is right.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import rag_infer

MAX_SECONDS = 2.0
PIECES = (
    "a", "A", "9", "0", " ", "\t", "\n", " \n", "\u00a0", "-", "--", ".", ". ", ",", ", ", "(", ")",
    "[", "]", "{", "<", ">", '"', "'", "’", "/", "\\", "|", "|-", "#", "*", "_", "`", ":", ": ",
    ";", "?", "? ", "!", "&", "&#", "=", "+", "$", "€", "%", "@", "a.", "a-", "a b ", "a ", "A ",
    "Aa ", "A. ", "1 ", "1.", "1,", "1-", "1/", "1:", "1 a ", "a1", "(1) ", "a, ", "a; ", "a@",
    "a.b@", "\u0301", "a\u0301", "日", "が", "ก", "กา", "한", "ß", "ａ", "\u200b", "a\u200b", "😀",
    "\u202e", "and ", "or ", "of the ", "what is ", "how many ", "who ", "when and ", "the A of ",
    "May ",
    "2024-", "2024 ", "12.", "€ 1 ", "1 kg ", "http://", "www.", "Mr. ", "e.g. ", "is ", "not ",
    "to ", "in ", "from 1 to ", "Section 1 ", "page ", "room ", "a:\n", "- a\n", "1. a\n", "# a\n",
    "a\n\n", "| a ", "\n|", "<a ", "</", "<!--", "[1", "[1]", "![", "](", "\r\n", "$1 ", "\\(",
    "```", "~", "^", "x^", "{{", "<|", "A-1 ", "ab/", "../", "no. ", "No 1 ",
)  # fmt: skip


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every compiled pattern of text in the modules of the package, with its name."""
    for info in pkgutil.walk_packages(rag_infer.__path__, "rag_infer."):
        if info.name.endswith("__main__") or ".integrations." in info.name:
            continue
        try:
            module = importlib.import_module(info.name)
        except ImportError:
            continue
        for name, value in vars(module).items():
            for pattern in _within(value):
                yield f"{info.name}.{name}", pattern


def _within(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _within(part)
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _within(part)


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """CPU time of a search for every match; ``MAX_SECONDS`` if it takes more."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        for _ in pattern.finditer(text):
            pass
    except TimeoutError:
        return MAX_SECONDS
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def _stop(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=6_000)
    parser.add_argument("--milliseconds", type=float, default=8)
    options = parser.parse_args()
    unique = {(name.rsplit(".", 1)[1], p.pattern, p.flags): (name, p) for name, p in patterns()}
    signal.signal(signal.SIGPROF, _stop)
    slow = 0
    for name, pattern in unique.values():
        worst = (0.0, "", 0.0)
        for piece in PIECES:
            half, text = (
                piece * (characters // len(piece)) + "!x"
                for characters in (options.characters // 2, options.characters)
            )
            elapsed = seconds(pattern, text)
            if elapsed * 1000 <= max(options.milliseconds, worst[0]):
                continue
            elapsed = min(elapsed, seconds(pattern, text))
            growth = elapsed / max(seconds(pattern, half), 1e-6)
            is_slow = elapsed * 1000 > max(options.milliseconds, worst[0])
            if (is_slow and growth > 3) or elapsed >= MAX_SECONDS:
                worst = (elapsed * 1000, piece, growth)
            if elapsed >= MAX_SECONDS:
                break
        if worst[0]:
            slow += 1
            print(f"{worst[0]:8.0f} ms  x{worst[2]:4.1f}  {worst[1]!r:12}  {name}", flush=True)
    print(f"{slow} of {len(unique)} patterns cost more than the text is long")


if __name__ == "__main__":
    main()
