"""``rag config`` and ``rag doctor``: the settings in effect, and whether everything works."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from rag_infer import settings
from rag_infer.cli.options import IndexOption, JsonOption, complete_model
from rag_infer.cli.output import print_json, print_text
from rag_infer.cli.terminal import one_line, styled

_STYLES = {"ok": "green", "note": "yellow", "bad": "red"}


def config(
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="[init]", help="With init: asks for the default model and saves it."
        ),
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm", metavar="MODEL", help="With init: the model.", autocompletion=complete_model
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Show all settings, or save a default model.

    Every setting with its value and origin; secrets are masked.
    """
    if action not in (None, "init"):
        raise typer.BadParameter("there is: init", param_hint="action")
    if action == "init":
        from rag_infer.cli.config_init import init

        init(llm)
        return
    rows = settings.describe(settings.load())
    if json_:
        print_json([{"name": n, "value": v, "source": s} for n, v, s in rows])
        return
    columns = max(len(name) for name, _, _ in rows)
    for name, value, source in rows:
        origin = styled(f"({source})", "dim")
        print_text(f"{name:{columns}}  {one_line(value) or '-'}  {origin}")
    print_text(styled(f"\nUser config file: {settings.user_file()}", "dim"))


def doctor(index: IndexOption = None, json_: JsonOption = False) -> None:
    """Check the installation, models and index. Exit code 1 when something does not work."""
    from rag_infer.cli.diagnostics import run_checks

    findings = []
    configured = settings.load()
    if index is not None:
        configured = replace(configured, index=index)
    for finding in run_checks(configured):
        findings.append(finding)
        if not json_:
            state = styled(f"{finding.state:4}", _STYLES[finding.state])
            print_text(f"{state}  {one_line(finding.subject):14}  {one_line(finding.message)}")
    if json_:
        print_json(findings)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
