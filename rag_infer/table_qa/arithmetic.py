"""Questions that are a sum to be worked out, recognized without a model."""

from __future__ import annotations

import re

from rag_infer.tools.calculator import is_sum

_LEADING_PHRASE = re.compile(
    r"^\s*(?:please|so|and|ok(?:ay)?|then)?[\s,]*(?:(?:can|could) you\s+)?(?:please\s+)?(?:"
    r"what(?:'s|’s|\s+is|\s+are|\s+does|\s+do)?|how\s+much\s+(?:is|are|does|do)|calculate|compute|"
    r"evaluate|work\s+out|tell\s+me|give\s+me)?\s*(?:the\s+(?:result|value|sum|product)\s+of\s+)?",
    re.IGNORECASE,
)
_TRAILING_PHRASE = re.compile(
    r"\s*(?:equal(?:s|\s+to)?|make|come\s+to)?\s*[=?.!]*\s*$", re.IGNORECASE
)
_MAX_CHARS = 400  # characters of a question


def parse_arithmetic(question: str) -> str | None:
    """The arithmetic expression that a question consists of; None for other questions."""
    if len(question) > _MAX_CHARS:
        return None
    collapsed = " ".join(question.split())  # runs of blanks are what the patterns below are slow on
    expression = _TRAILING_PHRASE.sub("", _LEADING_PHRASE.sub("", collapsed, count=1), count=1)
    return expression if expression and is_sum(expression) else None
