"""Shards of one index in this process, reached by the messages that would go over a network."""

from __future__ import annotations

from collections.abc import Mapping

from rag_infer.errors import RagError
from rag_infer.index.snapshot import Snapshot
from rag_infer.shards.partition import Shard
from rag_infer.shards.router import ShardError
from rag_infer.shards.shard_scorer import ShardScorer


class InProcessShards:
    """A transport to shards of an open index. ``absent`` shards do not answer; ``answers`` are all
    that came, by round and shard.
    """

    def __init__(self, snapshot: Snapshot, count: int) -> None:
        self.count = count
        self.scorers = [
            ShardScorer(lambda: snapshot, Shard(number + 1, count)) for number in range(count)
        ]
        self.absent: set[tuple[str, int]] = set()
        self.answers: list[tuple[str, int, bytes]] = []

    def ask(self, round_name: str, bodies: Mapping[int, bytes]) -> Mapping[int, bytes | ShardError]:
        return {shard: self._answer(round_name, shard, body) for shard, body in bodies.items()}

    def missing(self, generation: str) -> Mapping[int, str]:
        return {shard: "does not answer" for _, shard in self.absent}

    def _answer(self, round_name: str, shard: int, body: bytes) -> bytes | ShardError:
        if (round_name, shard) in self.absent:
            return ShardError("does not answer")
        try:
            answer = self.scorers[shard].answer(round_name, body)
        except RagError as error:
            return ShardError(str(error))
        self.answers.append((round_name, shard, answer))
        return answer
