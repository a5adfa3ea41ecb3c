"""Which reader reads which file: one line a format.

A third party adds a reader with an entry point in the group ``rag_infer.readers``: its name is the
extension without the dot, its value a module (or object) with ``read(file: OpenedFile) ->
Iterable[Document]``. A reader that will be long at work may give None now and then, to say that it
is not stuck. A plugin takes precedence over a built-in reader of the same extension, so that a
reader of PDF, say, can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
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
    without a process of their own. ``extra`` is the package without which it cannot be read: its
    files are left out, as those without a reader are.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    about: str
    light: bool = False
    extra: str | None = None


_PACKAGE = "rag_infer.read"
_BUILT_IN = (
    Format("pdf", (".pdf",), f"{_PACKAGE}.pdf", "PDF"),
    Format("markdown", (".md", ".markdown", ".mdx"), f"{_PACKAGE}.markdown", "Markdown", True),
    Format("html", (".html", ".htm", ".xhtml"), f"{_PACKAGE}.html", "web pages, without menus"),
    Format("text", (".txt", ".text"), f"{_PACKAGE}.text",
           "plain text in any encoding", True),
    Format("log", (".log",), f"{_PACKAGE}.log_lines", "logs, by their lines", True),
    Format("markup", (".rst", ".org", ".adoc"), f"{_PACKAGE}.light_markup",
           "reStructuredText, Org, AsciiDoc", True),
    Format("latex", (".tex",), f"{_PACKAGE}.latex", "LaTeX, as it prints"),
    Format("opendocument", (".odt", ".odp"), f"{_PACKAGE}.open_document",
           "OpenDocument text and slides"),
    Format("rtf", (".rtf",), f"{_PACKAGE}.rich_text", "Rich Text Format"),
    Format("subtitles", (".srt", ".vtt"), f"{_PACKAGE}.subtitles", "subtitles, with times", True),
    Format("calendar", (".ics", ".vcf"), f"{_PACKAGE}.calendar_file",
           "calendars and address books", True),
    Format("zip", (".zip",), f"{_PACKAGE}.archive", "archives, a document for each member"),
    Format("image", (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"),
           f"{_PACKAGE}.image", "pictures, by the extra ocr", extra="rapidocr"),
    Format("image", (".heic", ".heif"), f"{_PACKAGE}.image", "pictures of phones, by the extra ocr",
           extra="pillow_heif"),
    Format("data", (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".xml"),
           f"{_PACKAGE}.key_paths", "configuration and data, as key paths", True),
    Format("docx", (".docx", ".docm", ".dotx", ".dotm"), f"{_PACKAGE}.docx", "Word"),
    Format("doc", (".doc", ".dot"), f"{_PACKAGE}.word_97", "Word 97 to 2003"),
    Format("ppt", (".ppt", ".pps", ".pot"), f"{_PACKAGE}.powerpoint_97",
           "PowerPoint 97 to 2003, a page for each slide"),
    Format("pptx", (".pptx", ".pptm"), f"{_PACKAGE}.pptx", "PowerPoint, a page for each slide"),
    Format("sheet", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), f"{_PACKAGE}.spreadsheet",
           "spreadsheets, a page for each sheet"),
    Format("csv", (".csv", ".tsv"), f"{_PACKAGE}.csv", "tables in text", True),
    Format("epub", (".epub",), f"{_PACKAGE}.epub", "books, a page for each part"),
    Format("mail", (".eml", ".mbox"), f"{_PACKAGE}.mail", "mail, attachments named"),
    Format("mail", (".msg",), f"{_PACKAGE}.outlook_mail", "Outlook messages"),
    Format("notebook", (".ipynb",), f"{_PACKAGE}.notebook", "Jupyter notebooks"),
    Format("jsonl", (".jsonl", ".ndjson", ".jsonl.gz"), f"{_PACKAGE}.jsonl",
           'records with "id", "title", "text", each a document', True),
    Format("code", tuple(
        ".py .pyi .js .mjs .ts .jsx .tsx .java .kt .scala .c .h .cc .cpp .hpp .cs .go .rs .rb .php"
        " .swift .r .jl .lua .pl .sh .bash .sql .css .tf"
        " .proto .dockerfile".split()
    ), f"{_PACKAGE}.code", "source code", True),
)  # fmt: skip
# Files without an extension that are text by their name.
_TEXT_FILE_NAMES = frozenset(
    "readme license copying notice changelog authors makefile dockerfile".split()
)


@cache
def _built_in_formats() -> dict[str, Format]:
    return {
        extension: file_format
        for file_format in _BUILT_IN
        for extension in file_format.extensions
        if file_format.extra is None or find_spec(file_format.extra) is not None
    }


@cache
def _plugin_formats() -> dict[str, Format]:
    reader_object = entry_points(group=ENTRY_POINTS)
    return {
        f".{point.name.lower()}": Format(
            point.name.lower(), (f".{point.name.lower()}",), point.value, f"by {point.value}"
        )
        for point in reader_object
    }


def formats() -> tuple[Format, ...]:
    """Every format that can be read, built in and added."""
    return (*_BUILT_IN, *_plugin_formats().values())


def format_of(path: Path) -> Format | None:
    """The format of a file by its extension, or None; plugins are asked first."""
    built_in = _built_in_formats()
    plugins = _plugin_formats()
    for suffix in ("".join(path.suffixes[-2:]).lower(), path.suffix.lower()):
        file_format = plugins.get(suffix) or built_in.get(suffix)
        if file_format is not None:
            return file_format
    if not path.suffix and path.name.lower() in _TEXT_FILE_NAMES:
        return built_in[".txt"]
    return None


def is_supported(path: Path) -> bool:
    """Whether a reader is registered for the file's extension; the file is not touched."""
    return format_of(path) is not None


def reader_of(file_format: Format) -> Reader:
    """Imports the reader of a format. Raises ReadError when it cannot be imported."""
    module, _, attribute = file_format.module.partition(":")
    try:
        reader_object = import_module(module)
        for name in filter(None, attribute.split(".")):
            reader_object = getattr(reader_object, name)
        reader: Reader = reader_object.read
    except (ImportError, AttributeError) as error:
        raise ReadError(
            f"the reader of {file_format.name} files cannot be loaded: {error}"
        ) from error
    return reader


def extension_of(name: str) -> str | None:
    """The extension under which a file of that name would be read; None when it cannot be."""
    path = Path(name)
    if format_of(path) is None:
        return None
    double_suffix = "".join(path.suffixes[-2:]).lower()
    return double_suffix if double_suffix == ".jsonl.gz" else path.suffix.lower() or ".txt"
