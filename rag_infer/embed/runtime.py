"""OpenVINO as it is wanted here: the runtime alone.

Knows: that importing OpenVINO imports its converter, and that starts telemetry.
Does not know: what a model computes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

# A shape that was not met before is compiled for, which takes longer than to run it: few are used.
ROWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_STEP = 8

Hint = Literal["LATENCY", "THROUGHPUT"]


def openvino() -> Any:
    """The module ``openvino``, imported without the package that reports its use over the network.

    OpenVINO goes on without that package where it is not installed; here it is made to look so.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as runtime

    return runtime


def fitting_rows(count: int) -> int:
    """The most of ``count`` rows that are a batch of a size in use."""
    return max(size for size in ROWS if size <= max(count, 1))


def fitting_width(tokens: int) -> int:
    """The width in use that holds so many tokens."""
    return -(-tokens // _STEP) * _STEP


def compiled(model: Any, hint: Hint, cache: Path | None = None) -> Any:
    """A graph (or the path of one) made ready for this processor, in bfloat16 where it has that.

    ``cache`` is a folder for what compiling found out. Raises RuntimeError when it cannot be done.
    """
    core = openvino().Core()
    fast16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "bf16" if fast16 else "f32"}
    if cache is not None:
        options["CACHE_DIR"] = str(cache)
    return core.compile_model(model, "CPU", options)
