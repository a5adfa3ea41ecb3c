"""``rag logs`` and ``rag usage``; the figures of ``rag ask --usage``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from rag_infer.cli.options import JsonOption
from rag_infer.cli.output import print_json, print_note, print_text
from rag_infer.cli.terminal import one_line, shortened, size, styled
from rag_infer.types import Answer

_MIN_GENERATION_S = 0.01  # below it, a rate in tokens per second means nothing


def logs(
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Number of questions.")] = 20,
    sent: Annotated[
        bool, typer.Option("--sent", help="List what was sent to models of other machines.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """List the latest questions, newest first. They are logged on this machine only."""
    if sent:
        _list_sent(count, json_)
        return
    from rag_infer.userdata.usage_log import UsageLog

    log = UsageLog()
    records = log.last(count)
    if json_:
        print_json(records)
        return
    if not records:
        print_text("No questions yet.")
    for record in records:
        mark = " " if record.answered else "-"
        cost = "" if record.cost is None else f"  {record.cost:.4f}"
        asked_at = record.at[:16].replace("T", " ")
        question = shortened(one_line(record.question), 48)
        print_text(f"{asked_at} {mark} {record.total_s:6.2f} s{cost}  {question}")
    if records:
        print_text(styled(f"\n- marks questions without an answer; full log: {log.path}", "dim"))


def _list_sent(count: int, json_: bool) -> None:
    """The prompts that left this machine, with the documents that were in them."""
    from rag_infer.generate.sent_log import SentLog

    log = SentLog()
    prompts = log.last(count)
    if json_:
        print_json(prompts)
        return
    if not prompts:
        print_text("Nothing was sent to a model on another machine.")
        return
    for prompt in prompts:
        target = f"{prompt.server} ({prompt.model})"
        print_text(one_line(f"{prompt.at}  {size(prompt.bytes)} to {target}"))
        documents: dict[str, set[int]] = {}
        for passage in prompt.passages:
            documents.setdefault(passage.document_id, set()).add(passage.page_number)
        for document, pages in documents.items():
            listed = ", ".join(map(str, sorted(pages)))
            print_text(one_line(f"  {document}, p. {listed}"))
    print_text(styled(f"\nfull log: {log.path}", "dim"))


def usage(
    audit_log: Annotated[
        list[Path] | None,
        typer.Option(
            "--audit-log",
            metavar="FILE",
            help="Sum this log of rag serve --audit-log by user instead. Repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="DAY",
            help="With --audit-log: the first day that counts, 2026-03-01.",
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Sum tokens, time and cost by model.

    Of commands on this machine. What a server was asked, by whom, is in its audit log.
    """
    if audit_log:
        _sum_audit_log(audit_log, since, json_)
        return
    if since is not None:
        raise typer.BadParameter("needs --audit-log", param_hint="--since")
    from rag_infer.userdata.usage_log import UsageLog

    summaries = UsageLog().summed()
    if json_:
        print_json(summaries)
        return
    if not summaries:
        print_text("No questions yet.")
        return
    print_text(
        f"{'model':24}{'asked':>7}{'answered':>9}{'prompt':>9}{'cached':>8}{'output':>8}{'cost':>9}"
    )
    for row in summaries:
        cost = "-" if row.cost is None else f"{row.cost:.4f}"
        print_text(
            f"{shortened(one_line(row.model), 23):24}{row.questions:7}{row.answered:9}"
            f"{row.prompt_tokens:9}{row.cached_tokens:8}{row.output_tokens:8}{cost:>9}"
        )


def _sum_audit_log(paths: list[Path], since: str | None, json_: bool) -> None:
    from rag_infer.userdata.audit_report import audit_report

    try:
        first = None if since is None else date.fromisoformat(since)
    except ValueError:
        raise typer.BadParameter(
            "expected a day such as 2026-03-01", param_hint="--since"
        ) from None
    report = audit_report(paths, first)
    if json_:
        print_json(report)
        return
    if report.unreadable_lines:
        lines = report.unreadable_lines
        phrase = "line is" if lines == 1 else "lines are"
        print_note(f"{lines:,} {phrase} none of an audit log")
    if not report.users:
        print_text("No questions yet.")
        return
    width = max(4, *(len(shortened(one_line(user.user), 32)) for user in report.users))
    titles = ("questions", "answered", "searches", "other", "documents")
    print_text(f"{'user':{width}}" + "".join(f"{title:>11}" for title in titles) + "  last")
    for user in report.users:
        counts = (
            user.questions, user.answered, user.searches, user.other_actions, user.documents,
        )  # fmt: skip
        figures = "".join(f"{count:11,}" for count in counts)
        last = one_line(user.last[:16].replace("T", " "))
        print_text(f"{shortened(one_line(user.user), 32):{width}}{figures}  {last}")


def render_usage(answer: Answer) -> None:
    """Time, tokens and cost of an answer, on standard error."""
    usage = answer.usage
    lines = [f"time      {usage.total_s:.2f} s, of which retrieval {usage.retrieval_s:.2f} s"]
    if usage.first_token_s is not None:
        generation_s = usage.total_s - usage.retrieval_s - usage.first_token_s
        is_measurable = generation_s > _MIN_GENERATION_S
        rate = f", {usage.output_tokens / generation_s:.1f} tokens/s" if is_measurable else ""
        lines.append(f"writing   first token after {usage.first_token_s:.2f} s{rate}")
        cached = f", {usage.cached_tokens} of them cached" if usage.cached_tokens else ""
        lines.append(
            f"tokens    prompt {usage.prompt_tokens}{cached}; output {usage.output_tokens}"
        )
    if answer.context is not None:
        layers = (f"{name} {tokens}" for name, tokens in answer.context.layers if tokens)
        lines.append(f"prompt    {', '.join(layers)}")
    if usage.cost is not None:
        lines.append(f"cost      {usage.cost:.6f}")
    print_note("\n" + "\n".join(lines), "plain")
