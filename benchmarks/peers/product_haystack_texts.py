"""Texts of files by Haystack's converters; txtai's own need a Java server or a model of layout."""

from pathlib import Path

from haystack import Document
from haystack.components.converters import (
    CSVToDocument,
    DOCXToDocument,
    HTMLToDocument,
    PyPDFToDocument,
    TextFileToDocument,
    XLSXToDocument,
)

_CONVERTERS = {
    ".pdf": PyPDFToDocument, ".docx": DOCXToDocument, ".html": HTMLToDocument,
    ".csv": CSVToDocument, ".xlsx": XLSXToDocument,
}  # fmt: skip


def texts(files: list[Path]) -> list[Document]:
    """The documents of the files; Markdown, mail and anything else are read as plain text."""
    documents: list[Document] = []
    for path in files:
        converter = _CONVERTERS.get(path.suffix.lower(), TextFileToDocument)()
        for document in converter.run(sources=[path])["documents"]:
            document.meta["file_path"] = str(path)
            documents.append(document)
    return documents
