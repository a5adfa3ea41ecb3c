"""Options of a question, in groups, and the request that they make with the question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag_infer.argument_checks import check_callable, check_number, check_type
from rag_infer.errors import InputError
from rag_infer.generate import EXTRACTIVE, Generator
from rag_infer.retrieve import Filter
from rag_infer.settings import ModelProfile, check_prompt
from rag_infer.tools import ToolSpec
from rag_infer.tools.executor import ToolLimits
from rag_infer.types import Answer


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """How passages are retrieved for a question."""

    reranker: str | None = None
    """Folder or hub id of a cross-encoder that orders the best candidates; None: no reranking."""

    rewrite: bool = True
    """Whether a model rewrites a follow-up question so that it can be searched for by itself."""

    further_searches: int = 2
    """Most searches for what the first one did not cover; 0 for none, which is quicker."""

    def __post_init__(self) -> None:
        check_number("further_searches", self.further_searches, 0, whole=True)
        check_type("reranker", self.reranker, str, optional=True)
        check_type("rewrite", self.rewrite, bool)


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """How a language model writes an answer. Extractive answers need none of it."""

    max_tokens: int = 512
    """Most tokens of an answer."""

    temperature: float = 0.0
    """0 is greedy: the same prompt gives the same text."""

    top_p: float = 1.0
    """Nucleus sampling: the share of the probability that tokens are drawn from."""

    seed: int | None = None
    """Seed of the sampling; None draws another each time."""

    stop: Sequence[str] = ()
    """Strings that end the text where they occur."""

    system: str | None = None
    """The system prompt, in place of the package's own."""

    closing: str = ""
    """An order that stands after the question. Small models follow what they read last: with one to
    decline where the passages do not answer, they decline more often, rightly and wrongly."""

    question_prompt: str | None = None
    """The user's message, with ``{passages}`` and ``{question}``, in place of the package's own."""

    rewrite_prompt: str | None = None
    """How a follow-up question is to be rewritten, with ``{question}``."""

    schema: Mapping[str, Any] | None = None
    """JSON Schema that the answer must match. Such an answer is not checked claim by claim."""

    model_profiles: Mapping[str, ModelProfile] = field(default_factory=dict)
    """Profiles that ``llm`` may name."""

    def __post_init__(self) -> None:
        stop: object = self.stop
        if isinstance(stop, str):
            raise InputError("stop must be a sequence of strings, not one string")
        object.__setattr__(self, "stop", tuple(self.stop))
        check_type("seed", self.seed, int, optional=True)
        check_type("system", self.system, str, optional=True)
        check_type("closing", self.closing, str)
        for kind in ("question", "rewrite"):
            name = f"{kind}_prompt"
            check_type(name, getattr(self, name), str, optional=True)
            if (text := getattr(self, name)) is not None:
                check_prompt(kind, text, where=name)
        check_type("schema", self.schema, Mapping, optional=True)
        check_type("model_profiles", self.model_profiles, Mapping)
        check_number("max_tokens", self.max_tokens, 1, whole=True)
        check_number("temperature", self.temperature, 0)
        check_number("top_p", self.top_p, 0, 1)


@dataclass(frozen=True, slots=True)
class AskOptions:
    """Options of ``Index.ask`` and ``Index.stream`` beyond their own parameters."""

    retrieval: RetrievalOptions = field(default_factory=RetrievalOptions)
    """How passages are retrieved."""

    generation: GenerationOptions = field(default_factory=GenerationOptions)
    """How a model writes."""

    tool_limits: ToolLimits = field(default_factory=ToolLimits)
    """Bounds on the calls of tools."""

    verifier: str | None = None
    """Folder or hub id of a cross-encoder for natural language inference that checks each claim of
    a generated answer; None is the verifier of the package."""

    drop_unsupported: bool = False
    """Drops claims that the passages do not support. The text is then streamed after the check."""

    min_confidence: float | None = None
    """Least probability of an extractive answer, 0 to 1; None is the fitted threshold."""

    compute: bool = True
    """Whether arithmetic and questions about tables are computed; a model is then not asked."""

    second_opinion: bool = True
    """Whether a model's answer is held beside the quotes of the same passages: they replace a
    refusal where they answer, and are shown where the two differ."""

    dry_run: bool = False
    """Stops before anything is generated or sent. The answer holds the hits and, for a model, the
    prompt."""

    should_stop: Callable[[], bool] = _never
    """Called between tokens; True ends the text there."""

    def __post_init__(self) -> None:
        check_type("verifier", self.verifier, str, optional=True)
        check_callable("should_stop", self.should_stop)
        for flag in ("drop_unsupported", "compute", "dry_run"):
            check_type(flag, getattr(self, flag), bool)
        if self.min_confidence is not None:
            check_number("min_confidence", self.min_confidence, 0, 1)
        for name, kind in (
            ("retrieval", RetrievalOptions),
            ("generation", GenerationOptions),
            ("tool_limits", ToolLimits),
        ):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be {kind.__name__}", code="invalid_argument")


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A question with all that decides how it is answered."""

    question: str
    llm: str | Generator = EXTRACTIVE
    """``extractive``, the name of a profile or of a model, or a loaded generator."""

    top_k: int | None = None
    """Most passages that are read; None: 5 for quotes, for a model what its window can use."""

    filter: Filter = field(default_factory=Filter)
    tools: Sequence[ToolSpec] = ()
    history: Sequence[Mapping[str, str]] = ()
    """Earlier turns, oldest first: ``{"role": "user" | "assistant", "content": ...}``."""

    previous_answer: Answer | None = None
    """The answer before in the same conversation, whose prompt this one may extend."""

    reserve_followups: bool = False
    """Leaves part of the window free for further questions."""

    options: AskOptions = field(default_factory=AskOptions)

    @property
    def earlier_questions(self) -> tuple[str, ...]:
        """The user's turns before this one, oldest first."""
        return tuple(turn["content"] for turn in self.history if turn["role"] == "user")
