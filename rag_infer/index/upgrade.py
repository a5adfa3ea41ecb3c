"""Segments of an older format written anew in the present one, from what they store.

No document is read again and nothing is embedded. The old segments stay as they are, so that an
upgrade that is stopped anywhere leaves the index as it was.
"""

from __future__ import annotations

from pathlib import Path

from rag_infer.index import ann, durable_io
from rag_infer.index.array_file import Array, ArrayFileWriter
from rag_infer.index.catalog import NAME as CATALOGUE
from rag_infer.index.catalog import Catalog
from rag_infer.index.document_columns import ColumnsBuilder, DocumentColumns
from rag_infer.index.embedded_hashes import HASHES, EmbeddedHashes, hash_arrays
from rag_infer.index.segment import ARRAYS, TEXT, segment_arrays


def upgrade_segment(source: Path, target: Path) -> None:
    """Writes the segment in the folder ``source`` into the new folder ``target``, durably.

    Raises:
        OSError: The disk cannot be read or written.
        ValueError: The segment is not as it was written.
    """
    durable_io.make_folder(target)
    for name in (CATALOGUE, TEXT):
        durable_io.copy_file(source / name, target / name)
    writer = ArrayFileWriter(target / ARRAYS)
    try:
        arrays = dict(segment_arrays(source))
        if not DocumentColumns.are_in(arrays):
            arrays |= _columns(source)
        if not EmbeddedHashes.are_in(arrays):
            arrays |= hash_arrays(arrays[HASHES])
        for name, array in arrays.items():
            writer.add(name, array)
    except BaseException:
        writer.abandon()
        raise
    writer.close()
    if (source / ann.NAME).is_file():
        durable_io.copy_file(source / ann.NAME, target / ann.NAME)
    durable_io.sync_folder(target)


def _columns(folder: Path) -> dict[str, Array]:
    columns = ColumnsBuilder()
    with Catalog(folder / CATALOGUE) as catalogue:
        for _, row in catalogue.documents():
            columns.add(row)
    return columns.arrays()
