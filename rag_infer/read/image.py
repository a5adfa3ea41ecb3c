"""Pictures (PNG, JPEG, TIFF, WebP, BMP, HEIC): the text on them, by the extra ``ocr``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from rag_infer.errors import ReadError
from rag_infer.read.models import OpenedFile
from rag_infer.read.text import paragraphs
from rag_infer.types import Document, Page

_MAX_PIXELS = 60_000_000
_MAX_SIDE_PIXELS = 2_000
_MIN_SIDE_PIXELS = 48  # icons hold no text
_HEIF_EXTENSIONS = (".heic", ".heif")
_MAX_FRAMES = 200  # pages of a TIFF


def read(file: OpenedFile) -> Iterator[Document | None]:
    """One document with a page for each frame; a frame without text is noted.

    Raises:
        ReadError: It is damaged or too large, or the extra is not installed.
    """
    from rag_infer.read.pdf.ocr import Recognizer, is_available

    if not file.options.ocr:
        raise ReadError("a picture, and text recognition is turned off")
    if not is_available():
        raise ReadError(
            "a picture, which needs text recognition",
            hint="to read it: pip install 'rag-infer[ocr]'",
        )
    recognizer = Recognizer(None)
    pages: list[Page] = []
    if file.path.suffix.lower() in _HEIF_EXTENSIONS:
        import pillow_heif

        pillow_heif.register_heif_opener()
    for frame in _frames(file.data()):
        yield None  # a picture takes seconds
        is_icon = min(frame.shape[:2]) < _MIN_SIDE_PIXELS
        text = "" if is_icon else recognizer.image_layout(frame).text
        note = None if text else "picture on which no text was recognized"
        pages.append(Page(len(pages) + 1, text, blocks=tuple(paragraphs(text)), note=note))
    yield Document(file.id, "image", file.sha256, tuple(pages))


def _frames(data: bytes) -> Iterator[Any]:
    """The pictures in a file as arrays of blue, green and red, turned as they were taken."""
    import numpy as np
    from PIL import Image, ImageOps

    if not data:
        raise ReadError("empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data)) as image:
            for number in range(min(getattr(image, "n_frames", 1), _MAX_FRAMES)):
                image.seek(number)
                if image.width * image.height > _MAX_PIXELS:
                    raise ReadError(f"{image.width} x {image.height} pixels are too many")
                frame = ImageOps.exif_transpose(image).convert("RGB")
                frame.thumbnail((_MAX_SIDE_PIXELS, _MAX_SIDE_PIXELS))
                yield np.asarray(frame)[:, :, ::-1].copy()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ReadError(f"damaged, or not a picture ({error})") from error
