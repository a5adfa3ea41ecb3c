"""The option of commands that let shards score an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer.errors import InputError
from rag_infer.settings import Settings

if TYPE_CHECKING:
    from rag_infer import Index

ShardsOption = Annotated[
    str | None,
    typer.Option(
        "--shards",
        metavar="URLS",
        help="Let the shards of the index score: commas between them, | between replicas.",
    ),
]


def use_shards(index: Index, shards: str | None, configured: Settings) -> None:
    """Lets shards score the chunks of an index, where any were named.

    Args:
        index: The index, which they have open too.
        shards: Their addresses.
        configured: The settings, with the key.

    Raises:
        InputError: One of them is no address, or there is no key.
    """
    if shards is None:
        return
    from rag_infer.shards.http_transport import HttpShards
    from rag_infer.shards.router import ShardRouter

    addresses = shard_addresses(shards)
    if configured.shard_key is None:
        raise InputError("shards ask for their key", where="--shards", hint="set RAG_SHARD_KEY")
    index.engine.shards = ShardRouter(HttpShards(addresses, configured.shard_key))


def shard_addresses(shards: str) -> list[tuple[str, ...]]:
    """The addresses of all shards, as they are typed.

    Args:
        shards: Shards by commas in their order, replicas of one by bars.

    Raises:
        InputError: One of them is no address of a server.
    """
    from rag_infer.shards.http_transport import parse_addresses

    try:
        return parse_addresses(shards)
    except InputError as error:
        raise InputError(error.what, where="--shards", hint=error.hint) from error
