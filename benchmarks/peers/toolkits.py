"""Who is measured: this project's command and the other toolkits, each as the commands to run.

Knows: where the two virtual environments are, how each toolkit's scripts are called, what both
benchmarks print and keep. Does not know: what is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEER_PYTHON = HERE.parent / ".peers" / "bin" / "python"
OUT = HERE.parent / "out"
RESULTS = HERE.parent / "results"
PLOTS = HERE.parent.parent / "docs" / "assets"
OURS = "rag-infer"
# The weights lie on disk; without this each toolkit first asks a hub about them, and waits.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

Command = list[str | Path]


@dataclass(frozen=True)
class Toolkit:
    """``index(folder, index)`` and ``ask(index, question)`` are the commands of a person."""

    name: str
    version: str
    index: Callable[[Path, Path], Command]
    ask: Callable[[Path, str], Command]


def toolkits(characters: int = 1000) -> list[Toolkit]:
    """This project first, then its peers with chunks of about so many characters.

    Ends the program with a line that says what to do when the peers are not installed.
    """
    rag = Path(sys.executable).with_name("rag")
    if not rag.is_file():
        sys.exit(f"{rag} is not there; run this with the Python that the project is installed in")
    if not PEER_PYTHON.is_file():
        sys.exit("the peers are not installed; run: sh benchmarks/peers/setup.sh")
    ours = Toolkit(
        OURS,
        versions(Path(sys.executable), ["rag-infer"])["rag-infer"],
        lambda folder, index: [rag, "index", folder, "--index", index],
        lambda index, question: [rag, "ask", question, "--index", index],
    )
    package_versions = versions(PEER_PYTHON, ["langchain-core", "llama-index-core", "txtai"])
    peers = [
        _peer("LangChain", "langchain", package_versions["langchain-core"], characters),
        _peer("LlamaIndex", "llamaindex", package_versions["llama-index-core"], characters),
        _peer("txtai", "txtai", package_versions["txtai"], characters),
    ]
    return [ours, *peers]


def _peer(name: str, stem: str, version: str, characters: int) -> Toolkit:
    index_script, ask_script = HERE / f"{stem}_index.py", HERE / f"{stem}_ask.py"
    return Toolkit(
        name,
        version,
        lambda folder, index: [PEER_PYTHON, index_script, folder, index, str(characters)],
        lambda index, question: [PEER_PYTHON, ask_script, index, question],
    )


def versions(python: Path, packages: list[str]) -> dict[str, str]:
    """Versions of packages as a Python has them installed."""
    code = (
        "import sys, json, importlib.metadata as m;"
        "print(json.dumps({p: m.version(p) for p in sys.argv[1:]}))"
    )
    output = subprocess.run([python, "-c", code, *packages], capture_output=True, check=True)
    package_versions: dict[str, str] = json.loads(output.stdout)
    return package_versions


def keep(name: str, results: Mapping[str, Any], *, publish: bool) -> None:
    """Writes figures where git ignores them, and where it does not if they are to be published."""
    for folder in [OUT, RESULTS] if publish else [OUT]:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.json"
        path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
        print(f"written: {path.relative_to(HERE.parent.parent)}")
