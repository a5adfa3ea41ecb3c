"""Traces of the questions of a command, where the settings say so."""

from __future__ import annotations

from rag_infer import settings


def start_traces(configured: settings.Settings) -> None:
    """Turns traces on if the setting ``traces`` says so.

    Raises:
        MissingDependencyError: The extra ``tracing`` is not installed.
    """
    if configured.traces:
        from rag_infer import tracing

        tracing.enable(with_texts=configured.trace_texts)
