"""Hours of mixed load on one server, with kills and full disks; then: is anything lost or growing?

See README.md in this folder.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from soak_disturbances import Disturbances
from soak_load import Load, Uploads
from soak_server import COMMAND, ROOT, Server

SAMPLE_SECONDS = 10
FIELDS = ("seconds", "memory_mib", "descriptors", "threads", "children", "temporary_files")


def check_contents(server: Server, uploads: Uploads) -> list[str]:
    problems: list[str] = []
    with server.client() as client:
        for _ in range(600):
            jobs = client.get("/api/jobs").json()["jobs"]
            if all(job["state"] in ("done", "failed") for job in jobs):
                break
            time.sleep(0.5)
        listed = {
            d["document_id"]
            for d in client.get("/api/indexes/default/documents").json()["documents"]
        }
        for document, word in uploads.documents.items():
            if document not in listed:
                problems.append(f"lost: {document}")
                continue
            page = client.get(
                "/api/indexes/default/page", params={"document_id": document, "page_number": 1}
            ).json()
            if word not in page.get("text", ""):
                problems.append(f"garbled: {document}")
    problems += [f"removed but listed: {document}" for document in uploads.removed & listed]
    return problems


def check_index(server: Server) -> list[str]:
    verified = subprocess.run(
        [*COMMAND, "verify"],
        check=False,
        env=server.environment,
        cwd=server.home,
        capture_output=True,
        text=True,
    )
    return [f"rag verify: {verified.stdout}{verified.stderr}"] if verified.returncode else []


def check_growth(samples: list[dict[str, float]]) -> list[str]:
    third = len(samples) // 3
    if third < 3:
        return []
    problems = []
    for name in FIELDS[1:]:
        middle = median(s[name] for s in samples[third : 2 * third])
        last = median(s[name] for s in samples[2 * third :])
        allowance = max(middle * 0.10, 25 if name == "memory_mib" else 4)
        if last > middle + allowance:
            problems.append(f"{name} grew from {middle:g} to {last:g}")
    return problems


def draw(samples: list[dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(FIELDS) - 1, 1, figsize=(8, 10), sharex=True)
    for axis, name in zip(axes, FIELDS[1:], strict=True):
        axis.plot([s["seconds"] / 60 for s in samples], [s[name] for s in samples])
        axis.set_ylabel(name.replace("_", " "))
        axis.set_ylim(bottom=0)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="a soak test of rag serve")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two requests")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("soak"), help="folder for the report")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    for name in ("indexes", "tmp"):
        (home / name).mkdir()
    subprocess.run(
        [*COMMAND, "index", str(ROOT / "corpus")],
        check=True,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAG_INDEXES": str(home / "indexes")},
    )
    server, uploads = Server(home), Uploads()
    server.wait_until_ready()
    load = Load(server, uploads, options.seed, options.pause)
    disturbances = Disturbances(server, options.minutes, load.stop, options.seed)
    threads = [
        threading.Thread(target=load.run, args=(n,), daemon=True) for n in range(options.clients)
    ]
    threads.append(threading.Thread(target=disturbances.run, daemon=True))
    for thread in threads:
        thread.start()
    samples: list[dict[str, float]] = []
    start = time.monotonic()
    with (options.out / "soak.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        while (passed := time.monotonic() - start) < options.minutes * 60:
            time.sleep(SAMPLE_SECONDS)
            try:
                samples.append(server.sample(passed))
            except OSError:
                continue  # it is being restarted
            writer.writerow(samples[-1])
            file.flush()
    load.stop.set()
    for thread in threads:
        thread.join(timeout=600)
    problems = check_contents(server, uploads) + check_growth(samples)
    problems += load.problems() + disturbances.problems
    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=600)
    problems += check_index(server)
    try:
        draw(samples, options.out / "soak.png")
    except ImportError:
        print("no plot: matplotlib is not installed", file=sys.stderr)
    print(f"{options.minutes:g} minutes, {options.clients} clients, {len(uploads.documents)} kept")
    for name, count in sorted((load.counts + disturbances.events).items()):
        print(f"{count:8}  {name}")
    for problem in problems:
        print(f"PROBLEM  {problem}")
    if problems:
        print(f"the data is left in {home}")
        raise SystemExit(1)
    shutil.rmtree(home)
    print("nothing lost, nothing growing")


if __name__ == "__main__":
    main()
