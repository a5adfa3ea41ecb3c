"""Law: an index that shards score is searched as one machine would, wherever its segments lie."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.index import writer as writers
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.retrieve.filters import visible
from rag_infer.shards import conversion, router, shard_scorer
from rag_infer.shards.messages import NominationsMessage
from rag_infer.shards.router import ShardRouter
from rag_infer.shards.shard_scorer import NOMINATIONS
from tests.index.conftest import EMBEDDER, entry
from tests.property.test_access import GROUPS, Seeded, documents, query
from tests.shards.in_process import InProcessShards

LANGUAGES = ("en", "de", "")


def build(path: Path, parts: list[list[tuple[list[str], frozenset[str]]]], own: int) -> None:
    """An index with a segment for each part, the last document removed.

    Args:
        path: The folder.
        parts: Paragraphs and groups of the documents of each segment.
        own: How many languages the documents are in, in turn.
    """
    with (
        patch.object(writers, "_SEGMENTS_PER_MERGE", 1_000),
        patch("os.fsync"),  # a power cut is not what is tested, and the disk takes most of the time
        Writer(path, EMBEDDER) as writer,
    ):
        number = 0
        for part in parts:
            for paragraphs, groups in part:
                row = entry(f"d{number}", paragraphs, groups)
                codes = [LANGUAGES[(number + i) % own] for i in range(len(paragraphs))]
                writer.add(replace(row, languages=codes))
                number += 1
            writer._seal()
        writer.publish()
        location = writer.base.find(f"d{number - 1}")
        if location is not None and number > 2:
            writer.remove([location])
            writer.publish()


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(documents, min_size=1, max_size=6),
    groups=st.one_of(st.none(), st.frozensets(st.sampled_from(GROUPS), max_size=2)),
    paths=st.sampled_from([(), ("d[0-4]",), ("d1", "d5")]),
    typed=query,
    earlier=st.lists(query, max_size=2).map(tuple),
    k=st.integers(1, 6),
    languages=st.integers(1, 3),
    data=st.data(),
)
def test_any_cut_finds_what_one_machine_does(
    parts: list[list[tuple[list[str], frozenset[str]]]],
    groups: frozenset[str] | None,
    paths: tuple[str, ...],
    typed: str,
    earlier: tuple[str, ...],
    k: int,
    languages: int,
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(1, 4))
    seeded_filter = Filter(groups=groups, paths=paths)
    options = SearchOptions(filter=seeded_filter, depth=5, earlier=earlier)
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), parts, languages)
        with Snapshot(Path(folder)) as snapshot:
            shard_of = [data.draw(st.integers(0, count - 1)) for _ in snapshot.segments]
            cut = [
                tuple(n for n, shard in enumerate(shard_of) if shard == own) for own in range(count)
            ]
            shards = InProcessShards(snapshot, count)
            with (
                patch.object(router, "segments_by_shard", lambda *_: cut),
                patch.object(shard_scorer, "segments_by_shard", lambda *_: cut),
            ):
                scoring = ShardRouter(shards)
                expected = search(snapshot, Seeded(), typed, k, options)  # type: ignore[arg-type]
                results = search(
                    snapshot,
                    Seeded(),  # type: ignore[arg-type]
                    typed,
                    k,
                    replace(options, scoring=scoring),
                )
            assert results == expected  # chunks, order and all scores, to the last bit
            assert not scoring.notes(0.0)
            masks = visible(snapshot, seeded_filter)
            for round_name, _, answer in shards.answers:
                if round_name == NOMINATIONS:
                    check_visible(answer, masks)


def check_visible(answer: bytes, masks: list[np.ndarray | None]) -> None:
    """No shard so much as nominates what the asker may not see."""
    nominations = conversion.nominations_of(NominationsMessage.model_validate_json(answer))
    for rows in (nominations.near.exact, nominations.near.proposed, nominations.lexical):
        for number, row in zip(rows.segments, rows.rows, strict=True):
            mask = masks[number]
            assert mask is None or mask[row]
