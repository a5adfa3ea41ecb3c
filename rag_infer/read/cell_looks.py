"""Cells of an XLSX file that are struck out or white on nothing: they no longer hold, or hide."""

from __future__ import annotations

import re
import zipfile
from typing import Any, Literal

Look = Literal["", "struck", "white"]

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRINGS = "xl/sharedStrings.xml"
_MAX_STRINGS_BYTES = 60 * 2**20
_STRUCK = re.compile(rb"<strike(?![^>]*val=\"(?:0|false)\")")
_ITEM = re.compile(rb"<si\b.*?</si>|<si/>", re.DOTALL)


def cell_looks(styles: Any) -> list[Look]:
    """How each style of cells looks, by its number.

    Args:
        styles: The root of ``styles.xml``.
    """
    fonts = list(styles.iterfind(f"{_S}fonts/{_S}font"))
    fills = list(styles.iterfind(f"{_S}fills/{_S}fill"))
    return [
        _look(_item(fonts, style.get("fontId")), _item(fills, style.get("fillId")))
        for style in styles.iterfind(f"{_S}cellXfs/{_S}xf")
    ]


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


def _look(font: Any, fill: Any) -> Look:
    if _is_struck(font):
        return "struck"
    color = font.find(f"{_S}color") if font is not None else None
    if color is None or (color.get("rgb") or "").upper()[-6:] != "FFFFFF":
        return ""
    pattern = fill.find(f"{_S}patternFill") if fill is not None else None
    is_bare = fill is None or (
        pattern is not None and (pattern.get("patternType") or "none") == "none"
    )
    return "white" if is_bare else ""


def _is_struck(properties: Any) -> bool:
    mark = properties.find(f"{_S}strike") if properties is not None else None
    return mark is not None and mark.get("val") not in ("0", "false")


def _item(items: list[Any], number: str | None) -> Any:
    format_number = int(number) if number is not None and number.isdigit() else 0
    return items[format_number] if format_number < len(items) else None
