"""A shard: it answers the rounds of a search for its own segments of an index.

It remembers nothing that it could not work out again, so that any replica may answer any round: the
chunks that the latest filters leave, within a bound of memory.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from pydantic import ValidationError

from rag_infer.errors import IndexStorageError, InputError
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.term_statistics import View
from rag_infer.retrieve.filters import visible
from rag_infer.retrieve.phrases import narrowed_masks
from rag_infer.retrieve.query_languages import language_groups
from rag_infer.retrieve.scoring import ChunkQuery, Numbers, SegmentScoring
from rag_infer.shards import conversion
from rag_infer.shards.messages import (
    NominationRequest,
    QueryMessage,
    ScoreRequest,
    ShardMessage,
    StatisticsMessage,
)
from rag_infer.shards.partition import Shard, generation_digest, segments_by_shard

STATISTICS, NOMINATIONS, SCORES = ROUNDS = ("statistics", "nominations", "scores")

_GENERATIONS = 2  # the current one, and the one that questions began with just before
_REFRESH_S = 2.0  # between two looks for a newer generation that a router has seen already
_MAX_ENTRIES = 64
_MAX_BYTES = 128 * 2**20
_BYTES_PER_CHUNK = 5  # masks, numbers of languages, lengths of blocks

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class ShardState:
    """A generation, and which of its segments the shard scores."""

    snapshot: Snapshot
    digest: str
    numbers: tuple[int, ...]


class ShardScorer:
    """Answers rounds; may be used by many threads.

    Args:
        current: Gives the current generation of the index.
        shard: Which shard this is.
        refresh: Brings the newest generation of an index in a bucket; None: it is a local one.
    """

    def __init__(
        self,
        current: Callable[[], Snapshot],
        shard: Shard,
        refresh: Callable[[], None] | None = None,
    ) -> None:
        self.shard = shard
        self._current = current
        self._refresh = refresh
        self._refreshed_at = -_REFRESH_S
        self._states: OrderedDict[str, ShardState] = OrderedDict()
        self._lock = threading.Lock()
        self._views: _Cache[Hashable, View] = _Cache()

    def state(self) -> ShardState:
        """The current generation.

        Raises:
            IndexStorageError: It cannot be read.
        """
        snapshot = self._current()
        with self._lock:
            latest = next(reversed(self._states.values()), None)
            if latest is not None and latest.snapshot is snapshot:
                return latest
            manifest = snapshot.manifest
            numbers = segments_by_shard(manifest, self.shard.count)[self.shard.number - 1]
            state = ShardState(snapshot, generation_digest(manifest), numbers)
            self._states[state.digest] = state
            self._states.move_to_end(state.digest)
            while len(self._states) > _GENERATIONS:
                self._states.popitem(last=False)
            return state

    def check_generation(self, digest: str) -> None:
        """Whether rounds of a generation can be answered.

        Raises:
            IndexStorageError: It is not the one that is open here (code ``other_generation``), or
                it cannot be read.
        """
        self._state_of(digest)

    def answer(self, round_name: str, body: bytes) -> bytes:
        """The answer to a round.

        Args:
            round_name: One of ``ROUNDS``.
            body: The request.

        Raises:
            InputError: The request is malformed, or asks for what the asker may not see.
            IndexStorageError: Its generation is not the one that is open here (code
                ``other_generation``), or cannot be read.
        """
        try:
            message = {
                STATISTICS: self._statistics,
                NOMINATIONS: self._nominations,
                SCORES: self._scores,
            }[round_name](body)
        except ValidationError as error:
            places = {".".join(map(str, e["loc"])) or "body" for e in error.errors()}
            raise InputError(f"invalid request: {', '.join(sorted(places)[:5])}") from None
        except ValueError as error:
            raise InputError(f"invalid request: {error}") from None
        return message.model_dump_json().encode()

    def _statistics(self, body: bytes) -> ShardMessage:
        query = QueryMessage.model_validate_json(body)
        state = self._state_of(query.generation)
        words = self._query_of(state, query).words
        return conversion.statistics_message(self._view(state, query).statistics(words))

    def _nominations(self, body: bytes) -> ShardMessage:
        request = NominationRequest.model_validate_json(body)
        state = self._state_of(request.query.generation)
        scoring = self._scoring(state, request.query, request.statistics)
        return conversion.nominations_message(scoring.nominate())

    def _scores(self, body: bytes) -> ShardMessage:
        request = ScoreRequest.model_validate_json(body)
        state = self._state_of(request.query.generation)
        segments, rows = conversion.places_of(request.segments, request.rows)
        _check_places(state, self._view(state, request.query), segments, rows)
        scoring = self._scoring(state, request.query, request.statistics)
        return conversion.raw_scores_message(scoring.raw_scores(segments, rows))

    def _state_of(self, digest: str) -> ShardState:
        """The generation of a query, the current one or the one before."""
        state = self.state()
        if digest != state.digest:
            with self._lock:
                earlier = self._states.get(digest)
            if earlier is not None:
                return earlier
            state = self._refreshed()
        if digest != state.digest:
            raise IndexStorageError(
                "another generation of the index is open here", code="other_generation"
            )
        return state

    def _refreshed(self) -> ShardState:
        """The current generation, after a look into the bucket unless there was one just now."""
        if self._refresh is not None and time.monotonic() - self._refreshed_at >= _REFRESH_S:
            self._refreshed_at = time.monotonic()
            self._refresh()
        return self.state()

    def _view(self, state: ShardState, query: QueryMessage) -> View:
        """What the asker may see of this shard's segments."""
        narrowing = query.narrowing
        key = (
            state.digest,
            query.filter.model_dump_json(),
            None if narrowing is None else narrowing.model_dump_json(),
            query.languages,
        )
        view = self._views.get(key)
        if view is None:
            segments = [state.snapshot.segments[number] for number in state.numbers]
            masks = visible(state.snapshot, conversion.filter_of(query.filter), state.numbers)
            if narrowing is not None:
                masks = narrowed_masks(segments, conversion.narrowing_of(narrowing), masks)
            groups = language_groups(segments, query.languages)
            view = View([segment.postings for segment in segments], masks, groups)
            self._views.add(key, view, _BYTES_PER_CHUNK * _chunks(state))
        return view

    def _query_of(self, state: ShardState, query: QueryMessage) -> ChunkQuery:
        return conversion.chunk_query_of(query, state.snapshot.manifest.embedder.dimension)

    def _scoring(
        self, state: ShardState, query: QueryMessage, statistics: StatisticsMessage
    ) -> SegmentScoring:
        return SegmentScoring(
            state.snapshot,
            state.numbers,
            self._view(state, query),
            self._query_of(state, query),
            conversion.statistics_of(statistics, query),
        )


def _check_places(state: ShardState, view: View, segments: Numbers, rows: Numbers) -> None:
    """Raises ValueError for chunks that are not here, or that the asker may not see."""
    if not np.isin(segments, state.numbers).all():
        raise ValueError("a segment of another shard")
    for number, mask in zip(state.numbers, view.visible, strict=True):
        of_segment = rows[segments == number]
        if (of_segment >= state.snapshot.segments[number].chunks).any() or (
            mask is not None and not mask[of_segment].all()
        ):
            raise ValueError("a chunk that is not there")


def _chunks(state: ShardState) -> int:
    return sum(state.snapshot.segments[number].chunks for number in state.numbers)


class _Cache(Generic[K, V]):
    """The latest entries, within a bound of memory; at least one."""

    def __init__(self) -> None:
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def add(self, key: K, value: V, size: int) -> None:
        with self._lock:
            replaced = self._entries.pop(key, None)
            self._bytes += size - (0 if replaced is None else replaced[1])
            self._entries[key] = value, size
            while len(self._entries) > 1 and (
                self._bytes > _MAX_BYTES or len(self._entries) > _MAX_ENTRIES
            ):
                _, (_, freed) = self._entries.popitem(last=False)
                self._bytes -= freed
