"""Models that write answers, loaded once by those who answer many questions.

Knows: that loading is costly.
Does not know: models.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from rag_infer.generate import Generator, load_generator
from rag_infer.settings import ModelProfile


class Writers:
    """Generators by name, each loaded at its first use; may be used by many threads."""

    def __init__(self, profiles: Mapping[str, ModelProfile]) -> None:
        self._profiles = profiles
        self._loading = threading.Lock()
        self._loaded: dict[str, Generator] = {}

    def has(self, name: str) -> bool:
        """Whether it is loaded already."""
        return name in self._loaded

    def get(self, name: str) -> Generator:
        """Raises what ``load_generator`` raises."""
        with self._loading:
            if name not in self._loaded:
                self._loaded[name] = load_generator(name, self._profiles)
            return self._loaded[name]
