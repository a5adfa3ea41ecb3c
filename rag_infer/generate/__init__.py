"""Generators: models that write an answer to a plan, behind one protocol, by name.

A package adds models with entry points in the group ``rag_infer.llms``: the name is that of the
model, the value is called without arguments and returns a ``Generator`` or a function from chat
messages to text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from rag_infer.errors import ModelError
from rag_infer.generate.base import EXTRACTIVE, SERVER, GenerateOptions, Generator, TokenUsage
from rag_infer.generate.callable_generator import as_generator
from rag_infer.generate.fingerprint import fingerprint
from rag_infer.generate.model_list import OLLAMA_PORT
from rag_infer.generate.model_spec import OLLAMA, require_local, server_profile
from rag_infer.generate.runtime_selection import local_runtime
from rag_infer.model_store import named_model
from rag_infer.settings import DEFAULT_PRECISION, OPENVINO, ModelProfile

ENTRY_POINTS = "rag_infer.llms"

__all__ = [
    "EXTRACTIVE", "SERVER", "GenerateOptions", "Generator", "TokenUsage", "fingerprint",
    "load_generator",
]  # fmt: skip


def load_generator(spec: str, profiles: Mapping[str, ModelProfile] | None = None) -> Generator:
    """Loads a generator by name.

    Args:
        spec: The name of a profile; of a model that ``rag models pull`` brought; a ``.gguf`` file;
            ``ollama:MODEL``, ``openai:MODEL`` (of OPENAI_BASE_URL) or
            ``http://HOST:PORT/v1#MODEL`` for a model of a server; or the folder or hub id
            (``OWNER/NAME``) of a transformers chat model.
        profiles: Profiles by name. A profile also says which runtime runs a folder.

    Raises:
        ModelError: The model does not exist, has no chat template or needs code of its own.
        InputError: The variable of an API key is not set, or the name is incomplete.
        MissingDependencyError: The runtime is an extra that is not installed.
    """
    profile = (profiles or {}).get(spec)
    if not (profile and profile.base_url) and (server := server_profile(spec)) is not None:
        return _ollama(server) if spec.startswith(OLLAMA) else _served(server)
    if profile is not None and (profile.base_url or profile.api_key or profile.api_key_env):
        is_ollama = urlsplit(profile.base_url or "").port == OLLAMA_PORT
        return _ollama(profile) if is_ollama else _served(profile)
    model = profile.model if profile is not None else spec
    folder = Path(model).expanduser()
    if not folder.is_dir():
        if (factory := _plugin(model)) is not None:
            return as_generator(factory())
        folder = named_model(model) or folder
    if folder.suffix.lower() == ".gguf" and folder.is_file():
        from rag_infer.generate.gguf_chat import GgufChat

        return GgufChat(folder, profile)
    require_local(model)
    if folder.is_dir() or (profile is not None and profile.runtime):
        return _folder_model(folder, profile)
    from rag_infer.generate.transformers_chat import TransformersChat

    return TransformersChat(model)


def _folder_model(folder: Path, profile: ModelProfile | None) -> Generator:
    """A model of a folder; one that nobody asked to convert runs as it is where it cannot be."""
    if local_runtime(folder, profile) == OPENVINO:
        from rag_infer.generate.openvino_chat import OpenVinoChat

        precision = profile.precision if profile else DEFAULT_PRECISION
        if profile is not None and profile.runtime == OPENVINO:
            return OpenVinoChat(folder, precision)
        with suppress(ModelError):
            return OpenVinoChat(folder, precision)
    from rag_infer.generate.transformers_chat import TransformersChat

    return TransformersChat(str(folder))


def _plugin(name: str) -> Callable[[], object] | None:
    """What makes the model that a package adds under this name (``rag_infer.llms``)."""
    from importlib.metadata import entry_points

    for point in entry_points(group=ENTRY_POINTS, name=name):
        factory: Callable[[], object] = point.load()
        return factory
    return None


def _ollama(profile: ModelProfile) -> Generator:
    from rag_infer.generate.ollama_chat import OllamaChat

    return _with_pseudonyms(OllamaChat(profile), profile)


def _served(profile: ModelProfile) -> Generator:
    from rag_infer.generate.openai_chat import OpenAIChat

    return _with_pseudonyms(OpenAIChat(profile), profile)


def _with_pseudonyms(model: Generator, profile: ModelProfile) -> Generator:
    """The model, asked without the personal data that its profile hides."""
    if not (profile.hide or profile.hide_names):
        return model
    from rag_infer.generate.pseudonym_chat import PseudonymChat

    return PseudonymChat(model, profile)
