"""Citations of source code name the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.split import embedding_text

FUNCTION = '''def {name}(pump):
    """Starts the {name} pump and waits for its pressure."""
    pump.open_valve("{name}")
    return pump.pressure_of("{name}")


'''


@pytest.fixture
def source() -> str:
    return "import time\n\n" + "".join(
        FUNCTION.format(name=name) for name in ("bilge", "ballast", "fuel", "fire", "cooling")
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_citation_names_the_line_of_the_quote(tmp_path: Path, source: str, line_end: str) -> None:
    folder = tmp_path / "tool"
    folder.mkdir()
    text = source.replace("\n", line_end)
    (folder / "pumps.py").write_bytes(text.encode())
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder)
    hits = index.search("fuel pump pressure")
    assert hits[0].location == "tool/pumps.py:15, def fuel(pump)"
    assert not any(embedding_text(hit.chunk).startswith("L") for hit in hits)
    answer = index.ask("What does fuel of the pumps do?")
    for citation in answer.citations:
        line = text[: citation.span.start].count("\n") + 1
        assert citation.location.startswith(f"tool/pumps.py:{line}, def ")
    assert answer.citations


def test_lines_above_do_not_embed_a_function_again(tmp_path: Path, source: str) -> None:
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "pumps.py").write_text(source)
    index = Index.open(tmp_path / "index", create=True)
    first = index.add(folder)
    (folder / "pumps.py").write_text("\n\n" + source)
    assert index.add(folder).embedded < first.embedded or first.embedded == 0


def test_a_note_with_a_heading_like_a_line_is_as_before(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# L12\n\nThe sluice opens at nine.\n")
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "a.md")
    assert index.search("sluice")[0].location == "a.md, L12"
