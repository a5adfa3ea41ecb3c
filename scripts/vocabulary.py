"""Counts names that say nothing: bare participles and adverbs among parameters and variables.

    python scripts/vocabulary.py FOLDER...   exits with 1 when a folder has more than 5 in 1,000

Eight well-known packages (httpx, starlette, haystack and others) have 0 to 2.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path

MAX_PER_1000 = 5.0
WORDS = frozenset(
    "found made told asked given kept chosen seen said shown held taken known wanted whole place "
    "near far beside apart odd once began spent noted drawn borne bearing bear anew".split()
)


def bound_names(folder: Path) -> Counter[str]:
    """How often each name is a parameter or is assigned below a folder."""
    names: Counter[str] = Counter()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names.update(a.arg for a in node.args.args + node.args.kwonlyargs)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names[node.id] += 1
    return names


def main(folders: list[str]) -> int:
    """Prints the rate of each folder; 1 when one is above the maximum."""
    exceeded = False
    for folder in folders:
        names = bound_names(Path(folder))
        empty = Counter({n: count for n, count in names.items() if n.strip("_") in WORDS})
        rate = 1000 * empty.total() / max(names.total(), 1)
        exceeded |= rate > MAX_PER_1000
        print(f"{folder}: {rate:.1f} in 1,000 of {names.total()} names say nothing", end="")
        most = ", ".join(f"{name} {count}" for name, count in empty.most_common(8))
        print(f" ({most})" if most else "")
    return int(exceeded)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
