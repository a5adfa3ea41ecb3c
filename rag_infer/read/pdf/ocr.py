"""Pages that are pictures, read by optical character recognition (extra ``ocr``)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from rag_infer.read.pdf.hyphenation import WordCounts
from rag_infer.read.pdf.lines import Line
from rag_infer.read.pdf.page_text import PageText
from rag_infer.read.pdf.paragraphs import PageLayout, layout_page
from rag_infer.read.pdf.reading_order import in_reading_order

_RENDER_DPI = 200
_MAX_SIDE_PIXELS = 2_000  # pixels: more is scaled down by the models' own preparation
_MIN_SCORE = 0.6


def is_available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class Recognizer:
    """Loads the models at its first page. Used in a worker, where its memory has a limit."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._engine: Any = None

    def page_layout(self, index: int) -> PageLayout:
        """A page, counted from 0, as flowing text; it has no places on the page."""
        return self.image_layout(self._image(index))

    def image_layout(self, image: Any) -> PageLayout:
        """An image, as an array of blue, green and red, as flowing text."""
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={"Global.use_cls": False, "Global.log_level": "critical"}
            )
        recognition = self._engine(image)
        texts = getattr(recognition, "txts", None)
        if not texts:
            return PageLayout("", [])
        lines: list[Line] = []
        text = ""
        bottoms = [image.shape[0] - box[:, 1].max() for box in recognition.boxes]
        box_heights = [float(box[:, 1].max() - box[:, 1].min()) for box in recognition.boxes]
        median_height = sorted(box_heights)[len(box_heights) // 2]
        for words, box, score, bottom, box_height in zip(
            texts, recognition.boxes, recognition.scores, bottoms, box_heights, strict=True
        ):
            if score < _MIN_SCORE or not words.strip():
                continue
            # A box is as high as the letters in it: with and without tails is the same type.
            line_height = (
                median_height
                if 0.7 * median_height < box_height < 1.4 * median_height
                else box_height
            )
            middle = float(bottom) + box_height / 2
            x0, x1 = float(box[:, 0].min()), float(box[:, 0].max())
            start = len(text)
            text += words + "\n"
            lines.append(
                Line(
                    start,
                    start + len(words),
                    x0,
                    middle - line_height / 2,
                    x1,
                    middle + line_height / 2,
                    line_height,
                    line_height,
                )
            )
        ordered = in_reading_order(text, lines, lambda line: ())
        return layout_page(PageText(text, ordered), frozenset(), lambda: WordCounts([text]))

    def _image(self, index: int) -> Any:
        page = self._document[index]
        try:
            longest = max(1.0, *page.get_size())
            scale = min(_RENDER_DPI / 72, _MAX_SIDE_PIXELS / longest)
            return page.render(scale=scale, rev_byteorder=False).to_numpy()
        finally:
            page.close()
