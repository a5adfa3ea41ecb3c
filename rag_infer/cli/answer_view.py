"""Answers, claims, citations and hits as text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from rag_infer.cite.text_normalization import content, words
from rag_infer.cli.output import count_of, print_note, print_text
from rag_infer.cli.table_view import render_table
from rag_infer.cli.terminal import one_line, safe, shortened, styled, width, wrapped
from rag_infer.localization import localized, message
from rag_infer.sentences import sentences
from rag_infer.types import Answer, Citation, Claim, Hit, ToolResult

if TYPE_CHECKING:
    from rag_infer.answering.events import StatusEvent

_QUOTE_COLUMNS = 600
_TOOL_RESULT_COLUMNS = 240
_PREVIEW_COLUMNS = 160
_MAX_TOOL_LINES = 9
_MAX_NEAREST_HITS = 3
_HEADING_MARK = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
VERDICT_MARKS = {
    "supported": ("✓", "green"),
    "partial": ("~", "yellow"),
    "unsupported": ("✗", "red"),
    "unchecked": ("·", "dim"),
}


class StreamView:
    """A streamed answer on the terminal: its text, and what the model does until there is some.

    The state ("reading 1,600 tokens") stands on standard error, where that is a terminal, on a line
    that the text then takes.
    """

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err
        self._state_columns = 0
        self._is_line_open = False

    def write_text(self, piece: str) -> None:
        self._erase()
        self._out.write(safe(piece))
        self._out.flush()
        self._is_line_open = not piece.endswith("\n") if piece else self._is_line_open

    def write_step(self) -> None:
        """Says that the text so far is no part of the answer, which begins below."""
        self.break_off()
        self._out.write(styled("(not part of the answer)", "dim", self._out) + "\n\n")
        self._is_line_open = False

    def break_off(self) -> None:
        """Ends the line that is being written, so that an error stands on one of its own."""
        self._erase()
        if self._is_line_open:
            self._out.write("\n")
            self._out.flush()

    def write_status(self, event: StatusEvent) -> None:
        text = {
            "loading": "loading the model ...",
            "searching": shortened(f"searching {one_line(event.detail or '')} ...", width() - 1),
            "reading": f"reading {event.tokens or 0:,} tokens ...",
            "thinking": "thinking ...",
        }.get(event.stage)
        if text is None or not self._err.isatty() or not self._out.isatty():
            return
        self._erase()
        self._state_columns = len(text)
        self._err.write(styled(text, "dim", self._err))
        self._err.flush()

    def _erase(self) -> None:
        if self._state_columns:
            self._err.write("\r" + " " * self._state_columns + "\r")
            self._err.flush()
            self._state_columns = 0


def tool_result_writer(err: TextIO) -> Callable[[ToolResult], None]:
    """A callback for tool results: each call is shown as it ends, where a terminal is watched."""

    def write(result: ToolResult) -> None:
        if err.isatty():
            err.write(styled(shortened(f"({one_line(result.location)})", 80), "dim", err) + "\n")
            err.flush()

    return write


def render_answer(answer: Answer, *, streamed: bool = False) -> None:
    """The answer, then its sources with the quoted words; a streamed text is not repeated.

    Text is streamed to terminals alone: a file or a program gets no text that is withdrawn later.
    """
    if not answer.answered:
        _render_refusal(answer, streamed)
    elif streamed:
        print_text()
        _render_confidence(answer)
    else:
        short = answer.short_text or (answer.short_answer and answer.short_answer.quote)
        if short:
            print_text(styled(wrapped(one_line(short)), "bold") + "\n")
        for line in answer.text.split("\n"):
            print_text(wrapped(one_line(line)))
        _render_confidence(answer)
    if answer.answered and answer.table is not None and len(answer.table.rows) > 1:
        render_table(answer.table)
    if answer.rewritten_question:
        query = one_line(answer.rewritten_question)
        searched = localized("searched for: {query}", answer.language, query=query)
        print_text(styled(wrapped(f"({searched})"), "dim"))
    for query in answer.searches:
        searched = localized("searched again for: {query}", answer.language, query=one_line(query))
        print_text(styled(wrapped(f"({searched})"), "dim"))
    if answer.citations:
        print_text()
    for citation in answer.citations:
        render_citation(citation)
    if answer.answered:
        _render_verdicts(answer)
    _render_tool_calls(answer)
    for warning in answer.warnings:
        print_note(localized("note: {warning}", answer.language, warning=one_line(warning)))


def _render_confidence(answer: Answer) -> None:
    """A quote that is only probably right should not look like one that is surely right."""
    if answer.grade_note:
        print_text(styled(f"{answer.grade_note[0].upper()}{answer.grade_note[1:]}", "yellow"))
    if answer.reason:
        print_text(styled(wrapped(one_line(answer.reason)), "yellow"))


def _render_verdicts(answer: Answer) -> None:
    """How many of a model's claims the sources support; the others, each with the reason."""
    claims = [claim for claim in answer.claims if claim.verdict != "unchecked"]
    if answer.probability is not None or not claims:
        return
    supported = sum(claim.verdict == "supported" for claim in claims)
    template = message("{supported} of {total} claims supported by the sources")
    if len(claims) == 1:
        template = message("{supported} of 1 claim supported by the sources")
    counts = localized(template, answer.language, supported=supported, total=len(claims))
    print_text(f"\n{counts}")
    for claim in claims:
        if claim.verdict != "supported":
            render_claim(claim)


def _render_tool_calls(answer: Answer) -> None:
    """The tool calls of a model with their results, unless all of them are cited above."""
    cited_calls = {c.span.document_id for c in answer.citations if c.format == "tool"}
    uncited = [result for result in answer.tool_results if result.location not in cited_calls]
    if not uncited:
        return
    print_text(f"\n{localized('Tool calls:', answer.language)}")
    for result in uncited:
        text = shortened(one_line(result.text), _TOOL_RESULT_COLUMNS)
        print_text(f"  {shortened(one_line(result.location), 76)}")
        print_text(styled(wrapped(text, indent="    "), "yellow" if result.is_error else "dim"))


def render_claim(claim: Claim) -> None:
    """One claim with its verdict and the reason for it."""
    mark, color = VERDICT_MARKS[claim.verdict]
    numbers = "".join(f" [{n}]" for n in claim.citations)
    probability = "" if claim.probability is None else f" {claim.probability:.2f}"
    reason = f": {one_line(claim.reason)}" if claim.reason else ""
    print_text(wrapped(f"{one_line(claim.text)}{numbers}", indent="    ", first=f"  {mark} "))
    print_text(styled(wrapped(f"{claim.verdict}{probability}{reason}", indent="    "), color))


def render_citation(citation: Citation) -> None:
    """A numbered source: its location, then the quoted words."""
    number = f"[{citation.number}] "
    location = wrapped(one_line(citation.location), indent="    ", first=number)
    print_text(styled(number, "cyan") + styled(location.removeprefix(number), "bold"))
    if citation.format == "tool":
        _render_tool_text(citation.span.quote)
        return
    quote = shortened(one_line(citation.span.quote), _QUOTE_COLUMNS)
    print_text(styled(wrapped(f"“{quote}”", indent="    "), "dim"))


def _render_tool_text(text: str) -> None:
    """The result of a tool, line by line: rows are read one below the other."""
    lines = [one_line(line) for line in text.split("\n")]
    for line in lines[:_MAX_TOOL_LINES]:
        row = shortened(line, _TOOL_RESULT_COLUMNS)
        print_text(styled(wrapped(row, indent="    "), "dim"))
    if len(lines) > _MAX_TOOL_LINES:
        more = count_of(len(lines) - _MAX_TOOL_LINES, "more line")
        print_text(styled(f"    and {more}", "dim"))


def _render_refusal(answer: Answer, streamed: bool) -> None:
    text = wrapped(one_line(answer.text))
    if answer.grade == "nearest":
        text = styled(text, "yellow")
    print_text("" if streamed else text)
    if answer.reason:
        print_text(styled(wrapped(f"({one_line(answer.reason)})"), "dim"))
    if not answer.hits or answer.grade == "nearest":
        return
    print_text(f"\n{localized('The nearest passages:', answer.language)}")
    for hit in answer.hits[:_MAX_NEAREST_HITS]:
        location = wrapped(one_line(hit.location), indent="    ", first="  ")
        print_text(styled(location, "bold"))
        text = _HEADING_MARK.sub("", hit.chunk.text)
        preview = shortened(one_line(text), _PREVIEW_COLUMNS)
        print_text(styled(wrapped(preview, indent="    "), "dim"))


def preview_start(query: str, text: str) -> int:
    """Where to begin the preview of a passage: at its first sentence with most words of the query.

    Args:
        query: What was searched for.
        text: The passage.

    Returns:
        A character of the text; 0 where no sentence has a word of the query.
    """
    keys = {w.key for w in content(words(query))}
    counts = [
        (len(keys & {w.key for w in words(text[start:end])}), -start)
        for start, end in sentences(text)
    ]
    count, start = max(counts, default=(0, 0))
    return -start if count else 0


def render_hits(hits: Sequence[Hit], query: str = "") -> None:
    """Passages, best first, each with its scores, from the sentence that the query is about."""
    if not hits:
        print_text("No passages match.")
    for number, hit in enumerate(hits, 1):
        score = styled(f"{hit.score:.3f}", "cyan")
        scores = f"dense {hit.dense or 0:.3f}, lexical {hit.lexical or 0:.2f}"
        print_text(f"{number:>2}. {score}  {styled(one_line(hit.location), 'bold')}")
        print_text(styled(f"           {scores}, {hit.chunk.tokens} tokens", "dim"))
        begin = preview_start(query, hit.chunk.text)
        preview = ("… " if begin else "") + one_line(hit.chunk.text[begin:])
        text = shortened(preview, 3 * (width() - 4))
        print_text(wrapped(text, indent="    "))
