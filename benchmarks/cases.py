"""Are the visible cases right: small folders, each with a kind of fault that was once reported?

    python benchmarks/cases.py                       cases of the kinds 3 to 23 below; minutes
    python benchmarks/cases.py 19 20                 only these cases, by their number
    python benchmarks/cases.py --checkout DIR --python DIR/.venv/bin/python    another revision

A case is a folder with `make.py` (writes its files), `run.sh` (commands) and `case.md` (what was
seen, the output of that day). Each runs in a fresh folder with an empty home. Its output is judged
by the checks of `peers/case_checks.py`: right values that must be in an answer, a quote, a report
or a text, and wrong ones that must not be there. "old" are the same checks over the output that
`case.md` holds, the revision 4978c28. Needs RAG_CASES (default ../shared/cases) and the packages
that the cases' `make.py` import (pikepdf, openpyxl, ReportLab, XlsxWriter, python-docx).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from peers.case_checks import CHECKS, Check
from peers.toolkits import keep

CASES = Path(os.environ.get("RAG_CASES", "../shared/cases"))
ROOT = Path(__file__).parents[1]
KINDS = (3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 19, 23)
CASE_TIMEOUT_S = 600
REFUSALS = ("The documents do not answer this.", "No clear answer.")
PRELUDE = r"""
set -u; cd "$1"
r() { echo "\$ rag $(printf '%q ' "$@")"; timeout 120 rag "$@" 2>&1; echo "(exit $?)"; echo; }
ask() { r ask --no-log "$@"; }
dump() { for f in "$@"; do echo "--- text as read from $f"; python "$TEXT_OF" "$f"; done; }
. ./run.sh
"""
TEXT_OF = """
import sys
from pathlib import Path
from rag_infer.read import ReadOptions, SourceFile, read_files
for result in read_files([SourceFile(Path(sys.argv[1]), sys.argv[1])], ReadOptions(ocr=False)):
    for document in result.documents:
        print(f"title: {document.title} | metadata: {document.metadata}")
        for number, page in enumerate(document.pages, 1):
            print(f"[page {number} label={page.label} note={page.note}]")
            print(page.text)
"""


@dataclass(frozen=True)
class Verdict:
    """The checks of one case that passed now and over the output of then."""

    name: str
    kind: str
    total: int
    passed: int
    passed_before: int
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One command of a case and what it printed; a client's line is both."""

    command: str
    output: str

    @property
    def answer(self) -> str:
        """The answer without its list of citations; empty when the question was refused."""
        text = self.output.split("\n[1] ")[0].split("\nThe nearest passages:")[0]
        return "" if text.lstrip().startswith(REFUSALS[0]) else text


def steps(output: str) -> list[Step]:
    """The commands of an output, in order."""
    starts = [
        match.start() for match in re.finditer(r"^(?:\$ |--- text as read|## )", output, re.M)
    ]
    return [
        Step(*_command_and_output(output[start:end]))
        for start, end in zip(starts, [*starts[1:], len(output)], strict=True)
    ]


def _command_and_output(text: str) -> tuple[str, str]:
    command, _, output = text.partition("\n")
    command = command.replace("\\", "")  # the shell's quoting
    return command, text if command.startswith("## ") else output


def failures(checks: Sequence[Check], output: str) -> list[str]:
    """What is wrong with an output, a line each."""
    all_steps = steps(unicodedata.normalize("NFC", output))
    return [line for check in checks if (line := _failure(check, all_steps)) is not None]


def _failure(check: Check, all_steps: Sequence[Step]) -> str | None:
    matches = [step for step in all_steps if check.command in step.command]
    if len(matches) <= check.occurrence:
        return f"{check.command}: did not run"
    step = matches[check.occurrence]
    answer = _plain(step.answer)
    shown = _plain(step.output)
    for words in check.answer:
        if words not in answer:
            return f"{check.command}: the answer has no {words!r}"
    for words in check.output:
        if words not in shown:
            return f"{check.command}: no {words!r} was printed"
    for words in check.absent:
        if words in (answer if check.answer else shown):
            return f"{check.command}: {words!r}"
    if check.refused and answer and not answer.startswith(REFUSALS[1]):
        return f"{check.command}: is answered"
    if check.confident and answer.startswith(REFUSALS[1]):
        return f"{check.command}: is not answered clearly"
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())


def run_case(folder: Path, checkout: Path, python: Path) -> str:
    """What a case prints with a revision of the package."""
    with tempfile.TemporaryDirectory(prefix="case-") as temporary:
        work, commands = Path(temporary) / "work", Path(temporary) / "bin"
        for path in (work / "in", work / "home", commands):
            path.mkdir(parents=True)
        for path in folder.iterdir():
            if path.is_file():
                (work / path.name).write_bytes(path.read_bytes())
        text_of = Path(temporary) / "text_of.py"
        text_of.write_text(TEXT_OF, "utf-8")
        call = f'#!/bin/bash\nexport PYTHONPATH="{checkout}"\nexec "{python}" -P'
        for name, arguments in (("python", ""), ("rag", " -m rag_infer")):
            (commands / name).write_text(f'{call}{arguments} "$@"\n', "utf-8")
            (commands / name).chmod(0o755)
        home = work / "home"
        environment = os.environ | {
            "CASE": str(folder.resolve()),
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".data"),
            "RAG_INDEX": str(work / "idx"),
            "TEXT_OF": str(text_of),
        }
        subprocess.run([commands / "python", "make.py"], cwd=work, env=environment, check=True)
        result = subprocess.run(
            ["bash", "-c", PRELUDE, "bash", str(work)],
            check=False,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=CASE_TIMEOUT_S,
        )
        subprocess.run(["chmod", "-R", "u+rwX", str(work)], check=False)
        return result.stdout.decode("utf-8", "replace")


def judge(folder: Path, checkout: Path, python: Path) -> Verdict:
    """The verdict over one case."""
    case = (folder / "case.md").read_text("utf-8")
    checks = CHECKS[folder.name.partition("-")[0]]
    line = re.search(r"^- kind of fault: (.*)$", case, re.M)
    now = failures(checks, run_case(folder, checkout, python))
    before = failures(checks, case.partition("## Exact output")[2])
    return Verdict(
        folder.name,
        line[1] if line else "-",
        len(checks),
        len(checks) - len(now),
        len(checks) - len(before),
        tuple(now),
    )


def selected(numbers: Sequence[str]) -> list[Path]:
    """The folders of the cases to run."""
    folders = sorted(path for path in CASES.iterdir() if (path / "case.md").is_file())
    if numbers:
        return [path for path in folders if path.name.partition("-")[0] in numbers]
    return [path for path in folders if path.name.partition("-")[0] in CHECKS]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("numbers", nargs="*", help="numbers of cases, such as 19; all by default")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the package to run")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not CASES.is_dir():
        print(f"skipped: {CASES} is not there; set RAG_CASES")
        return
    unknown = [number for number in options.numbers if number not in CHECKS]
    if unknown:
        parser.error(f"no checks for case {', '.join(unknown)}")
    verdicts = []
    print(f"{'case':48} {'kind':38}   old   new  of")
    for folder in selected(options.numbers):
        verdict = judge(folder, options.checkout.resolve(), options.python.absolute())
        verdicts.append(verdict)
        counts = f"{verdict.passed_before:5} {verdict.passed:5} {verdict.total:3}"
        print(f"{verdict.name:48} {verdict.kind[:38]:38} {counts}", flush=True)
        for line in verdict.failures:
            print(f"    {line}")
    total, passed, before = (
        sum(values)
        for values in zip(*((v.total, v.passed, v.passed_before) for v in verdicts), strict=True)
    )
    whole = sum(v.passed == v.total for v in verdicts)
    print(f"{before} of {total} checks before, {passed} now; {whole} of {len(verdicts)} cases pass")
    in_kinds = [v for v in verdicts if _kind_number(v.kind) in KINDS]
    in_kinds_pass = sum(v.passed == v.total for v in in_kinds)
    met = in_kinds_pass == len(in_kinds)
    print(f"kinds {', '.join(map(str, KINDS))}: {in_kinds_pass} of {len(in_kinds)} cases pass")
    print(f"aim: every case of these kinds passes: {'met' if met else 'NOT met'}")
    results = {
        "checks": total,
        "passed": passed,
        "passed_before": before,
        "cases": {
            v.name: {"kind": v.kind, "old": v.passed_before, "new": v.passed, "of": v.total,
                     "failures": list(v.failures)} for v in verdicts
        },
    }  # fmt: skip
    if not options.numbers:
        keep("cases", results, publish=options.publish)
    sys.exit(0 if met else 1)


def _kind_number(kind: str) -> int | None:
    match = re.match(r"K(\d+)", kind)
    return int(match[1]) if match else None


if __name__ == "__main__":
    main()
