"""Law: whatever happened to files and their copies, the index is as if it had been made anew."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer import Index
from rag_infer.index.verify import verify

ROOTS = ("docs", "copies")
NAMES = ("plan.md", "x.md", "sub/plan.md", "2023/plan.md", "plan.txt")
TEXTS = (
    "# The pump\n\nThe pump runs at night.\n\n# Costs\n\nIt costs 40 euros.",
    "The valve is green and was made in 1998.\n\nNobody has opened it.",
)
RECORDS = '{"id": "one", "text": "A pump."}\n{"id": "two", "text": "A valve."}\n'
QUESTIONS = ("pump night", "green valve", "plan sub", "copies x")
DIMENSION = 16

paths = st.sampled_from([f"{root}/{name}" for root in ROOTS for name in NAMES])
texts = st.sampled_from(TEXTS)
first_files = st.fixed_dictionaries({}, optional={f"{r}/{n}": texts for r in ROOTS for n in NAMES})
steps = st.one_of(
    st.tuples(st.just("write"), paths, texts),
    st.tuples(st.just("copy"), paths, paths),
    st.tuples(st.just("move"), paths, paths),
    st.tuples(st.just("remove"), paths),
    st.tuples(st.just("records"), st.sampled_from(("docs/r.jsonl", "copies/r.jsonl"))),
    st.tuples(st.just("restrict"), st.sampled_from(ROOTS), st.sampled_from(("", *NAMES))),
)
runs = st.lists(
    st.tuples(
        st.lists(steps, min_size=1, max_size=4), st.sampled_from((ROOTS[:1], ROOTS[1:], ROOTS))
    ),
    min_size=2,
    max_size=5,
)


def embed(texts: Sequence[str]) -> np.ndarray:
    """Vectors that are functions of the text."""
    seeds = (hashlib.sha256(text.encode()).digest()[:8] for text in texts)
    rows = [np.random.default_rng(int.from_bytes(s)).normal(size=DIMENSION) for s in seeds]
    return np.array(rows, dtype=np.float32)


def change(top: Path, step: tuple[Any, ...]) -> None:
    """Does to the files what a step says. The time of a file depends on its name alone."""
    kind, name, *more = step
    path = top / name
    if kind == "restrict":
        lines = ["*: everyone", *(f"/{rule}: staff" for rule in more if rule)]
        (path / ".ragaccess").write_text("\n".join(lines) + "\n")
        return
    if kind in ("write", "records"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(more[0] if more else RECORDS)
    elif kind == "remove":
        path.unlink(missing_ok=True)
    elif path.is_file() and more[0] != name:
        (top / more[0]).parent.mkdir(exist_ok=True)
        (shutil.copyfile if kind == "copy" else shutil.move)(path, top / more[0])
        path = top / more[0]
    if path.is_file():
        day = 86_400 * (1 + int(hashlib.sha256(path.name.encode()).hexdigest()[:2], 16))
        os.utime(path, (day, day))


def contents(index: Index) -> list[tuple[Any, ...]]:
    """All that the index says of its documents."""
    snapshot = index.engine.snapshot
    return [
        (
            row.id, row.file, row.copies, row.labels, row.sha256, row.format, row.title,
            row.modified_ns, row.metadata, list(snapshot.texts(row.id)),
            [snapshot.find(name) == snapshot.find(row.id) for name in row.names],
        )
        for row in index.documents()
    ]  # fmt: skip


def hits(index: Index, question: str) -> list[tuple[Any, ...]]:
    """All that a question finds, with the scores."""
    return sorted(
        (
            hit.document_id,
            hit.chunk.start,
            hit.chunk.text,
            round(hit.dense, 4),
            round(hit.lexical, 4),
        )
        for hit in index.search(question, 50)
    )


@settings(max_examples=25, deadline=None)
@given(first_files, runs)
def test_an_index_of_copies_is_as_one_made_anew(
    files: dict[str, str], changes: list[tuple[list[tuple[Any, ...]], tuple[str, ...]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        both = tuple(top / root for root in ROOTS)
        for path in both:
            path.mkdir()
            (path / "always.md").write_text(f"# Always in {path.name}\n\nSo it is not empty.")
            change(top, ("restrict", path.name, ""))
        for name, text in files.items():
            change(top, ("write", name, text))
        index = Index.open(top / "index", create=True, embedder=embed)
        index.add(*both)
        for steps_of_run, roots in changes:
            for step in steps_of_run:
                change(top, step)
            index.add(*(top / root for root in roots), remove_missing=True)
        report = index.add(*both, remove_missing=True)
        assert not report.failed
        again = index.add(*both, remove_missing=True)
        assert (again.indexed, again.removed, again.generation) == ((), (), report.generation)
        assert not verify(index.path).damage
        anew = Index.open(top / "anew", create=True, embedder=embed)
        anew.add(*both)
        assert contents(index) == contents(anew)
        for question in QUESTIONS:
            assert hits(index, question) == hits(anew, question)
