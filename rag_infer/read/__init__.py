"""Reading: any file becomes documents whose every character has a place.

Knows: formats, and how to keep a bad file from costing more than itself.
Does not know: chunks, indexes, models.
"""

from rag_infer.read.models import FileResult, OpenedFile, ReadOptions, SourceFile
from rag_infer.read.pool import read_files
from rag_infer.read.registry import Format, formats, supported

__all__ = [
    "FileResult",
    "Format",
    "OpenedFile",
    "ReadOptions",
    "SourceFile",
    "formats",
    "read_files",
    "supported",
]
