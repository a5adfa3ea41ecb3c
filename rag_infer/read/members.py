"""Files inside a file: an attachment of a mail, a member of an archive, each its own document."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rag_infer.errors import ReadError
from rag_infer.read.models import OpenedFile
from rag_infer.read.registry import extension_of, format_of, reader_of
from rag_infer.types import Document, Page

# Formats that hold further files. An archive in a mail is opened, and a mail in an archive; an
# archive in an archive is not: a few of them can unpack to anything.
_MAX_DEPTH = 3  # members of members
_ARCHIVE = ".zip"
CONTAINER_EXTENSIONS = frozenset((".mbox", ".eml", ".msg", ".zip"))


def read_member(
    file: OpenedFile, document_id: str, name: str, content: bytes, kind: str
) -> Iterator[Document]:
    """What the reader of its format makes of a member; nothing where there is no reader.

    Args:
        file: The file that it is in.
        document_id: The id that its document gets.
        name: Its own name, of which only the extension is used.
        content: Its bytes.
        kind: What it is, for the note that stands in for one that cannot be read.
    """
    extension = extension_of(PurePosixPath(name).name)
    if extension is None or not content:
        return
    digest = hashlib.sha256(content).hexdigest()
    if extension in CONTAINER_EXTENSIONS and (
        extension == file.path.suffix.lower() == _ARCHIVE or document_id.count("#") > _MAX_DEPTH
    ):
        note = Page(1, "", note=f"{kind} not opened: it is within another archive")
        yield Document(document_id, extension[1:], digest, (note,))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"member{extension}"
        path.write_bytes(content)
        file_format = format_of(path)
        assert file_format is not None
        try:
            opened = OpenedFile(path, document_id, digest, file.options)
            for document in reader_of(file_format)(opened):
                if document is not None:
                    yield document
        except ReadError as error:
            note = Page(1, "", note=f"{kind} cannot be read: {error.what}")
            yield Document(document_id, file_format.name, digest, (note,))
