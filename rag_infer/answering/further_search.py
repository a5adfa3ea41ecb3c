"""Further searches for the part of a question that the first one did not cover.

The judge of answers says which part of a question no passage answers. For that part alone there is
another search: for a question of several parts by the part, for others by the names in it and in
documents that the first search did not reach; where a model writes, then by its own queries. An
answer names the part that stays open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from rag_infer.answering.events import StatusEvent
from rag_infer.answering.question_parts import question_parts
from rag_infer.cite.answerability import judge
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.text_normalization import has_key, words
from rag_infer.engine import Engine
from rag_infer.localization import localized
from rag_infer.names import name_words, without_titles
from rag_infer.retrieve import Filter, is_unknown, word_share
from rag_infer.retrieve.history_expansion import refers_back, with_history_terms
from rag_infer.types import Answer, Citation, Claim, Hit, answered_grade

Search = Callable[[str, int], list[Hit]]
Quotes = Callable[[str, Sequence[Hit]], Answer]
_HITS = 5  # of a further search
_DEPTH = 30  # hits among which those of other documents are looked for
_SURE_PROBABILITY = 0.8  # of an answer from passages further from the question
_FIRST_HITS = 2  # of the first search, that stay before those of further ones
_NAME = re.compile(
    r"[“\"']([^”\"']{3,60})[”\"']|\b(\w*\d[\w/-]*|(?:[A-Z][\w&’'-]+(?:\s+(?:of\s+)?(?=[A-Z]))?)+)"
)
_SENTENCE_END = re.compile(r"(?:^|[.?!:])\W*$")
_YEAR = re.compile(r"(?:19|20)\d\d")  # many documents of any subject name it
_MIN_IDENTIFIER_DIGITS = 4  # of a number that names something; fewer count or measure
_MARKER = re.compile(r"\[(\d+)\]")


def fill_gaps(
    engine: Engine,
    question: str,
    hits: Sequence[Hit],
    filter: Filter,
    context_of: ContextOf,
    limit: int,
    own_queries: Callable[[], Sequence[str]],
) -> Generator[StatusEvent, None, tuple[list[Hit], tuple[str, ...]]]:
    """Passages for a model, with those of further searches where the first left a gap.

    Args:
        engine: The open index.
        question: The question as it is searched.
        hits: Those of the first search.
        filter: Which documents may be read.
        context_of: What a document says of itself.
        limit: Most searches; 0 for none.
        own_queries: Queries that the model writes; asked for only where rules do not help.

    Returns:
        The hits, best first, and the queries of further searches.
    """
    if not limit or not hits:
        return list(hits), ()
    share = word_share(engine.snapshot, filter)

    def is_open(part: str, passages: Sequence[Hit]) -> bool:
        result = judge(part, passages, engine.embedder, share, context_of)
        return result.probability < result.threshold

    parts = question_parts(question)
    open_parts = [part for part in parts if is_open(part, hits)]
    if not open_parts:
        return list(hits), ()
    merged, queries = list(hits), []
    for query in (_part_queries(parts, open_parts) if len(parts) > 1 else name_queries(question))[
        :limit
    ]:
        yield StatusEvent("searching", detail=query)
        queries.append(query)
        merged = _merged(merged, engine.search(query, _HITS, filter=filter))
    if len(queries) < limit and any(is_open(part, merged) for part in open_parts):
        for query in list(own_queries())[: limit - len(queries)]:
            yield StatusEvent("searching", detail=query)
            queries.append(query)
            merged = _merged(merged, engine.search(query, _HITS, filter=filter))
    return merged, tuple(queries)


def answer_parts(
    question: str, whole: Answer, hits: Sequence[Hit], quotes: Quotes, search: Search, limit: int
) -> Generator[StatusEvent, None, Answer]:
    """The quoted answer to a question of several parts, each of which is looked up by itself.

    Args:
        question: The question.
        whole: The answer to it as one question.
        hits: The passages of its search.
        quotes: Quotes an answer from passages.
        search: Searches for a query; takes the number of hits too.
        limit: Most searches.
    """
    parts = question_parts(question)
    answers: list[tuple[str, Answer]] = []
    queries: list[str] = []
    for part in parts:
        reading = with_history_terms(part, parts[0]) if refers_back(part) else part
        answer = quotes(reading, hits)
        if not answer.answered and len(queries) < limit:
            yield StatusEvent("searching", detail=part)
            queries.append(part)
            answer = quotes(reading, search(reading, _HITS))
        answers.append((part, answer))
    return replace(_joined(question, whole, answers), searches=tuple(queries))


def answer_elsewhere(
    question: str,
    refusal: Answer,
    hits: Sequence[Hit],
    quotes: Quotes,
    search: Search,
    limit: int,
    share: Callable[[str], float],
) -> Generator[StatusEvent, None, Answer]:
    """An answer from documents that the first search missed, where it is a sure one.

    The question itself is searched deeper, then each name in it that no passage has. What is only
    probable stays refused: passages that are further from the question are more often beside it.
    Nothing is searched for a name or number that no document has.

    Args:
        question, refusal, hits, quotes, search, limit: As those of `answer_parts`.
        share: The share of all passages that hold a word.
    """
    if any(is_unknown(share, word) for name in _names(question) for word in name.split()):
        return refusal
    queries: list[str] = []
    seen = {hit.document_id for hit in hits}
    for query in (question, *_absent_names(question, hits))[:limit]:
        if query != question:
            yield StatusEvent("searching", detail=query)
            queries.append(query)
        other = [hit for hit in search(query, _DEPTH) if hit.document_id not in seen][:_HITS]
        if not other:
            continue
        answer = quotes(question, other)
        if answer.answered and (answer.probability or 0.0) >= _SURE_PROBABILITY:
            return replace(answer, searches=tuple(queries))
    return replace(refusal, searches=tuple(queries))


def name_queries(question: str) -> list[str]:
    """A query by what a question names alone: quoted words, identifiers, capitalized names."""
    query = " ".join(_names(question))
    return [query] if query and query != question.strip(" ?") else []


def _absent_names(question: str, hits: Sequence[Hit]) -> list[str]:
    """The names of a question that no passage, heading, title or document name has."""
    keys: set[str] = set()
    for hit in hits:
        place = " ".join((hit.title or "", *name_words(hit.document_id), *hit.chunk.heading))
        keys |= {w.key for w in words(f"{hit.chunk.text} {place}")}
    return [n for n in _names(question) if not all(has_key(keys, w.key) for w in words(n))]


def _names(question: str) -> list[str]:
    names: list[str] = []
    question = without_titles(question)
    for match in _NAME.finditer(question):
        name = (match[1] or match[2]).strip()
        # The first word of a sentence is capitalized anyway.
        starts = name.isalpha() and match[2] and _SENTENCE_END.search(question[: match.start()])
        is_short = name.isdigit() and len(name) < _MIN_IDENTIFIER_DIGITS
        if not (starts or is_short or name in names or _YEAR.fullmatch(name)):
            names.append(name)
    return names


def _part_queries(parts: Sequence[str], open_parts: Sequence[str]) -> list[str]:
    return [
        with_history_terms(part, parts[0]) if refers_back(part) else part for part in open_parts
    ]


def _merged(hits: Sequence[Hit], further: Sequence[Hit]) -> list[Hit]:
    places = {(h.document_id, h.chunk.page_number, h.chunk.start) for h in hits}
    new = [h for h in further if (h.document_id, h.chunk.page_number, h.chunk.start) not in places]
    return [*hits[:_FIRST_HITS], *new, *hits[_FIRST_HITS:]]


def _joined(question: str, whole: Answer, answers: Sequence[tuple[str, Answer]]) -> Answer:
    """One answer of those to the parts; the whole one where it says all of that already."""
    gaps = [part for part, answer in answers if not answer.answered]
    parts = [answer for _, answer in answers if answer.answered]
    if not parts:
        return whole
    quoted = {claim.text for claim in whole.claims} if whole.answered else set()
    if not gaps and all(answer.claims and answer.claims[0].text in quoted for answer in parts):
        return replace(whole, short_answer=None, short_text=None)  # it would be one part's alone
    citations: list[Citation] = []
    claims: list[Claim] = []
    texts: list[str] = []
    for answer in parts:
        numbers: dict[int, int] = {}
        for citation in answer.citations:
            same = next((c for c in citations if c.span == citation.span), None)
            if same is None:
                same = replace(citation, number=len(citations) + 1)
                citations.append(same)
            numbers[citation.number] = same.number
        text = _renumbered(answer.text, numbers)
        if text not in texts:
            texts.append(text)
            claims += [
                replace(claim, citations=tuple(numbers[n] for n in claim.citations))
                for claim in answer.claims
            ]
    few_words = [a.short_text or (a.short_answer.quote if a.short_answer else "") for a in parts]
    probability = min(answer.probability or 0.0 for answer in parts)
    return replace(
        whole,
        question=question,
        text=" ".join(texts),
        answered=True,
        citations=tuple(citations),
        claims=tuple(claims),
        hits=tuple(dict.fromkeys(hit for answer in parts for hit in answer.hits)),
        reason="; ".join(
            localized("not answered: “{part}”", whole.language, part=gap) for gap in gaps
        )
        or None,
        probability=probability,
        grade=answered_grade(probability),
        short_answer=None,
        short_text="; ".join(few_words) if all(few_words) and not gaps else None,
    )


def _renumbered(text: str, numbers: dict[int, int]) -> str:
    return _MARKER.sub(lambda m: f"[{numbers.get(int(m[1]), int(m[1]))}]", text)
