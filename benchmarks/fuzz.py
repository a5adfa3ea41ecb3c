"""Do damaged files crash or hang the readers, or cost a file beside them?

    python benchmarks/fuzz.py                      2,000 files of all formats; some minutes
    python benchmarks/fuzz.py --files 200 --seed 7 --formats pdf docx

Each file is one of every_format.py with bytes flipped, cut out, doubled, filled, shuffled, cut off
or taken from another file; archives (Office files, EPUB, ODF, ZIP) also within one member, so that
the damage gets past the archive's own checks. They are read in batches, as `rag index` does, with a
sound file between any two. Counted are: a batch that raises or does not end, a file without an end
result, an error of more than one line, a file over its time limit, a text that breaks the rules of
Document, and a sound file that is not read as it was. A file that did so is kept in out/fuzz/.
The seed makes the files: the same seed is the same run.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from peers.sample_files import Sample, samples
from peers.toolkits import OUT, keep

from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files

BATCH = 50
LIMIT_S = 20.0  # of one file
SLACK_S = 10.0  # until a process that is over it has ended
MAX_CHARS = 50_000_000
SOUND = "Sound files beside damaged ones are read whole."
ZIPPED = (".docx", ".pptx", ".xlsx", ".odt", ".ods", ".odp", ".epub", ".zip")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", nargs="*", default=[], help="extensions, all by default")
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    selection = [
        s for s in samples() if not options.formats or _extension(s.name) in options.formats
    ]
    if not selection:
        sys.exit("no such format")
    rng = random.Random(options.seed)
    counts: Counter[str] = Counter()
    by_format: dict[str, Counter[str]] = {_extension(s.name): Counter() for s in selection}
    slowest = (0.0, "")
    started = time.perf_counter()
    for first in range(0, options.files, BATCH):
        picked = [
            selection[n % len(selection)] for n in range(first, min(first + BATCH, options.files))
        ]
        damaged = [
            (f"{first + n:05}-{sample.name}", mutated(sample, selection, rng))
            for n, sample in enumerate(picked)
        ]
        for name, outcome, seconds in _read(damaged):
            counts[outcome] += 1
            if name:
                by_format[_extension(name)][outcome] += 1
                slowest = max(slowest, (seconds, name))
        print(f"\r{min(first + BATCH, options.files):6} of {options.files}", end="", flush=True)
    print()
    faults = {k: v for k, v in counts.items() if k not in ("read", "refused", "neighbor read")}
    for extension, of in by_format.items():
        print(f"{extension:8}" + "".join(f"{of[key]:6} {key:10}" for key in ("read", "refused")))
    seconds = time.perf_counter() - started
    print(f"{options.files} files in {seconds:.0f} s; slowest {slowest[0]:.1f} s ({slowest[1]})")
    print(f"sound files beside them: {counts['neighbor read']} read whole")
    print(f"faults: {faults or 'none'}")
    print(f"aim: no crash, no hang, no lost neighbor: {'NOT met' if faults else 'met'}")
    results = {"files": options.files, "seed": options.seed, "seconds": round(seconds),
               "slowest_s": round(slowest[0], 1), **dict(sorted(counts.items())),
               "faults": sum(faults.values())}  # fmt: skip
    keep("fuzz", results, publish=options.publish)
    sys.exit(1 if faults else 0)


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def mutated(sample: Sample, others: Sequence[Sample], rng: random.Random) -> bytes:
    """A damaged copy of a file: a member of an archive every other time."""
    other = rng.choice(others).data
    if sample.name.endswith(ZIPPED) and rng.random() < 0.6:
        return _damaged_member(sample.data, other, rng)
    return _damaged(sample.data, other, rng)


def _damaged_member(data: bytes, other: bytes, rng: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        victim = rng.choice(names)
        for name in names:
            content = old.read(name)
            new.writestr(name, _damaged(content, other, rng) if name == victim else content)
    return buffer.getvalue()


def _damaged(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to eight damages, one after another."""
    result = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        length = len(result)
        a = rng.randrange(length) if length else 0
        b = min(length, a + rng.choice((1, 4, 64, 1024)))
        kind = rng.randrange(8)
        if kind == 0:
            for _ in range(rng.choice((1, 16, 256))):
                if length:
                    result[rng.randrange(length)] = rng.randrange(256)
        elif kind == 1:
            del result[a:b]
        elif kind == 2:
            result[a:a] = bytes(result[a:b]) * rng.choice((1, 3, 50))
        elif kind == 3:
            result[a:b] = bytes([rng.choice((0, 32, 60, 123, 255))]) * (b - a)
        elif kind == 4:
            del result[a:]
        elif kind == 5:
            start = rng.randrange(len(other)) if other else 0
            result[a:b] = other[start : start + rng.choice((4, 64, 1024))]
        elif kind == 6:
            result[a:b] = rng.randbytes(rng.choice((1, 8, 512)))
        else:
            piece = list(result[a:b])
            rng.shuffle(piece)
            result[a:b] = bytes(piece)
    return bytes(result)


def _read(damaged: Sequence[tuple[str, bytes]]) -> list[tuple[str, str, float]]:
    """Name, outcome and seconds of each file; no name for the sound ones between them."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        sources: list[SourceFile] = []
        for number, (name, data) in enumerate(damaged):
            (Path(folder) / name).write_bytes(data)
            sources.append(SourceFile(Path(folder) / name, name))
            sound = Path(folder) / f"sound-{number}.md"
            sound.write_text(f"{SOUND}\n", "utf-8")
            sources.append(SourceFile(sound, sound.name))
        results: dict[str, list[FileResult]] = {source.id: [] for source in sources}
        options = ReadOptions(timeout_s=LIMIT_S, ocr=False)
        try:
            for result in read_files(sources, options):
                results[result.source.id].append(result)
        except Exception as error:  # what must not happen, whatever it is
            print(f"\nthe batch from {damaged[0][0]} raised {type(error).__name__}: {error}")
            for name, data in damaged:
                _keep_file(name, data)
            return [("", "batch raised", 0.0)]
    outcomes = []
    contents = dict(damaged)
    for name, of in results.items():
        if name in contents:
            outcome = _outcome(of)
            if outcome not in ("read", "refused"):
                print(f"\n{name}: {outcome}")
                _keep_file(name, contents[name])
            outcomes.append((name, outcome, sum(result.seconds for result in of)))
        else:
            texts = [p.text.strip() for r in of for document in r.documents for p in document.pages]
            outcomes.append(("", "neighbor read" if texts == [SOUND] else "neighbor lost", 0.0))
    return outcomes


def _outcome(results: Sequence[FileResult]) -> str:
    if not results or not results[-1].last or any(result.last for result in results[:-1]):
        return "no end result"
    if sum(result.seconds for result in results) > LIMIT_S + SLACK_S:
        return "too slow"
    chars = 0
    for document in (d for result in results for d in result.documents):
        for page in document.pages:
            chars += len(page.text)
            spans = [(block.start, block.end) for block in page.blocks]
            if any(not 0 <= start <= end <= len(page.text) for start, end in spans):
                return "block outside of its page"
            if "\x1b" in page.text or "\x00" in page.text:
                return "control characters"
    if chars > MAX_CHARS:
        return "too much text"
    error = results[-1].error
    if error is not None and ("\n" in str(error) or len(str(error)) > 500):
        return "error of more than a line"
    return "read" if error is None else "refused"


def _keep_file(name: str, data: bytes) -> None:
    folder = OUT / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{zlib.crc32(data):08x}-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
