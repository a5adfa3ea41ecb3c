"""Tables in segments: stored with their document, carried along by merges, absent in old ones."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from rag_infer import Index
from rag_infer.index.catalog import NAME, Catalog
from rag_infer.tables.message import unpacked


def stored_tables(index: Index) -> list[tuple[str, int]]:
    snapshot = index.engine.snapshot
    tables = []
    for number, segment in enumerate(snapshot.segments):
        live = snapshot.live_documents(number)
        for ordinal, row in segment.catalogue.documents():
            if not live[ordinal]:
                continue
            for table in segment.catalogue.tables(ordinal):
                page = segment.catalogue.page(ordinal, table.page)
                assert page is not None
                text = segment.read(page.byte_start, page.byte_end)
                grid = unpacked(table.data, len(text))
                for cells, spans in zip(grid.cells, grid.spans, strict=True):
                    assert [text[a:b] for a, b in spans] == list(cells)
                tables.append((row.id, len(grid.cells)))
    return sorted(tables)


def test_tables_survive_merges_and_go_with_their_document(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with Index(tmp_path / "idx") as index:
        for number in range(4):
            rows = "\n".join(f"r{n},{n}" for n in range(number + 1))
            (folder / f"{number}.csv").write_text(f"name,count\n{rows}\n")
            index.add(folder)
        assert stored_tables(index) == [(f"in/{n}.csv", n + 2) for n in range(4)]
        (folder / "0.csv").unlink()
        (folder / "1.csv").write_text("name,count\nx,1\ny,2\nz,3\n")
        index.add(folder)
        assert stored_tables(index) == [("in/1.csv", 4), ("in/2.csv", 4), ("in/3.csv", 5)]


def test_a_catalogue_of_before_has_neither_tables_nor_sections(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("name,count\nx,1\n")
    with Index(tmp_path / "idx") as index:
        index.add(folder)
    (segment,) = (tmp_path / "idx" / "segments").iterdir()
    old = tmp_path / NAME
    shutil.copy(segment / NAME, old)
    with sqlite3.connect(old) as database:
        database.execute("DROP TABLE tables")
        database.execute("ALTER TABLE chunks DROP COLUMN sections")
    catalogue = Catalog(old)
    assert catalogue.tables(0) == []
    assert catalogue.with_tables() == set()
    assert [chunk.sections for chunk in catalogue.chunks([0])] == [()]
    assert catalogue.chunks_of(0, 0, 1) == catalogue.chunks([0])
    catalogue.close()
