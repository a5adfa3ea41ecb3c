"""Charts and diagrams of Office files: their titles, the figures that they were drawn from.

Word, Excel and PowerPoint put both into parts of their own, in the same XML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag_infer.read.page_builder import PageBuilder
from rag_infer.tables.layout import TableRow

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MAX_POINTS = 2_000
_MAX_TEXTS = 500


def add_chart_part(root: Any, builder: PageBuilder, *, with_figures: bool = True) -> None:
    """Adds a chart as its title and, ``with_figures``, the table that it was drawn from.

    Args:
        root: The root of the chart's part.
        builder: Of the page that it is on.
        with_figures: Whether its figures do not stand on the page anyway, as those of a sheet do.
    """
    chart = root.find(f"{_C}chart")
    if chart is None:
        return
    title = _paragraph_text(chart.find(f"{_C}title"))
    axes = [_paragraph_text(axis.find(f"{_C}title")) for axis in chart.iter(*_AXES)]
    builder.add("paragraph", f"Chart: {title}" if title else "")
    builder.add("paragraph", f"Axes: {', '.join(filter(None, axes))}" if any(axes) else "")
    if not with_figures:
        return
    series = list(chart.iter(f"{_C}ser"))
    names = [
        _first(_values(item.find(f"{_C}tx"))) or f"Series {n}" for n, item in enumerate(series, 1)
    ]
    columns = [_points(item, "val", "yVal") for item in series]
    categories = [_points(item, "cat", "xVal") for item in series]
    labels = max(categories, key=len, default={})
    numbers = sorted({n for column in columns for n in column} | set(labels))
    rows = [
        TableRow([labels.get(n, str(n + 1)), *(column.get(n, "") for column in columns)])
        for n in numbers
    ]
    if rows and series:
        builder.add_table([TableRow(["Category", *names]), *rows], 1, caption=title)


_AXES = (f"{_C}catAx", f"{_C}valAx", f"{_C}dateAx")


def diagram_texts(root: Any) -> list[str]:
    """The words of a diagram (SmartArt), a line for each of its shapes, from its data part."""
    texts = (_paragraph_text(point) for point in _named(root, "pt"))
    return [text for text, _ in zip(filter(None, texts), range(_MAX_TEXTS), strict=False)]


def shape_texts(root: Any) -> list[str]:
    """The words of the text boxes and the names of the pictures of a drawing, a line each."""
    shapes = (s for s in root.iter() if _local_name(s) in ("sp", "pic") and not is_hidden(s))
    texts = (
        picture_name(shape) if _local_name(shape) == "pic" else _paragraph_text(shape)
        for shape in shapes
    )
    lines = [text for text, _ in zip(filter(None, texts), range(_MAX_TEXTS), strict=False)]
    return list(dict.fromkeys(lines))


def picture_name(shape: Any) -> str:
    """A picture as a line of text, with its alternative text or its title."""
    properties = next(_named(shape, "cNvPr"), None)
    if properties is None:
        return "[Picture]"
    text = " ".join((properties.get("descr") or properties.get("title") or "").split())
    return f"[Picture: {text}]" if text else "[Picture]"


def is_hidden(shape: Any) -> bool:
    """Whether the selection pane hides a shape, or one that it is grouped in."""
    own = (element.find("*/*[@hidden]") for element in (shape, *shape.iterancestors()))
    return any(
        e is not None and _local_name(e) == "cNvPr" and e.get("hidden") in ("1", "true")
        for e in own
    )


def _named(root: Any, name: str) -> Iterator[Any]:
    return (e for e in root.iter() if _local_name(e) == name)


def _local_name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _paragraph_text(element: Any) -> str:
    if element is None:
        return ""
    paragraphs = ("".join(t.text or "" for t in p.iter(f"{_A}t")) for p in element.iter(f"{_A}p"))
    return " ".join(" ".join(paragraphs).split())


def _points(series: Any, *names: str) -> dict[int, str]:
    """The stored values of a series, by their number from 0."""
    holders = (series.find(f"{_C}{name}") for name in names)
    holder = next((h for h in holders if h is not None), None)
    return {} if holder is None else dict(_values(holder))


def _values(holder: Any) -> Iterator[tuple[int, str]]:
    if holder is None:
        return
    for point, _ in zip(holder.iter(f"{_C}pt"), range(_MAX_POINTS), strict=False):
        number, value = point.get("idx") or "", point.find(f"{_C}v")
        if number.isdigit() and value is not None and value.text:
            yield int(number), _shown(value.text)


def _shown(text: str) -> str:
    """A stored figure without the digits that only the computer has: 0.30000000000000004."""
    try:
        return f"{float(text):.12g}" if len(text) > 15 else text
    except ValueError:
        return text


def _first(values: Iterator[tuple[int, str]]) -> str:
    return next((text for _, text in values), "")
