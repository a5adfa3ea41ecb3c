"""Wordings of the prompts that a user may replace, and the check of what may stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from rag_infer.errors import InputError
from rag_infer.settings.profiles import PYDANTIC_CONFIG

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDERS = {
    "question": ("passages", "question"),
    "rewrite": ("question",),
}
MAX_PROMPT_CHARACTERS = 8000


@dataclass(frozen=True, slots=True)
class Prompts:
    """Wordings of prompts in place of the package's own; `rag ask --dry-run` shows the result.

    A name in braces is a placeholder; which ones a wording must have, once each, stands beside it.
    Other braces are text.

    Raises:
        InputError: A wording is empty, too long, lacks a placeholder or has one too many.
    """

    __pydantic_config__ = PYDANTIC_CONFIG

    system: str | None = None
    """The system prompt: how to answer, how to cite (`[1]`), what to say where nothing answers."""
    question: str | None = None
    """What the user's message says: `{passages}` and `{question}`. A question without passages is
    sent as `Question: ...`."""
    closing: str | None = None
    """An order after the question. Small models follow what they read last."""
    rewrite: str | None = None
    """How a model is asked to make a follow-up question stand alone: `{question}`."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if (text := getattr(self, field.name)) is not None:
                check_prompt(field.name, text, where=f"prompts.{field.name}")

    def options(self) -> dict[str, Any]:
        """The wordings that are set, under the names of `GenerationOptions`."""
        names = {"question": "question_prompt", "rewrite": "rewrite_prompt"}
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {names.get(name, name): text for name, text in values if text is not None}


def check_prompt(kind: str, text: str, *, where: str) -> None:
    """Checks a wording.

    Args:
        kind: The key in `[prompts]`.
        text: The wording.
        where: What an error names.

    Raises:
        InputError: It is empty, too long, or its placeholders are others than they must be.
    """
    if not text.strip():
        raise InputError("must not be empty", where=where)
    if len(text) > MAX_PROMPT_CHARACTERS:
        raise InputError(f"must not have more than {MAX_PROMPT_CHARACTERS} characters", where=where)
    required = _PLACEHOLDERS.get(kind, ())
    names = _PLACEHOLDER.findall(text)
    for name in required:
        if names.count(name) != 1:
            raise InputError(f"must have {{{name}}} once", where=where)
    for name in names:
        if name not in required:
            known = " and ".join(f"{{{r}}}" for r in required) or "none"
            raise InputError(f"has no placeholder {{{name}}} (there is: {known})", where=where)


def fill(text: str, **values: str) -> str:
    """A wording with its placeholders replaced at once: values may hold braces."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
