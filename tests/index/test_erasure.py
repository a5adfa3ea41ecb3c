"""What a certificate of erasure says is so: the text is in no file, and what is left is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index, InputError
from rag_infer.index.erasure import files_with, samples

SECRET = "The settlement with the ferry company was 48,300 euros, paid in three parts. " * 3
LETTERHEAD = "Northgate Harbor Board, 7 Quay Street, telephone 0470-555 377\n\n"


@pytest.fixture
def index(tmp_path: Path) -> Index:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "secret.md").write_text(LETTERHEAD + SECRET)
    (docs / "other.md").write_text(LETTERHEAD + "The pier is painted in May by two workers.")
    opened = Index.open(tmp_path / "index", create=True)
    opened.add(docs)
    return opened


def test_nothing_of_an_erased_document_is_left(index: Index) -> None:
    passages = list(samples(SECRET))
    assert files_with(index.path, passages)[0]  # they are looked for where they are
    certificate = index.erase("docs/secret.md")
    assert certificate.is_complete
    assert [document.id for document in certificate.documents] == ["docs/secret.md"]
    assert len(certificate.documents[0].sha256) == 64
    assert certificate.passages_checked > 3
    assert certificate.passages_shared >= 1  # the letterhead stays with the other document
    assert certificate.files_checked > 5
    assert not files_with(index.path, passages)[0]
    assert certificate.generation == index.status().generation
    with pytest.raises(InputError, match="not in the index"):
        index.erase("docs/secret.md")


def test_a_copy_beside_the_index_is_named(index: Index) -> None:
    (index.path / "old-copy.txt").write_text(SECRET)
    certificate = index.erase("docs/secret.md")
    assert not certificate.is_complete
    assert certificate.remaining == ("old-copy.txt",)


def test_the_command_writes_what_was_seen(index: Index, tmp_path: Path) -> None:
    rag = str(Path(sys.executable).with_name("rag"))
    index.close()
    command = [rag, "remove", "docs/secret.md", "-i", str(index.path), "--certificate", "gone.json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "none is left; certificate: gone.json" in done.stdout
    written = json.loads((tmp_path / "gone.json").read_text("utf-8"))
    assert written["documents"][0]["id"] == "docs/secret.md"
    assert written["remaining"] == []
