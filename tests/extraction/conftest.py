"""An index of the small documents that a module of tests is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag_infer import Index


@pytest.fixture(scope="module")
def index(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    """The documents that the module calls ``FILES``, by name, read as files and indexed once."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "files").mkdir()
    for name, text in request.module.FILES.items():
        (folder / "files" / name).write_text(text, "utf-8")
    with Index.open(folder / "index", create=True) as opened:
        opened.add(folder / "files")
        yield opened
