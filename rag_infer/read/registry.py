"""Which reader reads which file: one line a format.

Knows: names, extensions, and the module that reads each.
Does not know: how any of them is read; no reader is imported here.

A third party adds a reader with an entry point in the group ``rag_infer.readers``: its name is the
extension without the dot, its value a module (or object) with ``read(file: Opened) ->
Iterable[Document]``. A reader that will be long at work may give None now and then, to say that it
is not stuck. Built-in formats come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from rag_infer.errors import ReadError
from rag_infer.read.models import OpenedFile
from rag_infer.types import Document

ENTRY_POINTS = "rag_infer.readers"

Reader = Callable[[OpenedFile], Iterable[Document | None]]


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


_READ = "rag_infer.read"
_FORMATS = (
    Format("pdf", (".pdf",), f"{_READ}.pdf", "PDF"),
    Format("markdown", (".md", ".markdown", ".mdx"), f"{_READ}.markdown", "Markdown", True),
    Format("html", (".html", ".htm", ".xhtml"), f"{_READ}.html", "web pages, without menus"),
    Format("text", (".txt", ".text", ".log", ".rst", ".org", ".adoc", ".tex"), f"{_READ}.text",
           "plain text in any encoding", True),
    Format("docx", (".docx",), f"{_READ}.docx", "Word"),
    Format("pptx", (".pptx", ".pptm"), f"{_READ}.pptx", "PowerPoint, a page for each slide"),
    Format("sheet", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), f"{_READ}.spreadsheet",
           "spreadsheets, a page for each sheet"),
    Format("csv", (".csv", ".tsv"), f"{_READ}.csv", "tables in text", True),
    Format("epub", (".epub",), f"{_READ}.epub", "books, a page for each part"),
    Format("mail", (".eml", ".mbox"), f"{_READ}.mail", "mail, attachments named"),
    Format("notebook", (".ipynb",), f"{_READ}.notebook", "Jupyter notebooks"),
    Format("jsonl", (".jsonl", ".ndjson", ".jsonl.gz"), f"{_READ}.jsonl",
           'records with "id", "title", "text", each a document', True),
    Format("code", tuple(
        ".py .pyi .js .mjs .ts .jsx .tsx .java .kt .scala .c .h .cc .cpp .hpp .cs .go .rs .rb .php"
        " .swift .r .jl .lua .pl .sh .bash .sql .css .toml .yaml .yml .json .ini .cfg .xml .tf"
        " .proto .dockerfile".split()
    ), f"{_READ}.code", "source code and configuration", True),
)  # fmt: skip
# Files without an extension that are text by their name.
_NAMES = frozenset("readme license copying notice changelog authors makefile dockerfile".split())


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
    built_in = _by_extension()
    for suffix in ("".join(path.suffixes[-2:]).lower(), path.suffix.lower()):
        if suffix in built_in:
            return built_in[suffix]
    if not path.suffix:
        return built_in[".txt"] if path.name.lower() in _NAMES else None
    return _third_party().get(path.suffix.lower())


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


def extension_of(name: str) -> str | None:
    """The extension under which a file of that name would be read; None when it cannot be."""
    path = Path(name)
    if format_of(path) is None:
        return None
    double = "".join(path.suffixes[-2:]).lower()
    return double if double == ".jsonl.gz" else path.suffix.lower() or ".txt"
