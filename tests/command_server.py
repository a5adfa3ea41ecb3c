"""A process that has imported the package and forks itself for each command that it is sent.

Each line of its input is a command as JSON: its arguments, folder, environment and the three files
that are its streams. It answers with the exit code, on a line.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import sys
import threading
from typing import Any

import rag_infer
from rag_infer.cli import main

# What need not be installed, and what runs or starts threads when it is imported.
SKIPPED = tuple(f"rag_infer.{m}" for m in ("integrations", "serve", "embed.bert_graph", "__main__"))
LIBRARIES = ("faiss", "numpy", "tokenizers")  # none starts a thread before it is called


def import_package() -> None:
    """Imports what commands import; the heavy libraries inside functions stay where they are."""
    for module in pkgutil.walk_packages(rag_infer.__path__, "rag_infer."):
        if not module.name.startswith(SKIPPED):
            importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)


def be_command(request: dict[str, Any]) -> None:
    """Makes this process what ``rag`` with these arguments is after its imports."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    modes = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)
    for descriptor, (path, mode) in enumerate(zip(request["streams"], modes, strict=True)):
        os.dup2(os.open(path, mode | os.O_APPEND), descriptor)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    sys.argv = ["rag", *request["arguments"]]
    main()
    sys.exit(0)


def serve() -> None:
    import_package()
    assert len(threading.enumerate()) == 1, "a fork has no other thread than the one that forks"
    gc.freeze()  # no command looks through what all of them share
    for line in sys.stdin:
        child = os.fork()
        if not child:
            be_command(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
