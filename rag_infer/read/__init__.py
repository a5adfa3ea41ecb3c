"""Reading: any file becomes documents whose every character has a place."""

from rag_infer.read.models import FileResult, OpenedFile, ReadOptions, SourceFile
from rag_infer.read.pool import read_files
from rag_infer.read.registry import Format, formats, is_supported

__all__ = [
    "FileResult",
    "Format",
    "OpenedFile",
    "ReadOptions",
    "SourceFile",
    "formats",
    "is_supported",
    "read_files",
]
