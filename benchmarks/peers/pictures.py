"""Plots of measured figures: bars beside each other, and growth.

Knows: matplotlib (the extra ``bench``). Does not know: how anything was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

OURS = "#1f6feb"
OTHERS = "#b3bcc8"
LIMIT = "#c93c37"


def bars(
    title: str,
    rows: Mapping[str, Mapping[str, Any]],
    columns: Mapping[str, tuple[str, str]],
    path: Path,
) -> None:
    """One panel for each column (key: title, format of its numbers); the first row is ours."""
    names = list(reversed(rows))
    colours = [OTHERS] * (len(names) - 1) + [OURS]
    figure, axes = pyplot.subplots(1, len(columns), figsize=(4.5 * len(columns), 2.5), sharey=True)
    for axis, (key, (heading, written)) in zip(axes, columns.items(), strict=True):
        values = [rows[name][key] for name in names]
        bars = axis.barh(names, values, color=colours, height=0.62)
        axis.bar_label(bars, [written.format(v) for v in values], padding=4, fontsize=9)
        axis.set_title(heading, fontsize=9.5, loc="left", color="#57606a")
        axis.set_xlim(0, 1.2 * max(values))
        axis.set_xticks([])
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.tick_params(length=0)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    _save(figure, path)


def lines(
    title: str,
    sizes: Sequence[float],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    limits: Mapping[str, float],
    path: Path,
) -> None:
    """One panel for each heading, its named lines over sizes in MB, from zero up."""
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.5 * len(panels), 2.9))
    for axis, (heading, named) in zip(axes, panels.items(), strict=True):
        for number, (name, values) in enumerate(named.items()):
            axis.plot(sizes, values, "o-", color=[OURS, OTHERS][number], markersize=4, label=name)
        if heading in limits:
            axis.axhline(limits[heading], color=LIMIT, linewidth=1, linestyle="--", label="aim")
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axis.minorticks_off()
        axis.set_xlabel("MB of text", fontsize=9)
        axis.set_ylim(0, None)
        axis.set_title(heading, fontsize=9.5, loc="left", color="#57606a")
        axis.grid(axis="y", color="#eaeef2")
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8.5)
        if len(named) > 1 or heading in limits:
            axis.legend(fontsize=8.5, frameon=False)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
    print(f"drawn: {path.name}")
