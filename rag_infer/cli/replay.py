"""``rag replay``: a question asked again from its receipt, compared with the first answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_infer import settings
from rag_infer.cli.options import IndexOption, JsonOption
from rag_infer.cli.output import print_result, print_text
from rag_infer.cli.terminal import one_line, shortened, styled, wrapped
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer.answering.receipts import Replay

_DIFFERENCE_COLUMNS = 240


def replay(
    path: Annotated[Path, typer.Argument(metavar="RECEIPT", help="A file of rag ask --receipt.")],
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Ask the question of a receipt again. Exit code 1 when the answer differs."""
    from rag_infer import Index
    from rag_infer.answering import receipts

    receipt = receipts.load(path)
    index_path = index or receipt.get("index", {}).get("path")
    if not index_path:
        raise InputError("the receipt names no index", where=str(path), hint="use --index")
    target = Index.open(index or Path(index_path))
    comparison = target.replay(receipt, model_profiles=settings.load().models)
    print_result(comparison, _render_replay, json_)
    if not comparison.same:
        raise typer.Exit(1)


def write_receipt(path: Path, receipt: Mapping[str, Any]) -> None:
    """Writes the receipt of an answer. Raises InputError when the file cannot be written."""
    try:
        path.write_text(json.dumps(receipt, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"cannot write the receipt: {error.strerror}", where=str(path)) from error


def _render_replay(comparison: Replay) -> None:
    for difference in comparison.differences:
        print_text(styled(one_line(difference.what), "bold"))
        for label, value in (("then", difference.then), ("now", difference.now)):
            text = shortened(one_line(value), _DIFFERENCE_COLUMNS)
            print_text(wrapped(text, indent="        ", first=f"  {label:4}  "))
    if not comparison.same:
        print_text(styled("The answer differs.", "red"))
    elif comparison.differences:
        print_text(styled("The answer is the same.", "green"))
    else:
        print_text(styled("The answer is the same, and so are its sources.", "green"))
