"""Real files, made small, and the shortest way to what a reader makes of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.errors import ReadError
from rag_infer.read import FileResult, ReadOptions, SourceFile, read_files
from rag_infer.types import Document

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))


def results(*paths: Path, options: ReadOptions | None = None, workers: int = 2) -> list[FileResult]:
    """Reads files, each under its own name as id."""
    sources = [SourceFile(path, path.name) for path in paths]
    return list(read_files(sources, options, workers))


def documents(path: Path, options: ReadOptions | None = None) -> list[Document]:
    """The documents of one file; its error is raised."""
    outcomes = results(path, options=options)
    for result in outcomes:
        if result.error is not None:
            raise result.error
    return [document for result in outcomes for document in result.documents]


def document(path: Path, options: ReadOptions | None = None) -> Document:
    """The only document of a file."""
    (outcomes,) = documents(path, options)
    return outcomes


def error(path: Path, options: ReadOptions | None = None) -> ReadError:
    """The error that a file gives."""
    (outcomes,) = results(path, options=options)
    assert outcomes.error is not None, outcomes
    assert outcomes.documents == ()
    return outcomes.error


def outline(outcomes: Document, page: int = 1) -> list[tuple[str, int, str]]:
    """The blocks of a page as (kind, level, text)."""
    here = outcomes.pages[page - 1]
    return [(b.kind, b.level, here.text[b.start : b.end]) for b in here.blocks]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    """Writes a file below the test's folder."""

    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of evaluation data; tests that need it are skipped without it."""
    if not DATA.is_dir():
        pytest.skip(f"no evaluation data at {DATA} (set RAG_EVAL_DATA)")
    return DATA
