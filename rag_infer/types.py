"""The shared data types: frozen values that move from one stage to the next.

All offsets count Unicode characters of a page's canonical text, half-open ``[start, end)``.
Page numbers count from 1 in the order of the file; a page's *label* is what is printed on it.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

BlockKind = Literal["heading", "paragraph", "list", "table", "code"]
Verdict = Literal["supported", "partial", "unsupported", "unchecked"]
Scalar = str | int | float | bool


class JsonResult:
    """Results that can be written as JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON types."""
        fields: dict[str, Any] = _json_types(asdict(self))  # type: ignore[call-overload]
        return fields

    def to_json(self, *, indent: int | None = None) -> str:
        """All fields as JSON text.

        Args:
            indent: Spaces of each level; None writes one line.
        """
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)


@dataclass(frozen=True, slots=True)
class Block:
    """A structural piece of a page: ``page.text[start:end]``.

    ``level`` is the depth of a heading (1 is the highest) and 0 for everything else.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0


CellSpan = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page, or the piece of one that goes on over pages.

    Attributes:
        cells: The grid: rows of equal length, the header first. A merged cell stands in every
            place that it covers.
        spans: Where the words of each cell are in the page's text, half-open; ``(0, 0)`` for an
            empty cell. White space apart, they are the cell's text.
        header_rows: The first so many rows name columns.
        header_columns: The first so many columns name rows.
        name: Of its sheet, or its own.
        caption: The line that names the table, or the lines above its header in a spreadsheet.
        notes: Lines below it that explain it.
        continues: It goes on with the last table of the page before; its header is repeated.
    """

    cells: tuple[tuple[str, ...], ...]
    spans: tuple[tuple[CellSpan, ...], ...]
    header_rows: int = 1
    header_columns: int = 0
    name: str = ""
    caption: str = ""
    notes: tuple[str, ...] = ()
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Canonical text of one page, or of a whole file whose format has no pages.

    ``blocks`` are in order and do not overlap; they may leave gaps, and may be empty when a
    reader knows no structure. ``note`` says why a page has no text ("image without a text layer").
    ``tables`` are in order; their words are part of the text.
    """

    number: int
    text: str
    label: str | None = None
    blocks: tuple[Block, ...] = ()
    note: str | None = None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One source: a file, or a record of a file that holds many.

    ``id`` is stable over re-reads (``folder/report.pdf``, ``data.jsonl#17``) and is what a person
    sees as the source. ``sha256`` is of the bytes that it was read from. ``groups`` name the
    groups that may read it; an empty set means everyone.
    """

    id: str
    format: str
    sha256: str
    pages: tuple[Page, ...]
    title: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chunk:
    """An exact slice of a page: ``page.text[start:end] == text``.

    ``heading`` is the path of headings above it, outermost first. It may be put before the text
    when the chunk is embedded; it is never part of what is cited. ``tokens`` counts what the
    embedder reads for this chunk, its special tokens and the heading path included.
    """

    document_id: str
    page_number: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Quoted words and their place; ``page.text[start:end] == quote``, letter for letter."""

    document_id: str
    page_number: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved chunk with every score that put it where it is.

    ``dense`` is a cosine, ``lexical`` a BM25 score, ``score`` the fused value in [0, 1] that
    ranks it; ``rerank`` is set when a cross-encoder had the last word. None: not computed.
    """

    chunk: Chunk
    score: float
    dense: float | None = None
    lexical: float | None = None
    rerank: float | None = None
    title: str | None = None
    page_label: str | None = None
    format: str = ""

    @property
    def document_id(self) -> str:
        """The document as a person names it."""
        return self.chunk.document_id

    @property
    def location(self) -> str:
        """Where it is, as citations name it: ``report.pdf, p. iv, Costs > Latency``."""
        parts = [self.document_id]
        if self.format == "pdf":
            parts.append(f"p. {self.page_label or self.chunk.page_number}")
        if self.chunk.heading:
            parts.append(" > ".join(self.chunk.heading))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asks of a tool. ``arguments`` are as it wrote them, not checked yet."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back on the way to an answer. ``id`` is the caller's, made up if empty.

    ``is_error``: ``text`` says why there is nothing. ``hits`` are passages of the index that the
    text shows, ``documents`` those that it was made from.
    """

    name: str
    arguments: Mapping[str, Any]
    text: str
    id: str = ""
    is_error: bool = False
    seconds: float = 0.0
    hits: tuple[Hit, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def location(self) -> str:
        """``calculator: 12 * 30``: the call, as a citation names it."""
        told = "; ".join(
            str(value) if len(self.arguments) == 1 else f"{name}: {value}"
            for name, value in self.arguments.items()
        )
        return f"{self.name}: {told}" if told else self.name


@dataclass(frozen=True, slots=True)
class PromptPassage:
    """A passage as it stands in a prompt: numbered, fenced, whole or cut between sentences.

    ``hit.chunk.text[start:end]`` is what is shown of it; a ``is_cut`` one is marked where words are
    missing.
    """

    number: int
    hit: Hit
    text: str
    tokens: int
    start: int
    end: int

    @property
    def is_cut(self) -> bool:
        return (self.start, self.end) != (0, len(self.hit.chunk.text))


@dataclass(frozen=True, slots=True)
class PromptToolResult:
    """What a tool gave back as it stands in a prompt: numbered after the passages, perhaps cut.

    ``result`` is as it is shown; ``given.text[start:end]`` is what is shown of what the tool gave.
    ``tokens`` is about what it takes, the call included.
    """

    number: int
    result: ToolResult
    tokens: int
    source: ToolResult
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OmittedItem:
    """Something that did not enter the window, why, and how many tokens it would have taken.

    ``layer`` is that of the plan's ledger. Passages that no room was left for are not counted one
    by one; their tokens are those of the index.
    """

    item: str
    reason: str
    tokens: int
    layer: str = "passages"


@dataclass(frozen=True, slots=True)
class ContextPlan:
    """What enters the window, in order, counted in the model's own tokens.

    ``prompt`` is the rendered ``messages``; ``tokens + reserve <= window`` always. ``layers`` are
    (name, tokens) and add up to ``tokens``. ``tools`` go beside the messages where the template
    has a place for them; otherwise they are part of the system text and this is empty.
    ``is_upper_bound``: the counts are upper bounds, as the model's tokenizer is not at hand.
    """

    messages: tuple[Mapping[str, Any], ...]
    prompt: str
    tokens: int
    window: int
    reserve: int
    layers: tuple[tuple[str, int], ...]
    passages: tuple[PromptPassage, ...]
    omitted: tuple[OmittedItem, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_results: tuple[PromptToolResult, ...] = ()
    is_upper_bound: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference of an answer to the words that bear it.

    With the format ``tool`` the span is of what a tool gave back, and ``document`` names the call.
    """

    number: int
    span: Span
    heading: tuple[str, ...] = ()
    page_label: str | None = None
    format: str = ""

    @property
    def location(self) -> str:
        """``report.pdf, p. iv`` or ``notes.md, Costs > Latency``: where a person should look."""
        parts = [self.span.document_id]
        if self.format == "pdf":
            parts.append(f"p. {self.page_label or self.span.page_number}")
        if self.heading:
            parts.append(" > ".join(self.heading))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, the citation numbers behind it, and what checking it found.

    ``evidence`` are the words that bear it, the best first; where it is not supported, those that
    come nearest. ``probability`` is that they bear all of it; None when it was not checked.
    """

    text: str
    citations: tuple[int, ...] = ()
    verdict: Verdict = "unchecked"
    probability: float | None = None
    reason: str | None = None
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost. Times are seconds; tokens are the generator's own.

    ``cached_tokens`` are those of the prompt that a server had at hand already. ``cost`` is by the
    model's configured price, None where there is none.
    """

    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    retrieval_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer(JsonResult):
    """What a question got back.

    ``answered`` is False when the documents do not say; ``reason`` then tells why and ``hits``
    holds the nearest passages. An answer of which the sources disagree says so in ``reason`` too.
    ``probability`` is that a quoted answer is the right one; None where a model writes.
    ``rewritten_question`` is what was searched for, where a model wrote a follow-up question anew.
    ``warnings`` are for the person: a citation number that meant nothing and was removed, a passage
    that did not fit.
    """

    question: str
    text: str
    answered: bool
    model: str
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    hits: tuple[Hit, ...] = ()
    reason: str | None = None
    probability: float | None = None
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()
    context: ContextPlan | None = None
    tool_results: tuple[ToolResult, ...] = ()  # what tools were asked on the way, failures included
    short_answer: Span | None = (
        None  # the few words of a quote that are the answer, where they are known
    )
    rewritten_question: str | None = None

    def _repr_html_(self) -> str:
        """For notebooks: the text, then the sources with their quotes; everything is escaped."""
        sources = "".join(
            f"<li value={citation.number}><b>{html.escape(citation.location)}</b><br>"
            f"<q>{html.escape(citation.span.quote)}</q></li>"
            for citation in self.citations
        )
        reason = f"<p><i>{html.escape(self.reason)}</i></p>" if self.reason else ""
        return f"<div><p>{html.escape(self.text)}</p>{reason}<ol>{sources}</ol></div>"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a summary read of a document of ``pages`` pages.

    ``read``, ``empty_pages`` (with why they hold no text) and ``skipped`` are page numbers and
    together
    all of them. ``sections`` are those with text to tell, ``covered`` those a point comes from.
    ``calls`` counts requests to a model, ``cached_calls`` those whose answer was kept from a run
    that was stopped.
    """

    pages: int
    read: tuple[int, ...]
    empty_pages: tuple[tuple[int, str], ...] = ()
    skipped: tuple[int, ...] = ()
    sections: int = 0
    covered: int = 0
    calls: int = 0
    cached_calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary(JsonResult):
    """The points of one document, in its order, each with the words that bear it.

    ``interrupted``: it was stopped; the points are those of the pages read until then.
    """

    document_id: str
    points: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    coverage: Coverage
    model: str
    title: str | None = None
    warnings: tuple[str, ...] = ()
    interrupted: bool = False


def _json_types(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json_types(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(_json_types(item) for item in value)
    if isinstance(value, list | tuple):
        return [_json_types(item) for item in value]
    return value
