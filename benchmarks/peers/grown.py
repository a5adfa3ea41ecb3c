"""A folder of text of any size, grown from real documents, in which no chunk occurs twice.

Knows: how words are exchanged. Does not know: what the folder is for.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

_WORD = re.compile(r"[A-Za-z]{3,}")
_ONE_IN = 8


def grow(source: Path, target: Path, megabytes: float) -> int:
    """Writes copies of the source's .md and .txt files until the target holds so many MB (10^6).

    In each copy, one word in eight is another word of the source, drawn with a fixed seed: lengths
    and frequencies stay those of real text, and no copy repeats another. Returns the files written.
    """
    originals = [
        path.read_text("utf-8")
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix in {".md", ".txt"}
    ]
    words = [word for text in originals for word in _WORD.findall(text)]
    chance = random.Random(20261104)

    def another(match: re.Match[str]) -> str:
        return chance.choice(words) if chance.random() * _ONE_IN < 1 else match.group()

    target.mkdir(parents=True)
    left, files = int(megabytes * 1_000_000), 0
    while left > 0:
        text = _WORD.sub(another, originals[files % len(originals)])
        data = text.encode("utf-8")[:left].decode("utf-8", "ignore").encode("utf-8")
        if not data:
            break
        (target / f"{files:05}.md").write_bytes(data)
        left -= len(data)
        files += 1
    return files
