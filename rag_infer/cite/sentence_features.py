"""How well a sentence of a passage answers a question, in numbers.

No feature depends on the other passages' scores, so that an answer is judged alike in a small
index and a large one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from operator import itemgetter

from rag_infer.cite.answer_units import (
    QUESTION_MARKS,
    AnswerUnit,
    UnitKind,
    answer_units,
    unit_label,
)
from rag_infer.cite.coverage import coverage, related_keys
from rag_infer.cite.document_context import ROLE, ContextOf, DocumentContext, title_context
from rag_infer.cite.language_words import language_words
from rag_infer.cite.question_type import QuestionProfile, main_clause, offers
from rag_infer.cite.text_normalization import MONTH_KEYS, Word, content, related, words
from rag_infer.cite.typed_values import ValueKind, asks_list, value_match
from rag_infer.languages import ENGLISH
from rag_infer.types import Hit

FEATURES = (
    "covered", "near", "passage", "missing", "missing_near", "names_missing", "numbers_missing",
    "asked_missing", "pairs", "offers", "lacks", "offers_person", "offers_time", "offers_place",
    "offers_number", "offers_reason", "offers_definition", "offers_manner", "sentence_cosine",
    "passage_cosine", "length", "asks", "dangling", "new_words", "margin", "reader", "reader_read",
    "headed", "presupposed", "is_row", "is_pair", "is_entry", "is_list", "is_item",
    "is_mail_header", "is_opening", "aspect_covered", "aspect_share", "name_gap", "value",
    "lacks_value", "defines_role", "aspect_cosine", "asks_yes", "named_document", "asks_list",
    "listed", "labeled", "label_asked", "label_other",
    "names_missing_near", "numbers_missing_near", "other_time",
)  # fmt: skip
# Those that come from the embedder and the reader, not from words.
MODEL_FEATURES = (
    "sentence_cosine", "passage_cosine", "aspect_cosine", "margin", "reader", "reader_read",
)  # fmt: skip
_NUMBERS: tuple[ValueKind, ...] = ("count", "money", "percent", "duration", "measure")
_KINDS = ("person", "time", "place", "number", "reason", "definition", "manner")
_OFFERS = tuple((kind, f"offers_{kind}") for kind in _KINDS)
_KIND_FEATURES: tuple[tuple[UnitKind, str], ...] = (
    ("row", "is_row"), ("pair", "is_pair"), ("entry", "is_entry"), ("list", "is_list"),
    ("item", "is_item"), ("mail header", "is_mail_header"),
)  # fmt: skip
_in_order: Callable[[Mapping[str, float]], tuple[float, ...]] = itemgetter(*FEATURES)
_POSITIONS = {name: number for number, name in enumerate(FEATURES)}
_FACTOID_KINDS = frozenset({"person", "time", "number", "place"})
_DANGLING = frozenset(
    "this that these those it he she they his her their its such however therefore thus".split()
)
_CONTEXT_WORD_WEIGHT = 0.25  # of a word that the document says of itself
_MIN_WORDS: dict[UnitKind, int] = {
    "sentence": 3, "row": 2, "pair": 1, "entry": 2, "list": 3, "item": 2,
    "mail header": 2,
}  # fmt: skip
_MONTHS = frozenset(MONTH_KEYS) - {"may"}  # which is a verb more often
_Times = tuple[frozenset[str], frozenset[str]]  # years and months
_MAX_READER_SCORE = 12.0  # scores of the reader beyond this say no more


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a hit's chunk, ``start`` and ``end`` in its text, with its features.

    ``features`` are in the order of FEATURES; the cosine to the question is that of the passage
    until ``with_cosine`` gives the sentence's own. ``short`` is the reader's answer in it, as
    characters of the chunk's text.
    """

    hit: Hit
    start: int
    end: int
    text: str
    features: tuple[float, ...]
    short: tuple[int, int] | None = None
    unit: AnswerUnit | None = None
    label: str = ""
    aspect: str = ""  # the question without the words that name the document
    is_translation: bool = False  # the question is in another language

    @property
    def context(self) -> str:
        """What the unit presupposes: its document, heading, and question or header."""
        return ". ".join(part for part in (self.label, self.setting) if part)

    @property
    def setting(self) -> str:
        """What the unit presupposes within its document: heading, and question or header."""
        heading = self.unit.heading if self.unit else ""
        if not heading:
            chunk = self.hit.chunk
            heading = next(iter(chunk.heading_at(chunk.start + self.start)[-1:]), "")
        if heading in self.label:
            heading = ""
        return ". ".join(p for p in (heading, self.unit.presupposed if self.unit else "") if p)

    def with_cosine(self, cosine: float, aspect_cosine: float | None = None) -> Sentence:
        """With the sentence's own cosines to the question, and to what it asks of the document."""
        margin = cosine - (self.hit.dense or 0.0)
        aspect = cosine if aspect_cosine is None else aspect_cosine
        return self._with(sentence_cosine=cosine, margin=margin, aspect_cosine=aspect)

    def with_reading(self, score: float, start: int, end: int) -> Sentence:
        """With the reader's best answer in it and how far it is likelier than no answer."""
        bounded = max(-_MAX_READER_SCORE, min(_MAX_READER_SCORE, score)) / _MAX_READER_SCORE
        return replace(self._with(reader=bounded, reader_read=1.0), short=(start, end))

    def without_models(self) -> Sentence:
        """As neither the embedder nor the reader had judged it, for languages they do not know."""
        return self._with(**dict.fromkeys(MODEL_FEATURES, 0.0))

    def overlaps(self, other: Sentence) -> bool:
        """Whether both say the same words, or quote one place, such as a list and its item."""
        own, its = self.hit.chunk, other.hit.chunk
        return self.text == other.text or (
            own.document_id == its.document_id
            and own.page_number == its.page_number
            and own.start + self.start < its.start + other.end
            and its.start + other.start < own.start + self.end
        )

    def feature(self, name: str) -> float:
        """One of FEATURES."""
        return self.features[_POSITIONS[name]]

    def _with(self, **changed: float) -> Sentence:
        values = list(self.features)
        for name, value in changed.items():
            values[_POSITIONS[name]] = value
        return replace(self, features=tuple(values))


def rarity(profile: QuestionProfile, share: Callable[[str], float]) -> dict[str, float]:
    """The weight of each of the question's words: the rarer among the passages, the heavier.

    ``share`` tells the share of the passages that hold a word, 0 to 1.
    """
    weights: dict[str, float] = {}
    for word in profile.words:
        if word.key in profile.keys and word.key not in weights:
            surface = profile.text[word.start : word.end]
            weights[word.key] = -math.log(max(share(surface), 0.0) * 0.999 + 0.001)
    return weights


def read_sentences(
    profile: QuestionProfile,
    hits: Sequence[Hit],
    weights: dict[str, float],
    context_of: ContextOf = title_context,
) -> list[Sentence]:
    """Every unit of the hits that can be quoted, with its features, but scraps; each place once.

    Words that a document says of itself (``context_of``) count as said in its passages, and little
    for or against a unit: it is not expected to repeat them.
    """
    results: list[Sentence] = []
    places: set[tuple[str, int, int, int]] = set()  # chunks overlap
    clause = main_clause(profile.text)
    value_kind, several = profile.value_kind, asks_list(clause)
    language = profile.text_language
    total = sum(weights[k] for k in profile.keys) or 1.0
    contexts = [_in_language(profile, context_of(hit)) for hit in hits]
    naming = {
        hit: naming_share(profile.keys, context, weights)
        for hit, context in zip(hits, contexts, strict=True)
    }
    best_naming = max(naming.values(), default=0.0)
    question_keys = set(profile.keys)
    expected_keys = question_keys | profile.type_keys
    expected_times = _times(expected_keys)
    pairs = list(zip(profile.keys, profile.keys[1:], strict=False))
    passages = [_parsed(hit.chunk.text, language) for hit in hits]
    vocabulary = _vocabulary(hits, passages, contexts, language)
    related_to = related_keys(profile.keys, vocabulary)
    for hit, (units, own, passage_keys), context in zip(hits, passages, contexts, strict=True):
        text = hit.chunk.text
        context_keys = context.keys | _heading_keys(hit.chunk.heading, language)
        everything = context_keys | passage_keys
        passage = coverage(profile.keys, everything, weights, related_to)
        heading_keys = _heading_keys(hit.chunk.heading[-1:], language)
        aspect_keys = [k for k in profile.keys if k not in context.keys]
        aspect_share = sum(weights[k] for k in aspect_keys) / total
        aspect = aspect_of(profile, context.keys)
        unit_weights = {
            k: w * _CONTEXT_WORD_WEIGHT if k in context.keys else w for k, w in weights.items()
        }
        context_times = _times(context_keys)
        of_passage = {
            "passage": passage.share,
            "missing": passage.missing,
            "names_missing": _absent(profile.capitals, everything),
            "numbers_missing": _absent(profile.numbers, everything),
            "sentence_cosine": hit.dense or 0.0,
            "passage_cosine": hit.dense or 0.0,
            "aspect_cosine": hit.dense or 0.0,
            "margin": 0.0,
            "reader": 0.0,
            "reader_read": 0.0,
            "aspect_share": aspect_share,
            "name_gap": best_naming - naming[hit],
            "named_document": naming[hit],
            "asks_yes": float(value_kind == "yes"),
            "asks_list": float(several),
        }
        for i, unit in enumerate(units):
            sentence = text[unit.start : unit.end]
            parsed = own[i]
            position = hit.chunk.start + unit.start, hit.chunk.start + unit.end
            if (key := (hit.document_id, hit.chunk.page_number, *position)) in places:
                continue
            places.add(key)
            if len(parsed.words) < _MIN_WORDS[unit.kind]:
                continue
            if unit.kind == "sentence" and sentence.strip("# ") in hit.chunk.heading:
                continue
            if unit.kind == "list" and not several and " | " in sentence:
                continue  # of a table a row answers, but for a question that asks for all
            around = context_keys.union(*(other.keys for other in own[max(0, i - 1) : i + 2]))
            around |= parsed.heading_keys
            named_keys = context.named(parsed.keys)
            own_keys = parsed.keys | named_keys
            covered = coverage(profile.keys, own_keys, unit_weights, related_to)
            near = coverage(profile.keys, around, weights, related_to)
            offered = offers(profile, sentence, parsed.words)
            values = {
                **of_passage,
                **parsed.features,
                "covered": covered.share,
                "near": near.share,
                "missing_near": near.missing,
                "asked_missing": _absent(profile.type_keys, around),
                "pairs": _pairs(pairs, parsed.places),
                "offers": offered,
                "lacks": float(profile.kind in _FACTOID_KINDS and offered == 0.0),
                **{name: (offered - 0.5) * (profile.kind == k) for k, name in _OFFERS},
                "dangling": float(parsed.words[0].key in _DANGLING and i == 0),
                "new_words": min(
                    1.0,
                    sum(len(at) for k, at in parsed.places.items() if k not in question_keys) / 8,
                ),
                "headed": _covered_share(
                    profile.keys, parsed.heading_keys, unit_weights, related_to
                ),
                "presupposed": _covered_share(
                    profile.keys, parsed.presupposed_keys, unit_weights, related_to
                ),
                "is_opening": float(parsed.content_keys <= context.keys),
                "aspect_covered": coverage(
                    aspect_keys, own_keys | parsed.heading_keys | heading_keys, weights, related_to
                ).share
                if aspect_keys
                else 1.0,
                "value": (value := _value(profile, value_kind, sentence)),
                "lacks_value": float(value == 0.0),
                "defines_role": float(not parsed.role_keys.isdisjoint(question_keys)),
                "listed": float(several and unit.kind == "list"),
                "names_missing_near": _absent(profile.capitals, around),
                "numbers_missing_near": _absent(profile.numbers, around),
                "other_time": _other_time(
                    expected_times, context_times, parsed.times, _times(named_keys)
                ),
                "label_asked": (label_share := _shared(parsed.label_keys, expected_keys)),
                "label_other": float(bool(parsed.label_keys) and not label_share),
            }
            results.append(
                Sentence(
                    hit,
                    unit.start,
                    unit.end,
                    sentence,
                    _in_order(values),
                    unit=unit,
                    label=context.label,
                    aspect=aspect,
                    is_translation=profile.language != language,
                )
            )
    return results


def _value(profile: QuestionProfile, kind: ValueKind, sentence: str) -> float:
    """How far a unit has a value of the asked form; "combien" leaves open of what it asks."""
    kinds = (kind,) if profile.language == ENGLISH or kind != "count" else _NUMBERS
    return max(value_match(k, sentence, profile.text, profile.text_language) for k in kinds)


def _in_language(profile: QuestionProfile, context: DocumentContext) -> DocumentContext:
    """The context with keys of the question's words as they are in another language's passages.

    What a document says of itself is read once, as English.
    """
    if profile.text_language == ENGLISH:
        return context
    named = [
        word.key
        for word in profile.words
        if (own := words(profile.text[word.start : word.end]))
        and all(w.key in context.keys for w in own)
    ]
    return DocumentContext(context.label, frozenset(named))


def naming_share(keys: Sequence[str], context: DocumentContext, weights: dict[str, float]) -> float:
    """The share of the question's weight that the document says of itself."""
    total = sum(weights[k] for k in keys) or 1.0
    return sum(weights[k] for k in keys if k in context.keys) / total


def aspect_of(profile: QuestionProfile, context_keys: Set[str]) -> str:
    """The question without the words that name the document; itself when none is left."""
    left = [w for w in profile.words if w.stop or w.key not in context_keys]
    if not any(not w.stop for w in left):
        return profile.text
    return " ".join(profile.text[w.start : w.end] for w in left)


@dataclass(frozen=True, slots=True)
class _ParsedUnit:
    """What of a unit is the same for every question.

    ``features`` are those of FEATURES that do not depend on one; ``places`` are the numbers of each
    meaningful word among them; ``role_keys`` are keys of names that a party is introduced under.
    """

    words: list[Word]
    keys: frozenset[str]  # its own and those that it presupposes
    content_keys: frozenset[str]
    presupposed_keys: frozenset[str]
    heading_keys: frozenset[str]
    label_keys: frozenset[str]
    role_keys: frozenset[str]
    places: Mapping[str, Sequence[int]]
    times: _Times
    features: Mapping[str, float]


@functools.lru_cache(maxsize=1024)
def _parsed(
    text: str, language: str = ENGLISH
) -> tuple[tuple[AnswerUnit, ...], list[_ParsedUnit], frozenset[str]]:
    """Units of a passage, their words and all keys; good passages are retrieved again and again."""
    units = answer_units(text)
    parsed = [_parsed_unit(unit, text[unit.start : unit.end], language) for unit in units]
    return units, parsed, frozenset().union(*(unit.keys for unit in parsed))


def _parsed_unit(unit: AnswerUnit, text: str, language: str) -> _ParsedUnit:
    own = language_words(text, language)
    before = frozenset(w.key for w in language_words(unit.presupposed, language))
    keys = frozenset(w.key for w in own) | before
    labels = _label_keys(text, unit.kind, language)
    places: dict[str, list[int]] = {}
    for n, w in enumerate(w for w in own if not w.stop):
        places.setdefault(w.key, []).append(n)
    roles = (content(words(match[1])) for match in ROLE.finditer(text))
    return _ParsedUnit(
        own,
        keys,
        frozenset(places),
        before,
        frozenset(w.key for w in language_words(unit.heading, language)),
        labels,
        frozenset(w.key for role in roles for w in role),
        places,
        _times(keys),
        {
            "length": math.log(1 + len(own)) / 4,
            "asks": float(text.rstrip().endswith(QUESTION_MARKS)),
            **{name: float(unit.kind == kind) for kind, name in _KIND_FEATURES},
            "labeled": float(bool(labels)),
        },
    )


@functools.lru_cache(maxsize=1024)
def _heading_keys(heading: tuple[str, ...], language: str) -> frozenset[str]:
    return frozenset(w.key for w in language_words(" ".join(heading), language))


def _vocabulary(
    hits: Sequence[Hit],
    passages: Sequence[tuple[tuple[AnswerUnit, ...], list[_ParsedUnit], frozenset[str]]],
    contexts: Sequence[DocumentContext],
    language: str,
) -> Set[str]:
    """Every key that a unit of the hits may be said to hold."""
    keys: set[str] = set()
    for hit, (_, own, passage_keys), context in zip(hits, passages, contexts, strict=True):
        keys |= passage_keys | context.keys | _heading_keys(hit.chunk.heading, language)
        keys.update(*(unit.heading_keys for unit in own), *(name for _, name in context.roles))
    return keys


def _label_keys(text: str, kind: UnitKind, language: str) -> frozenset[str]:
    position = unit_label(text, kind)
    label = text[slice(*position)] if position else ""
    return frozenset(w.key for w in content(language_words(label, language)))


def _shared(keys: Set[str], expected: Set[str]) -> float:
    """The share of ``keys`` that is expected, in an inflected form too."""
    if not keys:
        return 0.0
    hits = (k in expected or any(related(k, other) for other in expected) for k in keys)
    return sum(hits) / len(keys)


def _times(keys: Iterable[str]) -> _Times:
    """The years and the months among keys."""
    years, months = set(), set()
    for key in keys:
        if key in _MONTHS:
            months.add(key)
        elif _is_year(key):
            years.add(key)
    return frozenset(years), frozenset(months)


def _other_time(expected: _Times, *present: _Times) -> float:
    """1 where a year or a month is asked about and another one is said, and not the one asked."""
    for number, times in enumerate(expected):
        other_times = [of_source[number] for of_source in present]
        if times and any(other_times) and all(map(times.isdisjoint, other_times)):
            return 1.0
    return 0.0


def _is_year(key: str) -> bool:
    return len(key) == 4 and key.isdigit() and key[:2] in ("19", "20")


def _absent(expected: Iterable[str], present: Set[str]) -> float:
    named = list(expected)
    return sum(k not in present for k in named) / len(named) if named else 0.0


def _pairs(pairs: Sequence[tuple[str, str]], places: Mapping[str, Sequence[int]]) -> float:
    """The share of the question's neighbouring words that are near each other here too."""
    if not pairs:
        return 0.5
    close = sum(
        any(abs(x - y) <= 2 for x in places.get(a, ()) for y in places.get(b, ())) for a, b in pairs
    )
    return close / len(pairs)


def _covered_share(
    keys: Sequence[str],
    present: Set[str],
    weights: Mapping[str, float],
    related_to: Mapping[str, Set[str]],
) -> float:
    """The covered share of the weight of keys; often there is nothing to cover them."""
    return coverage(keys, present, weights, related_to).share if present else 0.0
