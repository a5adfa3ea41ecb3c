"""Which runtime runs a folder of weights where nobody names one: the quickest of this machine.

On a CPU weights of 8 bits on OpenVINO read prompts as fast as transformers does or faster, write
three to five times as fast and need less than half the memory (``benchmarks/runtimes.py``). They
are converted once, by an extra. On an NVIDIA GPU transformers is the quickest; small models start
sooner than they are converted; conversion holds the weights in memory several times; and some
models cannot be converted.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from rag_infer.settings import DEFAULT_PRECISION, OPENVINO, TRANSFORMERS, ModelProfile, Runtime

_MIN_BYTES = 100_000_000  # of the weights, for conversion to pay
_MEMORY_FACTOR = 5  # of the bytes of the weights, which conversion needs at its peak
_GPU = Path("/proc/driver/nvidia/version")


def local_runtime(folder: Path, profile: ModelProfile | None = None) -> Runtime:
    """The runtime of a model's folder.

    Args:
        folder: The folder of a transformers model.
        profile: Its profile, whose runtime counts if it names one.
    """
    if profile is not None and profile.runtime is not None:
        return profile.runtime
    if not can_convert() or _GPU.exists():
        return TRANSFORMERS
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if not _MIN_BYTES <= weights <= _memory_bytes() // _MEMORY_FACTOR:
        return TRANSFORMERS
    from rag_infer.generate.openvino_convert import was_refused

    return TRANSFORMERS if was_refused(folder, DEFAULT_PRECISION) else OPENVINO


def can_convert() -> bool:
    """Whether the extra that converts models is installed."""
    return find_spec("nncf") is not None


def description() -> str:
    """What runs local models where nobody names a runtime, in words."""
    if _GPU.exists():
        return "transformers, on the GPU"
    if can_convert():
        return "OpenVINO, weights of 8 bits converted once (transformers for small models)"
    return "transformers; three to five times as fast on a CPU: pip install 'rag-infer[openvino]'"


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not on this platform
        return 0
