"""Pages that are pictures, read by optical character recognition (extra ``ocr``).

Knows: RapidOCR, whose models come inside its package, and how its lines become a page.
Does not know: which pages need it.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from rag_infer.read.pdf.hyphenation import WordCounts
from rag_infer.read.pdf.page_text import Line, PageText
from rag_infer.read.pdf.paragraphs import PageLayout, flow
from rag_infer.read.pdf.reading_order import in_reading_order

_DPI = 200
_LONGEST_SIDE = 2_000  # pixels: more is scaled down by the models' own preparation
_LEAST_SCORE = 0.6


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class Recognizer:
    """Loads the models at its first page. Used in a worker, where its memory has a limit."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._engine: Any = None

    def flow(self, index: int) -> PageLayout:
        """A page, counted from 0, as flowing text; it has no places on the page."""
        image = self._image(index)
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={"Global.use_cls": False, "Global.log_level": "critical"}
            )
        found = self._engine(image)
        texts = getattr(found, "txts", None)
        if not texts:
            return PageLayout("", [])
        lines: list[Line] = []
        text = ""
        tops = [image.shape[0] - box[:, 1].max() for box in found.boxes]
        talls = [float(box[:, 1].max() - box[:, 1].min()) for box in found.boxes]
        usual = sorted(talls)[len(talls) // 2]
        for words, box, score, low, tall in zip(
            texts, found.boxes, found.scores, tops, talls, strict=True
        ):
            if score < _LEAST_SCORE or not words.strip():
                continue
            # A box is as high as the letters in it: with and without tails is the same type.
            high = usual if 0.7 * usual < tall < 1.4 * usual else tall
            middle = float(low) + tall / 2
            x0, x1 = float(box[:, 0].min()), float(box[:, 0].max())
            start = len(text)
            text += words + "\n"
            lines.append(
                Line(
                    start,
                    start + len(words),
                    x0,
                    middle - high / 2,
                    x1,
                    middle + high / 2,
                    high,
                    high,
                )
            )
        ordered = in_reading_order(text, lines, lambda line: ())
        return flow(PageText(text, ordered), frozenset(), lambda: WordCounts([text]))

    def _image(self, index: int) -> Any:
        page = self._document[index]
        try:
            longest = max(1.0, *page.get_size())
            scale = min(_DPI / 72, _LONGEST_SIDE / longest)
            return page.render(scale=scale, rev_byteorder=False).to_numpy()
        finally:
            page.close()
