"""Models of the model hub: whether they may be downloaded, and the error when one is missing."""

from __future__ import annotations

from pathlib import Path

from rag_infer import settings
from rag_infer.errors import ModelError


def local_files_only() -> bool:
    """Whether loaders may read only what is on this machine.

    True unless the setting `allow_downloads` is on: a name is sent to the hub only by those who
    said so, and offline the loaders would repeat the request for minutes. Telemetry of the hub's
    client is turned off too: it asks its server for a list even where only files are read.
    """
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True
    return not settings.load().allow_downloads


def load_error(kind: str, spec: str, option: str, cause: Exception) -> ModelError:
    """The error of a model that does not load.

    Args:
        kind: What the model was to be, for example `chat model`.
        spec: Its folder or hub id.
        option: The option that names it, for example `--llm`.
        cause: What the loader raised.
    """
    if Path(spec).expanduser().is_dir():
        return ModelError(f"cannot be loaded as a {kind}: {cause}", where=spec)
    variable = settings.environment_variable("allow_downloads")
    return ModelError(
        f"{kind} '{spec}' not found: no such folder, and not downloaded before",
        hint=f"set {variable}=1 to download it, or run on a connected machine: hf download "
        f"{spec} --local-dir MODEL; copy the folder here and pass {option} MODEL",
    )
