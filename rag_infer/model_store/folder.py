"""Where downloaded models are kept: a folder of the user's data, one folder a model.

A model's folder is put in its place by one rename when all its files are there and checked, so
that a folder with the right name is always whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rag_infer.model_store.hub_models import HUB_MODELS, HubModel
from rag_infer.paths import data_folder


def models_folder() -> Path:
    """The folder of all downloaded models, which need not exist."""
    return data_folder() / "models"


def local_path(model: HubModel) -> Path | None:
    """A downloaded model as loaders take it: its one GGUF file, or its folder; else None."""
    folder = models_folder() / model.name
    if not all((folder / file.path).is_file() for file in model.files):
        return None
    first = model.files[0].path
    return folder / first if first.endswith(".gguf") else folder


def pulled_models(models: Sequence[HubModel] = HUB_MODELS) -> list[HubModel]:
    """The models of the list that are on this machine."""
    return [model for model in models if local_path(model) is not None]


def remove(model: HubModel) -> bool:
    """Deletes a downloaded model and what is left of a download. False where there was nothing."""
    folder = models_folder() / model.name
    was_there = False
    # The whole model loses its name first: what is left after a crash is no model.
    if folder.is_dir():
        leftover = folder.with_name(f".{model.name}.removed")
        shutil.rmtree(leftover, ignore_errors=True)
        folder.replace(leftover)
        shutil.rmtree(leftover)
        was_there = True
    partial = partial_folder(model)
    if partial.is_dir():
        shutil.rmtree(partial)
        was_there = True
    return was_there


def partial_folder(model: HubModel) -> Path:
    """Where the files of an unfinished download are."""
    return models_folder() / f".{model.name}.partial"
