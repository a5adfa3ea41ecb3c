"""The last net of the command: an unexpected error becomes one line and a file to report.

The file holds the traceback, the versions and the command's name, but not its arguments: those may
be questions or passwords. The message of the error itself may quote a document, which is why the
file is readable by its owner only and nothing is sent anywhere.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
import traceback
from pathlib import Path

from rag_infer.paths import state_folder
from rag_infer.redaction import mask_secrets

_MAX_MESSAGE_CHARACTERS = 200
_SYSTEM_ERRORS = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO,
     errno.ELOOP, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE}
)  # fmt: skip
_MODEL_PACKAGES = frozenset({"torch", "transformers", "sentence_transformers"})


def report_crash(error: BaseException) -> None:
    """Writes the traceback to a file and prints one line that names it."""
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        _print_line("error: an argument is not valid UTF-8 text. Check its encoding")
        return
    message = mask_secrets(" ".join(f"{type(error).__name__}: {error}".split()))
    message = message[:_MAX_MESSAGE_CHARACTERS]
    try:
        path = _write_report(error)
    except OSError:
        traceback.print_exception(error)
        _print_line(f"internal error: {message}. Please report it with the traceback above")
        return
    _print_line(
        f"internal error: {message}. Traceback written to {path}. "
        "Please report it with that file (check it for private text first)"
    )


def report_system_error(error: OSError) -> bool:
    """Names the file that the system refuses or has no room for: no fault of this program.

    Returns:
        Whether the error is of that kind; otherwise nothing is printed.
    """
    if error.filename is None or error.errno not in _SYSTEM_ERRORS:
        return False
    path = " ".join(os.fsdecode(error.filename).split()) if _is_path(error.filename) else "a file"
    _print_line(f"error: {path}: {error.strerror}")
    return True


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def report_missing_package(error: ModuleNotFoundError) -> None:
    """Names a package that a light installation lacks; anything else is a crash."""
    package = (error.name or "").split(".")[0]
    if package not in _MODEL_PACKAGES:
        report_crash(error)
        return
    name = package.replace("_", "-")
    _print_line(f"error: this model needs {name}, which is not installed: pip install {name}")


def _print_line(text: str) -> None:
    sys.stderr.write(f"rag: {text}\n")


def _write_report(error: BaseException) -> Path:
    folder = state_folder() / "crashes"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / time.strftime(f"crash-%Y%m%d-%H%M%S-{os.getpid()}.txt")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(_environment())
        file.write(mask_secrets("".join(traceback.format_exception(error))))
    return path


def _environment() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        package = version("rag-infer")
    except PackageNotFoundError:
        package = "unknown"
    command = sys.argv[1] if len(sys.argv) > 1 and sys.argv[1].isidentifier() else ""
    return (
        f"rag-infer {package}, Python {platform.python_version()}, {platform.platform()}\n"
        f"command: rag {command}\n\n"
    )
