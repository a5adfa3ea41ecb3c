"""ZIP archives that may be bombs: how much they unpack to, checked before any of it is used."""

from __future__ import annotations

import io
import zipfile

from rag_infer.errors import PasswordError, ReadError
from rag_infer.read.encoding import sniff_type

_MAX_UNPACKED_BYTES = 400 * 2**20
_MAX_MEMBERS = 20_000
_MAX_RATIO = 200  # text of any use packs to no less than that
_ALWAYS_ALLOWED_BYTES = 20 * 2**20  # so much may any archive unpack to
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a ZIP archive."""
    return data.startswith(b"PK")


def check_zip(data: bytes) -> zipfile.ZipFile:
    """Opens an archive. Raises ReadError when it is none, or unpacks to far more than it is.

    The sizes in its directory are what Python's and python-docx's readers stop at, so that an
    archive that lies about them gives a damaged member and no more.
    """
    if data.startswith(_OLE_SIGNATURE):
        # Office files that are encrypted are wrapped in the old format.
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise PasswordError("encrypted with a password", hint="save it without one")
        raise ReadError(
            "an Office file of the format before 2007", hint="save it as .docx, .xlsx or .pptx"
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        # The second for a version of the format that is none, the third for a name that is no text.
        kind = sniff_type(data)
        reason = f"its content is {kind}" if kind and not is_zip(data) else "damaged"
        raise ReadError(reason if data else "empty (0 bytes)") from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    has_too_many_members = len(members) > _MAX_MEMBERS
    if (
        has_too_many_members
        or unpacked > _MAX_UNPACKED_BYTES
        or unpacked > max(_ALWAYS_ALLOWED_BYTES, _MAX_RATIO * len(data))
    ):
        archive.close()
        raise ReadError(
            f"it would unpack to {unpacked / 1e6:,.0f} MB in {len(members):,} parts from "
            f"{len(data) / 1e6:,.1f} MB"
        )
    return archive
