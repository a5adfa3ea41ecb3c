"""``rag logs`` and ``rag usage``; the figures of ``rag ask --usage``.

Knows: how figures are laid out.
Does not know: how they are counted or kept.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from rag_infer.cli import output
from rag_infer.cli.options import JsonOption
from rag_infer.cli.terminal import one_line, shortened, styled
from rag_infer.types import Answer


def logs(
    count: Annotated[int, typer.Option("-n", min=1, help="How many questions.")] = 20,
    json_: JsonOption = False,
) -> None:
    """List what was asked last, newest first; kept on this machine only."""
    from rag_infer.userdata.usage_log import UsageLog

    kept = UsageLog()
    found = kept.last(count)
    if json_:
        _json(found)
        return
    if not found:
        _tell("Nothing was asked yet.")
    for one in found:
        mark = " " if one.answered else "-"
        cost = "" if one.cost is None else f"  {one.cost:.4f}"
        when = one.at[:16].replace("T", " ")
        _tell(f"{when} {mark} {one.total_s:6.2f} s{cost}  {shortened(one_line(one.question), 48)}")
    if found:
        _tell(styled(f"\n- no answer was found; all of it: {kept.path}", "dim"))


def usage(json_: JsonOption = False) -> None:
    """Sum questions, tokens, time and cost for each model."""
    from rag_infer.userdata.usage_log import UsageLog

    found = UsageLog().summed()
    if json_:
        _json(found)
        return
    if not found:
        _tell("Nothing was asked yet.")
        return
    _tell(
        f"{'model':24}{'asked':>7}{'answered':>9}{'prompt':>9}{'cached':>8}{'output':>8}{'cost':>9}"
    )
    for one in found:
        cost = "-" if one.cost is None else f"{one.cost:.4f}"
        _tell(
            f"{shortened(one_line(one.model), 23):24}{one.questions:7}{one.answered:9}"
            f"{one.prompt_tokens:9}{one.cached_tokens:8}{one.output_tokens:8}{cost:>9}"
        )


def spent(found: Answer) -> None:
    """What an answer took, on standard error."""
    used = found.usage
    lines = [f"time      {used.total_s:.2f} s, of which retrieval {used.retrieval_s:.2f} s"]
    if used.first_token_s is not None:
        writing = used.total_s - used.retrieval_s - used.first_token_s
        rate = f", {used.output_tokens / writing:.1f} tokens/s" if writing > 0.01 else ""
        lines.append(f"writing   first token after {used.first_token_s:.2f} s{rate}")
        cached = f", {used.cached_tokens} of them cached" if used.cached_tokens else ""
        lines.append(f"tokens    prompt {used.prompt_tokens}{cached}; output {used.output_tokens}")
    if found.context is not None:
        layers = (f"{name} {tokens}" for name, tokens in found.context.layers if tokens)
        lines.append(f"prompt    {', '.join(layers)}")
    if used.cost is not None:
        lines.append(f"cost      {used.cost:.6f}")
    sys.stdout.flush()
    print("\n" + "\n".join(lines), file=sys.stderr)  # noqa: T201


def _json(value: object) -> None:
    _tell(json.dumps(output.plain(value), ensure_ascii=False, indent=2))


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
