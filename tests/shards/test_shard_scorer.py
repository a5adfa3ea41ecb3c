"""A shard refuses what is malformed, what is not its own, and what the asker may not see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag_infer.errors import IndexStorageError, InputError
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.retrieve import Filter, SearchOptions, search
from rag_infer.retrieve.scoring import ChunkQuery
from rag_infer.retrieve.search_scope import search_scope
from rag_infer.shards import conversion
from rag_infer.shards.messages import MAX_DEPTH, StatisticsMessage
from rag_infer.shards.packed_arrays import pack, unpack
from rag_infer.shards.partition import (
    Shard,
    generation_digest,
    parse_shard,
    segments_by_shard,
)
from rag_infer.shards.router import ShardRouter
from rag_infer.shards.shard_scorer import NOMINATIONS, SCORES, STATISTICS, ShardScorer
from tests.index.conftest import EMBEDDER, entry, vector
from tests.property.test_access import Seeded
from tests.shards.in_process import InProcessShards

STAFF = Filter(groups=["staff"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Three segments; the board alone may read the second."""
    for name, groups in (("menu", frozenset[str]()), ("merger", {"board"}), ("trip", {"staff"})):
        with Writer(tmp_path / "index", EMBEDDER) as writer:
            paragraphs = [f"the {name} of autumn", f"a {name} in winter"]
            writer.add(entry(name, paragraphs, frozenset(groups)))
            writer.publish()
    return tmp_path / "index"


@pytest.fixture
def snapshot(path: Path) -> Iterator[Snapshot]:
    with Snapshot(path) as opened:
        yield opened


def request(snapshot: Snapshot, filter: Filter = STAFF) -> dict[str, Any]:
    """The first round of a question as JSON."""
    query = ChunkQuery(vector("winter"), {"winter": 1.0, "merger": 2.0}, 5)
    digest = generation_digest(snapshot.manifest)
    message = conversion.query_message(digest, search_scope(snapshot, filter), query)
    fields: dict[str, Any] = json.loads(message.model_dump_json())
    return fields


def ask(scorer: ShardScorer, round_name: str, fields: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(scorer.answer(round_name, json.dumps(fields).encode()))
    return answer


def test_statistics_are_those_of_the_asker(snapshot: Snapshot) -> None:
    scorer = ShardScorer(lambda: snapshot, Shard(1, 1))
    of_staff = StatisticsMessage.model_validate(
        ask(scorer, STATISTICS, request(snapshot)), strict=False
    )
    assert of_staff.units[0] == (4,)
    assert of_staff.terms["merger"] == ((0,), (0,))
    of_board = ask(scorer, STATISTICS, request(snapshot, Filter(groups=["board"])))
    assert of_board["terms"]["merger"][0] == [2]


def test_hidden_chunks_are_neither_nominated_nor_scored(snapshot: Snapshot) -> None:
    scorer = ShardScorer(lambda: snapshot, Shard(1, 1))
    query = request(snapshot)
    round_two = {"query": query, "statistics": ask(scorer, STATISTICS, query)}
    nominated = ask(scorer, NOMINATIONS, round_two)
    hidden = snapshot.find("merger")
    assert hidden is not None
    for part in nominated.values():
        assert hidden.segment not in unpack(part["segments"], "<u4")
    places = {
        "segments": pack(np.array([hidden.segment]), "<u4"),
        "rows": pack(np.array([0]), "<u4"),
    }
    with pytest.raises(InputError, match="not there"):
        ask(scorer, SCORES, round_two | places)
    board = request(snapshot, Filter(groups=["board"]))
    round_three = {"query": board, "statistics": ask(scorer, STATISTICS, board)} | places
    assert len(unpack(ask(scorer, SCORES, round_three)["dense"], "<f4")) == 1


def test_a_shard_scores_its_own_segments_alone(snapshot: Snapshot) -> None:
    cut = segments_by_shard(snapshot.manifest, 3)
    assert sorted(number for numbers in cut for number in numbers) == [0, 1, 2]
    first = ShardScorer(lambda: snapshot, Shard(1, 3))
    query = request(snapshot, Filter())
    fields = {"query": query, "statistics": ask(first, STATISTICS, query)}
    places = {"segments": pack(np.array(cut[1]), "<u4"), "rows": pack(np.array([0]), "<u4")}
    with pytest.raises(InputError, match="another shard"):
        ask(first, SCORES, fields | places)
    beyond = {"segments": pack(np.array(cut[0]), "<u4"), "rows": pack(np.array([9]), "<u4")}
    with pytest.raises(InputError, match="not there"):
        ask(first, SCORES, fields | beyond)


@pytest.mark.parametrize(
    "change",
    [
        {"depth": 0},
        {"depth": MAX_DEPTH + 1},
        {"depth": "5"},
        {"vector": "no base64"},
        {"vector": pack(np.zeros(3), "<f4")},
        {"vector": pack(np.full(16, np.nan), "<f4")},
        {"words": [["winter", [1.0, 2.0]]]},
        {"words": [["winter", []]]},
        {"languages": []},
        {"filter": {}},
        {"unknown": 1},
        {"generation": "../../etc"},
    ],
)
def test_malformed_requests_are_refused(snapshot: Snapshot, change: dict[str, Any]) -> None:
    scorer = ShardScorer(lambda: snapshot, Shard(1, 1))
    with pytest.raises(InputError, match="invalid"):
        ask(scorer, STATISTICS, request(snapshot) | change)


def test_a_date_that_is_none_is_refused(snapshot: Snapshot) -> None:
    fields = request(snapshot)
    fields["filter"]["since"] = "soon"
    with pytest.raises(InputError, match="not a date"):
        ask(ShardScorer(lambda: snapshot, Shard(1, 1)), STATISTICS, fields)


def test_statistics_of_other_terms_are_refused(snapshot: Snapshot) -> None:
    scorer = ShardScorer(lambda: snapshot, Shard(1, 1))
    query = request(snapshot)
    statistics = ask(scorer, STATISTICS, query)
    statistics["terms"].pop("winter")
    with pytest.raises(InputError, match="other terms"):
        ask(scorer, NOMINATIONS, {"query": query, "statistics": statistics})


def test_the_generation_before_still_counts_and_older_ones_do_not(
    path: Path, fill: Callable[..., Path]
) -> None:
    opened = [Snapshot(path)]
    scorer = ShardScorer(lambda: opened[-1], Shard(1, 1))
    query = request(opened[0])
    before = ask(scorer, STATISTICS, query)
    for name in ("new", "newer"):
        fill({name: ["words of spring"]})
        opened.append(Snapshot(path))
        if name == "new":
            assert ask(scorer, STATISTICS, query) == before
            assert ask(scorer, STATISTICS, request(opened[-1])) != before
    ask(scorer, STATISTICS, request(opened[-1]))
    with pytest.raises(IndexStorageError) as refusal:
        ask(scorer, STATISTICS, query)
    assert refusal.value.code == "other_generation"


def test_a_shard_that_is_behind_looks_for_the_newest_generation(
    path: Path, fill: Callable[..., Path]
) -> None:
    opened = [Snapshot(path)]
    fill({"new": ["words of spring"]})
    scorer = ShardScorer(
        lambda: opened[-1], Shard(1, 1), refresh=lambda: opened.append(Snapshot(path))
    )
    with Snapshot(path) as newest:
        ask(scorer, STATISTICS, request(newest))
    assert len(opened) == 2


def test_segments_are_spread_by_their_chunks(fill: Callable[..., Path]) -> None:
    for name, chunks in (("a", 6), ("b", 3), ("c", 2)):
        path = fill({name: [f"{name} {i}" for i in range(chunks)]})
    with Snapshot(path) as snapshot:
        assert [e.chunks for e in snapshot.manifest.segments] == [6, 3, 2]
        assert segments_by_shard(snapshot.manifest, 2) == [(0,), (1, 2)]
        assert segments_by_shard(snapshot.manifest, 4) == [(0,), (1,), (2,), ()]


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/3/5", "", "1/9999"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a shard"):
        parse_shard(text)


@pytest.mark.parametrize("round_name", [STATISTICS, NOMINATIONS, SCORES])
def test_a_shard_that_is_lost_in_any_round_is_noted(snapshot: Snapshot, round_name: str) -> None:
    shards = InProcessShards(snapshot, 3)
    scoring = ShardRouter(shards)
    options = SearchOptions(scoring=scoring)
    complete = {h.document_id for h in search(snapshot, Seeded(), "autumn", 9, options)}  # type: ignore[arg-type]
    assert complete == {"menu", "merger", "trip"}
    shards.absent.add((round_name, 1))
    (lost,) = segments_by_shard(snapshot.manifest, 3)[1]
    hits = search(snapshot, Seeded(), "autumn", 9, options)  # type: ignore[arg-type]
    missing = snapshot.segments[lost].catalogue.document(0).id
    assert {h.document_id for h in hits} == complete - {missing}
    (note,) = scoring.notes(0.0)
    assert note.startswith("1 of 3 shards")
    assert "shard 2 does not answer" in note


def test_no_shard_at_all_is_an_error(snapshot: Snapshot) -> None:
    shards = InProcessShards(snapshot, 2)
    shards.absent = {(STATISTICS, 0), (STATISTICS, 1)}
    options = SearchOptions(scoring=ShardRouter(shards))
    with pytest.raises(IndexStorageError, match="no shard"):
        search(snapshot, Seeded(), "autumn", 5, options)  # type: ignore[arg-type]


def test_a_shard_that_names_what_is_not_its_own_is_left_out(snapshot: Snapshot) -> None:
    shards = InProcessShards(snapshot, 3)
    cut = segments_by_shard(snapshot.manifest, 3)
    honest = shards.scorers[0].answer

    def lying(round_name: str, body: bytes) -> bytes:
        answer = json.loads(honest(round_name, body))
        if round_name == NOMINATIONS:
            rows = answer["exact"]["segments"]
            answer["exact"]["segments"] = pack(np.full(len(unpack(rows, "<u4")), cut[1][0]), "<u4")
        return json.dumps(answer).encode()

    shards.scorers[0].answer = lying  # type: ignore[method-assign]
    scoring = ShardRouter(shards)
    search(snapshot, Seeded(), "autumn", 9, SearchOptions(scoring=scoring))  # type: ignore[arg-type]
    (note,) = scoring.notes(0.0)
    assert "shard 1 gave an answer that is not valid" in note
