"""Each question is one trace of its steps; texts only where asked for; nothing when off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.sdk", reason="the extra tracing is not installed")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rag_infer import Index, InputError, tracing

QUESTION = "What is the monthly rent?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("traced")
    (home / "lease.md").write_text("# Lease\n\nThe monthly rent is 900 euros.\n")
    index = Index.open(home / "index", create=True)
    index.add(home / "lease.md")
    return index


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    yield InMemorySpanExporter()
    tracing.disable()


def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def tree(spans: tuple[ReadableSpan, ...]) -> dict[str, str | None]:
    """The name of each span's parent by its name."""
    names = {span.context.span_id: span.name for span in spans if span.context}
    return {span.name: names.get(span.parent.span_id) if span.parent else None for span in spans}


def test_a_quoted_answer_is_a_trace_of_its_steps(
    index: Index, exporter: InMemorySpanExporter
) -> None:
    tracing.enable(provider(exporter))
    answer = index.ask(QUESTION)
    assert "900 euros" in answer.text
    spans = exporter.get_finished_spans()
    parents = tree(spans)
    assert parents["ask"] is None
    assert parents["generate"] == "ask"
    assert parents["retrieve"] in ("ask", "generate")
    assert len({span.context.trace_id for span in spans if span.context}) == 1
    (ask,) = (span for span in spans if span.name == "ask")
    assert ask.attributes is not None
    assert ask.attributes["rag.answered"] is True
    assert ask.attributes["openinference.span.kind"] == "CHAIN"
    recorded = str([dict(span.attributes or {}) for span in spans])
    assert "retrieval.documents.0.document.id" in recorded
    assert "900" not in recorded
    assert "rent" not in recorded


def test_a_generated_answer_shows_context_model_and_checks(
    index: Index, exporter: InMemorySpanExporter
) -> None:
    tracing.enable(provider(exporter))
    answer = index.ask(QUESTION, llm=lambda messages: "The monthly rent is 900 euros [1].")
    assert answer.answered
    parents = tree(exporter.get_finished_spans())
    assert (parents["context"], parents["generate"], parents["verify"]) == (
        "generate", "ask", "ask",
    )  # fmt: skip
    kinds = {
        span.name: (span.attributes or {})["openinference.span.kind"]
        for span in exporter.get_finished_spans()
    }
    assert (kinds["retrieve"], kinds["generate"]) == ("RETRIEVER", "LLM")


def test_texts_are_recorded_only_where_asked_for(
    index: Index, exporter: InMemorySpanExporter
) -> None:
    tracing.enable(provider(exporter), with_texts=True)
    index.ask(QUESTION)
    recorded = {span.name: dict(span.attributes or {}) for span in exporter.get_finished_spans()}
    assert recorded["ask"]["input.value"] == QUESTION
    assert "900 euros" in str(recorded["ask"]["output.value"])
    assert "900 euros" in str(recorded["retrieve"]["retrieval.documents.0.document.content"])


def test_an_abandoned_stream_ends_its_spans(index: Index, exporter: InMemorySpanExporter) -> None:
    tracing.enable(provider(exporter))
    stream = index.stream(QUESTION)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert [span.name for span in exporter.get_finished_spans()] == ["ask"]
    exporter.clear()
    index.ask(QUESTION)
    assert tree(exporter.get_finished_spans())["ask"] is None


def test_an_error_is_recorded_without_its_text(
    index: Index, exporter: InMemorySpanExporter
) -> None:
    tracing.enable(provider(exporter))
    with pytest.raises(InputError), tracing.span("ask"):
        raise InputError("secret words of a document")
    (span,) = exporter.get_finished_spans()
    assert span.status.description == "InputError"
    assert "secret" not in span.to_json()


def test_nothing_is_traced_by_default(index: Index, exporter: InMemorySpanExporter) -> None:
    with tracing.span("x") as span:
        span.add({"a": 1})
        span.add_passages([("p", 1.0, "text")])
        assert not span.is_recording
    index.ask(QUESTION)
    assert exporter.get_finished_spans() == ()


def test_the_program_s_own_span_is_the_parent(
    index: Index, exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    own = provider(exporter)
    tracing.enable(own)
    with own.get_tracer("program").start_as_current_span("request"):
        index.ask(QUESTION)
    assert tree(exporter.get_finished_spans())["ask"] == "request"
