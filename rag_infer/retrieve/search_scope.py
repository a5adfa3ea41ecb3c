"""What searches under one filter may see of a snapshot, and how rare words are in it.

A question is searched and judged in several steps, each of which asks which chunks count, in which
languages they are and what share of them holds a word. Neither a snapshot nor a filter changes, so
that is looked up once for all steps, and for the questions after. A scope belongs to one filter,
the user's groups among it: nothing that another user may read lends it a word.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakKeyDictionary

from rag_infer.index import bm25, term_statistics
from rag_infer.index.snapshot import Mask, Snapshot
from rag_infer.retrieve.filters import Filter, visible
from rag_infer.retrieve.phrases import Narrowing
from rag_infer.retrieve.query_languages import Analyze, QueryLanguages, query_languages

NO_WORD = "\N{SNOWMAN}zz"  # in no text; a sign alone is no index term, and would be in all
_PRIOR_CHUNKS = 5  # chunks of other things that every index is taken to have beside its own
_PRIOR_SHARE = 0.02  # the share of those that hold a word
_MAX_WORDS = 4096  # of which a scope remembers how rare they are
_MAX_SCOPES = 64  # of a snapshot
_MAX_SCOPE_BYTES = 32 * 2**20  # of all scopes of a snapshot, the latest apart
_BYTES_PER_CHUNK = 3  # of masks and numbers of languages

Share = Callable[[str], float]


class SearchScope:
    """The chunks that searches may see.

    Attributes:
        masks: For each segment which chunks may be seen; None: all.
        languages: Those of the chunks.
        view: The postings of the chunks, with how often words occur in them.
        shares: For each language the share of the chunks that hold an index term, 0 to 1.
        word_share: The share of the chunks that hold a word; of several languages the one counts in
            which the word is most common.
        filter: Which documents they are of.
        narrowing: The phrases that narrow them further.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        masks: list[Mask | None],
        filter: Filter,
        narrowing: Narrowing | None = None,
    ) -> None:
        self.masks = masks
        self.filter = filter
        self.narrowing = narrowing
        self.languages = query_languages(snapshot, masks)
        postings = [segment.postings for segment in snapshot.segments]
        self.view = term_statistics.View(postings, masks, self.languages.groups)
        self.shares = _shares(snapshot, masks, self.languages)
        of_languages = [
            term_share(share, self.languages.analyze(language))
            for share, language in zip(self.shares, self.languages.names, strict=True)
        ]
        # No method of this object: in a ring of references the files would stay open for a while.
        self.word_share: Share = functools.lru_cache(_MAX_WORDS)(
            lambda word: max(share(word) for share in of_languages)
        )


_scopes: WeakKeyDictionary[Snapshot, OrderedDict[object, SearchScope]] = WeakKeyDictionary()
_adding = threading.Lock()


def search_scope(snapshot: Snapshot, filter: Filter) -> SearchScope:
    """What searches under ``filter`` may see of ``snapshot``."""
    key = filter.key
    with _adding:
        scopes = _scopes.setdefault(snapshot, OrderedDict())
        if (scope := scopes.get(key)) is not None:
            scopes.move_to_end(key)
            return scope
    scope = SearchScope(snapshot, visible(snapshot, filter), filter)
    chunks = sum(segment.chunks for segment in snapshot.segments)
    most = min(_MAX_SCOPES, 1 + _MAX_SCOPE_BYTES // max(1, _BYTES_PER_CHUNK * chunks))
    with _adding:
        scopes[key] = scope
        while len(scopes) > most:
            scopes.popitem(last=False)
    return scope


def word_share(snapshot: Snapshot, filter: Filter) -> Share:
    """Tells the share of the chunks a search may see that hold a word, 0 to 1.

    As if there were a few more chunks of other things: in an index of one short note every word is
    in all chunks, and still not every word is common.
    """
    return search_scope(snapshot, filter).word_share


def language_share(snapshot: Snapshot, filter: Filter, language: str) -> Share:
    """Tells which share of the chunks a search may see are of one language and hold a word, 0 to 1.

    Neither drawn towards that of the other languages nor kept from 0: where it is above 0, a chunk
    in this language holds the word.
    """
    scope = search_scope(snapshot, filter)
    names, groups = scope.languages.names, scope.languages.groups
    if language not in names:
        return lambda word: 0.0
    postings = [segment.postings for segment in snapshot.segments]
    analyze, number = scope.languages.analyze(language), names.index(language)
    count = max(_visible_chunks(snapshot, scope.masks), 1)

    def share(word: str) -> float:
        frequencies = []
        for term in analyze(word):
            if groups is None:
                frequencies.append(term_statistics.frequency(postings, scope.masks, term))
            else:
                of_groups = term_statistics.group_frequencies(postings, scope.masks, term, groups)
                frequencies.append(int(of_groups[number]))
        return min(frequencies, default=count) / count

    return share


def visible_languages(snapshot: Snapshot, filter: Filter) -> tuple[str, ...]:
    """The codes of the languages of the chunks that a search may see."""
    return search_scope(snapshot, filter).languages.names


def is_unknown(share: Share, word: str) -> bool:
    """Whether no passage holds a word, by the shares of ``word_share``."""
    return share(word) <= share(NO_WORD)


def _visible_chunks(snapshot: Snapshot, masks: list[Mask | None]) -> int:
    return sum(
        s.chunks if m is None else int(m.sum())
        for s, m in zip(snapshot.segments, masks, strict=True)
    )


def _shares(snapshot: Snapshot, masks: list[Mask | None], languages: QueryLanguages) -> list[Share]:
    """For each language the share of the chunks that hold a term; the empty term is in all."""
    postings = [segment.postings for segment in snapshot.segments]
    count = _visible_chunks(snapshot, masks)
    groups = languages.groups
    totals = term_statistics.group_totals(masks, groups) if groups is not None else None

    def of_all(term: str) -> tuple[float, ...]:
        if not term:
            frequencies = [float(count)] * len(languages.names)
        elif groups is None or totals is None:
            frequencies = [float(term_statistics.frequency(postings, masks, term))]
        else:
            in_groups = term_statistics.group_frequencies(postings, masks, term, groups)
            frequencies = [float(s) * count for s in bm25.smoothed(in_groups, totals)]
        prior = _PRIOR_CHUNKS * _PRIOR_SHARE
        return tuple((f + prior) / (count + _PRIOR_CHUNKS) for f in frequencies)

    cached = functools.lru_cache(_MAX_WORDS)(of_all)

    def of_language(number: int) -> Share:
        return lambda term: cached(term)[number]

    return [of_language(number) for number in range(len(languages.names))]


def term_share(share: Share, analyze: Analyze) -> Share:
    """The share of the chunks that hold a word, from that of its index terms."""
    return lambda word: min(map(share, analyze(word) or [""]))
