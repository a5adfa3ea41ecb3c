"""Rich Text Format (RTF), by striprtf: its paragraphs, without fonts and pictures."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.encoding import UNWANTED
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import CELL_SEPARATOR, PageBuilder
from rag_infer.types import Document


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError for a file that is no RTF."""
    from striprtf.striprtf import rtf_to_text

    data = file.data()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ReadError("not RTF" if data else "empty (0 bytes)")
    try:
        text = rtf_to_text(  # type: ignore[no-untyped-call]
            data.decode("latin-1"), encoding="cp1252", errors="replace"
        )
    except (ValueError, LookupError, IndexError, RecursionError, TypeError) as error:
        raise ReadError(f"damaged ({error})") from error
    builder = PageBuilder()
    # A line of it is a paragraph; cells of a table's row are parted by bars.
    for line in UNWANTED.sub(" ", text).replace("\r\n", "\n").split("\n"):
        if line.rstrip().endswith("|"):
            builder.add("paragraph", CELL_SEPARATOR.join(line.rstrip().rstrip("|").split("|")))
        else:
            builder.add("paragraph", line)
    yield Document(file.id, "rtf", file.sha256, (builder.page(),))
