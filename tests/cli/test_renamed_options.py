"""Former names of options go on working."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_infer.cli.app import application


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAG_INDEX", str(tmp_path / "index"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "beans.md").write_text("---\ntags: garden\n---\nBeans need poles.\n")
    return tmp_path / "in"


def test_a_former_name_does_what_it_did_and_names_the_present_one(folder: Path) -> None:
    (folder / "broken.pdf").write_text("not a PDF")
    run = CliRunner().invoke(application(), ["index", str(folder), "--strict"])
    assert run.exit_code == 1
    assert "--strict is now called --fail-on-error" in run.stderr
    search = CliRunner().invoke(application(), ["search", "beans", "--meta=tags=garden", "--json"])
    assert search.exit_code == 0
    assert "Beans need poles" in search.stdout


def test_what_follows_two_dashes_is_no_option(folder: Path) -> None:
    assert CliRunner().invoke(application(), ["index", str(folder)]).exit_code == 0
    run = CliRunner().invoke(
        application(), ["ask", "--no-log", "--", "what", "does", "--meta", "mean"]
    )
    assert run.exit_code == 0
    assert "is now called" not in run.stderr


def test_a_name_that_a_command_never_had_is_an_error(folder: Path) -> None:
    run = CliRunner().invoke(application(), ["index", str(folder), "--data", "x"])
    assert run.exit_code == 2
