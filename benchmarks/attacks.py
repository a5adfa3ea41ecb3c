"""Which attacks of a document reach the rendered prompt as control?

    python benchmarks/attacks.py

Each text of tests/property/attacks.py stands in a passage, its name, its heading, an earlier turn,
a tool's result and the question at once, in the template of each family, with a tokenizer trained
for
it. Counted are the attacks after which the prompt's control tokens, fences or turns are not those
of a harmless text. Aim: none.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the attacks are the tests'


def main() -> None:
    from tests.property.attacks import CLASSES, FAMILIES, broken_through

    print(f"{'class':<12}{'attacks':>8}" + "".join(f"{family:>10}" for family in FAMILIES))
    through = 0
    for name, attacks in CLASSES.items():
        counts = [len(broken_through(family, attacks)) for family in FAMILIES]
        through += sum(counts)
        print(f"{name:<12}{len(attacks):>8}" + "".join(f"{n:>10}" for n in counts), flush=True)
    count = sum(map(len, CLASSES.values()))
    print(f"\n{count} attacks in {len(FAMILIES)} templates: {through} reach the prompt as control")
    if through:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
