"""Traces of questions by OpenTelemetry: off, unless ``enable`` is called.

A question is a span with children for what it went through: ``retrieve``, ``context``,
``generate``, ``verify``. Attributes follow OpenInference, so that Phoenix and Langfuse show them as
retrievals and model calls. Texts are recorded only where asked for: they leave the machine where
traces do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rag_infer.errors import MissingDependencyError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

SpanKind = Literal["CHAIN", "RETRIEVER", "LLM", "GUARDRAIL", "TOOL"]
Value = str | int | float | bool | None
MAX_TEXT_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class _Tracing:
    tracer: Tracer
    with_texts: bool


class _State(threading.local):
    """The spans that are open in a thread, the innermost last.

    A stream of an answer may be left at any moment and closed by another thread, where
    OpenTelemetry's own current span could not be reset.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []


_tracing: _Tracing | None = None
_state = _State()


class TraceSpan:
    """A span to which figures and texts are added; without tracing it does nothing."""

    __slots__ = ("_span", "_with_texts")

    def __init__(self, span: Span | None = None, *, with_texts: bool = False) -> None:
        self._span = span
        self._with_texts = with_texts

    @property
    def is_recording(self) -> bool:
        """Whether what is added is recorded, so that it is worth computing."""
        return self._span is not None

    def add(self, figures: Mapping[str, Value]) -> None:
        """Adds attributes; None is left out."""
        if self._span is not None:
            self._span.set_attributes({k: v for k, v in figures.items() if v is not None})

    def add_texts(self, texts: Mapping[str, str]) -> None:
        """Adds texts of questions, documents and answers, cut, where these may be recorded."""
        if self._with_texts:
            self.add({name: text[:MAX_TEXT_CHARS] for name, text in texts.items()})

    def add_passages(self, places: Sequence[tuple[str, float, str]]) -> None:
        """Adds what was retrieved: location, score and text of each passage."""
        if self._span is None:
            return
        for number, (location, score, text) in enumerate(places):
            prefix = f"retrieval.documents.{number}.document"
            self.add({f"{prefix}.id": location, f"{prefix}.score": score})
            self.add_texts({f"{prefix}.content": text})


_NO_SPAN = TraceSpan()


def enable(provider: TracerProvider | None = None, *, with_texts: bool = False) -> None:
    """Turns traces on for this process.

    Args:
        provider: Where spans go; None: by OTLP over HTTP, to the address in the environment
            variable ``OTEL_EXPORTER_OTLP_ENDPOINT`` (default: this machine, port 4318).
        with_texts: Whether questions, passages and answers are recorded too.

    Raises:
        MissingDependencyError: The extra ``tracing`` is not installed.
    """
    global _tracing  # noqa: PLW0603 - one switch for the process, as OpenTelemetry has it
    provider = provider or _otlp_provider()
    _tracing = _Tracing(provider.get_tracer("rag_infer"), with_texts)


def disable() -> None:
    """Turns traces off again."""
    global _tracing  # noqa: PLW0603
    _tracing = None


def _otlp_provider() -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider as SdkProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        raise MissingDependencyError("traces need an optional package", extra="tracing") from None
    provider = SdkProvider(resource=Resource.create({"service.name": "rag-infer"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


@contextmanager
def span(name: str, kind: SpanKind = "CHAIN") -> Iterator[TraceSpan]:
    """A span around a step, a child of the one that is open in this thread.

    Args:
        name: What is done.
        kind: As OpenInference has it.
    """
    tracing = _tracing
    if tracing is None:
        yield _NO_SPAN
        return
    opened = _start(tracing.tracer, name, {"openinference.span.kind": kind})
    _state.spans.append(opened)
    try:
        yield TraceSpan(opened, with_texts=tracing.with_texts)
    except Exception as error:
        from opentelemetry.trace import StatusCode

        # The message of an error may quote a document.
        opened.set_status(StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        if opened in _state.spans:
            _state.spans.remove(opened)
        opened.end()


def _start(tracer: Tracer, name: str, attributes: Mapping[str, Any]) -> Span:
    from opentelemetry.trace import set_span_in_context

    # Without a parent of ours the caller's own span is the parent, if there is one.
    context = set_span_in_context(_state.spans[-1]) if _state.spans else None
    return tracer.start_span(name, context, attributes=attributes)
