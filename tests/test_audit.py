"""The audit of a release says in one line what was checked and what was not."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from scripts.audit import audit, summary


def program(folder: Path, body: str) -> str:
    path = folder / "pip-audit"
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_service_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    packages = audit(program(tmp_path, "import time; time.sleep(60)"), ".", 0.5)
    line, is_vulnerable = summary(packages)
    assert line == "audit: NOT CHECKED, the advisory service is not reachable"
    assert not is_vulnerable


def test_a_report_that_is_none_counts_as_not_checked(tmp_path: Path) -> None:
    packages = audit(program(tmp_path, "raise SystemExit('no connection')"), ".", 30)
    assert "NOT CHECKED" in summary(packages)[0]


def test_packages_that_were_skipped_are_counted() -> None:
    packages = [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "skip_reason": "not found"},
    ]
    line = "audit: 1 of 2 packages checked, 1 NOT CHECKED (b: unknown to the service)"
    assert summary(packages) == (line, False)
    assert "NOT CHECKED" in summary(packages[1:])[0]


def test_a_vulnerability_is_named() -> None:
    packages = [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]
    line, is_vulnerable = summary(packages)
    assert is_vulnerable and line.endswith("VULNERABLE: a PYSEC-1")
