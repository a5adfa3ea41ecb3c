"""Nothing leaves the index that was not seen to be gone."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.errors import InputError
from rag_infer.ingest.discovery import EMPTY_FOLDER


@pytest.fixture
def share(tmp_path: Path) -> Path:
    for name in ("a.md", "reports/b.md", "reports/2026/c.md", "secret/d.md"):
        path = tmp_path / "share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The document {name} is about the {name[-4]} pump.\n")
    return tmp_path / "share"


@pytest.fixture
def index(tmp_path: Path, share: Path) -> Index:
    opened = Index.open(tmp_path / "index", create=True)
    assert len(opened.add(share).indexed) == 4
    return opened


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def hidden_only(folder: Path) -> None:
    emptied(folder)
    (folder / ".mountpoint").write_text("")
    (folder / ".cache").mkdir()


def ids(index: Index) -> set[str]:
    return {row.id for row in index.documents()}


@pytest.mark.parametrize("unmount", [emptied, hidden_only])
@pytest.mark.parametrize(
    ("name", "documents"), [("", 4), ("reports", 2), ("reports/2026", 1), ("secret", 1)]
)
def test_an_empty_folder_keeps_its_documents(
    index: Index, share: Path, unmount: Callable[[Path], None], name: str, documents: int
) -> None:
    before = ids(index)
    unmount(share / name)
    report = index.add(share)
    (path,) = report.unreachable
    assert (path.reason, path.documents) == (EMPTY_FOLDER, documents)
    assert path.id == "share/" + (f"{name}/" if name else "")
    assert report.removed == ()
    assert ids(index) == before
    removed = index.add(share, remove_missing=True).removed
    assert len(removed) == documents
    assert ids(index) == before - set(removed)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_a_folder_that_cannot_be_listed_keeps_its_documents(
    index: Index, share: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    before = ids(index)
    scandir = os.scandir

    def fails(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "reports":
            raise OSError(code, os.strerror(code), str(path))
        return scandir(path)

    (share / "a.md").unlink()
    monkeypatch.setattr(os, "scandir", fails)
    report = index.add(share)
    assert report.removed == ("share/a.md",)  # this one was seen to be gone
    (path,) = report.unreachable
    assert (path.id, path.reason, path.documents) == ("share/reports/", os.strerror(code), 2)
    assert ids(index) == before - {"share/a.md"}


def test_an_unmounted_folder_is_not_lost_to_the_folder_above(
    tmp_path: Path, share: Path, index: Index
) -> None:
    """The parent of an indexed folder takes it over only when it can be seen."""
    before = ids(index)
    emptied(share)
    (tmp_path / "other.md").write_text("The mast is 22 metres high.")
    report = index.add(tmp_path)
    assert report.removed == ()
    assert ids(index) >= before


def test_a_loop_of_links_costs_nothing(share: Path, index: Index) -> None:
    (share / "one.md").symlink_to(share / "two.md")
    (share / "two.md").symlink_to(share / "one.md")
    (share / "reports/up").symlink_to(share)
    assert index.add(share).unchanged == 4
    (share / "a.md").unlink()
    (share / "a.md").symlink_to(share / "a.md")
    report = index.add(share)
    assert report.removed == ()
    assert [path.id for path in report.unreachable] == ["share/a.md"]


def test_a_root_that_is_gone_is_removed_only_on_purpose(share: Path, index: Index) -> None:
    shutil.rmtree(share)
    with pytest.raises(InputError, match="no such file or folder"):
        index.add(share)
    assert len(ids(index)) == 4
    assert len(index.add(share, remove_missing=True).removed) == 4
    assert ids(index) == set()


@pytest.mark.parametrize(
    "name", [b"caf\xe9.md", b"s\xfcd/plan.md", b"\xff\xfe.txt", b"a\x80\\xe9.md"]
)
def test_a_name_that_is_not_utf8_is_stored_escaped(tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / "box"
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.parent.mkdir(parents=True)
    path.write_text("The kiosk sells maps.\n")
    (folder / "good.md").write_text("The tower is 44 metres high.\n")
    index = Index.open(tmp_path / "index", create=True)
    report = index.add(folder)
    assert not report.failed
    (document,) = {f.id for f in report.indexed} - {"box/good.md"}
    assert document.isprintable()
    assert "\\x" in document
    document.encode("utf-8")
    assert index.search("kiosk maps")[0].document_id == document
    assert index.add(folder).unchanged == 2
    assert index.add(path).unchanged == 1  # by itself it keeps its id
    path.unlink()
    if path.parent == folder:
        assert index.add(folder).removed == (document,)
    else:
        assert index.remove([document]) == (document,)
    assert ids(index) == {"box/good.md"}
