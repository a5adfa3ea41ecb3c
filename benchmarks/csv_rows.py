"""Is a CSV of 100,000 rows indexed within a minute, and is each row found by any of its ids?

    python benchmarks/csv_rows.py                 nine minutes, most of them for the questions
    python benchmarks/csv_rows.py --rows 10000

Rows of orders with two ids (an order number, a serial number), a name, a town, a date and an amount
are made from a seed; no two have an id in common. Measured are `rag index` in a process of its own
(wall time, processor time, peak memory), and for rows drawn from all over the file whether a search
for each of its ids has that row in the first result, and whether the question for its amount is
answered with it. It needs no data.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from peers.measured import run
from peers.toolkits import keep

from rag_infer import Index

AIM_SECONDS, AIM_FOUND = 60.0, 1.0
HEADER = ("Order", "Serial", "Customer", "Town", "Date", "Amount")
FIRST = "Ada Bo Cleo Dara Emil Fay Gus Hanna Ida Jon Kim Lea Mo Nina Olaf Petra Rune Siv Tom Ulla"
LAST = "Brandt Chen Dahl Egger Falk Gomez Holm Iversen Jansen Kovac Lorck Maier Novak Okafor Perrin"
TOWNS = "Alta Bodo Celje Dax Evora Fano Gent Husum Imst Jena Kiel Lund Metz Nice Oslo Pisa Riga"
COMMAND = "from rag_infer.cli import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=50, help="rows to look for")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    rows = orders(options.rows)
    with tempfile.TemporaryDirectory(prefix="csv-rows-") as scratch:
        home = Path(scratch)
        path = home / "orders.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        size = path.stat().st_size
        command = [sys.executable, "-P", "-c", COMMAND, "index", path, "--index", home / "index"]
        environment = {"XDG_CONFIG_HOME": scratch, "XDG_DATA_HOME": scratch, "HF_HUB_OFFLINE": "1"}
        cost = run(command, env={**os.environ, **environment})
        index = Index.open(home / "index")
        sampled_rows = random.Random(2).sample(rows, options.asked)
        started = time.perf_counter()
        hits_by_column = {column: sum(_finds(index, row[n]) for row in sampled_rows)
                 for n, column in enumerate(HEADER[:2])}  # fmt: skip
        search_ms = 1000 * (time.perf_counter() - started) / (2 * len(sampled_rows))
        started = time.perf_counter()
        answered = sum(_answers(index, row) for row in sampled_rows)
        ask_ms = 1000 * (time.perf_counter() - started) / len(sampled_rows)
    results = {
        "rows": options.rows, "megabytes": round(size / 1e6, 1),
        "seconds": round(cost.seconds, 1), "processor_seconds": round(cost.cpu, 1),
        "peak_mib": round(cost.peak), "asked": options.asked,
        "found_by_order": hits_by_column["Order"], "found_by_serial": hits_by_column["Serial"],
        "amounts_answered": answered,
        "search_ms": round(search_ms, 1), "ask_ms": round(ask_ms, 1),
    }  # fmt: skip
    for name, value in results.items():
        print(f"{name:20}{value:>12}")
    met = "met" if cost.seconds <= AIM_SECONDS * max(1.0, options.rows / 100_000) else "NOT met"
    print(f"aim: 100,000 rows within {AIM_SECONDS:.0f} s: {met}")
    all_hit = min(hits_by_column.values()) >= AIM_FOUND * len(sampled_rows)
    print(f"aim: every row found by each of its ids: {'met' if all_hit else 'NOT met'}")
    keep("csv_rows", results, publish=options.publish)


def orders(count: int) -> list[tuple[str, ...]]:
    """Rows with ids that no other row has."""
    rng = random.Random(1)
    first, last, towns = FIRST.split(), LAST.split(), TOWNS.split()
    numbers = rng.sample(range(1_000_000, 9_999_999), count)
    serials = rng.sample(range(0x100000, 0xFFFFFF), count)
    return [
        (
            f"AB-{number}",
            f"{serial:06X}-{n % 97:02}",
            f"{rng.choice(first)} {rng.choice(last)}",
            rng.choice(towns),
            f"{rng.randint(2015, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            f"{rng.randint(100, 999_999) / 100:.2f}",
        )
        for n, (number, serial) in enumerate(zip(numbers, serials, strict=True))
    ]


def _finds(index: Index, row_id: str) -> bool:
    hits = index.search(row_id, top_k=1)
    return bool(hits) and row_id in hits[0].chunk.text


def _answers(index: Index, row: tuple[str, ...]) -> bool:
    answer = index.ask(f"What is the amount of order {row[0]}?")
    return answer.answered and row[-1] in answer.text


if __name__ == "__main__":
    main()
