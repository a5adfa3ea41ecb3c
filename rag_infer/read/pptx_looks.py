"""Text of slides that nobody sees: in the color of what is behind it, transparent, or tiny.

White text is common on slides, on dark pictures and shapes; a run counts as unseen only where what
is behind it is known: the fill of its own shape, or the background with nothing filled on it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Color = tuple[int, ...]
Box = tuple[float, float, float, float]

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_THEME = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
_WHITE: Color = (255, 255, 255)
_SAME_COLOR = 8  # of 255, in each color
_MAX_TINY_SIZE = 100  # hundredths of a point
_FILLS = tuple(_A + name for name in ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill"))
_FIRST_BACKGROUND = 1001  # of the fills that a theme has for backgrounds
_MAX_DEPTH = 20
_MARGIN = 0.5  # of a box: its words may stand over its edges


@dataclass(frozen=True, slots=True)
class _Place:
    """A shape's element and where it is on the slide; a ``box`` of None is not known."""

    element: Any
    box: Box | None
    filled: bool


def blank_unseen(slide: Any) -> int:
    """Empties the runs of a slide that nobody sees.

    Args:
        slide: A slide of python-pptx, changed in place.

    Returns:
        How many characters were taken out.
    """
    looks = _SlideLooks(slide)
    count = 0
    for properties in list(slide._element.iter(_A + "rPr")):
        texts = [t for t in properties.getparent().iter(_A + "t") if (t.text or "").strip()]
        if texts and looks.is_unseen(properties):
            count += sum(len(t.text) for t in texts)
            for text in texts:
                text.text = ""
    return count


class _SlideLooks:
    """What is behind the words of a slide; a color of None is not known."""

    def __init__(self, slide: Any) -> None:
        self._slide = slide
        self._layout = slide.slide_layout
        self._master = self._layout.slide_master

    def is_unseen(self, properties: Any) -> bool:
        size = properties.get("sz", "")
        if size.isdigit() and int(size) <= _MAX_TINY_SIZE:
            return True
        if properties.find(_A + "ln") is not None or properties.find(_A + "highlight") is not None:
            return False
        if properties.find(_A + "noFill") is not None:
            return True
        fill = properties.find(_A + "solidFill")
        if fill is None:
            return False
        alpha = next(fill.iter(_A + "alpha"), None)
        if alpha is not None and alpha.get("val") in ("0", "0%"):
            return True
        color = self._color(fill)
        return color is not None and _alike(color, self._behind(properties))

    def _behind(self, properties: Any) -> Color | None:
        cell = next(properties.iterancestors(_A + "tc"), None)
        if cell is not None:
            own = cell.find(f"{_A}tcPr/{_A}solidFill")
            return self._color(own) if own is not None else None
        shape = next(properties.iterancestors(_P + "sp"), None)
        if shape is None:
            return None
        own = shape.find(f"{_P}spPr")
        if own is not None and (fill := own.find(_A + "solidFill")) is not None:
            return self._color(fill)
        place = next((p for p in self._places if p.element is shape), None)
        if place is None or place.filled or place.box is None:
            return None
        reach = _widened(place.box)
        for source in (self._slide, self._layout, self._master):
            if next(source.shapes._spTree.iter(_ALTERNATIVE), None) is not None:
                return None  # python-pptx does not see what is in it
        for other in (*self._places, *self._inherited):
            if other.filled and (other.box is None or _overlap(reach, other.box)):
                return None
        return self._background

    @cached_property
    def _places(self) -> list[_Place]:
        return list(_places(self._slide.shapes))

    @cached_property
    def _inherited(self) -> list[_Place]:
        """What the layout and the master draw behind."""
        return [
            place
            for source in (self._layout, self._master)
            for place in _places(source.shapes)
            if next(place.element.iter(_P + "ph"), None) is None
        ]

    @cached_property
    def _background(self) -> Color | None:
        for source in (self._slide, self._layout, self._master):
            background = source._element.find(f"{_P}cSld/{_P}bg")
            if background is None:
                continue
            fill = background.find(f"{_P}bgPr/{_A}solidFill")
            if fill is not None:
                return self._color(fill)
            named = background.find(f"{_P}bgRef")
            number = named.get("idx", "") if named is not None else ""
            index = int(number) - _FIRST_BACKGROUND if number.isdigit() else -1
            fills = self._theme.find(f".//{_A}bgFillStyleLst") if self._theme is not None else None
            if named is None or fills is None or not 0 <= index < len(fills):
                return None
            # A plain fill takes the color of the reference; any other changes it.
            is_plain = fills[index].tag == _A + "solidFill" and not len(fills[index][0])
            return self._color(named) if is_plain else None
        return _WHITE

    @cached_property
    def _theme(self) -> Any:
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            return etree.fromstring(self._master.part.part_related_by(_THEME).blob, parser)
        except (KeyError, etree.XMLSyntaxError):
            return None

    @cached_property
    def _scheme(self) -> dict[str, Color | None]:
        """The colors that names stand for on this slide."""
        scheme: dict[str, Color | None] = {}
        names = self._theme.find(f".//{_A}clrScheme") if self._theme is not None else None
        for element in names if names is not None else ():
            if isinstance(element.tag, str):
                scheme[element.tag.removeprefix(_A)] = _plain_color(element)
        mapping = self._master._element.find(f"{_P}clrMap")
        for source in (self._layout, self._slide):
            own = source._element.find(f"{_P}clrMapOvr/{_A}overrideClrMapping")
            mapping = own if own is not None else mapping
        for name, target in mapping.attrib.items() if mapping is not None else ():
            scheme[name] = scheme.get(target)
        return scheme

    def _color(self, fill: Any) -> Color | None:
        named = fill.find(_A + "schemeClr")
        if named is None:
            return _plain_color(fill)
        return self._scheme.get(named.get("val", "")) if not len(named) else None


def _places(shapes: Iterable[Any], depth: int = 0) -> Iterator[_Place]:
    """The shapes, and those of groups, which are taken to be anywhere in their group."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            if depth < _MAX_DEPTH:
                box = _box(shape)
                for inner in _places(shape.shapes, depth + 1):
                    yield _Place(inner.element, box, inner.filled)
            continue
        yield _Place(shape._element, _box(shape), _is_filled(shape))


def _box(shape: Any) -> Box | None:
    sides = (shape.left, shape.top, shape.width, shape.height)
    rotation: float = getattr(shape, "rotation", 0.0)
    if rotation or None in sides:
        return None
    left, top, width, height = map(float, sides)
    return left, top, left + width, top + height


def _is_filled(shape: Any) -> bool:
    """Whether a shape covers what is behind it, as far as its XML and its placeholder's say."""
    element = shape._element
    if element.tag == _P + "cxnSp":
        return False
    if element.tag != _P + "sp":
        return True  # a picture, a table, a chart
    own = element.find(f"{_P}spPr")
    if own is not None and own.find(_A + "noFill") is not None:
        return False
    if own is not None and any(own.find(tag) is not None for tag in _FILLS):
        return True
    reference = element.find(f"{_P}style/{_A}fillRef")
    if reference is not None:
        return bool(reference.get("idx") != "0")
    base = getattr(shape, "_base_placeholder", None)
    return base is not None and _is_filled(base)


def _plain_color(holder: Any) -> Color | None:
    """A color that is written out, without changes to it."""
    from PIL import ImageColor

    color = next((e for e in holder if isinstance(e.tag, str)), None)
    if color is None or len(color):
        return None
    value = color.get("lastClr") or color.get("val") or ""
    is_named = color.tag == _A + "prstClr"
    if not is_named and color.tag not in (_A + "srgbClr", _A + "sysClr"):
        return None
    try:
        return tuple(ImageColor.getrgb(value if is_named else f"#{value}")[:3])
    except ValueError:
        return None


def _alike(color: Color, other: Color | None) -> bool:
    return other is not None and all(
        abs(a - b) <= _SAME_COLOR for a, b in zip(color, other, strict=True)
    )


def _widened(box: Box) -> Box:
    across, down = _MARGIN * (box[2] - box[0]), _MARGIN * (box[3] - box[1])
    return box[0] - across, box[1] - down, box[2] + across, box[3] + down


def _overlap(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
