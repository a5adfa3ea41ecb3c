"""Passages on the subject that do not answer: another thing, another attribute, no reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rag_infer.answering.section_contrasts import other_section
from rag_infer.cite.answerability import AnswerabilityResult, rejudged
from rag_infer.cite.contrasts import contrasting_words
from rag_infer.cite.document_context import ContextOf
from rag_infer.cite.language_words import language_words
from rag_infer.cite.premises import missing_premises
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content, has_key, key, words
from rag_infer.cite.typed_values import ValueKind, asked_value, fresh_values, value_match
from rag_infer.languages import ENGLISH
from rag_infer.retrieve.query_parser import normal, parse
from rag_infer.types import Hit

SETTLED_PROBABILITY = 0.6  # of an answer that rules of words alone do not take back
_MIN_RELATIVE_PROBABILITY = 0.6  # of the best sentence's probability
_COUNTED = re.compile(
    r"\bhow (?:many|much) (?!is|are|was|were|do|does|did|will|may|can|must|has|have|should|would|"
    r"money|people|of|more|time|longer)(?:\w+ (?=days|hours|places|people))?(\w+)"
)
_ATTRIBUTE = re.compile(
    r"\b(?i:what|who|how (?:high|large|big)) (?:is|are|was|were) (?:the |an? )?"
    r"([\w-]+(?: [\w-]+)?) of "
    r"(?:the )?[A-Z]|['’]s ((?!(?:full|first|last) )[\w-]+)\W*$|^[Ww]ho (\w{3,}ed) ",
)
# "The reference number", "which account number": the word before says which number it is.
_IDENTIFIER = re.compile(
    r"\b(?:what|which) (?:is |are |was )?(?:the |our |your |their |its )?"
    r"(?!(?:the|total|whole|exact) )([a-z]{4,}) (?:number|code|id)\b",
    re.IGNORECASE,
)
_WRITTEN_FORMS: frozenset[ValueKind] = frozenset(
    ("money", "percent", "measure", "clock", "contact", "count", "date")
)
_CAUSE = re.compile(
    r"\b(?:because|due|owing|since|as|for|to|so|after|following|by|from|through|with|without|"
    r"caus\w+|"
    r"reasons?|results?|lack\w*|thanks|if|when|until|under|hence|therefore|why|means?|led|"
    r"leads|make[sd]?|made|out of|too|no|not|never|only|must|cannot|could|need\w*|had|"
    r"n't)\b|[:;–—]",
    re.IGNORECASE,
)
# "When must it not be used?" asks for what must be the case, and for no date.
_ASKS_CONDITION = re.compile(
    r"\bwhen (?:must|should|may|can|shall|do|does|is|are)\b.*\b(?:not|never|allowed|used|need\w*|"
    r"have to|required|forbidden|permitted)\b|\bwhen (?:must|should|may|can) (?:i|we|you|one)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|when\w*|below|above|under|over|unless|during|after|before|until|while|in case|"
    r"as soon as|only|without|with|at|in|on)\b",
    re.IGNORECASE,
)
_IF_CLAUSE = re.compile(r"\b(?:if|unless|provided|in case)\b[^,.;]*", re.IGNORECASE)
_TELLS_MORE = 0.6  # new words of a unit, of the eight that are counted
_RELATIVE_AMOUNT = re.compile(
    r"\b(?:half|double|twice|third|quarter|free|nothing)\b", re.IGNORECASE
)


def asks_for_what_is_there(result: AnswerabilityResult) -> bool:
    """Whether the best unit's passage can have what is asked for, or is sure to answer without."""
    return (
        _names_what_is_counted(result)
        and _names_attribute(result)
        and _may_give_reason(result)
        and _has_value(result)
        and not _is_only_conditional(result)
    )


def absent_words(
    result: AnswerabilityResult, context_of: ContextOf, page_text: Callable[[Hit], str]
) -> tuple[str, ...]:
    """What the question takes for granted and the best unit's place does not support.

    Args:
        result: The question, and the units as they were judged.
        context_of: What the document of a hit says of itself.
        page_text: The text of a hit's page.

    Returns:
        Names, dates, quoted phrases, words in whose place the unit has another of their class, or
        the name of another section.
    """
    best = result.ranked[0][0]
    language = result.profile.text_language
    surroundings = " ".join((best.setting, best.hit.chunk.text, *best.hit.chunk.heading))
    keys = {w.key for w in language_words(surroundings, language)}
    context = context_of(best.hit)
    page = page_text(best.hit)
    absent = missing_premises(result.profile, keys | context.keys, page)
    quoted = tuple(p for p in parse(result.profile.text).phrases if normal(p) not in normal(page))
    return absent or quoted or contrasts(result, best) or other_section(result)


def contrasts(result: AnswerabilityResult, sentence: Sentence) -> tuple[str, ...]:
    """Words of the question in whose place a unit has another one of their class."""
    setting = f"{sentence.context} {' '.join(sentence.hit.chunk.heading)}"
    return contrasting_words(result.profile, sentence.text, setting)


def without_contrast(result: AnswerabilityResult) -> AnswerabilityResult:
    """With the first unit that is not on another thing of the same class, if it is likely too."""
    best, probability = result.ranked[0]
    if not contrasts(result, best):
        return result
    for pair in result.ranked[1:]:
        if pair[1] < _MIN_RELATIVE_PROBABILITY * probability:
            break
        if not contrasts(result, pair[0]):
            others = tuple(p for p in result.ranked if p is not pair)
            return rejudged(replace(result, ranked=(pair, *others)))
    return result


def _names_what_is_counted(result: AnswerabilityResult) -> bool:
    """Whether the passage has the noun of "how many employees" anywhere, or is sure without it."""
    match = _COUNTED.search(result.profile.text.lower())
    if match is None or result.probability >= SETTLED_PROBABILITY:
        return True
    best = result.ranked[0][0]
    unit_keys = {w.key for w in words(f"{best.setting} {best.label} {best.hit.chunk.text}")}
    counted = key(match[1])
    return has_key(unit_keys, counted)


def _is_only_conditional(result: AnswerabilityResult) -> bool:
    """Whether the unit says only "if it is approved" to "was it approved?"."""
    question = result.profile.text
    if asked_value(question) != "yes" or not result.profile.keys:
        return False
    text = result.ranked[0][0].text
    inside = {w.key for m in _IF_CLAUSE.finditer(text) for w in words(m[0])}
    outside = {w.key for w in words(_IF_CLAUSE.sub(" ", text))}
    asked_verb = result.profile.keys[-1]
    return asked_verb in inside and not has_key(outside, asked_verb)


def _may_give_reason(result: AnswerabilityResult) -> bool:
    """Whether the likely units have any word that can introduce a reason, if one is asked for.

    "Why was the wing burnt down?" beside the year of the fire shares all words and gives none.
    """
    if result.profile.kind != "reason" or result.profile.language != ENGLISH:
        return True
    floor = _MIN_RELATIVE_PROBABILITY * result.ranked[0][1]
    likely = [s for s, own in result.ranked if own >= floor]
    return any(
        s.unit is None
        or s.unit.kind != "sentence"
        or _CAUSE.search(s.text)
        or s.feature("new_words") >= _TELLS_MORE  # what happens otherwise is a reason too
        for s in likely
    )


def _names_attribute(result: AnswerabilityResult) -> bool:
    """Whether the passage has the asked attribute anywhere, or is sure without it.

    "What is the salary of Ingrid Voss?" beside what she decides, "who invented it?" beside what it
    is: the subject is there, and what is asked of it is not.
    """
    clause = main_clause(result.profile.text)
    identifier = _IDENTIFIER.search(clause)
    if identifier is not None and not _passage_has(result, identifier[1]):
        return False  # a figure of anything else would be given as a sure answer
    match = _ATTRIBUTE.search(clause)
    if match is None or result.probability >= SETTLED_PROBABILITY:
        return True
    return _passage_has(result, next(filter(None, match.groups())))


def _passage_has(result: AnswerabilityResult, attribute: str) -> bool:
    """Whether the passage of the best unit, its heading or its document has a word of it."""
    best = result.ranked[0][0]
    heading = " ".join(best.hit.chunk.heading)
    unit_keys = {
        w.key for w in words(f"{best.setting} {best.label} {heading} {best.hit.chunk.text}")
    }
    keys = [w.key for w in content(words(attribute))]
    return not keys or any(has_key(unit_keys, k) for k in keys)


def _has_value(result: AnswerabilityResult) -> bool:
    """Whether the best unit has a value of the asked form, or is sure without it.

    "How much does it weigh?" is not answered by what it costs.
    """
    if not result.profile.is_english:
        return True  # numbers may be written in words that are not known
    kind = result.profile.value_kind
    best = result.ranked[0][0]
    in_row = best.unit is not None and best.unit.kind == "row"
    # A row has values and nothing else, so that one without the form is never sure.
    is_sure = result.probability >= SETTLED_PROBABILITY and not in_row
    if kind not in _WRITTEN_FORMS or is_sure:
        return True
    match = value_match(kind, best.text, result.profile.text)
    if kind in ("money", "percent") and _RELATIVE_AMOUNT.search(best.text):
        return True
    if kind == "date" and _ASKS_CONDITION.match(result.profile.text):
        return match > 0 or _CONDITION.search(best.text) is not None
    # The header of a row may name the measure; "how big is the overdraft?" asks for money.
    if kind == "measure" and not in_row:
        return match == 1 or bool(fresh_values("money", best.text, result.profile.text))
    return match > 0
