"""``rag check`` and ``rag replay``: a text held against the documents, an answer asked again.

Knows: how verdicts and differences are laid out.
Does not know: how claims are judged, what a receipt holds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_infer import settings
from rag_infer.cli import output
from rag_infer.cli.options import (
    GroupFilter,
    IndexOption,
    JsonOption,
    MetaFilter,
    PathFilter,
    SinceFilter,
    TypeFilter,
    UntilFilter,
    VerifierOption,
    filter_of,
)
from rag_infer.cli.progress import counting
from rag_infer.cli.terminal import one_line, shortened, styled, wrapped
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Answer, AskOptions, Index
    from rag_infer.answering.fact_check import FactCheckReport
    from rag_infer.answering.receipts import Replay

_COLUMNS = 240  # of a text that differs


def check(
    file: Annotated[Path, typer.Argument(help="The text; - reads it from standard input.")],
    index: IndexOption = None,
    verifier: VerifierOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when a claim is not borne.")
    ] = False,
    path: PathFilter = None,
    type_: TypeFilter = None,
    meta: MetaFilter = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    as_group: GroupFilter = None,
    json_: JsonOption = False,
) -> None:
    """Check a text that someone else wrote: which of its claims do the documents bear?"""
    from rag_infer import Index
    from rag_infer.answering import fact_check

    opened = Index.open(index or settings.load().index)
    text = sys.stdin.read() if str(file) == "-" else fact_check.read_text(file)
    chosen = filter_of(path, type_, meta, as_group, since, until)
    with counting("claims", not json_) as on_progress:
        found = fact_check.check(
            opened.engine, text, filter=chosen, verifier=verifier, on_progress=on_progress
        )
    if json_:
        _tell(json.dumps(output.plain(found), ensure_ascii=False, indent=2))
    else:
        _checked(found)
    if strict and found.count("unsupported") + found.count("partial"):
        raise typer.Exit(1)


def replay(
    receipt: Annotated[Path, typer.Argument(metavar="RECEIPT", help="Of rag ask --receipt.")],
    index: IndexOption = None,
    json_: JsonOption = False,
) -> None:
    """Ask the question of a receipt again and show what differs; 1 if the answer does."""
    from rag_infer import AskOptions, Index
    from rag_infer.answering import receipts

    kept = receipts.load(receipt)
    place = index or kept.get("index", {}).get("path")
    if not place:
        raise InputError("names no index", where=str(receipt), hint="choose one with --index")
    opened = Index.open(index or Path(place))
    found = receipts.replay(kept, opened.engine, AskOptions(model_profiles=settings.load().models))
    if json_:
        _tell(json.dumps(output.plain(found), ensure_ascii=False, indent=2))
    else:
        _replayed(found)
    if not found.same:
        raise typer.Exit(1)


def keep(path: Path, index: Index, answer: Answer, options: AskOptions) -> None:
    """Writes the receipt of an answer. Raises InputError when the file cannot be written."""
    from rag_infer.answering.receipts import receipt

    made = json.dumps(receipt(index.engine, answer, options), ensure_ascii=False, indent=2)
    try:
        path.write_text(made + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error


def _checked(found: FactCheckReport) -> None:
    for claim in found.claims:
        output.verdict(claim)
    if found.citations:
        _tell("")
    for citation in found.citations:
        output.cited(citation)
    counts = (
        f"{found.count('supported')} supported, {found.count('partial')} partial, "
        f"{found.count('unsupported')} unsupported, {found.count('unchecked')} say nothing to check"
    )
    _tell(f"\n{len(found.claims)} sentences: {counts}")


def _replayed(found: Replay) -> None:
    for one in found.differences:
        _tell(styled(one_line(one.what), "bold"))
        for word, told in (("then", one.then), ("now", one.now)):
            shown = shortened(one_line(told), _COLUMNS)
            _tell(wrapped(shown, indent="        ", first=f"  {word:4}  "))
    said = "the answer is the same" if found.same else "the answer differs"
    more = "" if found.differences else ", and so is everything it came from"
    _tell(styled(f"{said}{more}", "green" if found.same else "red"))


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
