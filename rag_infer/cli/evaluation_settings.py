"""The settings of an evaluation: those in effect, with what an option or a file changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rag_infer import settings

if TYPE_CHECKING:
    from rag_infer import Index
    from rag_infer.evaluation.run import EvalSettings


def eval_settings(
    values: Mapping[str, Any], configured: settings.Settings, index: Index | None = None
) -> EvalSettings:
    """Settings for questions.

    Args:
        values: As ``read_eval_settings`` gives them.
        configured: The settings in effect, for what ``values`` leaves out.
        index: The index whose tuning ``dense_weight`` changes.
    """
    from rag_infer import AskOptions, GenerationOptions, RetrievalOptions
    from rag_infer.evaluation.run import EvalSettings

    model = values.get("llm") or configured.llm
    system = {"system": values["system"]} if values.get("system") else {}
    options = AskOptions(
        retrieval=RetrievalOptions(reranker=values.get("reranker") or configured.reranker),
        generation=GenerationOptions(
            model_profiles=settings.profiles(configured, model, None),
            max_tokens=values.get("max_tokens") or 512,
            **{**configured.prompts.options(), **system},
        ),
        min_confidence=values.get("min_confidence"),
    )
    tuning = None
    if index is not None and "dense_weight" in values:
        tuning = replace(index.engine.tuning, dense_weight=float(values["dense_weight"]))
    return EvalSettings(model, values.get("top_k"), options, tuning)
