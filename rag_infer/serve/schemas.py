"""What a request of the REST API may say.

Knows: names, types and bounds of what is asked.
Does not know: what is done about it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from rag_infer import Filter


class FilterParams(BaseModel):
    """What a search may look at."""

    model_config = ConfigDict(extra="forbid")

    documents: list[str] = Field([], max_length=100, description="Globs; one must match.")
    formats: list[str] = Field([], max_length=50)
    since: str | None = Field(None, pattern=r"^\d{4}(-\d\d){0,2}$")
    until: str | None = Field(None, pattern=r"^\d{4}(-\d\d){0,2}$")

    def filter(self) -> Filter:
        return Filter(
            paths=tuple(self.documents),
            formats=tuple(self.formats),
            since=self.since,
            until=self.until,
        )


class SearchRequest(FilterParams):
    query: str = Field(min_length=1, max_length=20_000)
    k: int = Field(10, ge=1, le=100)


class AskRequest(FilterParams):
    question: str = Field(min_length=1, max_length=20_000)
    k: int | None = Field(None, ge=1, le=100)
    model: str | None = Field(None, max_length=200)
    max_tokens: int = Field(512, ge=1, le=16_384)
    temperature: float = Field(0.0, ge=0.0, le=2.0)
    stream: bool = Field(False, description="Server-sent events: doing, text, then answer.")
    conversation: str | None = Field(None, max_length=64, description="An id, or 'new'.")


class SummaryRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document: str = Field(min_length=1, max_length=1000)
    bullets: int | None = Field(None, ge=1, le=50)
    words: int | None = Field(None, ge=1, le=5000)
    outline: bool = False
    question: str | None = Field(None, min_length=1, max_length=20_000)
