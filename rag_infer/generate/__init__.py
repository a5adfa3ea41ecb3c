"""Generators: models that write an answer to a plan, behind one protocol, by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rag_infer.generate.base import EXTRACTIVE, SERVER, GenerateOptions, Generator, TokenUsage
from rag_infer.generate.fingerprint import fingerprint
from rag_infer.settings import OPENVINO, ModelProfile

__all__ = [
    "EXTRACTIVE", "SERVER", "GenerateOptions", "Generator", "TokenUsage", "fingerprint",
    "load_generator",
]  # fmt: skip


def load_generator(spec: str, profiles: Mapping[str, ModelProfile] | None = None) -> Generator:
    """The generator called ``spec``: the name of a profile, ``openai:MODEL`` for a model of the
    server that the environment names (OPENAI_BASE_URL, OPENAI_API_KEY), or the folder or hub id
    of a transformers chat model. A profile says which runtime runs a folder.

    Raises ModelError when the model is not there, has no chat template, or needs code of its own;
    InputError for a key that is not set; MissingExtraError.
    """
    profile = (profiles or {}).get(spec)
    if spec.startswith(SERVER):
        url = os.environ.get("OPENAI_BASE_URL")
        key = "OPENAI_API_KEY" if os.environ.get("OPENAI_API_KEY") or not url else None
        profile = ModelProfile(spec, spec.removeprefix(SERVER), base_url=url, api_key_env=key)
        return _served(profile)
    if profile is not None and (profile.base_url or profile.api_key or profile.api_key_env):
        return _served(profile)
    model = profile.model if profile is not None else spec
    folder = Path(model).expanduser()
    if profile is not None and profile.runtime == OPENVINO:
        from rag_infer.generate.openvino_chat import OpenVinoChat

        return OpenVinoChat(folder, profile.precision)
    from rag_infer.generate.transformers_chat import TransformersChat

    return TransformersChat(str(folder) if folder.is_dir() else model)


def _served(profile: ModelProfile) -> Generator:
    from rag_infer.generate.openai_chat import OpenAIChat

    return OpenAIChat(profile)
