"""The second opinion: pypdf, where PDFium cannot open a file or finds nothing in it.

Knows: pypdf, which is slower and forgives other mistakes than PDFium does.
Does not know: lines' places; its text has no boxes.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence

from rag_infer.read.pdf.hyphenation import pieces

_PAGES = 300  # at some 20 pages a second, a file that says nothing is not worth more


def second_opinion(
    data: bytes, passwords: Sequence[str], wanted: Sequence[int] | None = None
) -> dict[int, str] | None:
    """Text of the wanted pages (counted from 0; all by default), as far as there is any.

    None when pypdf cannot open the file either.
    """
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not any(reader.decrypt(p) for p in ("", *passwords)):
            return None
        count = len(reader.pages)
    except Exception:
        return None
    found: dict[int, str] = {}
    for index in list(range(count) if wanted is None else wanted)[:_PAGES]:
        try:
            text = _clean(reader.pages[index].extract_text())
        except Exception:  # noqa: S112 - a page that cannot be had is a page without text
            continue
        if text:
            found[index] = text
    return found if found or wanted is not None else None


def _clean(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        clean = "".join(piece[0] for piece in pieces(line, 0, len(line))).strip()
        if clean or (lines and lines[-1]):
            lines.append(clean)
    return "\n".join(lines).strip()
