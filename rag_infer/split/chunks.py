"""Atoms packed into chunks that the embedder can read whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rag_infer.split.measure import Tokenizer, lengths, token_starts
from rag_infer.split.structure import BLOCK, SECTION, SENTENCE, Atom, Headings, atoms, has_headings
from rag_infer.types import Chunk, Document, Page
from rag_infer.types.documents import LINE_FORMATS, is_line

_MAX_PREFIX_BYTES = 96
_MAX_CHARS_PER_TOKEN = 12


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How large chunks are, in tokens of the embedder.

    A chunk is filled up to ``size``; it may end at a paragraph from ``paragraph_size`` on,
    and nothing smaller than ``min_size`` stands alone where it can join a neighbor.
    """

    size: int = 165
    paragraph_size: int = 110
    min_size: int = 20

    @classmethod
    def of_size(cls, tokens: int | None) -> Self:
        """Chunks of a size in the proportions of the defaults; None: the defaults."""
        return cls() if tokens is None else cls(tokens, 2 * tokens // 3, min(20, tokens // 4))


def split(
    document: Document, tokenizer: Tokenizer, options: SplitOptions | None = None
) -> list[Chunk]:
    """The chunks of a document, in order: exact slices that together leave out only white space.

    No chunk is over ``tokenizer.max_tokens`` as ``embedding_text`` gives it to the embedder, for
    any tokenizer that reads at least 128 tokens. The same input gives the same chunks.
    """
    options = options or SplitOptions()
    limit = min(options.size, tokenizer.max_tokens - tokenizer.special_tokens)
    starts = token_starts([page.text for page in document.pages], tokenizer)
    chunks: list[Chunk] = []
    open_headings: Headings = ()
    is_code = document.format in LINE_FORMATS
    guess_headings = not (is_code or has_headings(document.pages))
    for page, token_starts_ in zip(document.pages, starts, strict=True):
        units, open_headings = atoms(
            page, open_headings, guess_headings=guess_headings, number_lines=is_code
        )
        pieces = [part for atom in units for part in _cut(atom, page.text, token_starts_, limit)]
        for group in _pack(pieces, token_starts_, limit, options):
            a, b = group[0].start, group[-1].end
            path = next((g.path for g in group if not g.heading), group[-1].path)
            if is_code:  # the line is the first one, that of the definition
                path = (*path[:-1], group[0].path[-1])
            chunks.append(
                Chunk(document.id, page.number, a, b, page.text[a:b], path, 0, _sections(group))
            )
    pages = {page.number: page for page in document.pages}
    return _fit(chunks, pages, tokenizer, document.title)


def embedding_text(chunk: Chunk, title: str | None = None) -> str:
    """What the embedder reads for a chunk: title and innermost heading, then the text itself.

    A heading that the text begins with is not said twice, nor the number of a line at all: it
    changes with what stands above. Outer headings are left out: they are
    the same for many chunks, which makes those alike. The part before the text is at most 96 bytes
    of UTF-8, so that it costs no more than 96 tokens; the title gives way first.
    """
    opening = chunk.text[:400].lower()
    bytes_left = _MAX_PREFIX_BYTES
    prefix_parts: list[str] = []
    headings = chunk.heading[:-1] if is_line(chunk.heading) else chunk.heading
    for name in (*headings[-1:], *([title] if title else [])):
        if name.lower() in opening or name in prefix_parts:
            continue
        short = name.encode()[: max(0, bytes_left)].decode(errors="ignore").strip()
        if short:
            prefix_parts.insert(0, short)
            bytes_left -= len(short.encode()) + 3
    return f"{' > '.join(prefix_parts)}\n{chunk.text}" if prefix_parts else chunk.text


def _sections(group: list[Atom]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    sections: list[tuple[int, tuple[str, ...]]] = []
    for atom in group:
        if not sections or sections[-1][1] != atom.path:
            sections.append((atom.start, atom.path))
    return tuple(sections) if len(sections) > 1 else ()


def _count(token_starts_: NDArray[np.int64], start: int, end: int) -> int:
    a, b = np.searchsorted(token_starts_, (start, end))
    return int(b - a)


def _cut(atom: Atom, text: str, token_starts_: NDArray[np.int64], limit: int) -> list[Atom]:
    """The atom itself, or what it has to be cut into: at line ends, words, then characters."""
    if (
        _count(token_starts_, atom.start, atom.end) <= limit
        and atom.end - atom.start <= limit * _MAX_CHARS_PER_TOKEN
    ):
        return [atom]
    parts: list[Atom] = []
    start, boundary = atom.start, atom.boundary
    while start < atom.end:
        first = int(np.searchsorted(token_starts_, start))
        end = atom.end
        if first + limit < len(token_starts_):
            end = min(end, int(token_starts_[first + limit]))
        end = max(start + 1, min(end, start + limit * _MAX_CHARS_PER_TOKEN))
        if end < atom.end:
            end = _word_end(text, start, end)
        parts.append(replace(atom, start=start, end=end, boundary=boundary))
        start, boundary = end, SENTENCE
        while start < atom.end and text[start].isspace():
            start += 1
    return parts


def _word_end(text: str, start: int, end: int) -> int:
    """The last place up to ``end`` where a line or a word ends, if that is past the middle."""
    if text[end].isspace():
        return end
    half = start + (end - start) // 2
    for i in range(end - 1, half, -1):
        if text[i].isspace():
            return i
    return end


def _pack(
    pieces: list[Atom], token_starts_: NDArray[np.int64], limit: int, options: SplitOptions
) -> list[list[Atom]]:
    groups: list[list[Atom]] = []
    for piece in pieces:
        if groups:
            last = groups[-1]
            so_far = _count(token_starts_, last[0].start, last[-1].end)
            fits = _count(token_starts_, last[0].start, piece.end) <= limit
            stop = {SENTENCE: limit, BLOCK: options.paragraph_size, SECTION: options.min_size}[
                piece.boundary
            ]
            if fits and (so_far < stop or last[-1].heading):
                last.append(piece)
                continue
        groups.append([piece])
    return groups


def _fit(
    chunks: list[Chunk], pages: dict[int, Page], tokenizer: Tokenizer, title: str | None
) -> list[Chunk]:
    """Count what the embedder will read, and halve what is over its limit until nothing is."""
    uncounted = chunks
    counted: dict[tuple[int, int], Chunk] = {}
    while uncounted:
        oversized: list[Chunk] = []
        tokens = lengths([embedding_text(chunk, title) for chunk in uncounted], tokenizer)
        for chunk, n in zip(uncounted, tokens, strict=True):
            if n <= tokenizer.max_tokens or len(chunk.text) == 1:
                counted[chunk.page_number, chunk.start] = replace(chunk, tokens=n)
            else:
                oversized += _halves(chunk, pages[chunk.page_number].text)
        uncounted = oversized
    order = {page: i for i, page in enumerate(pages)}
    return [counted[key] for key in sorted(counted, key=lambda k: (order[k[0]], k[1]))]


def _halves(chunk: Chunk, text: str) -> list[Chunk]:
    middle = _word_end(text, chunk.start, chunk.start + (len(chunk.text) + 1) // 2)
    halves = []
    for a, b in ((chunk.start, middle), (middle, chunk.end)):
        piece = text[a:b]
        stripped = piece.strip()
        if stripped:
            start = a + len(piece) - len(piece.lstrip())
            halves.append(replace(chunk, start=start, end=start + len(stripped), text=stripped))
    return halves
