"""The context window of an answer as text: a bar, a table, what was left out and why."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

from rag_infer.cli.output import count_of
from rag_infer.cli.terminal import has_color, one_line, safe, shortened
from rag_infer.types import Answer, ContextPlan, Hit

if TYPE_CHECKING:
    from rich.console import Console

_COLUMNS = 80
_MAX_LISTED = 12
_STYLES = {
    "system prompt": "blue",
    "tool definitions": "magenta",
    "history": "yellow",
    "passages": "green",
    "question": "cyan",
    "tool results": "red",
    "template": "bright_black",
    "reserved": "white",
}
_MARKS = dict(zip(_STYLES, "SDHPQRTA", strict=True))  # letters of the bar, where there is no color


def render_prompt(answer: Answer) -> None:
    """The exact prompt on standard output, or the passages read where no model writes.

    For a server, which does the rendering, the exact messages, each below its role. On a terminal,
    characters that would act on it are left out.
    """
    plan = answer.context
    if plan is None:
        text = "\n\n".join(f"[{hit.location}]\n{hit.chunk.text}" for hit in _read_hits(answer))
        text = text or "No passages match."
    elif plan.is_upper_bound:
        text = _messages_text(plan)
    else:
        text = plan.prompt
    sys.stdout.write(safe(text) if sys.stdout.isatty() or plan is None else text)
    if not text.endswith("\n"):
        sys.stdout.write("\n")


def _messages_text(plan: ContextPlan) -> str:
    """Messages as they are sent, with their line breaks; JSON only for what is no text."""
    parts = []
    for message in plan.messages:
        content = message["content"]
        others = {k: v for k, v in message.items() if k not in ("role", "content")}
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        calls = f"\n{json.dumps(others, ensure_ascii=False, indent=2)}" if others else ""
        parts.append(f"--- {message['role']} ---\n{text}{calls}")
    if plan.tools:
        parts.append(f"--- tools ---\n{json.dumps(plan.tools, ensure_ascii=False, indent=2)}")
    return "\n\n".join(parts)


def render_context(answer: Answer) -> None:
    """The window on standard error: layers, their tokens and share, what is left out and why."""
    from rich.console import Console

    sys.stdout.flush()
    console = Console(
        stderr=True, width=_COLUMNS, no_color=not has_color(sys.stderr), highlight=False,
        markup=False, emoji=False, soft_wrap=False,
    )  # fmt: skip
    console.print()
    if answer.context is None:
        _without_model(console, answer)
        return
    _layers(console, answer.context)
    _passages(console, answer.context)
    _left_out(console, answer.context)


def _read_hits(answer: Answer) -> tuple[Hit, ...]:
    from rag_infer.answering.extractive_answerer import EXTRACTIVE_TOP_K

    return answer.hits[:EXTRACTIVE_TOP_K]


def _without_model(console: Console, answer: Answer) -> None:
    hits = _read_hits(answer)
    console.print("context: without a model there is no window and no prompt.")
    console.print(f"Its sentences come from {len(hits)} of {len(answer.hits)} retrieved passages:")
    for hit in hits:
        console.print(shortened(f"  {hit.score:.3f}  {one_line(hit.location)}", _COLUMNS))


def _layers(console: Console, plan: ContextPlan) -> None:
    from rich.table import Table
    from rich.text import Text

    most = "at most " if plan.is_upper_bound else ""
    console.print(
        f"context window: {plan.window} tokens, {most}{plan.tokens} for the prompt, "
        f"{plan.reserve} reserved for the answer"
    )
    if plan.is_upper_bound:
        console.print(
            "counts are upper bounds: the model's tokenizer or chat template is not available"
        )
    rows = [row for row in (*plan.layers, ("reserved", plan.reserve)) if row[1]]
    bar = Text()
    for name, tokens in rows:
        cells = max(1, round(tokens / plan.window * (_COLUMNS - len(rows))))
        bar.append(_cells(console, name, cells), _STYLES[name])
    bar.append("·" * (_COLUMNS - len(bar)))
    bar.truncate(_COLUMNS)
    console.print(bar)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for header, justify in (("", "left"), ("layer", "left"), ("tokens", "right")):
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    table.add_column("of window", justify="right")
    unused = plan.window - plan.tokens - plan.reserve
    for name, tokens in rows:
        mark = Text(_cells(console, name, 1), _STYLES[name])
        title = "reserved for the answer" if name == "reserved" else name
        table.add_row(mark, title, str(tokens), f"{tokens / plan.window:.1%}")
    table.add_row("·", "free", str(unused), f"{unused / plan.window:.1%}")
    console.print(table)


def _cells(console: Console, name: str, count: int) -> str:
    return (_MARKS[name] if console.no_color else "█") * count


def _passages(console: Console, plan: ContextPlan) -> None:
    cut = sum(p.is_cut for p in plan.passages)
    detail = f", {cut} of them cut between sentences" if cut else ""
    console.print(f"\nin the window: {count_of(len(plan.passages), 'passage')}{detail}")
    for passage in plan.passages[:_MAX_LISTED]:
        note = " (cut)" if passage.is_cut else ""
        line = f"  [{passage.number}] {passage.tokens:>5}  {one_line(passage.hit.location)}"
        console.print(shortened(line, _COLUMNS - len(note)) + note)
    _render_remainder(console, len(plan.passages))


def _left_out(console: Console, plan: ContextPlan) -> None:
    if not plan.omitted:
        console.print("left out: nothing")
        return
    console.print("left out:")
    groups = Counter((o.layer, o.reason.split(" passage ")[0]) for o in plan.omitted)
    for (layer, why), count in groups.most_common():
        items = [
            o for o in plan.omitted if (o.layer, o.reason.split(" passage ")[0]) == (layer, why)
        ]
        tokens = sum(o.tokens for o in items)
        console.print(f"  {layer}, {why}: {count}, about {tokens} tokens")
        names = Counter(one_line(o.item) for o in items)
        listed = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in names.most_common())
        console.print(shortened(f"    {listed}", _COLUMNS))


def _render_remainder(console: Console, count: int) -> None:
    if count > _MAX_LISTED:
        console.print(f"  and {count - _MAX_LISTED} more (all of them with --json)")
