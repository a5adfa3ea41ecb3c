"""Models that write answers, loaded once by those who answer many questions."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from rag_infer.generate import Generator, load_generator
from rag_infer.settings import ModelProfile

_Key = tuple[str, ModelProfile | None]


class GeneratorCache:
    """Generators by name, each loaded at its first use; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[_Key, Generator] = {}

    def has(self, name: str, profiles: Mapping[str, ModelProfile]) -> bool:
        """Whether it is loaded already."""
        return (name, profiles.get(name)) in self._loaded

    def get(self, name: str, profiles: Mapping[str, ModelProfile]) -> Generator:
        """By the names of ``load_generator``. Raises what that raises."""
        key = (name, profiles.get(name))
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = load_generator(name, profiles)
            return self._loaded[key]
