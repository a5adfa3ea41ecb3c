"""Every error of the library that is meant for its users.

    RagError
    ├── InputError                   a path, an option or a value of the caller is invalid
    ├── ReadError                    a file cannot be read; the others are still read
    │   └── PasswordError            it is encrypted and the password is missing or wrong
    ├── IndexStorageError            the index is missing, or not as expected
    │   ├── IndexNotFoundError       there is no index yet
    │   ├── EmbedderMismatchError    it was made with another embedder
    │   ├── CorruptIndexError        a file of it does not match its checksum
    │   ├── IndexLockedError         another process is writing it
    │   └── IndexConflictError       somebody else changed it in its bucket meanwhile
    ├── StoreError                   a bucket cannot be used
    │   └── StoreUnavailableError    it does not answer, or asks to try again
    ├── ModelError                   a model cannot be loaded or used
    │   └── PromptTooLongError       a server refuses the prompt as too long
    ├── ContextWindowError           what must be in the context window does not fit
    └── MissingDependencyError       an optional dependency is not installed

Each carries what failed, where, what to do next and a code, and prints as one line. Credentials in
them are masked, whoever wrote the message.
"""

from __future__ import annotations

from functools import partial

from rag_infer.redaction import mask_secrets


class RagError(Exception):
    """Base of the family. ``str(error)`` is one line: ``where: what; hint``."""

    exit_code = 1
    default_code = "error"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        code: str | None = None,
    ) -> None:
        self.what = _printable(what)
        self.where = _printable(where) if where else where
        self.hint = _printable(hint) if hint else hint
        self.code = code or self.default_code
        """A stable name of the cause, for programs: ``index_not_found``."""
        super().__init__(self.what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.hint:
            line = f"{line}; {self.hint}"
        return " ".join(line.split())

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process boundaries; keyword-only fields would be lost by the default.
        return (_rebuild, (type(self), self.what, self.where, self.hint, self.code))


def _printable(text: str) -> str:
    """A message that any log can hold: no credentials, no lone surrogates (of file names)."""
    return mask_secrets(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _rebuild(
    kind: type[RagError], what: str, where: str | None, hint: str | None, code: str | None = None
) -> RagError:
    return kind(what, where=where, hint=hint, code=code)


class InputError(RagError):
    """A path, an option or a value of the caller is invalid."""

    default_code = "invalid_input"

    @classmethod
    def wrong_type(cls, name: str, expected: str, value: object) -> InputError:
        """An argument of the wrong type.

        Args:
            name: The argument.
            expected: The type it must have.
            value: What it was.
        """
        what = f"{name} must be {expected}, not {type(value).__name__}"
        return cls(what, code="invalid_argument")


class PrivateModeError(RagError):
    """What was asked for would leave this machine, and the private mode is on."""

    default_code = "private_mode"


class ReadError(RagError):
    """A file cannot be read. It costs that file only."""

    default_code = "unreadable_file"


class PasswordError(ReadError):
    """The file is encrypted and the password is missing or wrong."""

    default_code = "password_required"


class IndexStorageError(RagError):
    """The index is missing, or not as expected."""

    default_code = "index_storage"


class IndexNotFoundError(IndexStorageError):
    """There is no index at that place yet."""

    default_code = "index_not_found"


class EmbedderMismatchError(IndexStorageError):
    """The index was made with another embedder than the one asked for."""

    default_code = "embedder_mismatch"


class CorruptIndexError(IndexStorageError):
    """A file of the index is missing or does not match its checksum."""

    default_code = "corrupt_index"


class IndexLockedError(IndexStorageError):
    """Another process is writing this index."""

    default_code = "index_locked"


class IndexConflictError(IndexStorageError):
    """What is in a bucket, or here, would be lost by a push or a pull."""

    default_code = "index_conflict"


class StoreError(RagError):
    """A bucket, or another object store, cannot be used."""

    default_code = "object_store"


class StoreUnavailableError(StoreError):
    """A bucket does not answer for now, or asks to try again."""

    default_code = "object_store_unavailable"


class ClusterError(RagError):
    """A cluster has no room for the work, or its workers cannot do it."""

    default_code = "cluster"


class UserDataError(RagError):
    """Conversations or the log of usage cannot be read or written: a full disk, damage."""

    default_code = "user_data"


class ModelError(RagError):
    """A model cannot be loaded or used."""

    default_code = "model_unavailable"


class ServerBusyError(ModelError):
    """A server refuses for now: too many requests, or it is still loading."""

    default_code = "server_busy"
    retry_after_s: float | None = None
    """When it said to come again, in seconds."""


class PromptTooLongError(ModelError):
    """A server refuses a prompt as too long. Its generator has learned from that: plan again."""

    default_code = "prompt_too_long"


class ServerRequestError(RagError):
    """A server of this package refused a request, or could not be asked.

    Attributes:
        status: The HTTP status; None where no answer came.
    """

    default_code = "server_request"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(what, where=where, hint=hint, code=code)
        self.status = status

    def __reduce__(self) -> tuple[object, ...]:
        rebuild = partial(ServerRequestError, status=self.status, where=self.where, hint=self.hint)
        return (partial(rebuild, code=self.code), (self.what,))


class ContextWindowError(RagError):
    """What must be in the context window does not fit."""

    default_code = "context_window_exceeded"


class MissingDependencyError(RagError):
    """An optional dependency is not installed."""

    default_code = "missing_dependency"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        code: str | None = None,
        extra: str | None = None,
    ) -> None:
        if extra and not hint:
            hint = f"install it with: pip install 'rag-infer[{extra}]'"
        super().__init__(what, where=where, hint=hint, code=code)
