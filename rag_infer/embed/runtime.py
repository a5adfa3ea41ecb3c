"""OpenVINO as it is wanted here: the runtime alone.

Knows: that importing OpenVINO imports its converter, and that starts telemetry.
Does not know: models.
"""

from __future__ import annotations

import sys
from typing import Any


def openvino() -> Any:
    """The module ``openvino``, imported without the package that reports its use over the network.

    OpenVINO goes on without that package where it is not installed; here it is made to look so.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as runtime

    return runtime
