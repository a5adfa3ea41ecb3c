"""ZIP archives as folders: a document ``archive.zip#folder/file.txt`` for each member."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from rag_infer.errors import PasswordError
from rag_infer.read.members import read_member
from rag_infer.read.models import OpenedFile
from rag_infer.read.registry import extension_of
from rag_infer.read.zip_safety import check_zip
from rag_infer.types import Document, Page

_MAX_MEMBERS = 2_000
_MAX_MEMBER_BYTES = 100 * 2**20
_ENCRYPTED = 1  # of a member's flags


def read(file: OpenedFile) -> Iterator[Document]:
    """The members that can be read, in order; those that cannot are named.

    Archives in an archive are not opened.

    Raises:
        ReadError: It is damaged, or unpacks to far more than it is.
        PasswordError: All of it is encrypted.
    """
    with check_zip(file.data()) as archive:
        members = [member for member in archive.infolist() if _is_content(member)]
        if members and all(member.flag_bits & _ENCRYPTED for member in members):
            raise PasswordError("encrypted with a password", hint="unpack it first")
        lost: list[str] = []
        for member in members[:_MAX_MEMBERS]:
            name = member.filename
            if extension_of(PurePosixPath(name).name) is None:
                lost.append(f"{name} (no reader)")
                continue
            if member.file_size > _MAX_MEMBER_BYTES:
                lost.append(f"{name} ({member.file_size / 1e6:,.0f} MB)")
                continue
            try:
                content = archive.read(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
                lost.append(f"{name} (damaged or encrypted)")
                continue
            yield from read_member(file, f"{file.id}#{name}", name, content, "member")
        lost += [f"{len(members) - _MAX_MEMBERS} more members"] * (len(members) > _MAX_MEMBERS)
    if lost or not members:
        note = f"members left out: {'; '.join(lost[:20])}" if lost else "it is empty"
        yield Document(f"{file.id}#errors", "zip", file.sha256, (Page(1, "", note=note),))


def _is_content(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return not member.is_dir() and "__MACOSX" not in parts and not parts[-1].startswith(".")
