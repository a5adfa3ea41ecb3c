"""How a document is summarized."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rag_infer.argument_checks import check_callable, check_number, check_strings, check_type
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE
from rag_infer.generate.callable_generator import LlmSpec
from rag_infer.settings import ModelProfile


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How a document is summarized.

    Args:
        bullets: Most points. With neither ``bullets`` nor ``words``: 5.
        words: Most words of all points together.
        outline: Takes a point of each section, at most ``bullets``; without a model.
        question: What the summary is for.
        pages: First and last page, from 1.
        llm: The language model, as in ``Index.ask``.
        model_profiles: Profiles that ``llm`` may name.
        verifier: As in ``AskOptions``.
        drop_unsupported: Leaves out points of a model that the pages do not support.
        max_tokens: Most tokens of a text that a model writes.
        max_calls: Most calls of the model; one that needs more ends as if it was stopped.
        passwords: Tried on an encrypted file.
        resume: Goes on where a run on the same document was stopped.
        on_progress: Called with the chunks read and all.
        should_stop: Called between steps; True ends the run there.

    Raises:
        InputError: A value has the wrong type or is out of range.
    """

    bullets: int | None = None
    words: int | None = None
    outline: bool = False
    question: str | None = None
    pages: tuple[int, int] | None = None
    llm: LlmSpec = EXTRACTIVE
    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    verifier: str | None = None
    drop_unsupported: bool = False
    max_tokens: int = 400
    max_calls: int | None = None
    passwords: tuple[str, ...] = ()
    resume: bool = True
    on_progress: Callable[[int, int], None] = lambda *_: None
    should_stop: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        for name in ("bullets", "words", "max_calls"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 1, whole=True)
        check_number("max_tokens", self.max_tokens, 1, whole=True)
        check_type("question", self.question, str, optional=True)
        check_type("verifier", self.verifier, str, optional=True)
        check_strings("passwords", self.passwords)
        for name in ("outline", "drop_unsupported", "resume"):
            check_type(name, getattr(self, name), bool)
        pages: object = self.pages
        if pages is not None and not (
            isinstance(pages, tuple | list) and [type(page) for page in pages] == [int, int]
        ):
            raise InputError.wrong_type("pages", "(first, last)", pages)
        check_callable("on_progress", self.on_progress)
        check_callable("should_stop", self.should_stop)
