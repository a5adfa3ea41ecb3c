"""Notes of a vault (Obsidian): properties, tags, links, block names, callouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer import Filter, Index
from rag_infer.cite.answer_units import answer_units
from rag_infer.read.front_matter import front_matter
from tests.read.conftest import document, outline

Write = Callable[[str, bytes | str], Path]

NOTE = """---
aliases: [Pier plan, Quay plan]
tags:
  - work/harbor
  - "#winter"
status: in progress
version: 1.10
date: 2026-03-17
---
# [[Harbor|The harbor]] in winter ^top

The pier of [[Lindvik#Quays|Lindvik]] closes on 3 November. ^closing

> [!warning]- Heavy storms
> Boats over nine meters move to the [[North basin]].

| Berth | Fee |
|---|---|
| [[North basin\\|North]] | 31 euros |

![[pier.png]] Ask the harbor office. #contact #2026

```python
x = 1  #notag
```
"""


def test_a_note_is_read_as_it_is_written(write: Write) -> None:
    result = document(write("plan.md", NOTE))
    (page,) = result.pages
    assert page.text == NOTE
    assert result.title == "The harbor in winter"
    assert ("heading", 1, "# [[Harbor|The harbor]] in winter ^top") in outline(result)
    assert result.metadata == {
        "aliases": "Pier plan, Quay plan",
        "tags": "work/harbor, winter, contact",
        "status": "in progress",
        "version": "1.10",
        "date": "2026-03-17",
    }
    (table,) = page.tables
    assert table.cells[1] == ("North", "31 euros")


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("---\ntitle: A: b\n---\nx", {"title": "A: b"}),  # no valid YAML, read by the line
        ("---\na: &x [1]\nb: *x\n---\n", {"a": "&x [1]", "b": "*x"}),
        ("---\na:\n- null\n- {b: c}\n- d\nempty:\n---\n", {"a": "d"}),
        ("---\r\nA: b\r\n---\r\n", {"a": "b"}),
        ("---\n- a list\n---\n", {}),
        ("---\n" + "a: [" * 5000 + "\n---\n", {"a": "[" + "a: [" * 4999}),
        ("--- a rule\n", {}),
    ],
)
def test_properties(text: str, properties: dict[str, str]) -> None:
    assert front_matter(text)[0] == {k: v[:1000] for k, v in properties.items()} or not properties


def test_units_of_a_note_hold_no_marks() -> None:
    units = answer_units(NOTE[NOTE.index("# [[") :])
    texts = [NOTE[NOTE.index("# [[") :][unit.start : unit.end] for unit in units]
    assert "The pier of [[Lindvik#Quays|Lindvik]] closes on 3 November." in texts
    callout = texts.index("Boats over nine meters move to the [[North basin]].")
    assert units[callout].presupposed == "Heavy storms"
    assert not any("^" in text or "[!" in text for text in texts)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("> [!tip] Bring a rope", [("Bring a rope", "")]),
        ("> [!todo]\n> - paint ^a1\n> - sand", [("paint", "todo"), ("sand", "todo")]),
        ("> [!info]+ A\n>> [!note] B\n>> Text here.", [("A", ""), ("Text here.", "B")]),
        ("> A plain quote.", [("A plain quote.", "")]),
        ("Area is 2 ^2", [("Area is 2", "")]),
        ("x ^ y is a power", [("x ^ y is a power", "")]),
        ("> [!note]", []),
    ],
)
def test_callouts_and_block_names(text: str, units: list[tuple[str, str]]) -> None:
    found = [(text[u.start : u.end], u.presupposed) for u in answer_units(text)]
    assert [pair for pair in found if not pair[0].startswith(("[!", ">"))] == units


def test_a_vault_is_asked_by_its_properties(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    (vault / ".obsidian").mkdir(parents=True)
    (vault / ".obsidian" / "app.json").write_text("{}")
    (vault / "plan.md").write_text(NOTE)
    (vault / "other.md").write_text("The crane lifts twelve tonnes. #work\n")
    index = Index.open(tmp_path / "index", create=True)
    assert {f.id for f in index.add(vault).indexed} == {"vault/plan.md", "vault/other.md"}
    answer = index.ask("When does the pier of Lindvik close?")
    assert "3 November" in answer.text
    assert "^closing" not in answer.text
    citation = answer.citations[0]
    quote = NOTE[citation.span.start : citation.span.end]
    assert quote == "The pier of [[Lindvik#Quays|Lindvik]] closes on 3 November."
    assert "[[" not in citation.location
    for tag, count in (("work", 2), ("work/harbor", 1), ("winter", 1), ("contact", 1), ("wor", 0)):
        assert len(index.documents(Filter(metadata={"tags": tag}))) == count
    assert index.search("Quay plan")[0].document_id == "vault/plan.md"
