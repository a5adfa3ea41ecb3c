"""The sha256 of what makes a generator's answers: the files of its model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rag_infer.generate.base import EXTRACTIVE, Generator
from rag_infer.generate.runtime_selection import local_runtime
from rag_infer.hashing import files_sha256
from rag_infer.settings import DEFAULT_PRECISION, OPENVINO, ModelProfile

_WEIGHT_SUFFIXES = frozenset({".json", ".jinja", ".safetensors"})


def fingerprint(
    generator: str | Generator, profiles: Mapping[str, ModelProfile] | None = None
) -> str | None:
    """The sha256 of what makes a generator's answers: its files, where they are a folder's.

    For quotes, of the fitted weights. None for a model behind a server or of the hub, whose files
    are not seen. ``generator`` is as for ``load_generator``, or a loaded one.
    """
    from rag_infer import cite

    folder: Path | None
    precision: str | None = None
    if not isinstance(generator, str):
        folder = getattr(generator, "folder", None)
        precision = getattr(generator, "precision", None)
    elif generator == EXTRACTIVE:
        folder = Path(cite.__file__).parent
    else:
        profile = (profiles or {}).get(generator)
        folder = Path(profile.model if profile else generator).expanduser()
        if folder.is_dir() and local_runtime(folder, profile) == OPENVINO:
            precision = profile.precision if profile else DEFAULT_PRECISION
    if folder is None or not folder.is_dir():
        return None
    files = sorted(p for p in folder.iterdir() if p.suffix in _WEIGHT_SUFFIXES)
    # Other weights are made of the same files with another precision.
    return files_sha256(files, prefix=precision or "")
