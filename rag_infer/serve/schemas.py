"""Requests of the REST API: names, types and bounds."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from rag_infer import Filter
from rag_infer.userdata.conversations import MAX_TITLE_CHARS
from rag_infer.userdata.feedback import MAX_CORRECTION_CHARS

MAX_QUESTION_CHARS = 20_000
# The second name is a former one: clients that were written for it go on working.
_TOP_K = AliasChoices("top_k", "k")
_DOCUMENT_ID = AliasChoices("document_id", "document")


class FilterParams(BaseModel):
    """Which documents are searched."""

    model_config = ConfigDict(extra="forbid")

    paths: list[str] = Field(
        [], max_length=100, description="Globs of document ids; one must match."
    )
    formats: list[str] = Field([], max_length=50)
    since: str | None = Field(None, pattern=r"^\d{4}(-\d\d){0,2}$")
    until: str | None = Field(None, pattern=r"^\d{4}(-\d\d){0,2}$")
    as_of: str | None = Field(
        None, pattern=r"^\d{4}(-\d\d){0,2}$", description="Documents dated later do not count."
    )

    def filter(self) -> Filter:
        """The filter of the library; groups are the user's and come later."""
        return Filter(
            paths=tuple(self.paths),
            formats=tuple(self.formats),
            since=self.since,
            until=self.until,
            as_of=self.as_of,
        )


class SearchRequest(FilterParams):
    """A search for passages."""

    query: str = Field(min_length=1, max_length=MAX_QUESTION_CHARS)
    top_k: int = Field(10, ge=1, le=100, validation_alias=_TOP_K)


class AskRequest(FilterParams):
    """A question."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION_CHARS)
    top_k: int | None = Field(None, ge=1, le=100, validation_alias=_TOP_K)
    model: str | None = Field(None, max_length=200)
    max_tokens: int = Field(512, ge=1, le=16_384)
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    stream: bool = Field(False, description="Server-sent events: status, text, then answer.")
    conversation: str | None = Field(None, max_length=64, description="An id, or 'new'.")


class PassagePlace(BaseModel):
    """Where a passage is."""

    model_config = ConfigDict(extra="forbid")

    document_id: str = Field(min_length=1, max_length=1000)
    page_number: int = Field(ge=1, le=2**31 - 1)
    start: int = Field(ge=0, le=2**31 - 1)
    end: int = Field(ge=0, le=2**31 - 1)


class FeedbackRequest(BaseModel):
    """What you say of an answer of a conversation of yours."""

    model_config = ConfigDict(extra="forbid")

    conversation: str = Field(min_length=1, max_length=64)
    turn: int | None = Field(None, ge=1, le=1_000_000, description="From 1; none: the last.")
    is_right: bool
    correction: str | None = Field(
        None, max_length=MAX_CORRECTION_CHARS, description="What would have been right."
    )
    passage: PassagePlace | None = Field(
        None, description="The passage that would have answered the question."
    )


class ShareRequest(BaseModel):
    """An answer to share."""

    model_config = ConfigDict(extra="forbid")

    conversation: str = Field(min_length=1, max_length=64)
    turn: int = Field(ge=1, le=1_000_000, description="From 1.")


class ConversationChange(BaseModel):
    """What is changed of a conversation."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=MAX_TITLE_CHARS)


class SummaryRequest(BaseModel):
    """A document to summarize."""

    model_config = ConfigDict(extra="forbid")

    document_id: str = Field(min_length=1, max_length=1000, validation_alias=_DOCUMENT_ID)
    bullets: int | None = Field(None, ge=1, le=50)
    words: int | None = Field(None, ge=1, le=5000)
    outline: bool = False
    question: str | None = Field(None, min_length=1, max_length=MAX_QUESTION_CHARS)


class ConflictsRequest(FilterParams):
    """Documents to compare."""

    max_documents: int = Field(50, ge=2, le=200)


class AccessChange(BaseModel):
    """Who may read a document from now on.

    Without groups, and not ``everyone``, it is for its owner alone.
    """

    model_config = ConfigDict(extra="forbid")

    document_id: str = Field(min_length=1, max_length=1000)
    groups: list[str] = Field([], max_length=100)
    everyone: bool = False


class ExtractionRequest(FilterParams):
    """Fields to extract from documents."""

    fields: list[str] = Field(min_length=1, max_length=40, description="Names, or NAME=QUESTION.")
    max_documents: int = Field(50, ge=1, le=200)
