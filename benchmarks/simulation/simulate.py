"""Search past one machine, simulated: what a cluster answers in which time, and what breaks first.

    python benchmarks/simulation/simulate.py [--questions 1500] [--publish]

Nothing here is measured on a cluster. ``inputs.json`` holds what was measured on one machine, each
with the result file it comes from (a test keeps them equal), and what is assumed: the network, how
service times vary, and that vectors cost the root of the chunks, as an index has about ten segments
whatever its size. Needs simpy; the plot needs matplotlib (extra ``bench``).

Questions arrive at random (Poisson). Each needs all shards; a shard is a machine with cores, its
work on a question is log-normal, and one leg in a hundred takes eight times as long. A question is
found when its last shard has replied, then answered by quotes on cores of their own. With hedging a
leg that takes longer than 95 % of the legs is sent to a replica too. ``busy`` is the share of time
that the cores of shards work; above 95 % nothing is said of times, as they only grow.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "simulation.json"
PLOT = HERE.parents[1] / "docs" / "assets" / "simulation.png"
SEED = 3
MAX_BUSY = 0.95
FORMATS = ("format 1", "format 2")


def inputs() -> dict[str, float]:
    """All inputs by name."""
    stored = json.loads((HERE / "inputs.json").read_text("utf-8"))
    measured = {name: float(entry["value"]) for name, entry in stored["measured"].items()}
    return {**measured, **stored["assumed"]}


def search_ms(constants: dict[str, float], index_format: str, millions: float) -> float:
    """Processor time of one question on a shard of so many million chunks."""
    if index_format == "format 1":
        per_million = constants["format1_dense_ms_per_million"]
        per_million += constants["format1_lexical_ms_per_million"]
        return constants["fixed_ms"] + per_million * millions
    tens = millions / 10
    dense = constants["dense_ms_of_ten_million"] * tens ** constants["dense_exponent"]
    return constants["fixed_ms"] + dense + constants["lexical_ms_of_ten_million"] * tens


def answer_ms(constants: dict[str, float]) -> float:
    """Processor time of quoting, claims and ranking for one question, without a model."""
    return constants["answer_ms_earlier"] * constants["answers_s_earlier"] / constants["answers_s"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """So many million chunks on shards of equal size, each with cores and perhaps a replica."""

    index_format: str
    millions: float
    shards: int
    cores: int
    replicas: int = 1
    slow_share: float = 0.0

    @property
    def name(self) -> str:
        size = f"{self.millions / 1000:g}B" if self.millions >= 1000 else f"{self.millions:g}M"
        hedging = ", hedged" if self.replicas > 1 else ""
        slow = f", {self.slow_share:.0%} slow" if self.slow_share else ""
        return f"{size} on {self.shards} x {self.cores}, {self.index_format}{slow}{hedging}"


CLUSTERS = (
    Cluster("format 1", 10, 1, 16),
    Cluster("format 2", 10, 1, 16),
    Cluster("format 1", 100, 10, 16),
    Cluster("format 2", 100, 10, 16),
    Cluster("format 1", 1000, 100, 16),
    Cluster("format 2", 1000, 100, 32),
    Cluster("format 2", 1000, 100, 32, slow_share=0.01),
    Cluster("format 2", 1000, 100, 32, replicas=2, slow_share=0.01),
    Cluster("format 2", 1000, 20, 64),
)
RATES = (10.0, 100.0, 1000.0)  # questions a second


def simulate(
    constants: dict[str, float], cluster: Cluster, rate: float, questions: int
) -> dict[str, Any]:
    """The times of questions that arrive at a rate; the first tenth of them warms up."""
    import simpy

    generator = random.Random(SEED)
    mean_s = search_ms(constants, cluster.index_format, cluster.millions / cluster.shards) / 1000
    slow = 1 + cluster.slow_share * (constants["slow_factor"] - 1)
    # Hedged legs work twice: five of a hundred.
    work = mean_s * slow * (1.05 if cluster.replicas > 1 else 1.0)
    busy = rate * work / (cluster.cores * cluster.replicas)
    row: dict[str, Any] = {"cluster": cluster.name, "rate": rate, "busy": round(busy, 2)}
    row |= {"core_s": round(mean_s * cluster.shards, 3), "p50_ms": None, "p99_ms": None}
    if busy > MAX_BUSY:
        return row
    sigma = math.sqrt(math.log(1 + constants["service_variation"] ** 2))
    network_s = constants["rounds"] * constants["network_ms_per_round"] / 1000
    hedge_after_s = mean_s * math.exp(1.645 * sigma - sigma**2 / 2)
    environment = simpy.Environment()
    machines = [
        [simpy.Resource(environment, cluster.cores) for _ in range(cluster.replicas)]
        for _ in range(cluster.shards)
    ]
    times: list[float] = []

    def service_s() -> float:
        usual_s = generator.lognormvariate(math.log(mean_s) - sigma**2 / 2, sigma)
        is_slow = generator.random() < cluster.slow_share
        return usual_s * (constants["slow_factor"] if is_slow else 1.0)

    def leg(machine: Any) -> Iterator[Any]:
        with machine.request() as core:
            yield core
            yield environment.timeout(service_s())

    def shard(replicas: list[Any]) -> Iterator[Any]:
        first, *others = generator.sample(replicas, len(replicas))
        reply = environment.process(leg(first))
        if others:
            yield reply | environment.timeout(hedge_after_s)
            if not reply.triggered:
                yield reply | environment.process(leg(others[0]))
                return
        yield reply

    def question() -> Iterator[Any]:
        started = environment.now
        yield environment.all_of([environment.process(shard(m)) for m in machines])
        yield environment.timeout(network_s)
        times.append(environment.now - started)

    def arrivals() -> Iterator[Any]:
        for _ in range(questions):
            yield environment.timeout(generator.expovariate(rate))
            environment.process(question())

    environment.process(arrivals())
    environment.run()
    ordered = sorted(times[questions // 10 :])
    row["p50_ms"] = round(1000 * ordered[len(ordered) // 2])
    row["p99_ms"] = round(1000 * ordered[int(0.99 * len(ordered))])
    return row


def limits(constants: dict[str, float], millions: float) -> list[tuple[str, float]]:
    """Cores, or gigabytes, that a thousand questions a second need of each resource."""
    shards = max(1, math.ceil(millions / 10))
    format1, format2 = (
        search_ms(constants, index_format, millions / shards) * shards for index_format in FORMATS
    )
    return [
        ("cores that search, format 1", format1),
        ("cores that search, format 2", format2),
        ("cores that answer by quotes", answer_ms(constants)),
        ("GB of disk", constants["disk_mb_per_million"] * millions / 1000),
        ("hours of two cores to build without embedding",
         constants["build_s_per_million"] * millions / 3600),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    constants = inputs()
    print(f"{'chunks on shards x cores':<44}{'a second':>9}{'busy':>7}{'p50 ms':>8}{'p99 ms':>8}")
    rows = []
    for cluster in CLUSTERS:
        for rate in RATES:
            row = simulate(constants, cluster, rate, options.questions)
            rows.append(row)
            times = [f"{row[k]}" if row[k] is not None else "-" for k in ("p50_ms", "p99_ms")]
            print(
                f"{cluster.name:<44}{rate:>9g}{row['busy']:>7.2f}{times[0]:>8}{times[1]:>8}",
                flush=True,
            )
    needed = {f"{millions:g}M": dict(limits(constants, millions)) for millions in (10, 100, 1000)}
    print("\nfor a thousand questions a second" + "".join(f"{size:>12}" for size in needed))
    for name in needed["10M"]:
        values = "".join(f"{needed[size][name]:>12,.0f}" for size in needed)
        print(f"{name:<33.33}{values}")
    if options.publish:
        report = {"inputs": constants, "questions": options.questions,
                  "clusters": [asdict(c) for c in CLUSTERS], "rows": rows,
                  "needed": needed}  # fmt: skip
        RESULTS.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
        draw(rows)


def draw(rows: list[dict[str, Any]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.2))
    for cluster in CLUSTERS:
        own = [r for r in rows if r["cluster"] == cluster.name and r["p99_ms"] is not None]
        style = "--" if cluster.index_format == "format 1" else "-"
        if own:
            axes.plot([r["rate"] for r in own], [r["p99_ms"] for r in own], f"o{style}",
                      markersize=4, label=cluster.name)  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("questions a second")
    axes.set_ylabel("p99 of a search, ms")
    axes.set_title("Simulated; a line ends where the cores do not suffice", fontsize=10, loc="left")
    axes.grid(visible=True, alpha=0.25)
    axes.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    figure.savefig(PLOT, dpi=150, bbox_inches="tight")


if __name__ == "__main__":
    main()
