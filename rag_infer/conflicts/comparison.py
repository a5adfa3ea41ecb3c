"""Statements of the same thing that differ, over the documents of a filter.

Statements are compared only where they share two of their rarest words, and each only with few
others, so that the cost grows with the text and not with its square.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from rag_infer.conflicts.document_pairs import (
    ComparedDocument,
    PairKind,
    common_words,
    compared_document,
    pair_kind,
)
from rag_infer.conflicts.results import Conflict, ConflictReport, ConflictStatement
from rag_infer.conflicts.statements import MAX_STATEMENTS, ComparedStatement, statements
from rag_infer.embed import Embedder
from rag_infer.engine import Engine
from rag_infer.retrieve import Filter
from rag_infer.types import Citation, Span

MAX_DOCUMENTS = 1000
MAX_CONFLICTS = 100
_MAX_PAGES = 60  # of a document
_RAREST = 3  # words of a statement by which it is compared
_MAX_BLOCK = 24  # statements that share two words; more of them are a form of speech
_MIN_LIKENESS = 0.8  # share of the words of two statements that both have
_MIN_NEAR_LIKENESS = 0.5  # from which on vectors decide
_MIN_COSINE = 0.9
_MAX_NEAR = 1000  # pairs that vectors decide on
_MIN_KEYS = 3  # words of a statement that say what it is about, its heading's apart
_MAX_INSTANCES = 3  # statements in which two documents differ, and hardly agree: forms filled twice
_MAX_SUBJECT_CHARS = 90


def find_conflicts(
    engine: Engine,
    filter: Filter,
    *,
    max_documents: int = MAX_DOCUMENTS,
    on_progress: Callable[[int, int], None] | None = None,
) -> ConflictReport:
    """Statements of the same thing with another figure, date or amount.

    Args:
        engine: The open index.
        filter: Which documents are compared, and for whom.
        max_documents: Most documents that are compared, in order of id.
        on_progress: Called with the number of documents read and of all.
    """
    rows = engine.documents(filter)
    selected = rows[:max_documents]
    texts: list[list[str]] = []
    read: list[list[ComparedStatement]] = []
    common: set[str] = set()
    for number, row in enumerate(selected):
        pages = _pages(engine, row.id)
        texts.append(pages)
        own = [s for n, page in enumerate(pages, 1) for s in statements(number, n, page)]
        read.append(own[:MAX_STATEMENTS])
        common.update(*map(common_words, pages))
        if on_progress is not None:
            on_progress(number + 1, len(selected))
    documents = [compared_document(r, t, common) for r, t in zip(selected, texts, strict=True)]
    pairs = _pairs(documents, read, engine.embedder)
    conflicts = _conflicts(engine, documents, pairs)
    warnings = []
    if len(rows) > max_documents:
        warnings.append(
            f"only the first {max_documents:,} of {len(rows):,} documents were compared"
        )
    if len(conflicts) > MAX_CONFLICTS:
        warnings.append(f"{len(conflicts) - MAX_CONFLICTS:,} more are left out")
    if note := engine.as_of_note(filter):
        warnings.append(note)
    return ConflictReport(
        tuple(conflicts[:MAX_CONFLICTS]), len(rows), len(selected), tuple(warnings)
    )


def _pages(engine: Engine, document_id: str) -> list[str]:
    pages = []
    for number in range(1, _MAX_PAGES + 1):
        page = engine.snapshot.page(document_id, number)
        if page is None:
            break
        pages.append(page[1])
    return pages


_Pair = tuple[ComparedStatement, ComparedStatement, PairKind]


def _pairs(
    documents: Sequence[ComparedDocument], read: list[list[ComparedStatement]], embedder: Embedder
) -> list[_Pair]:
    """Pairs of statements that differ, of documents that can contradict each other."""
    different: dict[tuple[int, int], list[tuple[ComparedStatement, ComparedStatement]]] = (
        defaultdict(list)
    )
    equal: Counter[tuple[int, int]] = Counter()
    kinds: dict[tuple[int, int], PairKind | None] = {}
    candidates: list[tuple[ComparedStatement, ComparedStatement]] = []
    same: list[tuple[ComparedStatement, ComparedStatement]] = []
    for one, other in _candidates(read):
        pair = one.document, other.document
        if pair not in kinds:
            kinds[pair] = pair_kind(documents[pair[0]], documents[pair[1]])
        kind = kinds[pair]
        if kind is None or not _may_be_same(one, other, kind):
            continue
        likeness = len(one.keys & other.keys) / len(one.keys | other.keys)
        if likeness >= _MIN_LIKENESS:
            same.append((one, other))
        elif likeness >= _MIN_NEAR_LIKENESS and len(candidates) < _MAX_NEAR:
            candidates.append((one, other))
    for one, other in [*same, *_of_same_meaning(candidates, embedder)]:
        pair = one.document, other.document
        if [v.norm for v in one.values] == [v.norm for v in other.values]:
            equal[pair] += 1
        else:
            different[pair].append((one, other))
    results: list[_Pair] = []
    for pair, pairs in different.items():
        kind = kinds[pair]
        assert kind is not None
        if kind == "others" and len(pairs) >= _MAX_INSTANCES and len(pairs) > equal[pair]:
            continue
        results += [(one, other, kind) for one, other in _unique(pairs)]
    return results


def _candidates(
    read: list[list[ComparedStatement]],
) -> Iterator[tuple[ComparedStatement, ComparedStatement]]:
    frequency: Counter[str] = Counter()
    for own in read:
        frequency.update({k for s in own for k in s.keys | s.heading})
    blocks: dict[tuple[str, ...], list[ComparedStatement]] = defaultdict(list)
    for own in read:
        for statement in own:
            keys = sorted(statement.keys, key=lambda k: (frequency[k], k))[:_RAREST]
            for block in combinations(sorted(keys), min(2, len(keys))):
                if block:
                    blocks[block].append(statement)
    compared: set[tuple[int, int]] = set()
    for members in blocks.values():
        if len(members) > _MAX_BLOCK:
            continue
        for one, other in combinations(members, 2):
            pair = id(one), id(other)
            if one.document != other.document and pair not in compared:
                compared.add(pair)
                yield one, other


def _of_same_meaning(
    pairs: Sequence[tuple[ComparedStatement, ComparedStatement]], embedder: Embedder
) -> list[tuple[ComparedStatement, ComparedStatement]]:
    """Those whose words, values apart, have nearly the same vector."""
    texts = list(dict.fromkeys(s.title for pair in pairs for s in pair))
    if not texts:
        return []
    rows = dict(zip(texts, embedder.embed_queries(texts), strict=True))
    return [
        (one, other)
        for one, other in pairs
        if float(rows[one.title] @ rows[other.title]) >= _MIN_COSINE
    ]


def _may_be_same(one: ComparedStatement, other: ComparedStatement, kind: PairKind) -> bool:
    if one.signature != other.signature or one.names != other.names:
        return False
    if one.is_negated != other.is_negated:
        return False
    shared = one.keys & other.keys
    headings = one.heading & other.heading
    if kind == "versions":
        is_own_date = one.start == other.start == 0 and set(one.signature) == {"date"}
        return len(shared) >= _MIN_KEYS - 1 and not is_own_date
    if one.is_relative or other.is_relative:
        return False
    if one.heading and other.heading and not headings and len(shared) < _MIN_KEYS + 1:
        return False
    return len(shared) >= _MIN_KEYS or (len(shared) == _MIN_KEYS - 1 and bool(headings))


def _unique(
    pairs: list[tuple[ComparedStatement, ComparedStatement]],
) -> list[tuple[ComparedStatement, ComparedStatement]]:
    """Pairs of statements that have no other partner: of several it is unclear which is meant."""
    counts = Counter(id(s) for pair in pairs for s in pair)
    return [pair for pair in pairs if all(counts[id(s)] == 1 for s in pair)]


def _conflicts(
    engine: Engine, documents: Sequence[ComparedDocument], pairs: list[_Pair]
) -> list[Conflict]:
    """Pairs joined where they share a statement, conflicts first."""
    groups: list[tuple[PairKind, list[ComparedStatement]]] = []
    for one, other, kind in pairs:
        group = next(
            (g for k, g in groups if k == kind and any(s is one or s is other for s in g)), None
        )
        if group is None:
            groups.append((kind, [one, other]))
        else:
            group += [s for s in (one, other) if not any(s is member for member in group)]
    results = []
    for kind, group in groups:
        group.sort(key=lambda s: (documents[s.document].date or (0, 0, 0), s.document))
        results.append(
            Conflict(
                "changed" if kind == "versions" else "conflict",
                _subject(group[-1]),
                tuple(_stated(engine, documents[s.document], s, group) for s in group),
            )
        )
    return sorted(results, key=lambda c: (c.kind == "changed", c.subject))


def _subject(statement: ComparedStatement) -> str:
    text = statement.title.strip(" …:.-")
    return text if len(text) <= _MAX_SUBJECT_CHARS else text[: _MAX_SUBJECT_CHARS - 1] + "…"


def _stated(
    engine: Engine,
    document: ComparedDocument,
    statement: ComparedStatement,
    group: list[ComparedStatement],
) -> ConflictStatement:
    """The statement with the value in which it differs from the others."""
    position = next(
        (
            n
            for n, value in enumerate(statement.values)
            if len({s.values[n].norm for s in group if len(s.values) > n}) > 1 and value.norm
        ),
        0,
    )
    value = statement.values[position]
    stored = engine.snapshot.page(document.row.id, statement.page_number)
    page_row, page = stored if stored is not None else (None, "")
    text = page[value.start : value.end]
    span = Span(document.row.id, statement.page_number, value.start, value.end, text)
    quote = Span(
        document.row.id, statement.page_number, statement.start, statement.end,
        page[statement.start : statement.end],
    )  # fmt: skip
    label = page_row.label if page_row is not None else None
    citation = Citation(1, quote, (), label, document.row.format)
    date = document.date
    iso = None if date is None else "-".join(
        f"{part:02d}" for n, part in enumerate(date) if part and all(date[: n + 1])
    )  # fmt: skip
    return ConflictStatement(text, span, citation, iso)
