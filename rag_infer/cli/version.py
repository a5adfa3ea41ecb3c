"""``rag version``."""

from __future__ import annotations

from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_result, print_text


def version(json_: JsonOption = False) -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    number = installed_version("rag-infer")
    print_result(
        {"version": number}, lambda result: print_text(f"rag-infer {result['version']}"), json_
    )
