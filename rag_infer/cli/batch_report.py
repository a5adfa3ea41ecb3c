"""What ``rag batch`` prints at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_infer.cli.output import count_of, print_note, print_text
from rag_infer.cli.terminal import one_line, wrapped

if TYPE_CHECKING:
    from rag_infer.batch.offline import ExportReport, ImportReport
    from rag_infer.batch.report import BatchReport, ModelUse

    Report = BatchReport | ExportReport | ImportReport

_ERRORS_SHOWN = 3


def is_incomplete(report: Report) -> bool:
    """Whether a row failed or has no answer yet; an export need only be whole."""
    batch = _run_of(report)
    waits = batch.exported and not hasattr(report, "requests")
    return bool(batch.failed or batch.failed_before or batch.remaining or waits)


def render(report: Report, path: Path, export: Path | None, noun: str) -> None:
    """Prints a report.

    Args:
        report: Of a run, an export or an import.
        path: Of the answers.
        export: Of the requests.
        noun: What a row is: a question, a record or a document.
    """
    batch = _run_of(report)
    _render_batch(batch, path, noun)
    if export is not None:
        _render_export(report, export)  # type: ignore[arg-type]
    elif batch is not report:
        _render_import(report)  # type: ignore[arg-type]
    if batch.other_generations and batch is report:
        print_note(
            "note: the index has changed since some of these answers were written; "
            "for all from the present one, name another --output"
        )


def _run_of(report: Any) -> BatchReport:
    run: BatchReport = getattr(report, "batch", report)
    return run


def _render_batch(report: BatchReport, path: Path, noun: str) -> None:
    count = report.answered + report.declined + report.failed
    rate = f", {_rate(count, report.seconds)}" if count and report.seconds else ""
    rows = [
        ("answered", report.answered, ""),
        ("not answered", report.declined, "by the documents"),
        ("failed", report.failed, "ask again with --retry-failed" if report.failed else ""),
        ("done before", report.before, _failed_before(report)),
    ]
    if report.exported:
        rows.append(("exported", report.exported, "their results come with --import"))
    if report.remaining:
        rows.append(("not asked", report.remaining, "run the command again to go on"))
    if noun != "question":
        done = {"record": "labeled", "document": "summarized"}[noun]
        rows[:2] = [(done, report.answered, "")]
        if report.declined:
            rows.insert(1, ("no points", report.declined, ""))
    for name, number, note in rows:
        print_text(f"{name:<14}{number:>7,}  {note}".rstrip())
    for use in report.models:
        print_text(_model_line(use))
    tokens = report.prompt_tokens + report.output_tokens
    cost = f", cost {report.cost:.4f}" if report.cost is not None else ""
    used = f", {tokens:,} tokens{cost}" if tokens else ""
    print_text(f"{count_of(report.questions, noun)} in {report.seconds:,.1f} s{rate}{used}")
    print_text(f"{'summaries' if noun == 'document' else 'answers'}: {path}")
    _render_errors(report)


def _rate(count: int, seconds: float) -> str:
    if count < seconds:
        return f"{seconds / count:,.1f} s each"
    return f"{count / seconds:,.1f} a second"


def _failed_before(report: BatchReport) -> str:
    if not report.failed_before:
        return ""
    again = "" if report.failed else "; ask them again with --retry-failed"
    return f"of which {report.failed_before:,} failed{again}"


def _render_errors(report: BatchReport) -> None:
    """The commonest errors on standard error: of a server that is away there is but one."""
    for count in report.errors[:_ERRORS_SHOWN]:
        print_note(
            wrapped(f"{count.rows:,} failed: {one_line(count.error)}", indent="  ", first="")
        )
    failed = report.failed + report.failed_before
    others = failed - sum(count.rows for count in report.errors[:_ERRORS_SHOWN])
    if others > 0:
        print_note(f"{others:,} failed by other errors, which the file has")


def _model_line(use: ModelUse) -> str:
    cost = f", cost {use.cost:.4f}" if use.cost is not None else ", cost unknown"
    unknown = f", confidence unknown of {use.unknown:,}" if use.unknown else ""
    tokens = use.prompt_tokens + use.output_tokens
    return (
        f"{use.model}: {count_of(use.records, 'record')}, {use.decided:,} decided, "
        f"{count_of(use.requests, 'request')}, {tokens:,} tokens{cost}{unknown}"
    )


def _render_export(report: ExportReport, path: Path) -> None:
    cost = f", at most {report.cost_bound:.4f}" if report.cost_bound is not None else ""
    requests = count_of(report.requests, "request")
    print_text(f"requests: {path}, {requests}, {report.bytes / 1e6:,.1f} MB{cost}")
    if report.exceeds_openai_limits:
        print_note(
            "note: OpenAI takes 50,000 requests and 200 MB a file; cut it by lines (split -l)"
        )


def _render_import(report: ImportReport) -> None:
    counts = [
        (report.unknown, "of no exported question"),
        (report.repeated, "of questions that are answered already"),
        (report.unreadable, "unreadable"),
    ]
    if any(count for count, _ in counts):
        reasons = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        print_note(f"note: results that were left out: {reasons}")
    if report.changed_generations:
        numbers = ", ".join(map(str, report.changed_generations))
        print_note(
            f"note: exported from generation {numbers}, the index now has "
            f"{report.batch.generation}: claims are checked against the exported passages alone"
        )
