"""A conversation as a Word document: questions, answers, sources with their quotes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from rag_infer.userdata.conversations import ConversationTurn

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not in XML


def as_docx(title: str, turns: Sequence[ConversationTurn]) -> bytes:
    """The bytes of the document."""
    import docx

    document = docx.Document()
    document.core_properties.title = _printable(title)
    document.core_properties.author = ""
    document.add_heading(_printable(title), 0)
    for turn in turns:
        document.add_heading(_printable(" ".join(turn.question.split())), 1)
        for paragraph in turn.answer.split("\n\n"):
            document.add_paragraph(_printable(paragraph))
        for source in turn.sources:
            quote = " ".join(source.quote.split())
            text = f"[{source.number}] {source.location}: “{quote}”"
            document.add_paragraph(_printable(text), style="Intense Quote")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
