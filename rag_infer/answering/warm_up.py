"""What the first questions of a server would wait for, loaded before they come."""

from __future__ import annotations

from rag_infer.answering.options import AnswerRequest
from rag_infer.answering.pipeline import answer_question
from rag_infer.cite.span_reader import reader
from rag_infer.embed.batching import CachedEmbedder
from rag_infer.engine import Engine
from rag_infer.errors import IndexNotFoundError

_QUESTION = "How much is the total and when is it due?"  # of tables, and of any document


def warm_up(engine: Engine) -> None:
    """Loads the models in their runtime, and what else the answers of an index need.

    Questions that come meanwhile are answered as in a process that answers just one. An index
    without documents is left alone.

    Raises:
        RagError: A model or the index cannot be opened; a question would say so too.
    """
    try:
        if not engine.snapshot.manifest.documents:
            return
    except IndexNotFoundError:
        return
    if isinstance(engine.embedder, CachedEmbedder):
        engine.embedder.warm_up()
    reader().warm_up()
    answer_question(engine, AnswerRequest(_QUESTION))
