"""How far a crawl goes, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass

from rag_infer.errors import InputError

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How web pages are fetched.

    Attributes:
        depth: How many links away from the first page others are fetched; 0: that page only.
            Only pages of the same site are.
        max_pages: Most pages that are new to the index in one run.
        max_page_bytes: Most bytes of a page, unpacked.
        timeout_s: Most seconds for one page.
        max_seconds: Most seconds for all pages of one address.
        allow_private: Whether addresses of this machine and of private networks may be fetched.
    """

    depth: int = 0
    max_pages: int = 500
    max_page_bytes: int = 50 * 2**20
    timeout_s: float = 60.0
    max_seconds: float = 3600.0
    allow_private: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.depth <= MAX_DEPTH:
            raise InputError(f"the depth must be between 0 and {MAX_DEPTH}", code="invalid_depth")
        if min(self.max_pages, self.max_page_bytes, self.timeout_s, self.max_seconds) <= 0:
            raise InputError("limits of web pages must be positive", code="invalid_limit")
