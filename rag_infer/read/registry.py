"""Which reader reads which file: one line a format.

Knows: names, extensions, and the module that reads each.
Does not know: how any of them is read; no reader is imported here.

A third party adds a reader with an entry point in the group ``rag_infer.readers``: its name is the
extension without the dot, its value a module (or object) with ``read(file: Opened) ->
Iterable[Document]``. Built-in formats come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from rag_infer.errors import ReadError
from rag_infer.read.job import Opened
from rag_infer.types import Document

ENTRY_POINTS = "rag_infer.readers"

Reader = Callable[[Opened], Iterable[Document]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name in ``Document.format``, its extensions, its module, what it is.

    ``light`` formats are read in pure Python from small files without risk, and may be read
    without a process of their own.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    about: str
    light: bool = False


_FORMATS = (
    Format("pdf", (".pdf",), "rag_infer.read.pdf", "PDF"),
    Format("markdown", (".md", ".markdown", ".mdx"), "rag_infer.read.markdown", "Markdown", True),
    Format("html", (".html", ".htm", ".xhtml"), "rag_infer.read.html", "HTML, main content"),
    Format("text", (".txt", ".text", ".log", ".rst"), "rag_infer.read.text", "plain text", True),
    Format("docx", (".docx",), "rag_infer.read.docx", "Word"),
)


@cache
def _by_extension() -> dict[str, Format]:
    return {extension: form for form in _FORMATS for extension in form.extensions}


@cache
def _third_party() -> dict[str, Format]:
    found = entry_points(group=ENTRY_POINTS)
    return {
        f".{point.name.lower()}": Format(
            point.name.lower(), (f".{point.name.lower()}",), point.value, f"by {point.value}"
        )
        for point in found
    }


def formats() -> tuple[Format, ...]:
    """Every format that can be read, built in and added."""
    built_in = _by_extension()
    return (*_FORMATS, *(f for e, f in _third_party().items() if e not in built_in))


def format_of(path: Path) -> Format | None:
    """The format of a file by its extension, or None."""
    extension = path.suffix.lower()
    return _by_extension().get(extension) or _third_party().get(extension)


def supported(path: Path) -> bool:
    """Whether a reader is registered for the file's extension; the file is not touched."""
    return format_of(path) is not None


def reader_of(form: Format) -> Reader:
    """Imports the reader of a format. Raises ReadError when it cannot be imported."""
    module, _, attribute = form.module.partition(":")
    try:
        found = import_module(module)
        for name in filter(None, attribute.split(".")):
            found = getattr(found, name)
        reader: Reader = found.read
    except (ImportError, AttributeError) as error:
        raise ReadError(f"the reader of {form.name} files cannot be loaded: {error}") from error
    return reader
