"""``rag summarize FOLDER``: each file under its name, bounded, and what is left out is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_infer.cli import folder_files
from rag_infer.cli.app import application
from rag_infer.cli.folder_files import expanded


def test_each_file_is_summarized_under_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "stock.csv").write_text("Item,Pieces\nNails,120\nGlue,4\n")
    (folder / "stock.csv").write_text("Item,Pieces\nScrews,30\nTape,7\n")
    (folder / "empty.txt").write_text("")
    (folder / "noise.bin").write_bytes(b"\0\1")
    runner = CliRunner()
    output = runner.invoke(application(), ["summarize", str(folder), "-i", str(tmp_path / "index")])
    assert output.exit_code == 0
    assert "old/stock.csv\n" in output.stdout
    assert "Pieces: lowest 4 (Glue), highest 120 (Nails)" in output.stdout
    assert "Pieces: lowest 7 (Tape), highest 30 (Screws)" in output.stdout
    assert "no reader for 1 file: .bin 1" in output.stderr
    assert "empty.txt" in output.stderr
    arguments = ["summarize", str(folder), "-n", "1", "--json", "-i", str(tmp_path / "index")]
    rows = json.loads(runner.invoke(application(), arguments).stdout)
    assert [row["document_id"] for row in rows] == ["old/stock.csv", "stock.csv"]
    assert all(len(row["points"]) == 1 for row in rows)


def test_a_folder_of_many_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_files, "MAX_FOLDER_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("One line of text.\n")
    files, notes = expanded([str(tmp_path)], str(tmp_path / "index"))
    assert [file.name for file in files] == ["0.txt", "1.txt", "2.txt"]
    assert "the first 3 of 5 files" in notes[0]
