"""``rag config`` and ``rag doctor``: the settings in effect, and whether everything works."""

from __future__ import annotations

import typer

from rag_infer import settings
from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_text
from rag_infer.cli.terminal import one_line, styled

_STYLES = {"ok": "green", "note": "yellow", "bad": "red"}


def config(json_: JsonOption = False) -> None:
    """Show every setting and its origin. Secrets are masked."""
    rows = settings.describe(settings.load())
    if json_:
        print_json([{"name": n, "value": v, "source": s} for n, v, s in rows])
        return
    columns = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        origin = styled(f"({source})", "dim")
        print_text(f"{name:{columns}}  {one_line(value) or '-'}  {origin}")
    print_text(styled(f"\nUser config file: {settings.user_file()}", "dim"))


def doctor(json_: JsonOption = False) -> None:
    """Check the installation, models and index. Exit code 1 when something does not work."""
    from rag_infer.cli.diagnostics import run_checks

    findings = []
    for finding in run_checks(settings.load()):
        findings.append(finding)
        if not json_:
            state = styled(f"{finding.state:4}", _STYLES[finding.state])
            print_text(f"{state}  {one_line(finding.subject):14}  {one_line(finding.message)}")
    if json_:
        print_json(findings)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
