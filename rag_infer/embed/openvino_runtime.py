"""OpenVINO as it is wanted here: the runtime alone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

_THREADS = "OMP_NUM_THREADS"  # which OpenVINO itself does not look at
Hint = Literal["LATENCY", "THROUGHPUT"]


def openvino() -> Any:
    """The module ``openvino``, imported without the package that reports its use over the network.

    OpenVINO goes on without that package where it is not installed; here it is made to look so.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as runtime

    return runtime


def compiled(model: Any, hint: Hint, cache: Path | None = None) -> Any:
    """A graph (or the path of one) made ready for this processor, in bfloat16 where it has that.

    ``cache`` is a folder for what compiling found out; where that cannot be written or read (a full
    disk), the graph is compiled without it. Raises RuntimeError when it cannot be done.
    """
    core = openvino().Core()
    fast16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "bf16" if fast16 else "f32"}
    if os.environ.get(_THREADS) == "1":  # one of several processes that share the machine
        options["INFERENCE_NUM_THREADS"] = "1"
    if cache is not None:
        with suppress(RuntimeError):
            return core.compile_model(model, "CPU", {**options, "CACHE_DIR": str(cache)})
    return core.compile_model(model, "CPU", options)
