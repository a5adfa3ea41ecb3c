"""The operator's walk keeps its promises, and says so where one is broken."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")
pytest.importorskip("fastapi", reason="the extra serve is not installed")

ROOT = Path(__file__).parents[2]
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
pytestmark = [
    pytest.mark.skipif(
        shutil.which(program, path=SYSTEM_PATH) is None,
        reason=f"there is no {program} on this machine",
    )
    for program in ("nginx", "openssl")
]


def walk(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT / "deploy", capture_output=True, text=True, check=False,
        timeout=600,
    )  # fmt: skip


@pytest.mark.slow
def test_a_team_of_five_works_behind_nginx(tmp_path: Path) -> None:
    report = tmp_path / "walk.json"
    done = walk("walk.py", "--report", str(report))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    times = json.loads(report.read_text())
    assert [step["step"].split()[0] for step in times["steps"]] == [
        "Documents", "A", "Five", "Each", "A", "Signing", "Index,", "All", "Logs",
    ]  # fmt: skip
    for promise in (
        "cho sees nothing of finance/budget.md",
        "no line of it shows anybody a document of others",
        "dee is out, with her open session",
        "ada's history is there",
        "so does the log of requests",
    ):
        assert f"ok {promise}" in done.stdout
    page = (ROOT / "docs" / "guides" / "team.md").read_text("utf-8")
    titles = [re.split("[,;]", step["step"])[0] for step in times["steps"]]
    assert [title for title in titles if title not in page] == []


def test_a_document_that_others_may_read_breaks_a_promise() -> None:
    done = walk("-c", "import walk; walk.ACCESS_RULES = '*: everyone\\n'; walk.main()")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("NOT KEPT: cho sees nothing of finance/budget.md")
    assert "ok ben is told: 48,000" in done.stdout
