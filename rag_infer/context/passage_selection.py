"""Which passages are worth their room, and how much of each."""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rag_infer.context.template import Template
from rag_infer.sentences import sentences
from rag_infer.types import Hit, OmittedItem, PromptPassage

ELLIPSIS = "[...]"
_MIN_CUT_TOKENS = 48  # tokens that a cut passage must keep to be worth its place
_MIN_CUT_SHARE, _ENOUGH_CUT_TOKENS = (
    0.5,
    160,
)  # a cut passage keeps half of itself or that many tokens, or is a scrap
WEAK_SCORE_SHARE = 0.5  # of the best value; below it a passage distracts more than it helps
_REPEAT_SHARE = 0.8  # share of a passage's word triples that another one holds already
# The next four by benchmarks/context.py; each is the middle of a range that does as well.
_LENGTH_EXPONENT = 0.25  # value is paid for by length to this power: a long passage also holds more
_SAME_PAGE_FACTOR = (
    0.85  # of its value is left to a passage for each one of its page that is in already
)
_DOCUMENT_EXPONENT = 0.2  # power of a document's share of the best places
_RANK_OFFSET = 5  # places from which on that share falls off
_HEADER_TOKENS = 32  # tokens of a passage's number and place, roughly
_JOIN_TOKENS = 2  # tokens allowed for what a tokenizer does where two parts meet
_FENCE_PATTERN = re.compile(r"<(?=\s*/?\s*(?:passage|result)\b)", re.IGNORECASE)

_Trigram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage as it may stand in the prompt, before it has its number."""

    rank: int
    hit: Hit
    body: str
    tokens: int
    start: int
    end: int


def select_passages(
    template: Template,
    question: str,
    hits: Sequence[Hit],
    available: int,
    first: int = 1,
    descriptions: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[PromptPassage], list[OmittedItem]]:
    """The most valuable passages that fit.

    Greedy by gain, which falls for pages that are in already (a lazy heap is exact for that, as
    in Minoux 1978).

    Args:
        template: The chat template, which counts tokens.
        question: The question.
        hits: Passages, best first.
        available: Tokens that they may take.
        first: The number of the first passage.
        descriptions: What each document is, by its id; its first passage opens with that. By
            ``passage_key``, the columns of the table that a passage begins within.

    Returns:
        The passages, and what was omitted with its reason; both in the order of the hits.
    """
    values = _values(hits)
    min_value = WEAK_SCORE_SHARE * max(values, default=0.0)
    gains = _gains(hits, values)
    heap = [(-gains[i], i, 0) for i in range(len(hits)) if values[i] >= min_value]
    heapq.heapify(heap)
    omitted = {
        i: OmittedItem(hits[i].document_id, "weak beside the best", _approximate_tokens(hits[i]))
        for i in range(len(hits))
        if values[i] < min_value
    }
    _count_in_advance(template, [hits[i] for _, i, _ in sorted(heap)], available)
    pages: Counter[tuple[str, int]] = Counter()
    candidates: list[_Candidate] = []
    trigram_sources: dict[_Trigram, list[int]] = defaultdict(list)  # by which passages that are in
    repeats: dict[int, int] = {}
    while heap:
        _, i, page_count = heapq.heappop(heap)
        hit = hits[i]
        page = (hit.chunk.document_id, hit.chunk.page_number)
        if pages[page] != page_count:
            gain = gains[i] * _SAME_PAGE_FACTOR ** pages[page]
            heapq.heappush(heap, (-gain, i, pages[page]))
            continue
        # Not even a scrap with its place around it: there is no need to count it.
        if available < max(2 * _MIN_CUT_TOKENS, _min_useful_tokens(_approximate_tokens(hit))):
            omitted[i] = OmittedItem(hit.document_id, "no room", _approximate_tokens(hit))
            continue
        trigrams = _trigrams(hit.chunk.text)
        overlaps = Counter(
            n for t in trigrams if t in trigram_sources for n in trigram_sources[t]
        ).most_common(1)
        if overlaps and overlaps[0][1] >= _REPEAT_SHARE * len(trigrams):
            repeats[i] = overlaps[0][0]
            continue
        candidate = _fit_passage(template, question, i, hit, available, descriptions)
        if candidate is None:
            omitted[i] = OmittedItem(hit.document_id, "no room", _approximate_tokens(hit))
            continue
        candidates.append(candidate)
        passage_text = hit.chunk.text[candidate.start : candidate.end]
        for trigram in trigrams if passage_text == hit.chunk.text else _trigrams(passage_text):
            trigram_sources[trigram].append(i)
        pages[page] += 1
        available -= candidate.tokens
    candidates.sort(key=lambda candidate: candidate.rank)
    numbers = {candidate.rank: number for number, candidate in enumerate(candidates, first)}
    for i, original in repeats.items():
        omitted[i] = OmittedItem(
            hits[i].document_id,
            f"repeats passage {numbers[original]}",
            _approximate_tokens(hits[i]),
        )
    return _number_passages(template, candidates, first, descriptions), [
        omitted[i] for i in sorted(omitted)
    ]


def escape_fences(text: str) -> str:
    """Text that cannot close its own fence or open another."""
    return _FENCE_PATTERN.sub("< ", text)


def best_sentence_window(
    template: Template, question: str, text: str, available: int
) -> tuple[int, int] | None:
    """The run of whole sentences of a text that shares most words with a question.

    Args:
        template: The chat template, which counts tokens.
        question: The question.
        text: The text of a passage.
        available: Tokens that the run may take.

    Returns:
        ``[start, end)`` in the text; None when too little of it would be left.
    """
    spans = sentences(text)
    question_words = set(_words(question))
    sizes = [n + 1 for n in template.counts([text[a:b] for a, b in spans])]
    word_matches = [sum(w in question_words for w in set(_words(text[a:b]))) for a, b in spans]
    best: tuple[int, int, int, int] | None = None
    last = size = trigram_sources = 0
    for first in range(len(spans)):
        while last < len(spans) and size + sizes[last] <= available:
            size, trigram_sources, last = (
                size + sizes[last],
                trigram_sources + word_matches[last],
                last + 1,
            )
        if size >= _MIN_CUT_TOKENS and (best is None or (trigram_sources, size) > best[:2]):
            best = (trigram_sources, size, first, last)
        if last == first:  # this sentence alone is too long
            last += 1
        else:
            size, trigram_sources = size - sizes[first], trigram_sources - word_matches[first]
    if best is None or best[3] - best[2] == len(spans):
        return None
    return spans[best[2]][0], spans[best[3] - 1][1]


def _values(hits: Sequence[Hit]) -> list[float]:
    """The value of each: the scores, in the order of the hits even if a reranker had a say."""
    return sorted((max(0.0, h.score) for h in hits), reverse=True)


def _gains(hits: Sequence[Hit], values: Sequence[float]) -> list[float]:
    """What each is worth for its length, leaning to documents that hold many of the best."""
    votes: dict[str, float] = defaultdict(float)
    for rank, (hit, value) in enumerate(zip(hits, values, strict=True)):
        votes[hit.chunk.document_id] += value / (rank + _RANK_OFFSET)
    max_votes = max(votes.values(), default=0.0) or 1.0
    return [
        value
        * (votes[hit.chunk.document_id] / max_votes) ** _DOCUMENT_EXPONENT
        / _approximate_tokens(hit) ** _LENGTH_EXPONENT
        for hit, value in zip(hits, values, strict=True)
    ]


def _approximate_tokens(hit: Hit) -> int:
    """Roughly its tokens, without counting: those of the index, or four characters each."""
    return max(1, hit.chunk.tokens or len(hit.chunk.text) // 4)


def _count_in_advance(template: Template, ordered: Sequence[Hit], available: int) -> None:
    """Counts at once, for the template to remember, what will likely be looked at."""
    texts = []
    for hit in ordered:
        available -= _approximate_tokens(hit) + _HEADER_TOKENS
        if available < 0:
            break
        texts += [
            _passage_body(template, hit.chunk.text),
            _opening_fence(template, 88, hit) + _closing_fence(88),
        ]
    template.counts(texts)


def _fit_passage(
    template: Template,
    question: str,
    rank: int,
    hit: Hit,
    available: int,
    descriptions: Mapping[str, str],
) -> _Candidate | None:
    """A passage that fits the room, whole or cut; None when too little of it would."""
    text = hit.chunk.text
    body = _passage_body(template, text)
    overhead = template.count(_opening_fence(template, 88, hit) + _closing_fence(88)) + _JOIN_TOKENS
    if description := _description(template, hit, descriptions):
        overhead += template.count(description)
    if columns := _columns(template, hit, descriptions):
        overhead += template.count(columns)
    tokens = template.count(body) + overhead
    if tokens <= available:
        return _Candidate(rank, hit, body, tokens, 0, len(text))
    remaining = available - overhead - 2 * template.count(f" {ELLIPSIS} ")
    if remaining < max(_MIN_CUT_TOKENS, _min_useful_tokens(template.count(body))):
        return None
    while (run := best_sentence_window(template, question, text, remaining)) is not None:
        start, end = run
        body = _passage_body(template, text[start:end])
        body = (
            (f"{ELLIPSIS} " if start else "") + body + (f" {ELLIPSIS}" if end < len(text) else "")
        )
        tokens = template.count(body) + overhead
        if tokens <= available:
            return _Candidate(rank, hit, body, tokens, start, end)
        remaining -= tokens - available  # sentences by themselves were counted a little short
    return None


def _min_useful_tokens(tokens: int) -> float:
    return min(_MIN_CUT_SHARE * tokens, _ENOUGH_CUT_TOKENS)


def _number_passages(
    template: Template,
    candidates: Sequence[_Candidate],
    first: int,
    descriptions: Mapping[str, str],
) -> list[PromptPassage]:
    openings: list[str] = []
    documents: set[str] = set()
    for number, candidate in enumerate(candidates, first):
        opening = _opening_fence(template, number, candidate.hit)
        if candidate.hit.document_id not in documents:
            opening += _description(template, candidate.hit, descriptions)
        opening += _columns(template, candidate.hit, descriptions)
        documents.add(candidate.hit.document_id)
        openings.append(opening)
    overhead = template.counts([o + _closing_fence(n) for n, o in enumerate(openings, first)])
    passages = []
    for number, (candidate, opening) in enumerate(zip(candidates, openings, strict=True), first):
        passage_text = f"{opening}{candidate.body}{_closing_fence(number)}"
        tokens = overhead[number - first] + template.count(candidate.body)
        passages.append(
            PromptPassage(
                number, candidate.hit, passage_text, tokens, candidate.start, candidate.end
            )
        )
    return passages


def _description(template: Template, hit: Hit, descriptions: Mapping[str, str]) -> str:
    """A line on the document of a passage; none where the passage is its beginning itself."""
    text = descriptions.get(hit.document_id, "")
    if not text or (hit.chunk.page_number == 1 and hit.chunk.start < len(text)):
        return ""
    return f"(The document begins: {_passage_body(template, text)} ...)\n"


def passage_key(hit: Hit) -> str:
    """What ``descriptions`` has the columns of a passage under."""
    return f"{hit.document_id}\n{hit.chunk.page_number}\n{hit.chunk.start}"


def _columns(template: Template, hit: Hit, descriptions: Mapping[str, str]) -> str:
    """A line with the columns of the table whose rows a passage has without their header."""
    text = descriptions.get(passage_key(hit), "")
    return f"(Columns: {_passage_body(template, text)})\n" if text else ""


def _passage_body(template: Template, text: str) -> str:
    return template.plain(escape_fences(text))


def passage_label(hit: Hit) -> str:
    """Where a passage stands, as its fence says it: document, page of a PDF, headings."""
    names = [hit.document_id]
    if hit.format == "pdf":
        names.append(f"page {hit.page_label or hit.chunk.page_number}")
    return ", ".join([*names, *hit.chunk.heading])


def _opening_fence(template: Template, number: int, hit: Hit) -> str:
    label = re.sub(r"[<>\n\r]", " ", template.plain(passage_label(hit)))
    return f"<passage {number}: {label}>\n"


def _closing_fence(number: int) -> str:
    return f"\n</passage {number}>"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _trigrams(text: str) -> set[_Trigram]:
    words = _words(text)
    if len(words) < 3:
        return {tuple(words)} if words else set()
    return set(zip(words, words[1:], words[2:], strict=False))
