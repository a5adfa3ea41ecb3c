"""Conversations that nobody has used for long are deleted, on the hour."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from rag_infer.errors import RagError
from rag_infer.userdata.conversations import ConversationStore

_EVERY_S = 3600

logger = logging.getLogger(__name__)


async def delete_old_conversations(history: Path, days: int) -> None:
    """Deletes the conversations of all users that are older, now and every hour; never returns.

    Args:
        history: The folder with a file for each user.
        days: Days without a turn.
    """
    while True:
        await asyncio.to_thread(_delete, history, days)
        await asyncio.sleep(_EVERY_S)


def _delete(history: Path, days: int) -> None:
    for path in sorted(history.glob("*.sqlite")):
        try:
            deleted = ConversationStore(path).remove_older(days)
        except RagError as error:  # the others' must go all the same
            logger.error("old conversations cannot be deleted: %s", error)
            continue
        if deleted:
            logger.warning("conversations deleted after %d days: %d", days, deleted)
