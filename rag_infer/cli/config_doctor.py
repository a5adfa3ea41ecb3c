"""``rag config`` and ``rag doctor``: what is chosen, and whether it works.

Knows: how findings are laid out.
Does not know: where settings come from, what is examined.
"""

from __future__ import annotations

import json
import sys

import typer

from rag_infer import settings
from rag_infer.cli import output
from rag_infer.cli.options import JsonOption
from rag_infer.cli.terminal import one_line, styled

_STYLES = {"ok": "green", "note": "yellow", "bad": "red"}


def config(json_: JsonOption = False) -> None:
    """Show every setting and where it comes from; secrets are masked."""
    rows = settings.shown(settings.load())
    if json_:
        listed = [{"name": n, "value": v, "source": s} for n, v, s in rows]
        _tell(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    wide = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        _tell(f"{name:{wide}}  {one_line(value) or '-'}  {styled(f'({source})', 'dim')}")
    _tell(styled(f"\nYour own file: {settings.user_file()}", "dim"))


def doctor(json_: JsonOption = False) -> None:
    """Check the installation, models, index and servers, and say what to do; 1 if one is bad."""
    from rag_infer.cli.diagnostics import run_checks

    found = []
    for finding in run_checks(settings.load()):
        found.append(finding)
        if not json_:
            mark = styled(f"{finding.state:4}", _STYLES[finding.state])
            _tell(f"{mark}  {one_line(finding.what):14}  {one_line(finding.told)}")
    if json_:
        _tell(json.dumps(output.plain(found), ensure_ascii=False, indent=2))
    if any(finding.state == "bad" for finding in found):
        raise typer.Exit(1)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
