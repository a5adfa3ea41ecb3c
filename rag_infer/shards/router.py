"""The router: it asks all shards in rounds and puts their answers together.

It has the same generation of the index open, for texts and for what a question asks of words; the
shards do what grows with the index. Of every answer of a shard it is checked that it names only
chunks of that shard that the asker may see.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Protocol, TypeVar

import numpy as np
from pydantic import ValidationError

from rag_infer.errors import IndexStorageError, InputError
from rag_infer.index.scored_rows import ScoredRows
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.term_statistics import Statistics
from rag_infer.retrieve.scoring import ChunkQuery, Nominations, Numbers, RawScores
from rag_infer.retrieve.search_scope import SearchScope
from rag_infer.shards import conversion
from rag_infer.shards.messages import (
    MAX_DEPTH,
    NominationRequest,
    NominationsMessage,
    QueryMessage,
    RawScoresMessage,
    StatisticsMessage,
)
from rag_infer.shards.partition import generation_digest, segments_by_shard
from rag_infer.shards.shard_scorer import NOMINATIONS, SCORES, STATISTICS

_MAX_FAILURES = 1_000  # that are remembered
_PROBED_EVERY_S = 2.0
_REASONS_SAID = 4  # of an index of a thousand shards

R = TypeVar("R")


class ShardError(Exception):
    """A shard did not answer, or not as it should; the message says which of the two."""


class ShardTransport(Protocol):
    """What brings requests to the shards, numbered from 0."""

    @property
    def count(self) -> int:
        """How many shards there are."""
        ...

    def ask(self, round_name: str, bodies: Mapping[int, bytes]) -> Mapping[int, bytes | ShardError]:
        """The answers of some shards, which are asked at the same time."""
        ...

    def missing(self, generation: str) -> Mapping[int, str]:
        """Why shards cannot answer now for a generation, by their number; none where all can."""
        ...


class ShardRouter:
    """Scores the chunks of an index by its shards. May be used by many threads.

    Args:
        transport: What brings requests to them.
    """

    def __init__(self, transport: ShardTransport) -> None:
        self.transport = transport
        self._failures: deque[tuple[float, int, str]] = deque(maxlen=_MAX_FAILURES)
        self._probe: tuple[float, str, Mapping[int, str]] | None = None
        self._probing = threading.Lock()
        self._cut: tuple[Snapshot, str, list[tuple[int, ...]]] | None = None

    def __call__(self, snapshot: Snapshot, scope: SearchScope, query: ChunkQuery) -> ShardedRounds:
        """The rounds of one query; see ``retrieve.scoring``."""
        if query.depth > MAX_DEPTH:
            raise InputError(
                f"through shards at most {MAX_DEPTH // 4:,} passages can be searched at once",
                code="invalid_argument",
            )
        digest, segments = self._cut_of(snapshot)
        try:
            message = conversion.query_message(digest, scope, query)
        except ValidationError:
            raise InputError("the question or its filter is too long for shards") from None
        return ShardedRounds(self, snapshot, scope, message, segments)

    def note_failure(self, shard: int, reason: str) -> None:
        """Remembers that a shard did not answer."""
        self._failures.append((time.perf_counter(), shard, reason))
        self._probe = None

    def failures(self, since: float) -> dict[int, str]:
        """Why shards did not answer since then (``time.perf_counter``), by their number."""
        return {shard: reason for at, shard, reason in list(self._failures) if at >= since}

    def notes(self, since: float) -> list[str]:
        """What to say of shards that did not answer since then (``time.perf_counter``)."""
        reasons = self.failures(since)
        return [missing_note(reasons, self.transport.count)] if reasons else []

    def missing_now(self, snapshot: Snapshot) -> list[str]:
        """What to say of shards that cannot answer now; nothing where all can.

        They are asked at most every 2 seconds unless one failed since, as anybody may ask this
        server whether it is ready.

        Raises:
            IndexStorageError: None can.
        """
        digest, segments = self._cut_of(snapshot)
        with self._probing:
            probe = self._probe
            if probe is None or probe[1] != digest or time.monotonic() - probe[0] > _PROBED_EVERY_S:
                reasons = self.transport.missing(digest)
                self._probe = time.monotonic(), digest, reasons
            else:
                reasons = probe[2]
        needed = {shard for shard, numbers in enumerate(segments) if numbers}
        if needed and needed <= reasons.keys():
            raise all_missing({shard: reasons[shard] for shard in needed})
        return [missing_note(reasons, self.transport.count)] if reasons else []

    def _cut_of(self, snapshot: Snapshot) -> tuple[str, list[tuple[int, ...]]]:
        cut = self._cut
        if cut is None or cut[0] is not snapshot:
            manifest = snapshot.manifest
            segments = segments_by_shard(manifest, self.transport.count)
            cut = self._cut = snapshot, generation_digest(manifest), segments
        return cut[1:]


def missing_note(reasons: Mapping[int, str], count: int) -> str:
    """One line about shards that are missing.

    Args:
        reasons: Why, by the number of the shard, from 0.
        count: How many shards there are.
    """
    are = "is" if len(reasons) == 1 else "are"
    missing = f"{len(reasons)} of {count} shards of the index {are} missing, so documents may be"
    return f"{missing}: {_each(reasons)}"


def all_missing(reasons: Mapping[int, str]) -> IndexStorageError:
    """The error where there is nobody to ask.

    Args:
        reasons: Why, by the number of the shard, from 0.
    """
    return IndexStorageError(
        f"no shard of the index answers: {_each(reasons)}",
        hint="start them all with this key, of this index, each at its address in their order",
        code="shards_unavailable",
    )


def _each(reasons: Mapping[int, str]) -> str:
    shards = sorted(reasons)
    each = [f"shard {shard + 1} {reasons[shard]}" for shard in shards[:_REASONS_SAID]]
    others = len(shards) - len(each)
    return ", ".join([*each, f"and {others:,} more"] if others else each)


class ShardedRounds:
    """The rounds of one query. A shard that fails in one of them is left out of the others."""

    def __init__(
        self,
        router: ShardRouter,
        snapshot: Snapshot,
        scope: SearchScope,
        query: QueryMessage,
        segments: Sequence[tuple[int, ...]],
    ) -> None:
        self._router = router
        self._snapshot = snapshot
        self._scope = scope
        self._query = query
        self._segments = segments
        self._present = [shard for shard, numbers in enumerate(segments) if numbers]
        self._reasons: dict[int, str] = {}
        self._statistics: StatisticsMessage | None = None

    def nominations(self) -> Sequence[Nominations]:
        """The best chunks of each shard, by the statistics of all.

        Raises:
            IndexStorageError: No shard answers.
        """
        if not self._present:
            return []
        body = self._query.model_dump_json().encode()
        statistics = self._ask(
            STATISTICS, dict.fromkeys(self._present, body), self._read_statistics
        )
        if not statistics:
            raise all_missing(self._reasons)
        total = conversion.statistics_message(reduce(add, statistics.values()))
        self._statistics = total
        body = NominationRequest(query=self._query, statistics=total).model_dump_json().encode()
        nominations = self._ask(
            NOMINATIONS, dict.fromkeys(self._present, body), self._read_nominations
        )
        if not nominations:
            raise all_missing(self._reasons)
        return [nominations[shard] for shard in sorted(nominations)]

    def raw_scores(self, segments: Numbers, rows: Numbers) -> RawScores:
        """Both scores of nominated chunks; those of a shard that fails have none.

        Raises:
            IndexStorageError: No shard answers.
        """
        assert self._statistics is not None
        places = {
            shard: np.flatnonzero(np.isin(segments, self._segments[shard]))
            for shard in self._present
        }
        bodies = {
            shard: conversion.score_request(self._query, self._statistics, segments[at], rows[at])
            .model_dump_json()
            .encode()
            for shard, at in places.items()
            if len(at)
        }
        if not bodies:  # all of them are of shards that were lost since
            none = np.full(len(rows), np.nan, dtype=np.float32)
            return RawScores(none, none)
        answers = self._ask(
            SCORES, bodies, lambda shard, body: _read_scores(body, len(places[shard]))
        )
        if not answers:
            raise all_missing(self._reasons)
        dense = np.full(len(rows), np.nan, dtype=np.float32)
        lexical = dense.copy()
        for shard, scores in answers.items():
            dense[places[shard]] = scores.dense
            lexical[places[shard]] = scores.lexical
        return RawScores(dense, lexical)

    def _ask(
        self,
        round_name: str,
        bodies: Mapping[int, bytes],
        read: Callable[[int, bytes], R],
    ) -> dict[int, R]:
        answers: dict[int, R] = {}
        for shard, answer in self._router.transport.ask(round_name, bodies).items():
            try:
                if isinstance(answer, ShardError):
                    raise answer
                answers[shard] = read(shard, answer)
            except ShardError as error:
                self._leave_out(shard, str(error))
            except ValueError:  # of JSON and of pydantic too
                self._leave_out(shard, "gave an answer that is not valid")
        return answers

    def _leave_out(self, shard: int, reason: str) -> None:
        self._present.remove(shard)
        self._reasons[shard] = reason
        self._router.note_failure(shard, reason)

    def _read_statistics(self, _: int, body: bytes) -> Statistics:
        message = StatisticsMessage.model_validate_json(body)
        return conversion.statistics_of(message, self._query)

    def _read_nominations(self, shard: int, body: bytes) -> Nominations:
        nominations = conversion.nominations_of(NominationsMessage.model_validate_json(body))
        for rows in (nominations.near.exact, nominations.near.proposed, nominations.lexical):
            self._check(shard, rows)
        return nominations

    def _check(self, shard: int, nominated: ScoredRows) -> None:
        """Raises ValueError for chunks of other shards, and those that the asker may not see."""
        if not np.isin(nominated.segments, self._segments[shard]).all():
            raise ValueError("a segment of another shard")
        for number in np.unique(nominated.segments):
            rows = nominated.rows[nominated.segments == number]
            mask = self._scope.masks[number]
            if (rows >= self._snapshot.segments[number].chunks).any() or (
                mask is not None and not mask[rows].all()
            ):
                raise ValueError("a chunk that the asker may not see")


def _read_scores(body: bytes, count: int) -> RawScores:
    return conversion.raw_scores_of(RawScoresMessage.model_validate_json(body), count)
