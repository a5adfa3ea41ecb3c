"""Watching a folder, with a real watcher."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from rag_infer import Index
from rag_infer.ingest.reports import IngestReport
from rag_infer.ingest.watcher import watch_folders


def test_changes_are_followed_until_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("The first note.")
    index = Index.open(folder / "index", create=True)  # inside: its own writes must not count
    index.add(folder)
    reports: list[IngestReport] = []
    stop = threading.Event()

    def watch() -> None:
        for report in watch_folders([folder], index.path, lambda: index.add(folder), stop.is_set):
            assert isinstance(report, IngestReport)
            reports.append(report)

    watcher = threading.Thread(target=watch)
    watcher.start()
    deadline = time.monotonic() + 60
    number = 0
    # The watcher may not be listening yet, so write until it hears.
    while not reports and time.monotonic() < deadline:
        number += 1
        (folder / "b.txt").write_text(f"The second note, version {number}.")
        time.sleep(0.5)
    (folder / "a.txt").unlink()
    while not any(r.removed for r in reports) and time.monotonic() < deadline:
        time.sleep(0.2)
    stop.set()
    watcher.join(timeout=30)
    assert not watcher.is_alive()
    assert [row.id for row in index.documents()] == ["notes/b.txt"]
    assert len(reports) < 2 * number + 6
