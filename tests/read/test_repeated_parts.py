"""A part that an archive names again and again is read once: a few KB stay a few pages."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.read import fixtures
from tests.read.conftest import document

Write = Callable[[str, bytes], Path]
REPEATS = 20_000


def repeated(data: bytes, element: str) -> bytes:
    """An archive in which each element of a name stands thousands of times."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            pattern = rb"<" + element.encode() + rb"\b[^>]*/>"
            content = re.sub(pattern, lambda match: match[0] * REPEATS, content)
            target.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "element"), [("a.pptx", "p:sldId"), ("a.epub", "itemref")], ids=["slides", "chapters"]
)
def test_a_part_that_is_named_often_is_read_once(write: Write, name: str, element: str) -> None:
    make = {"a.pptx": fixtures.pptx, "a.epub": fixtures.epub}[name]
    data = make("On Bees", ["They dance."])
    bomb = repeated(data, element)
    assert len(bomb) > len(data)
    expected = [page.text for page in document(write(name, data)).pages]
    assert [page.text for page in document(write(f"b{name}", bomb)).pages] == expected
