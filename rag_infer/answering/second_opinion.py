"""A written answer beside the quotes that the same passages give: which is to be relied on?

A model never makes an answer worse: where it finds nothing and the quotes answer, they are the
answer; where the two differ, both are shown; where nothing quoted answers, the person is told, and
where a short fact is asked for that no passage comes near, it is declined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rag_infer.answering.topic_requests import asks_summary
from rag_infer.cite.claim_features import figures
from rag_infer.cite.question_type import read
from rag_infer.cite.text_normalization import MONTH_KEYS, content, words
from rag_infer.languages.cldr_forms import month_names
from rag_infer.localization import localized, message
from rag_infer.types import Answer, Citation, ContextPlan

_QUOTES = message("The documents say: {quotes}")
UNSURE_WARNING = message("no sentence of the passages plainly answers this; check the sources")
DIFFERENT_WARNING = message("the model's text and the quoted words differ; check which one applies")
QUOTED_WARNING = message("the model found no answer; these are quotes of the documents")
DECLINED_WARNING = message("left out, as no passage plainly answers this, what the model wrote")
UNSUPPORTED_WARNING = message(
    "the documents support no claim of what the model wrote; do not rely on it"
)
WRONG_NUMBERS_WARNING = "cited for sentences that other passages support"
INVALID_NUMBERS_WARNING = "citation numbers without a passage were removed"
# Those that are about a text of the model, which is not shown where quotes stand in its place.
_ABOUT_NUMBERS = (WRONG_NUMBERS_WARNING, INVALID_NUMBERS_WARNING)
_MIN_PROBABILITY = 0.1  # of a quote, to be shown beside a text that differs from it
_MAX_DECLINED_PROBABILITY = 0.1  # that a sentence answers; below, a short fact is made up
_SHORT_FACTS = frozenset({"person", "number", "time", "place"})
_MAX_REPORTED_CHARS = 200
_MAX_FIGURES = 3  # of a sentence; more are those of a table
_SHARED_WORDS = 0.5  # of a quote's words in the text, where neither holds figures
_NUMBER = re.compile(r"\[(\d{1,4})\]")
_YES_NO = re.compile(r"^\W*(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The answer to give.

    Attributes:
        answer: The answer.
        addition: What is streamed after the model's text; empty where nothing is.
        replaces: Whether the addition stands in place of the model's text.
    """

    answer: Answer
    addition: str = ""
    replaces: bool = False


def with_quotes(written: Answer, quoted: Answer, context: ContextPlan) -> SecondOpinion:
    """A written answer, judged by the quotes that the same passages give.

    Args:
        written: The model's answer; ``answered`` is False where it refuses.
        quoted: The extractive answer from the same passages.
        context: The prompt, whose numbers the quotes get where their passages are in it.
    """
    if not quoted.answered:
        if not written.answered:
            return SecondOpinion(written)
        if _is_made_up(quoted):
            # What the judge knows best: facts of a few words, of which no sentence has one.
            return SecondOpinion(_declined(written, quoted), quoted.text, replaces=True)
        # About half of what small models write then is wrong, also where each of its sentences is
        # supported: it is true, but of something else (benchmarks/generated.py).
        is_summary = asks_summary(quoted.question) and all(
            claim.verdict in ("supported", "unchecked") for claim in written.claims
        )
        return SecondOpinion(written if is_summary else _warned(written, UNSURE_WARNING))
    if not written.answered:
        alone = _in_place_of(written, quoted, localized(QUOTED_WARNING, written.language))
        return SecondOpinion(alone, quoted.text, replaces=True)
    probability = quoted.probability or 0.0
    is_backed = any(claim.verdict in ("supported", "partial") for claim in written.claims)
    is_same = agree(written.text, quoted)
    if (is_backed and is_same) or probability < _MIN_PROBABILITY:
        return SecondOpinion(written)
    addition = _renumbered(quoted, written, context)
    text = f"\n\n{localized(_QUOTES, written.language, quotes=addition.text)}"
    both = replace(
        written,
        text=written.text + text,
        citations=(*written.citations, *addition.citations),
    )
    if addition.reason:
        both = replace(both, warnings=(addition.reason, *both.warnings))
    return SecondOpinion(both if is_same else _warned(both, DIFFERENT_WARNING), text)


def _is_made_up(quoted: Answer) -> bool:
    """Whether a short fact is asked for that no sentence of the passages comes near."""
    probability = quoted.probability
    return (
        probability is not None
        and probability < _MAX_DECLINED_PROBABILITY
        and read(quoted.question).kind in _SHORT_FACTS
    )


def _declined(written: Answer, quoted: Answer) -> Answer:
    text = " ".join(written.text.split())
    if len(text) > _MAX_REPORTED_CHARS:
        text = f"{text[:_MAX_REPORTED_CHARS]}..."
    return _in_place_of(written, quoted, f"{localized(DECLINED_WARNING, written.language)}: {text}")


def agree(text: str, quoted: Answer) -> bool:
    """Whether a written text says what the quotes say.

    The few words that answer decide where they are known; else the quotes' figures, one of which
    the text must hold, and all of the best quote's where a number is asked for; else most of their
    words.
    """
    short = quoted.short_answer.quote if quoted.short_answer else quoted.short_text
    short = short.partition(" (")[0] if short else None  # without how a difference comes about
    quotes = " ".join(claim.text for claim in quoted.claims) or quoted.text
    core = short or quotes
    own, theirs = figures(text), figures(core)
    if "|" in core or len(theirs) > _MAX_FIGURES:  # rows of a table, of which the text needs a cell
        keys, cells = _keys(text), _keys(core)
        return len(keys & cells) >= _SHARED_WORDS * len(keys)
    if theirs and read(quoted.question).kind == "number" and quoted.claims:
        best = figures(short or quoted.claims[0].text)
        return all(figure.among(own) for figure in best) if best else True
    if theirs:
        is_same = _same_values(text, core, quoted.language, of_all=short is not None)
        return is_same and _same_polarity(text, quotes)
    keys = _keys(core)
    shared = keys & _keys(text)
    return len(shared) >= _SHARED_WORDS * len(keys) and _same_polarity(text, quotes)


def _same_values(text: str, core: str, language: str, *, of_all: bool) -> bool:
    """Whether a text holds the figures of a quote: all of them in its month, or at least one.

    Years count where the quote has no other figure: 28 November 2025 is not 19 December 2025.
    """
    own, theirs = figures(text), figures(core)
    specific = [figure for figure in theirs if not figure.year] or theirs
    if not of_all:
        return any(figure.among(own) for figure in specific)
    months, others = _months(core, language), _months(text, language)
    is_other_month = bool(months and others) and months.isdisjoint(others)
    return all(figure.among(own) for figure in specific) and not is_other_month


def _months(text: str, language: str) -> set[int]:
    """The months that a text names in English or another language; January is 0."""
    named = {text[w.start : w.end].lower() for w in words(text)}
    keys = {w.key for w in words(text)}
    english = {month for month, name in enumerate(MONTH_KEYS) if name in keys}
    others = enumerate(month_names(language))
    return english | {month for month, names in others if not named.isdisjoint(names)}


def _keys(text: str) -> set[str]:
    return {w.key for w in content(words(text))}


def _same_polarity(text: str, quotes: str) -> bool:
    """A plain yes or no on either side must not be the opposite on the other."""
    first, second = _YES_NO.match(text), _YES_NO.match(quotes)
    return not (first and second) or first[1].lower() == second[1].lower()


def _warned(answer: Answer, warning: str) -> Answer:
    return replace(answer, warnings=(localized(warning, answer.language), *answer.warnings))


def _in_place_of(written: Answer, quoted: Answer, warning: str) -> Answer:
    about_text = (localized(UNSUPPORTED_WARNING, written.language), *_ABOUT_NUMBERS)
    others = [w for w in written.warnings if not w.startswith(about_text)]
    return replace(
        quoted,
        question=written.question,
        model=written.model,
        usage=written.usage,
        context=written.context,
        tool_results=written.tool_results,
        warnings=(warning, *others),
    )


def _renumbered(quoted: Answer, written: Answer, context: ContextPlan) -> Answer:
    """The quotes with numbers that lead to their passages in the prompt, or with new ones.

    All of them where they are few: of two that differ in their dates, or that answer one part of
    the question each, one alone would say something else.
    """
    taken = {c.number: c.span for c in written.citations}
    numbers: dict[int, int] = {}
    citations: list[Citation] = []
    for citation in quoted.citations:
        number = next((n for n, span in taken.items() if span == citation.span), None)
        if number is None:
            number = _number_of(citation, context)
            if number is None or number in taken:
                first_free = len(context.passages) + len(context.tool_results) + 1
                number = max((first_free, *(n + 1 for n in taken)))
            taken[number] = citation.span
            citations.append(replace(citation, number=number))
        numbers[citation.number] = number
    return replace(
        quoted,
        text=_with_numbers(quoted.text, numbers),
        citations=tuple(citations),
        reason=_with_numbers(quoted.reason, numbers) if quoted.reason else None,
    )


def _with_numbers(text: str, numbers: Mapping[int, int]) -> str:
    return _NUMBER.sub(lambda m: f"[{numbers.get(int(m[1]), int(m[1]))}]", text)


def _number_of(citation: Citation, context: ContextPlan) -> int | None:
    page = (citation.span.document_id, citation.span.page_number)
    for passage in context.passages:
        chunk = passage.hit.chunk
        start = chunk.start + passage.start
        end = chunk.start + passage.end
        if (chunk.document_id, chunk.page_number) == page and start <= citation.span.start < end:
            return passage.number
    return None
