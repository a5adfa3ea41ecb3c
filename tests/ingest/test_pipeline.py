"""An index follows its folder: new, changed, moved, vanished and broken files."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import pytest

from rag_infer import Filter, Index
from rag_infer.errors import InputError
from rag_infer.index.verify import verify

NOTES = {
    "a.md": "# Caching\n\nThe cache keeps keys and values of earlier tokens.",
    "deep/b.txt": "Batching serves many requests at once and raises throughput.",
    "c.html": "<html><body><main><h1>Costs</h1><p>Output tokens cost more than input tokens, "
    "because each one needs a pass over all weights.</p></main></body></html>",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in NOTES.items():
        (tmp_path / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "notes" / name).write_text(text)
    return tmp_path / "notes"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index.open(tmp_path / "index", create=True)


def ids(index: Index) -> list[str]:
    return [row.id for row in index.documents()]


def test_an_unchanged_folder_costs_nothing_new(folder: Path, index: Index) -> None:
    first = index.add(folder)
    assert {f.id for f in first.indexed} == {"notes/a.md", "notes/deep/b.txt", "notes/c.html"}
    assert first.embedded == first.chunks > 0
    again = index.add(folder)
    assert (again.unchanged, again.indexed, again.embedded) == (3, (), 0)
    assert again.generation == first.generation
    os.utime(folder / "a.md", (1, 1))  # another time, the same content
    assert index.add(folder).unchanged == 3


def test_a_moved_document_with_a_title_is_not_embedded_again(folder: Path, index: Index) -> None:
    index.add(folder)
    (folder / "a.md").rename(folder / "cache.md")
    report = index.add(folder)
    assert [f.id for f in report.indexed] == ["notes/cache.md"]
    assert report.embedded == 0


def test_changes_moves_and_removals_are_followed(folder: Path, index: Index) -> None:
    index.add(folder)
    (folder / "a.md").write_text(NOTES["a.md"] + "\n\nIt grows with every token.")
    (folder / "deep/b.txt").rename(folder / "moved.txt")
    (folder / "c.html").unlink()
    report = index.add(folder)
    assert {f.id for f in report.indexed} == {"notes/a.md", "notes/moved.txt"}
    assert set(report.removed) == {"notes/c.html", "notes/deep/b.txt"}
    assert report.embedded == 2  # the changed text, and the one whose only title is its new name
    assert ids(index) == ["notes/a.md", "notes/moved.txt"]
    assert "grows" in index.search("does it grow", top_k=1)[0].chunk.text
    assert not verify(index.path).damage


def test_one_file_of_an_indexed_folder_keeps_its_name(folder: Path, index: Index) -> None:
    index.add(folder)
    (folder / "a.md").write_text("# Other\n\nNew words.")
    report = index.add(folder / "a.md")
    assert [f.id for f in report.indexed] == ["notes/a.md"]
    assert len(ids(index)) == 3


def test_a_folder_takes_over_what_was_indexed_from_inside_it(folder: Path, index: Index) -> None:
    index.add(folder / "a.md")
    index.add(folder / "deep")
    assert ids(index) == ["a.md", "deep/b.txt"]
    report = index.add(folder)
    assert ids(index) == ["notes/a.md", "notes/c.html", "notes/deep/b.txt"]
    assert report.embedded == 2  # a new file, and one whose only title is its folder and name
    assert index.status().roots == ("notes",)


def test_folders_of_the_same_name_do_not_mix(tmp_path: Path, folder: Path, index: Index) -> None:
    other = tmp_path / "elsewhere" / "notes"
    other.mkdir(parents=True)
    (other / "a.md").write_text("Something else entirely.")
    index.add(folder)
    index.add(other)
    assert {"notes/a.md", "notes~2/a.md"} <= set(ids(index))
    assert index.add(folder).removed == ()


def test_a_broken_file_costs_only_itself_and_keeps_its_past(folder: Path, index: Index) -> None:
    index.add(folder)
    (folder / "report.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    (folder / "c.html").write_bytes(b"\0\1\2\3" * 300)
    report = index.add(folder)
    assert "notes/report.pdf" in {f.id for f in report.failed}
    assert all(f.reason for f in report.failed)
    assert "notes/c.html" in ids(index)
    assert "notes/report.pdf" not in ids(index)


def test_what_is_removed_is_in_no_file(folder: Path, index: Index) -> None:
    index.add(folder)
    assert index.remove(["notes/deep/b.txt"]) == ("notes/deep/b.txt",)
    content = b"".join(p.read_bytes() for p in index.path.rglob("*") if p.is_file())
    assert b"raises throughput" not in content
    assert b"earlier tokens" in content
    with pytest.raises(InputError, match="not in the index"):
        index.remove(["notes/deep/b.txt"])


def test_hidden_ignored_linked_and_unknown_files_stay_out(
    tmp_path: Path, folder: Path, index: Index
) -> None:
    (tmp_path / "secret.txt").write_text("outside the folder")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / ".hidden.txt").write_text("hidden")
    (folder / "draft.txt").write_text("ignored")
    (folder / "archive.7z").write_bytes(b"7z")
    (folder / ".ragignore").write_text("draft*\n")
    report = index.add(folder)
    assert len(report.indexed) == 3
    assert report.skipped == {".7z": 1}


def test_an_index_inside_its_folder_does_not_index_itself(folder: Path) -> None:
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    assert len(index.add(folder).indexed) == 0
    assert len(ids(index)) == 3


def test_labels_decide_who_sees_what(folder: Path, index: Index) -> None:
    index.add(folder, groups=["staff"])
    assert index.search("cache", filter=Filter(groups=frozenset({"guests"}))) == []
    assert index.search("cache", filter=Filter(groups=frozenset({"staff"})))


def test_bad_input_leaves_nothing_behind(tmp_path: Path, index: Index) -> None:
    with pytest.raises(InputError, match="no such file"):
        index.add(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing to index"):
        index.add(tmp_path / "empty")
    assert not index.path.exists()


def test_ctrl_c_keeps_what_is_finished(folder: Path, index: Index) -> None:
    index.add(folder / "a.md")
    count = 0

    def interrupt(progress: object) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt

    report = index.add(folder, on_progress=interrupt)
    assert report.interrupted
    assert not verify(index.path).damage
    report = index.add(folder)
    assert not report.interrupted
    assert len(ids(index)) == 3


def test_a_copied_index_works_elsewhere(tmp_path: Path, folder: Path, index: Index) -> None:
    import shutil

    index.add(folder)
    shutil.copytree(index.path, tmp_path / "copy")
    content = b"".join(p.read_bytes() for p in (tmp_path / "copy").rglob("*.json"))
    assert str(tmp_path).encode() not in content
    assert Index.open(tmp_path / "copy").search("cache", top_k=1)[0].document_id == "notes/a.md"


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_while_embedding_leaves_whole_files_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    from rag_infer.embed import load_embedder
    from rag_infer.ingest import file_intake

    folder = tmp_path / "notes"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.md").write_text(f"# {name}\n\nThe note {name} tells of one thing.\n")
    records = [
        json.dumps({"id": str(n), "text": f"Record {n} of the long file."}) for n in range(400)
    ]
    (folder / "z.jsonl").write_text("\n".join(records))
    monkeypatch.setattr(file_intake, "_EMBED_BATCH_CHUNKS", 4)
    embedder = load_embedder()
    calls = 0

    class Stopped(type(embedder)):  # type: ignore[misc]
        def embed(self, texts: list[str]) -> object:
            nonlocal calls
            calls += 1
            if calls == at:
                raise KeyboardInterrupt
            return super().embed(texts)

    monkeypatch.setattr(embedder, "__class__", Stopped)
    index = Index.open(tmp_path / "index", create=True, embedder=embedder)
    report = index.add(folder)
    assert report.interrupted
    assert {f.id for f in report.indexed} == {row.file for row in index.documents()}
    assert report.chunks == sum(f.chunks for f in report.indexed) == index.status().chunks
    again = index.add(folder)
    assert not again.interrupted
    assert len(index.documents()) == 6 + 400


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_run_leaves_nothing_open_for_the_garbage_collection(tmp_path: Path) -> None:
    """A server adds documents for months: what a run opened ends with it."""
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The lift is red.", id="lift")
    index.search("lift")
    gc.collect()
    gc.disable()
    try:
        for number in range(6):
            index.add_text(f"The door {number} is blue.", id=f"door{number}")
            index.search("door")
        links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        opened = [link for link in links if link.readlink().is_relative_to(tmp_path)]
        assert len(opened) <= len(index.engine.snapshot.segments)
    finally:
        gc.enable()
