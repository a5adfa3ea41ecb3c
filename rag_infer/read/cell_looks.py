"""Cells of an XLSX file that no longer hold, as they are struck out, or that nobody sees.

Nobody sees letters of the color of their cell, of the size of a dot, or a format without a shape.
"""

from __future__ import annotations

import re
import zipfile
from typing import Any, Literal

Look = Literal["", "struck", "hidden", "blended"]
Color = tuple[int, ...]

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_STRINGS = "xl/sharedStrings.xml"
_MAX_STRINGS_BYTES = 60 * 2**20
_WHITE: Color = (255, 255, 255)
# The order in which cells number the colors of a theme: light and dark change places.
_THEME_ORDER = ("lt1", "dk1", "lt2", "dk2", *(f"accent{number}" for number in range(1, 7)))
_INDEXED = {"0": (0, 0, 0), "1": _WHITE, "8": (0, 0, 0), "9": _WHITE, "64": (0, 0, 0), "65": _WHITE}
_SAME_COLOR = 8  # of 255, in each color
_MAX_TINY_SIZE = 1.0  # points
_NO_SHAPE = re.compile(r";;;;*")
_STRUCK = re.compile(rb"<strike(?![^>]*val=\"(?:0|false)\")")
_ITEM = re.compile(rb"<si\b.*?</si>|<si/>", re.DOTALL)


def cell_looks(styles: Any, theme: Any = None) -> list[Look]:
    """How each style of cells looks, by its number: ``blended`` has the color of its cell.

    Args:
        styles: The root of ``styles.xml``.
        theme: The root of the theme, where there is one.
    """
    fonts = list(styles.iterfind(f"{_S}fonts/{_S}font"))
    fills = list(styles.iterfind(f"{_S}fills/{_S}fill"))
    shapeless = {
        element.get("numFmtId")
        for element in styles.iterfind(f"{_S}numFmts/{_S}numFmt")
        if _NO_SHAPE.fullmatch(element.get("formatCode") or "")
    }
    colors = _theme_colors(theme)
    looks: list[Look] = []
    for style in styles.iterfind(f"{_S}cellXfs/{_S}xf"):
        font, fill = _item(fonts, style.get("fontId")), _item(fills, style.get("fillId"))
        look = _look(font, fill, colors)
        looks.append(look or ("hidden" if style.get("numFmtId") in shapeless else ""))
    return looks


def struck_strings(archive: zipfile.ZipFile) -> dict[int, str]:
    """What remains of each shared text of which some words are struck out, by its number."""
    from lxml import etree

    if _STRINGS not in archive.namelist():
        return {}
    if archive.getinfo(_STRINGS).file_size > _MAX_STRINGS_BYTES:
        return {}
    data = archive.read(_STRINGS)
    if _STRUCK.search(data) is None:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    result = {}
    for number, match in enumerate(_ITEM.finditer(data)):
        if _STRUCK.search(match[0]) is None:
            continue
        root = etree.fromstring(_QUALIFIED % match[0], parser)
        item = next(iter(root), root)
        texts = [run for run in item.iter(f"{_S}r") if not _is_struck(run.find(f"{_S}rPr"))]
        words = "".join(t.text or "" for run in texts for t in run.iter(f"{_S}t"))
        result[number] = " ".join(words.split())
    return result


_QUALIFIED = b'<sst xmlns="' + _S[1:-1].encode() + b'">%s</sst>'


def _look(font: Any, fill: Any, colors: list[Color]) -> Look:
    if font is None:
        return ""
    if _is_struck(font):
        return "struck"
    size = font.find(f"{_S}sz")
    try:
        if size is not None and float(size.get("val") or 11) <= _MAX_TINY_SIZE:
            return "hidden"
    except ValueError:
        pass
    color, paper = _color(font.find(f"{_S}color"), colors), _paper(fill, colors)
    if color is None or paper is None:
        return ""
    is_alike = all(abs(a - b) <= _SAME_COLOR for a, b in zip(color, paper, strict=True))
    return "blended" if is_alike else ""


def _paper(fill: Any, colors: list[Color]) -> Color | None:
    """What a cell is filled with; None for a pattern, and for a color that is not known."""
    if fill is None:
        return _WHITE
    pattern = fill.find(f"{_S}patternFill")
    if pattern is None:
        return None
    kind = pattern.get("patternType") or "none"
    if kind == "none":
        return _WHITE
    return _color(pattern.find(f"{_S}fgColor"), colors) if kind == "solid" else None


def _color(element: Any, colors: list[Color]) -> Color | None:
    if element is None or float(element.get("tint") or 0):
        return None
    if rgb := element.get("rgb"):
        return _hexadecimal(rgb[-6:])
    number = element.get("theme") or ""
    if number.isdigit():
        return colors[int(number)] if int(number) < len(colors) else None
    return _INDEXED.get(element.get("indexed") or "")


def _theme_colors(theme: Any) -> list[Color]:
    """The colors of a theme by their number; white and black are the first where none is given."""
    scheme = next(theme.iter(f"{_A}clrScheme"), None) if theme is not None else None
    if scheme is None:
        return [_WHITE, (0, 0, 0)]
    colors: list[Color] = []
    for name in _THEME_ORDER:
        holder = scheme.find(f"{_A}{name}")
        element = next(iter(holder), None) if holder is not None else None
        value = (element.get("lastClr") or element.get("val")) if element is not None else None
        color = _hexadecimal(value or "")
        if color is None:
            break
        colors.append(color)
    return colors


def _hexadecimal(text: str) -> Color | None:
    try:
        return tuple(bytes.fromhex(text)) if len(text) == 6 else None
    except ValueError:
        return None


def _is_struck(properties: Any) -> bool:
    mark = properties.find(f"{_S}strike") if properties is not None else None
    return mark is not None and mark.get("val") not in ("0", "false")


def _item(items: list[Any], number: str | None) -> Any:
    format_number = int(number) if number is not None and number.isdigit() else 0
    return items[format_number] if format_number < len(items) else None
