"""What joining and purging large segments of an index takes.

    python benchmarks/joining.py INDEX      an index of benchmarks/scale.py, of a million chunks

In a copy of the index (hard links) all segments are joined into one, then a document is removed for
good from it. Prints seconds of wall and processor time and the most memory of the process, mapped
files included, of each; each is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rag_infer.index import manifest
from rag_infer.index import writer as writer_module
from rag_infer.index.manifest import SegmentEntry
from rag_infer.index.writer import Writer

OUT = Path(__file__).parent / "out" / "joining"


def join(path: Path) -> list[SegmentEntry]:
    entries = manifest.read(path, manifest.current_generation(path))
    writer_module._SEGMENTS_PER_MERGE = 2  # otherwise segments of different sizes stay apart
    with Writer(path, entries.embedder) as writer:
        writer.join_all(4 * sum(entry.chunks for entry in entries.segments))
        return list(writer.base.manifest.segments)


def purge(path: Path) -> list[SegmentEntry]:
    entries = manifest.read(path, manifest.current_generation(path))
    largest = max(range(len(entries.segments)), key=lambda n: entries.segments[n].chunks)
    with Writer(path, entries.embedder) as writer:
        document = next(at for at, _ in writer.base.documents() if at.segment == largest)
        writer.remove([document])
        writer.publish(purge=True)
        return list(writer.base.manifest.segments)


STEPS = {"join": join, "purge": purge}


def measured(step: str) -> None:
    started, cpu = time.perf_counter(), time.process_time()
    segments = STEPS[step](OUT)
    row = {
        "step": step,
        "wall_s": round(time.perf_counter() - started, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "most_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "segments": sorted(entry.chunks for entry in segments),
    }
    print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("index", type=Path)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        measured(arguments.step)
        return
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.parent.mkdir(exist_ok=True)
    shutil.copytree(arguments.index, OUT, copy_function=os.link)
    for step in STEPS:
        subprocess.run([sys.executable, __file__, str(OUT), "--step", step], check=True)
    shutil.rmtree(OUT)


if __name__ == "__main__":
    main()
