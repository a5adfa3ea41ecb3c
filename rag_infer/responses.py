"""The JSON of this project: one shape of each result for ``--json``, REST and MCP.

The models take their values from the attributes of the library's objects
(``AnswerResponse.model_validate(answer)``), and their fields are called as there. So this module
imports no other one, and those that need no JSON do not wait for pydantic.

Offsets count characters of a page's text, half-open ``[start, end)``; page numbers count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, field_validator

Verdict = Literal["supported", "partial", "unsupported", "unchecked"]
Grade = Literal["confident", "probable", "nearest", "none"]
ValueType = Literal["text", "date", "money", "number", "percent", "duration", "boolean"]


class Response(BaseModel):
    """Base of all: read from attributes, never changed."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, frozen=True)


class SpanResponse(Response):
    """Quoted words: ``page.text[start:end] == quote``."""

    document_id: str
    page_number: int
    start: int
    end: int
    quote: str


class HitResponse(Response):
    """A retrieved passage with its scores; a score that was not computed is null."""

    document_id: str = Field(validation_alias=AliasPath("chunk", "document_id"))
    name: str = Field(
        validation_alias=AliasPath("chunk", "document_id"),
        description="The document as its owner named it.",
    )
    title: str | None
    location: str
    page_number: int = Field(validation_alias=AliasPath("chunk", "page_number"))
    page_label: str | None
    format: str
    start: int = Field(validation_alias=AliasPath("chunk", "start"))
    end: int = Field(validation_alias=AliasPath("chunk", "end"))
    text: str = Field(validation_alias=AliasPath("chunk", "text"))
    heading: list[str] = Field(validation_alias=AliasPath("chunk", "heading"))
    tokens: int = Field(validation_alias=AliasPath("chunk", "tokens"))
    score: float
    dense: float | None
    lexical: float | None
    rerank: float | None


class CitationResponse(Response):
    """A numbered source of an answer. With the format ``tool`` it is what a tool returned."""

    number: int
    document_id: str = Field(validation_alias=AliasPath("span", "document_id"))
    name: str = Field(
        validation_alias=AliasPath("span", "document_id"),
        description="The document as its owner named it.",
    )
    location: str
    heading: list[str]
    page_number: int = Field(validation_alias=AliasPath("span", "page_number"))
    page_label: str | None
    format: str
    start: int = Field(validation_alias=AliasPath("span", "start"))
    end: int = Field(validation_alias=AliasPath("span", "end"))
    quote: str = Field(validation_alias=AliasPath("span", "quote"))


class ClaimResponse(Response):
    """A sentence of an answer, its citation numbers, and what its verification found."""

    text: str
    citations: list[int]
    verdict: Verdict
    probability: float | None
    reason: str | None
    evidence: list[SpanResponse]

    @field_validator("verdict", mode="before")
    @classmethod
    def _partial(cls, verdict: str) -> str:
        return "partial" if verdict == "partly" else verdict


class UsageResponse(Response):
    """What an answer cost: tokens of the model, seconds, money where a price is configured."""

    prompt_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    retrieval_s: float
    first_token_s: float | None
    total_s: float


class ToolResultResponse(Response):
    """A call of a tool during answering, and what it returned."""

    name: str
    arguments: dict[str, Any]
    text: str
    is_error: bool
    seconds: float


class ResultTableResponse(Response):
    """Rows that answer a question, as written and typed; ``more`` rows are left out."""

    columns: list[str]
    rows: list[list[str]]
    more: int
    computation: str
    types: list[str]
    units: list[str]
    values: list[list[bool | int | float | str | None]]


class ContextLayerResponse(Response):
    """A part of the prompt and its tokens."""

    name: str
    tokens: int


class OmittedItemResponse(Response):
    """Something that did not enter the context window, and why."""

    item: str
    reason: str
    tokens: int
    layer: str


class PromptPassageResponse(Response):
    """A passage in the prompt; ``start`` and ``end`` are within the chunk's text."""

    number: int
    document_id: str = Field(validation_alias=AliasPath("hit", "chunk", "document_id"))
    page_number: int = Field(validation_alias=AliasPath("hit", "chunk", "page_number"))
    start: int
    end: int
    tokens: int
    is_cut: bool


class ContextResponse(Response):
    """What entered the context window. ``prompt`` is null where it is not shown (REST, MCP)."""

    window: int
    reserve: int
    tokens: int
    is_upper_bound: bool
    layers: list[ContextLayerResponse]
    passages: list[PromptPassageResponse]
    omitted: list[OmittedItemResponse]
    prompt: str | None

    @field_validator("layers", mode="before")
    @classmethod
    def _named(cls, layers: Any) -> Any:
        return [
            {"name": layer[0], "tokens": layer[1]} if isinstance(layer, tuple) else layer
            for layer in layers
        ]


class AnswerResponse(Response):
    """The answer to a question; ``answered`` is false where the documents do not say.

    ``grade`` is one of "confident", "probable", "nearest" (the closest words, no clear answer) and
    "none"; null where a model wrote or a table was computed. ``language`` is the code of the
    question's language.
    """

    question: str
    text: str
    answered: bool
    reason: str | None
    model: str
    probability: float | None
    grade: Grade | None
    short_answer: SpanResponse | None
    short_text: str | None
    citations: list[CitationResponse]
    claims: list[ClaimResponse]
    hits: list[HitResponse]
    tool_results: list[ToolResultResponse]
    table: ResultTableResponse | None
    rewritten_question: str | None
    searches: list[str]
    finish_reason: str | None
    usage: UsageResponse
    warnings: list[str]
    context: ContextResponse | None
    language: str


class EmptyPageResponse(Response):
    """A page without text, and why."""

    page_number: int
    reason: str


class CoverageResponse(Response):
    """What a summary read of its document; ``read`` and ``skipped`` are page numbers."""

    pages: int
    read: list[int]
    empty_pages: list[EmptyPageResponse]
    skipped: list[int]
    sections: int
    covered: int
    calls: int
    cached_calls: int
    prompt_tokens: int
    output_tokens: int
    seconds: float

    @field_validator("empty_pages", mode="before")
    @classmethod
    def _named(cls, pages: Any) -> Any:
        return [
            {"page_number": page[0], "reason": page[1]} if isinstance(page, tuple) else page
            for page in pages
        ]


class SummaryResponse(Response):
    """The points of a document, with their sources."""

    document_id: str
    name: str = Field(validation_alias="document_id")
    title: str | None
    points: list[ClaimResponse]
    citations: list[CitationResponse]
    coverage: CoverageResponse
    model: str
    warnings: list[str]
    interrupted: bool


class FactCheckResponse(Response):
    """The claims of a text with their verdicts; their numbers are those of ``citations``."""

    claims: list[ClaimResponse]
    citations: list[CitationResponse]


class ExtractionFieldResponse(Response):
    """A field whose value was looked for. ``choices``: those that it may have; none: any."""

    name: str
    label: str
    questions: list[str]
    type: ValueType
    is_strict: bool
    choices: list[str]


class ExtractionCellResponse(Response):
    """The value of a field in a document; ``text`` is null where the document does not say.

    ``value`` is by the type: ISO 8601 dates and durations, amounts as decimals in text with their
    currency in ``unit``, numbers, truth values. ``span`` is where ``text`` stands.
    """

    field: str
    text: str | None
    value: str | int | float | bool | None
    unit: str | None
    type: ValueType
    grade: Grade
    probability: float
    source: Literal["label", "sentence", "model"] | None
    span: SpanResponse | None
    citation: CitationResponse | None


class ExtractionRowResponse(Response):
    """The cells of a document, in the order of the fields."""

    document_id: str
    name: str = Field(validation_alias=AliasChoices("name", "document_id"))
    title: str | None
    format: str
    cells: list[ExtractionCellResponse]


class ExtractionResponse(Response):
    """Fields of documents as a table; ``silent`` documents say nothing of any field."""

    fields: list[ExtractionFieldResponse]
    rows: list[ExtractionRowResponse]
    documents: int
    read: int
    silent: int
    model: str
    interrupted: bool
    warnings: list[str]


class ConflictStatementResponse(Response):
    """One of several statements of a thing; ``span`` is where its value stands."""

    value: str
    span: SpanResponse
    citation: CitationResponse
    date: str | None


class ConflictResponse(Response):
    """Statements of the same thing with other values; ``changed`` between dated versions."""

    kind: Literal["conflict", "changed"]
    subject: str
    statements: list[ConflictStatementResponse]


class ConflictReportResponse(Response):
    """The conflicts of the documents that were compared."""

    conflicts: list[ConflictResponse]
    documents: int
    read: int
    warnings: list[str]


class StatusResponse(Response):
    """What an index holds; ``bytes`` is its size on disk."""

    path: str
    generation: int
    created: str
    embedder: str
    dimension: int
    documents: int
    pages: int
    empty_pages: int = Field(validation_alias=AliasChoices("empty_pages", "silent_pages"))
    chunks: int
    segments: int
    bytes: int
    formats: dict[str, int]
    languages: dict[str, int]
    unknown_languages: list[str]
    roots: list[str]
    source: str | None = None
    unreachable_since: float | None = None


class DocumentResponse(Response):
    """A document of an index. ``groups`` may read it; none means everyone.

    ``copies`` are the ids of further files with the same content.
    """

    document_id: str = Field(validation_alias=AliasChoices("document_id", "id"))
    name: str = Field(validation_alias=AliasChoices("name", "document_id", "id"))
    title: str | None
    format: str
    bytes: int
    sha256: str
    groups: list[str] = Field(validation_alias=AliasChoices("groups", "labels"))
    metadata: dict[str, str | int | float | bool]
    copies: list[str] = []

    @field_validator("groups", mode="before")
    @classmethod
    def _ordered(cls, groups: Any) -> list[str]:
        return sorted(groups)

    @field_validator("copies", mode="before")
    @classmethod
    def _names(cls, copies: Any) -> list[str]:
        return [copy if isinstance(copy, str) else copy.id for copy in copies]


class FileReportResponse(Response):
    """A file that was indexed; ``notes`` name what was not read, or read in part.

    ``copy_of`` is the document that the file is another name of, as its content is the same.
    """

    document_id: str = Field(validation_alias=AliasChoices("document_id", "id"))
    documents: int
    pages: int
    chunks: int
    notes: list[str]
    copy_of: str | None


class FailureResponse(Response):
    """A file that could not be indexed, and why."""

    document_id: str = Field(validation_alias=AliasChoices("document_id", "id"))
    reason: str


class UnreachablePathResponse(Response):
    """A file or folder that could not be looked at; its documents stay in the index."""

    path: str = Field(validation_alias=AliasChoices("path", "id"))
    reason: str
    documents: int


class IngestReportResponse(Response):
    """What an index run did; ``skipped`` counts files without a reader by extension.

    ``left_out`` counts web pages that were not taken in, by reason.
    """

    indexed: list[FileReportResponse]
    unchanged: int
    removed: list[str]
    failed: list[FailureResponse]
    skipped: dict[str, int]
    chunks: int
    embedded: int
    generation: int
    seconds: float
    interrupted: bool
    unreachable: list[UnreachablePathResponse]
    left_out: dict[str, int]


class ReindexReportResponse(Response):
    """What a change of the embedder did; ``resumed`` documents are of a run that was stopped."""

    embedder: str
    documents: int
    resumed: int
    chunks: int
    generation: int
    interrupted: bool


class DifferenceResponse(Response):
    """Something that has changed since a receipt was written."""

    what: str
    then: str
    now: str


class ReplayResponse(Response):
    """A question asked again; ``same`` is true where answer, verdicts and sources are as before."""

    answer: AnswerResponse
    same: bool
    differences: list[DifferenceResponse]


class ErrorDetail(Response):
    """What failed, in one line, and its kind."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorResponse(Response):
    """A request that failed, in the shape that OpenAI clients read."""

    error: ErrorDetail


# By the name of the library's class, as this module imports none of them.
RESPONSES: Mapping[str, type[Response]] = {
    "Answer": AnswerResponse,
    "Citation": CitationResponse,
    "Claim": ClaimResponse,
    "ContextPlan": ContextResponse,
    "Coverage": CoverageResponse,
    "Difference": DifferenceResponse,
    "DocumentRow": DocumentResponse,
    "Conflict": ConflictResponse,
    "ConflictReport": ConflictReportResponse,
    "ConflictStatement": ConflictStatementResponse,
    "Extraction": ExtractionResponse,
    "ExtractionCell": ExtractionCellResponse,
    "ExtractionField": ExtractionFieldResponse,
    "ExtractionRow": ExtractionRowResponse,
    "FactCheckReport": FactCheckResponse,
    "FileReport": FileReportResponse,
    "Failure": FailureResponse,
    "Hit": HitResponse,
    "IngestReport": IngestReportResponse,
    "ReindexReport": ReindexReportResponse,
    "Replay": ReplayResponse,
    "ResultTable": ResultTableResponse,
    "Span": SpanResponse,
    "Status": StatusResponse,
    "Summary": SummaryResponse,
    "ToolResult": ToolResultResponse,
    "UnreachablePath": UnreachablePathResponse,
    "Usage": UsageResponse,
}


def to_jsonable(value: Any) -> Any:
    """A result as JSON types.

    Args:
        value: A result of the library, or dataclasses, mappings, sequences and sets of them.

    Returns:
        What ``json.dumps`` takes: results in their response shapes, other dataclasses with their
        fields, sets as sorted lists.
    """
    model = RESPONSES.get(type(value).__name__)
    if model is not None:
        return model.model_validate(value).model_dump(mode="json")
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return {name: to_jsonable(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        return {str(key): to_jsonable(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(to_jsonable(item) for item in value)
    if isinstance(value, list | tuple):
        return [to_jsonable(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Exception):
        return {"error": str(value)}
    return value
