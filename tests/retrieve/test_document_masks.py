"""Filters on columns let the same documents through as a look at each document does."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index.catalog import DocumentRow
from rag_infer.index.document_columns import DocumentColumns, day_of
from rag_infer.index.snapshot import Snapshot
from rag_infer.retrieve import Filter
from rag_infer.retrieve.document_masks import document_mask
from rag_infer.retrieve.filters import visible

NAMES = st.sampled_from(["date", "Date", "tags", "client", 'cli"ent', "tag", "tags\0", "published"])
VALUES = st.one_of(
    st.sampled_from([
        "work", "work/plan, home", "home, work", "workshop", "2024", "2024-03-05",
        "2024-03-05T10:00",
        "2024-13-99", "Sun, 31 Mar 2024 10:00:00 +0200", "٢٠٢٤-٠٣-٠٥", 'x"', "", "\0work", "äöü",
    ]),
    st.integers(-2, 2), st.booleans(), st.floats(-1, 1),
)  # fmt: skip
IDS = st.text("ab/.*[]?äÄ\U0001f600", min_size=1, max_size=5)
GROUPS = st.frozensets(st.sampled_from(["finance", "board", "ö"]), max_size=2)
ROWS = st.builds(
    DocumentRow,
    id=IDS,
    file=st.just("f"),
    format=st.sampled_from(["text", "pdf", "csv"]),
    sha256=st.just("0"),
    bytes=st.just(1),
    modified_ns=st.sampled_from([0, -1, 1_711_800_000_000_000_000, 9 * 10**18, -(10**18)]),
    metadata=st.dictionaries(NAMES, VALUES, max_size=3),
    labels=GROUPS,
)
DATES = st.none() | st.sampled_from(["2024", "2024-03", "2024-03-05", "2024-03-31", "1970-01-01"])
GLOBS = st.one_of(IDS, IDS.map(lambda text: text + "*"), st.sampled_from(["*", "*b", "a?", "[a]*"]))


def date_of(row: DocumentRow) -> str:
    """The day of a document as text, as it was compared before there were columns."""
    lowered = {key.lower(): str(value) for key, value in row.metadata.items()}
    for key in ("date", "published", "modified", "created"):
        value = lowered.get(key, "")
        if day := re.match(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return day.group()
        try:
            return parsedate_to_datetime(value).date().isoformat()
        except ValueError:
            pass
    return datetime.fromtimestamp(row.modified_ns / 1e9, UTC).date().isoformat()


def allows(filter: Filter, row: DocumentRow) -> bool:
    """The rule, written for one document."""
    if filter.groups is not None and row.labels and not row.labels & filter.groups:
        return False
    if filter.paths and not any(fnmatch.fnmatchcase(row.id, path) for path in filter.paths):
        return False
    if filter.formats and row.format not in filter.formats:
        return False
    day = date_of(row)
    if filter.since and day < filter.since:
        return False
    if filter.until and day[: len(filter.until)] > filter.until:
        return False
    for name, value in filter.metadata.items():
        if name not in row.metadata:
            return False
        stored, value_text = str(row.metadata[name]), str(value)
        tags = stored.split(", ") if name == "tags" else []
        if stored != value_text and not any(
            t == value_text or t.startswith(f"{value_text}/") for t in tags
        ):
            return False
    return True


@settings(deadline=None, max_examples=300)
@given(
    rows=st.lists(ROWS, max_size=8, unique_by=lambda row: row.id),
    paths=st.lists(GLOBS, max_size=2),
    formats=st.lists(st.sampled_from(["text", "pdf", "xml"]), max_size=2),
    metadata=st.dictionaries(NAMES, VALUES, max_size=2),
    groups=st.none() | GROUPS,
    since=DATES,
    until=DATES,
)
def test_columns_and_documents_agree(
    rows: list[DocumentRow],
    paths: list[str],
    formats: list[str],
    metadata: dict[str, str],
    groups: frozenset[str] | None,
    since: str | None,
    until: str | None,
) -> None:
    if since and until and since[: len(until)] > until:
        since = None
    filter = Filter(paths, formats, metadata, groups, since, until)
    columns = DocumentColumns.of_rows(rows)
    expected = [allows(filter, row) for row in rows]
    assert document_mask(columns, filter).tolist() == expected
    assert [filter.allows(row) for row in rows] == expected
    for ordinal, row in enumerate(rows):
        assert columns.find(row.id) == ordinal
    assert columns.find("nobody") is None


@pytest.mark.parametrize("value", ["Mon, 99 Foo 2024", "1 Jan 999999999999999999 0:0", "x" * 999])
def test_a_date_of_no_calendar_stops_no_run(value: str) -> None:
    row = DocumentRow("a", "a", "text", "0", 1, 10**21, metadata={"date": value})
    assert day_of(row) == 99991231


def test_no_row_of_a_document_is_read_for_a_filter(
    fill: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag_infer.index.catalog_connection import CatalogConnection

    path = fill({f"notes/{n}": [f"text {n}"] for n in range(40)})
    filters = [
        Filter(paths=["notes/1*"], groups=["staff"], since="1970"),
        Filter(formats=["text"], metadata={"client": "x"}),
    ]

    def refuse(*_: object) -> None:
        raise AssertionError("the catalogue was read")

    with Snapshot(path) as snapshot:
        monkeypatch.setattr(CatalogConnection, "rows", refuse)
        masks = [visible(snapshot, filter) for filter in filters]
        assert snapshot.find("notes/7") is not None
    assert [int(np.sum(mask[0])) for mask in masks] == [11, 0]
