"""Query parameters of the REST API, each also under its former name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Query

CharacterOffset = Annotated[int, Query(ge=0, le=1_000_000_000)]
_Document = Annotated[str | None, Query(min_length=1, max_length=1000)]
_FormerDocument = Annotated[str | None, Query(min_length=1, max_length=1000, deprecated=True)]
_Page = Annotated[int | None, Query(ge=1, le=1_000_000)]
_FormerPage = Annotated[int | None, Query(ge=1, le=1_000_000, deprecated=True)]


def _document_id(document_id: _Document = None, document: _FormerDocument = None) -> str:
    value = document_id or document
    if value is None:
        raise HTTPException(422, "the parameter document_id is missing")
    return value


def _page_number(page_number: _Page = None, page: _FormerPage = None) -> int:
    value = page_number or page
    if value is None:
        raise HTTPException(422, "the parameter page_number is missing")
    return value


DocumentId = Annotated[str, Depends(_document_id)]
PageNumber = Annotated[int, Depends(_page_number)]
