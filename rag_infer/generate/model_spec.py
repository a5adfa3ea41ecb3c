"""What the name of a model means: a server's model, a folder, a hub id.

Nothing is looked up beyond this machine: a name that cannot be a model fails here, at once, before
a runtime is imported or a network is used.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from rag_infer.errors import InputError, ModelError
from rag_infer.generate.base import SERVER
from rag_infer.generate.model_list import is_loopback, list_models, ollama_url, with_scheme
from rag_infer.settings import ModelProfile

OLLAMA = "ollama:"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def server_profile(spec: str) -> ModelProfile | None:
    """The profile of a model that a server runs, by its name alone; None for other names.

    ``openai:MODEL`` is a model of OPENAI_BASE_URL, ``ollama:MODEL`` one of OLLAMA_HOST or of the
    usual address, ``http://HOST:PORT/v1#MODEL`` one of that address; ``#MODEL`` may be left out
    where a server of this machine has one model.

    Raises:
        InputError: The name or address is incomplete.
    """
    if spec.startswith(SERVER):
        url = os.environ.get("OPENAI_BASE_URL") or None
        key = "OPENAI_API_KEY" if os.environ.get("OPENAI_API_KEY") or not url else None
        url = with_scheme(url) if url else None
        return ModelProfile(
            spec, _required(spec, spec.removeprefix(SERVER)), base_url=url, api_key_env=key
        )
    if spec.startswith(OLLAMA):
        model = _required(spec, spec.removeprefix(OLLAMA))
        return ModelProfile(spec, model, base_url=ollama_url())
    if spec.startswith(("http://", "https://")):
        url, model = urldefrag(spec)
        if not urlsplit(url).hostname:
            raise InputError("not an address of a server", where=spec)
        return ModelProfile(spec, model or _only_model(spec, url), base_url=url)
    return None


def require_local(model: str) -> None:
    """Checks that a name can be a model of this machine: a folder, or plainly a hub id.

    Raises:
        ModelError: It cannot; the hint says how such models are named.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return
    if path.suffix.lower() == ".gguf":
        raise ModelError("no such GGUF file", where=model)
    if model.startswith((".", "/", "~")) or model.count("/") > 1 or _HUB_ID.fullmatch(model):
        return  # the runtime says what is wrong with a folder or hub id
    raise ModelError(
        "no such model: neither a profile, a folder nor a hub id (OWNER/NAME)",
        where=model,
        hint=f"for a server's model use ollama:{model}, openai:{model} or "
        f"http://HOST:PORT/v1#{model}",
    )


def _only_model(spec: str, url: str) -> str:
    """The model of an address without a name: that of a local server that has just one."""
    models = list_models(url) if is_loopback(url) else None
    if models is not None and len(models) == 1:
        return models[0]
    hint = "for example http://127.0.0.1:8080/v1#qwen3"
    if models:
        hint = "the server has: " + ", ".join(f"{url}#{model}" for model in models)
    raise InputError("the name of the model is missing", where=spec, hint=hint)


def _required(spec: str, model: str) -> str:
    if not model:
        raise InputError(
            "the name of the model is missing",
            where=spec,
            hint="for example ollama:qwen3:4b or http://127.0.0.1:8080/v1#qwen3",
        )
    return model
