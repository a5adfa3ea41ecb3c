"""What a router and its shards send each other: JSON of fixed shapes, with bounds for all of it.

Nothing in a message is a path, a name to look up or code. Places are numbers of segments and rows,
which mean the same to both sides as both have read the same manifest (``generation``).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_DEPTH = 10_000  # chunks of each side
MAX_TERMS = 20_000
MAX_REQUEST_BYTES = 8_000_000
MAX_RESPONSE_BYTES = 16_000_000
MAX_SECTION = 4_096  # texts of a filter or a narrowing

_MAX_COUNT = 2**53  # beyond, sums of floating-point numbers are not exact

Text = Annotated[str, Field(max_length=65_536)]
Texts = Annotated[tuple[Text, ...], Field(max_length=MAX_SECTION)]
Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
Languages = Annotated[tuple[Annotated[str, Field(max_length=3)], ...], Field(max_length=1_000)]
Weights = Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(min_length=1)]
Date = Annotated[str, Field(max_length=10)]


class ShardMessage(BaseModel):
    """Base of all: types as they are, no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FilterMessage(ShardMessage):
    """The documents that the asker may see; see ``Filter``."""

    paths: Texts
    formats: Texts
    metadata: Annotated[dict[Text, str | int | float | bool], Field(max_length=MAX_SECTION)]
    groups: Texts | None
    since: Date | None
    until: Date | None
    as_of: Date | None


class NarrowingMessage(ShardMessage):
    """The phrases that narrow them further; see ``Narrowing``."""

    phrases: Texts
    excluded: Texts
    languages: Annotated[Languages, Field(min_length=1)]


class QueryMessage(ShardMessage):
    """A question as it is scored, and for whom: part of each round."""

    generation: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    filter: FilterMessage
    narrowing: NarrowingMessage | None
    languages: Annotated[Languages, Field(min_length=1)]
    vector: Annotated[str, Field(max_length=100_000)]
    words: Annotated[tuple[tuple[Text, Weights], ...], Field(max_length=MAX_TERMS)]
    depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)]


class StatisticsMessage(ShardMessage):
    """``Statistics``: of each term, and of all (``units``), chunks and blocks by language."""

    units: tuple[tuple[Count, ...], tuple[Count, ...]]
    length: Count
    terms: Annotated[
        dict[Text, tuple[tuple[Count, ...], tuple[Count, ...]]], Field(max_length=MAX_TERMS)
    ]


class ScoredRowsMessage(ShardMessage):
    """``ScoredRows``."""

    segments: str
    rows: str
    scores: str


class NominationRequest(ShardMessage):
    """The second round: the best chunks, by the statistics of all shards."""

    query: QueryMessage
    statistics: StatisticsMessage


class NominationsMessage(ShardMessage):
    """The best chunks of a shard."""

    exact: ScoredRowsMessage
    proposed: ScoredRowsMessage
    lexical: ScoredRowsMessage


class ScoreRequest(ShardMessage):
    """The third round: both scores of some chunks of the shard."""

    query: QueryMessage
    statistics: StatisticsMessage
    segments: str
    rows: str


class RawScoresMessage(ShardMessage):
    """Both scores of each chunk that was asked for."""

    dense: str
    lexical: str
