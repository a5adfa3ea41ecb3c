"""Every error that a person is meant to read.

    RagError
    ├── InputError          a path, an option or a value that was given is wrong
    ├── ReadError           a file cannot be read; the others go on
    │   └── PasswordError   it is encrypted and the password is missing or wrong
    ├── StoreError         the index is missing, or not what was expected
    │   ├── NoIndexError        there is none yet
    │   ├── EmbedderMismatchError    it was made with another embedder
    │   ├── DamagedError        a file of it is not what its checksum says
    │   └── LockedError         another process is writing it
    ├── ModelError          a model cannot be had or cannot be used
    ├── ContextError        what must go into the window does not fit
    └── MissingExtraError   an optional dependency is not installed

Each carries what happened, where, and what to do next, and prints as one line.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of the family. ``str(error)`` is one line: ``where: what; hint``."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.hint:
            line = f"{line}; {self.hint}"
        return " ".join(line.split())

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries; keyword-only fields would be lost by the default.
        return (_rebuild, (type(self), self.what, self.where, self.hint))


def _rebuild(kind: type[RagError], what: str, where: str | None, hint: str | None) -> RagError:
    return kind(what, where=where, hint=hint)


class InputError(RagError):
    """A path, an option or a value that was given is wrong."""


class ReadError(RagError):
    """A file cannot be read. It costs that file only."""


class PasswordError(ReadError):
    """The file is encrypted and the password is missing or wrong."""


class IndexStorageError(RagError):
    """The index is missing or is not what was expected."""


class IndexNotFoundError(IndexStorageError):
    """There is no index at that place yet."""


class EmbedderMismatchError(IndexStorageError):
    """The index was made with another embedder than the one asked for."""


class CorruptIndexError(IndexStorageError):
    """A file of the index is missing or is not what its checksum says."""


class IndexLockedError(IndexStorageError):
    """Another process is writing this index."""


class ModelError(RagError):
    """A model cannot be had or cannot be used."""


class ContextWindowError(RagError):
    """What must go into the context window does not fit."""


class MissingDependencyError(RagError):
    """An optional dependency is not installed."""

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        extra: str | None = None,
    ) -> None:
        if extra and not hint:
            hint = f"install it with: pip install 'rag-infer[{extra}]'"
        super().__init__(what, where=where, hint=hint)
