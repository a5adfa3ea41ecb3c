"""ZIP archives that may be bombs: how much they may unpack to, checked before they are unpacked.

Knows: what a ZIP's directory says.
Does not know: Office, EPUB.
"""

from __future__ import annotations

import io
import zipfile

from rag_infer.errors import ReadError
from rag_infer.read.characters import looks_like

_MAX_UNPACKED = 400 * 2**20
_MAX_MEMBERS = 20_000
_MAX_RATIO = 200  # the best that text of any use packs to
_SMALL = 20 * 2**20


def check_zip(data: bytes) -> zipfile.ZipFile:
    """Opens an archive. Raises ReadError when it is none, or unpacks to far more than it is."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        kind = looks_like(data)
        raise ReadError(
            f"it is {kind}" if kind else "it is damaged or not what its suffix says"
        ) from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    too_much = unpacked > _MAX_UNPACKED or len(members) > _MAX_MEMBERS
    if too_much or (unpacked > _SMALL and unpacked > _MAX_RATIO * max(1, len(data))):
        raise ReadError(f"it unpacks to {unpacked / 1e6:,.0f} MB from {len(data) / 1e6:,.1f} MB")
    return archive
