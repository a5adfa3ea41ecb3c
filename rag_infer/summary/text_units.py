"""The sentences, rows and headings of a document's pages, in order, each with its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_infer.split.structure import Headings, atoms, has_headings
from rag_infer.summary.plain_headings import with_plain_headings
from rag_infer.types import Page

PageSpan = tuple[int, int, int]  # page number, start and end in its text


@dataclass(frozen=True, slots=True)
class TextUnit:
    """A sentence, row, list item or heading.

    Attributes:
        page: Number of its page.
        start: Where it begins in the page's text.
        end: Where it ends.
        text: Its words, white space made single.
        section: The headings that it stands under, outermost first.
        is_heading: It is a heading itself, and the last of ``section``.
    """

    page: int
    start: int
    end: int
    text: str
    section: tuple[str, ...]
    is_heading: bool

    @property
    def span(self) -> PageSpan:
        """Where it stands."""
        return self.page, self.start, self.end


def text_units(pages: Sequence[Page]) -> Iterator[TextUnit]:
    """Every unit of the pages; headings are guessed where the reader knew of none."""
    guess = not has_headings(pages)
    if guess:
        pages = with_plain_headings(pages)
    open_headings: Headings = ()
    for page in pages:
        page_atoms, open_headings = atoms(page, open_headings, guess_headings=guess)
        for atom in page_atoms:
            text = " ".join(page.text[atom.start : atom.end].split())
            yield TextUnit(page.number, atom.start, atom.end, text, atom.path, atom.heading)
