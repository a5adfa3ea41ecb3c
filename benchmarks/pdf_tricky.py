"""Damaged, encrypted, huge and odd PDFs: is each one read, or refused with a clear reason?

    python benchmarks/pdf_tricky.py            82 files, a minute; exit status 1 on any miss
    python benchmarks/pdf_tricky.py --all      print every file, not only the misses

All files are read in one call, the good beside the bad, with the defaults; those that need a
password a second time, with it. Each must meet what the manifest expects of its class, within 30
seconds, and no process may take more than 1.5 GB. Needs the evaluation data (RAG_EVAL_DATA).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.errors import PasswordError
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "pdf_tricky"
SECONDS = 30.0
BYTES = 1.5e9
WITH_PASSWORD = "with password: "


@dataclass(frozen=True)
class Case:
    """A file of the manifest: what is expected of it, and the password that opens it."""

    file: str
    category: str
    expect: str
    password: str | None


@dataclass(frozen=True)
class Verdict:
    """What became of a file; ``miss`` is empty when that is what was expected."""

    case: Case
    outcome: str
    seconds: float
    miss: str


def cases(folder: Path = DATA) -> list[Case]:
    """The manifest."""
    records = map(json.loads, (folder / "manifest.jsonl").read_text("utf-8").splitlines())
    return [Case(r["file"], r["category"], r["expect"], r["password"]) for r in records]


def judge(cases: Sequence[Case], folder: Path = DATA) -> list[Verdict]:
    """Reads the files and holds each to what is expected of it."""
    plain = _read([SourceFile(folder / "files" / c.file, c.file) for c in cases], ())
    verdicts = [_verdict(case, plain.get(case.file)) for case in cases]
    for case in cases:
        if case.expect == "needs_password" and case.password:
            source = SourceFile(folder / "files" / case.file, case.file)
            result = _read([source], (case.password,)).get(case.file)
            opened = result is not None and result.error is None
            outcome = WITH_PASSWORD + _outcome(result)
            seconds = result.seconds if result else 0.0
            verdicts.append(Verdict(case, outcome, seconds, "" if opened else "not opened"))
    return verdicts


def _read(sources: Sequence[SourceFile], passwords: tuple[str, ...]) -> dict[str, FileResult]:
    options = ReadOptions(passwords=passwords, timeout_s=SECONDS, ocr=False)
    return {result.source.id: result for result in read_files(sources, options)}


def _outcome(result: FileResult | None) -> str:
    if result is None:
        return "no result"
    if result.error is not None:
        return str(result.error)
    pages = [page for document in result.documents for page in document.pages]
    silent = Counter(page.note for page in pages if page.note)
    notes = "".join(f"; {count} x {note}" for note, count in silent.items())
    return f"{len(pages)} pages, {sum(len(page.text) for page in pages)} characters{notes}"


def _verdict(case: Case, result: FileResult | None) -> Verdict:
    if result is None:
        return Verdict(case, _outcome(result), 0.0, "lost")
    return Verdict(case, _outcome(result), result.seconds, _miss(case, result))


def _miss(case: Case, result: FileResult) -> str:
    error = result.error
    if result.seconds > SECONDS:
        return f"took {result.seconds:.0f} s"
    if error is not None:
        line = str(error)
        if case.file not in line or "\n" in line:
            return "an error that does not name the file in one line"
        if any(word in line for word in ("crashed", "did not finish", "nonsense", "ended early")):
            return "its parser broke"
    pages = [page for document in result.documents for page in document.pages]
    characters = sum(len(page.text) for page in pages)
    silent = [page for page in pages if not page.text]
    match case.expect:
        case "text":
            return "" if error is None and characters >= 10 else "no text"
        case "needs_password":
            return "" if isinstance(error, PasswordError) else "not refused for its password"
        case "no_text":
            is_reported = error is not None or (silent and all(page.note for page in silent))
            return "" if is_reported and not characters else "does not say that there is no text"
        case "reject":
            refused = error is not None and not isinstance(error, PasswordError)
            return "" if refused else "not rejected"
        case _:
            return "" if error or all(page.note for page in silent) else "silently empty"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="print every file")
    show_all = parser.parse_args().all
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there; set RAG_EVAL_DATA")
    started = time.perf_counter()
    verdicts = judge(cases())
    wall = time.perf_counter() - started
    for v in verdicts:
        if show_all or v.miss:
            print(f"{v.miss or 'ok':<10} {v.case.expect:<15} {v.seconds:6.2f} s  {v.case.file}")
            print(f"{'':>37}{v.outcome[:200]}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{'expected':<16}{'files':>6}{'met':>6}")
    for expect in dict.fromkeys(v.case.expect for v in verdicts):
        own = [v for v in verdicts if v.case.expect == expect]
        print(f"{expect:<16}{len(own):>6}{sum(not v.miss for v in own):>6}")
    misses = sum(bool(v.miss) for v in verdicts)
    slowest = max(verdicts, key=lambda v: v.seconds)
    print(f"{len(verdicts) - misses} of {len(verdicts)} met in {wall:.1f} s")
    print(f"slowest {slowest.seconds:.1f} s ({slowest.case.file}); peak memory {peak / 1e6:.0f} MB")
    return 1 if misses or peak > BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
