"""What the REST API answers with, apart from what the library itself returns as JSON.

Clients read these shapes too: this module needs nothing of the server.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rag_infer.responses import AnswerResponse, DocumentResponse, HitResponse
from rag_infer.responses import Response as ResponseModel

UploadState = Literal["queued", "running", "done", "failed"]


class UserDocumentResponse(DocumentResponse):
    """A document as one user sees it."""

    id: str = Field(description="Former name of document_id.", deprecated=True)
    is_private: bool = Field(False, description="Not everyone may read it.")
    is_own: bool = Field(False, description="You may remove it.")


class CitedSourceResponse(ResponseModel):
    """A source of an earlier answer."""

    number: int
    document_id: str
    name: str = Field(validation_alias="document_id")
    location: str
    page_number: int
    format: str
    start: int
    end: int
    quote: str


class TurnGradeResponse(ResponseModel):
    """How sure an earlier answer was; ``verdicts`` counts its claims by verdict."""

    grade: str | None
    probability: float | None
    reason: str | None
    verdicts: dict[str, int]
    kind: Literal["", "table", "computed", "tool"]


class ConversationTurnResponse(ResponseModel):
    """A question of a conversation, and its answer; ``grade`` is null for old ones."""

    question: str
    answer: str
    answered: bool
    model: str
    sources: list[CitedSourceResponse]
    at: str
    grade: TurnGradeResponse | None


class UserResponse(ResponseModel):
    """Who you are to this server, and what it offers.

    ``is_shared``: it has several users; ``is_signed_on``: you can sign out;
    ``may_write``: you may upload and remove documents.
    """

    name: str
    groups: list[str]
    is_shared: bool
    is_signed_on: bool
    may_write: bool
    indexes: list[str]
    models: list[str]
    max_upload_bytes: int


class IndexResponse(ResponseModel):
    """An index, and how many of its documents you may read."""

    name: str
    documents: int


class IndexesResponse(ResponseModel):
    """The indexes of the server."""

    indexes: list[IndexResponse]


class DocumentsResponse(ResponseModel):
    """Documents that you may read."""

    documents: list[UserDocumentResponse]


class JobResponse(ResponseModel):
    """An upload and its state. ``needs_password``: it is encrypted, and was not opened."""

    id: str
    index: str
    document_id: str
    name: str
    owner: str
    bytes: int
    created: float
    state: UploadState
    pages: int
    chunks: int
    notes: list[str]
    error: str | None
    needs_password: bool


class JobsResponse(ResponseModel):
    """Your uploads, the newest first."""

    jobs: list[JobResponse]


class RejectedFileResponse(ResponseModel):
    """A file that was not accepted, and why."""

    name: str
    error: str


class UploadResponse(ResponseModel):
    """The files of a request: what is accepted is on disk and will be indexed."""

    accepted: list[JobResponse]
    rejected: list[RejectedFileResponse]


class RemovedResponse(ResponseModel):
    """What was removed, by id."""

    removed: list[str]


class SearchResponse(ResponseModel):
    """Passages, best first; ``warnings`` say what could not be searched."""

    hits: list[HitResponse]
    warnings: list[str] = Field(default_factory=list)


class HealthResponse(ResponseModel):
    """That the server is up; ``partial``: without what ``notes`` name."""

    status: str
    notes: list[str] = Field(default_factory=list)


class SuggestionsResponse(ResponseModel):
    """Questions that your documents answer; empty where their text gives none."""

    questions: list[str]


class ConversationAnswerResponse(AnswerResponse):
    """An answer, and the conversation that it was stored in, as which turn (from 1)."""

    conversation: str | None = None
    turn: int | None = None


class PageImageResponse(ResponseModel):
    """Size of a page's image; boxes are left, top, width, height as shares of it."""

    width: int
    height: int
    boxes: list[list[float]]


class PageBlockResponse(ResponseModel):
    """A piece of a page's structure; ``level`` is the depth of a heading, from 1, else 0."""

    start: int
    end: int
    kind: Literal["heading", "paragraph", "list", "table", "code"]
    level: int


class PageTableResponse(ResponseModel):
    """A table of a page; ``spans`` has the start and end of each cell in the page's text.

    A merged cell stands in every place that it covers; an empty one has the span 0 to 0.
    """

    spans: list[list[tuple[int, int]]]
    header_rows: int
    header_columns: int


class PageResponse(ResponseModel):
    """A page's text; for a PDF also where the span is on its image. ``note``: why there is none.

    ``blocks`` and ``tables`` say how the text is laid out, by offsets of its characters.
    """

    document_id: str
    name: str
    title: str | None
    format: str
    page_number: int
    pages: int
    page_label: str | None
    text: str
    image: PageImageResponse | None
    note: str | None
    blocks: list[PageBlockResponse]
    tables: list[PageTableResponse]


class ConversationResponse(ResponseModel):
    """A conversation as it is listed; ``changed`` is UTC."""

    id: str
    index: str
    title: str
    changed: str
    turns: int


class ConversationsResponse(ResponseModel):
    """Your conversations, the newest first."""

    conversations: list[ConversationResponse]


class TurnsResponse(ResponseModel):
    """The turns of a conversation, oldest first."""

    turns: list[ConversationTurnResponse]


class DocumentGroupsResponse(ResponseModel):
    """Who may read a document, as far as you may know.

    ``groups`` are all of them for its owner and for operators, else yours; ``people`` those for
    whom alone it is, and for operators the users of the users file who may read it.
    """

    owner: str | None
    is_everyone: bool
    groups: list[str]
    people: list[str]
    may_change: bool
    choices: list[str]


class ShareResponse(ResponseModel):
    """A link of yours; ``question`` is the one that its answer is to."""

    id: str
    index: str
    question: str
    at: str


class SharesResponse(ResponseModel):
    """Your links, the newest first."""

    shares: list[ShareResponse]


class ShareIdResponse(ResponseModel):
    """A link that was made."""

    id: str


class SharedAnswerResponse(ResponseModel):
    """A shared answer with its receipt.

    ``sha256`` are the files as they were when it was shared; ``changed`` are the numbers of sources
    whose file, or whose quoted words, are others now.
    """

    id: str
    owner: str
    at: str
    index: str
    turn: ConversationTurnResponse
    sha256: dict[str, str]
    changed: list[int]


class FeedbackIdResponse(ResponseModel):
    """Feedback that was stored."""

    id: int


class FeedbackResponse(ResponseModel):
    """What you said of an answer; ``at`` is UTC."""

    id: int
    at: str
    index: str
    question: str
    answer: str
    answered: bool
    is_right: bool
    correction: str | None


class FeedbackListResponse(ResponseModel):
    """What you said of answers, oldest first."""

    feedback: list[FeedbackResponse]
