"""Loads cross-encoders: models that read two texts together and score the pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_infer.embed.hub import load_error, local_files_only


def load_cross_encoder(spec: str, kind: str, option: str) -> tuple[Any, str]:
    """A sentence-transformers `CrossEncoder` with safetensors weights; none of its code runs.

    Args:
        spec: Folder or hub id.
        kind: What it is used as, for errors: `verifier` or `reranker`.
        option: The option that names it.

    Returns:
        The model and its name.

    Raises:
        ModelError: It cannot be loaded.
    """
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(
            spec,
            trust_remote_code=False,
            local_files_only=local_files_only(),
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # the loader raises whatever its layers raise
        raise load_error(kind, spec, option, error) from error
    return model, Path(spec).name if Path(spec).is_dir() else spec
