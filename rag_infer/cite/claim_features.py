"""How well sentences of a source support a claim, in numbers, and what the claim says beyond them.

The features are of four makes: words (how many of the claim's are in the best sentence, and in the
few best together), specifics (figures and names that the source lacks), polarity (negation,
opposites) and cosines. Word order, copied runs and pairs of words were tried and bought nothing.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_infer.cite.specifics import ParsedSentence, detached, exceptions, misbound, rebound
from rag_infer.cite.text_normalization import Word, key, related, words
from rag_infer.embed import FloatRows
from rag_infer.embed.similarity import scaled

FEATURES = (
    "cover_best", "cover_few", "missing", "numbers_missing", "names_missing", "negation",
    "opposite", "cosine_best", "cosine_few",
)  # fmt: skip
_MAX_EVIDENCE_SENTENCES = 3  # that together may support one claim
_MIN_ADDED_WORD_SHARE = 0.12  # of the claim's words, what a further sentence must bring
_NAME_WINDOW_SENTENCES = 2  # around the evidence: "she" of one sentence is named in the one before
_RELATED_WORD_WEIGHT = 0.8  # what a word counts that is likely of the same root

_NEGATIONS = frozenset(
    """not no never none nobody nothing neither nor without cannot isn't aren't wasn't weren't
    don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't mustn't
    unable lack lacks lacked refuse refused refuses deny denied denies hardly
    rarely seldom unlikely""".split()
)
_QUANTITIES = frozenset(
    "all every always only never none most entire entirely solely exclusively completely".split()
)
_ABOUT = frozenset(
    "about around nearly almost approximately roughly over under more less some circa".split()
)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "percent": 1.0}
_OPPOSITES = """increase decrease|rise fall|rose fell|more less|more fewer|higher lower|high low|
    before after|first last|largest smallest|large small|big small|above below|best worst|
    better worse|begin end|start stop|open close|win lose|won lost|victory defeat|buy sell|
    bought sold|allow forbid|allow prohibit|accept reject|approve reject|agree disagree|
    support oppose|for against|include exclude|with without|strong weak|fast slow|early late|
    earlier later|young old|new old|north south|east west|northern southern|eastern western|
    male female|man woman|men women|husband wife|brother sister|father mother|son daughter|
    upper lower|left right|maximum minimum|minimum maximum|major minor|majority minority|
    positive negative|true false|likely unlikely|possible impossible|legal illegal|
    hot cold|warm cool|wet dry|light dark|light heavy|thick thin|wide narrow|long short|
    up down|in out|inside outside|import export|arrive depart|enter leave|enter exit|
    success failure|succeed fail|pass fail|guilty innocent|guilty acquit|alive dead|born died|
    gain loss|profit loss|cheap expensive|rich poor|safe dangerous|public private|
    common rare|often rarely|always never|all none|many few|most least|internal external|
    active inactive|enable disable|attach detach|add remove|create destroy|
    improve worsen|expand shrink|expand contract|raise lower|advance retreat|
    domestic foreign|urban rural|ancient modern|simple complex|easy difficult|
    double halve|doubles halves|doubled halved|tenant landlord|buyer seller|lender borrower|
    employer employee|sender recipient|increase reduce|grow shrink|
    strengthen weaken|permit prohibit|encourage discourage"""
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W_]+)*")
_MONTHS = frozenset(
    """january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday""".split()
)


@functools.lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Word keys to the keys of their opposites, both ways."""
    antonyms: dict[str, set[str]] = {}
    for pair in _OPPOSITES.replace("\n", " ").split("|"):
        one, other = (key(w) for w in pair.split())
        antonyms.setdefault(one, set()).add(other)
        antonyms.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in antonyms.items()}


@dataclass(frozen=True, slots=True)
class NumericValue:
    """A number of a text with its value: ``1.5 million`` is 1,500,000."""

    shown: str
    value: float
    rough: bool = False

    def among(self, others: Sequence[NumericValue]) -> bool:
        """Whether it, or for a rough one something near it, is there."""
        bound = 0.1 if self.rough else 1e-9
        return any(abs(self.value - o.value) <= bound * max(1.0, abs(o.value)) for o in others)

    @property
    def year(self) -> bool:
        return self.value == int(self.value) and 1000 <= self.value <= 2100 and len(self.shown) == 4


def figures(text: str) -> list[NumericValue]:
    """The numbers of a text, in digits or small ones in words, in order."""
    tokens = [m[0] for m in _TOKEN.finditer(text)]
    values = []
    for at, token in enumerate(tokens):
        digits = token if token[0].isdigit() else key(token)
        if not digits[0].isdigit() or (digits != token and token.lower() == "one"):
            continue
        value = _value(digits)
        if value is None:
            continue
        after = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
        before = {t.lower() for t in tokens[max(0, at - 2) : at]}
        scale = _SCALES.get(after.removesuffix("s"), 1.0)
        values.append(NumericValue(token, value * scale, bool(before & _ABOUT)))
    return values


def _value(digits: str) -> float | None:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        # 13th of "thirteenth", 10.12.2024: the digits are all that is compared.
        only = re.sub(r"\D", "", plain)
        return float(only) if only else None


class ClaimSource:
    """Sentences that may support claims, read once, with their (sentences, dimension) unit rows.

    ``cosine_floor`` is that of the embedder of the rows.
    """

    def __init__(
        self, sentences: Sequence[str], rows: FloatRows, cosine_floor: float = 0.0
    ) -> None:
        self.cosine_floor = cosine_floor
        self.sentences = list(sentences)
        self.rows = rows
        self.words = [words(s) for s in sentences]
        self.keys = [frozenset(w.key for w in ws if not w.stop) for ws in self.words]
        self.figures = [figures(s) for s in sentences]
        self.all_keys: frozenset[str] = frozenset().union(*self.keys)
        self._by_initial: dict[str, list[str]] = {}
        for word in self.all_keys:
            self._by_initial.setdefault(word[:1], []).append(word)

    def alike(self, word: str) -> frozenset[str]:
        """The source's words that count as this one: itself, or likely of the same root."""
        if word in self.all_keys:
            return frozenset((word,))
        if len(word) < 4:
            return frozenset()
        return frozenset(w for w in self._by_initial.get(word[:1], ()) if related(word, w))


@dataclass(frozen=True, slots=True)
class SupportFeatures:
    """A claim beside its source.

    ``evidence`` are the indices of the sentences that support it best, best first; the rest
    is what they lack, in the claim's own words.
    """

    features: tuple[float, ...]
    evidence: tuple[int, ...]
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    negated: bool = False
    opposite: str | None = None
    words: tuple[str, ...] = ()
    detached: tuple[str, ...] = ()
    """Figures, dates and names that the source has in another statement only."""
    excepted: tuple[str, ...] = ()
    """Words of the claim that the evidence names as an exception."""

    @property
    def has_specific_gap(self) -> bool:
        """Whether a figure, date or name of the claim is not where its support lies."""
        return bool(self.numbers or self.dates or self.names or self.detached or self.excepted)


@dataclass(frozen=True, slots=True)
class WordAlignment:
    """Which sentences of a source hold the words of a claim.

    ``evidence`` are the indices of the sentences that support it best, best first; ``weights`` what
    each of ``keys`` counts (1 for the same word, less for a related one, 0 for none).
    """

    keys: tuple[str, ...]
    weights: dict[str, float]
    similar: dict[str, frozenset[str]]
    cosines: tuple[float, ...]
    evidence: tuple[int, ...]
    best_coverage: float
    covered: frozenset[str]

    @property
    def joint_coverage(self) -> float:
        return sum(self.weights[k] for k in self.covered) / len(self.keys)

    @property
    def missing(self) -> list[str]:
        return [k for k in self.keys if k not in self.covered]


def align_words(keys: Sequence[str], row: FloatRows, source: ClaimSource) -> WordAlignment:
    """Aligns the words of a claim, whose unit vector is ``row``, with the sentences of a source."""
    similar = {k: source.alike(k) for k in keys}
    weights = {
        k: 1.0 if k in source.all_keys else _RELATED_WORD_WEIGHT if similar[k] else 0.0
        for k in keys
    }
    shared = [
        {k for k in keys if not similar[k].isdisjoint(sentence)} if sentence else set[str]()
        for sentence in source.keys
    ]
    coverage = [sum(weights[k] for k in common) / len(keys) for common in shared]
    cosines = [float(c) for c in scaled(source.rows @ row, source.cosine_floor)]
    evidence = _evidence(keys, shared, weights, coverage, cosines)
    covered: set[str] = set().union(*(shared[i] for i in evidence))
    return WordAlignment(
        tuple(keys), weights, similar, tuple(cosines), evidence, coverage[evidence[0]],
        frozenset(covered),
    )  # fmt: skip


def numeric_gaps(
    claim: str, source: ClaimSource, evidence: Sequence[int]
) -> tuple[list[NumericValue], list[NumericValue]]:
    """The numbers of a claim that the whole source lacks, and those that its evidence lacks."""
    everywhere = [f for sentence in source.figures for f in sentence]
    nearby = [f for i in evidence for f in source.figures[i]]
    own = figures(claim)
    return [f for f in own if not f.among(everywhere)], [f for f in own if not f.among(nearby)]


def name_gaps(
    claim_words: Sequence[Word], alignment: WordAlignment, source: ClaimSource
) -> tuple[list[Word], list[Word]]:
    """The names of a claim that the whole source lacks, and those not near its evidence."""
    first = claim_words[0].start
    names = [w for w in claim_words if w.capital and w.start != first and not (w.stop or w.number)]
    absent = [w for w in names if not alignment.similar[w.key]]
    nearby: frozenset[str] = frozenset().union(
        *(source.keys[i] for i in _window(alignment.evidence, len(source.keys)))
    )
    return absent, [w for w in names if alignment.similar[w.key].isdisjoint(nearby)]


def _window(evidence: Sequence[int], count: int) -> set[int]:
    reach = range(-_NAME_WINDOW_SENTENCES, _NAME_WINDOW_SENTENCES + 1)
    return {i + step for i in evidence for step in reach if 0 <= i + step < count}


def _specifics(
    claim: str, claim_words: Sequence[Word], source: ClaimSource, evidence: Sequence[int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Figures, dates and names of another statement, and words that the evidence excepts."""
    own = figures(claim)
    values = frozenset(f.value for f in own if not f.rough)
    sentence = ParsedSentence(claim, claim_words, values)
    near = {
        i: ParsedSentence(
            source.sentences[i], source.words[i], frozenset(f.value for f in source.figures[i])
        )
        for i in sorted(_window(evidence, len(source.words)))
    }
    numbers, dates = detached(sentence, list(near.values()))
    best = near[evidence[0]]
    shown = {f.value: f.shown for f in own}
    numbers = list(dict.fromkeys([*numbers, *rebound(sentence, best)]))
    wrong = dict.fromkeys([*(shown[n] for n in numbers), *dates, *misbound(sentence, best)])
    return tuple(wrong), tuple(exceptions(sentence, [near[i] for i in evidence]))


def measure(claim: str, row: FloatRows, source: ClaimSource) -> SupportFeatures | None:
    """The features of a claim and where its support lies.

    Args:
        claim: The text of the claim.
        row: Its unit vector, (dimension,).
        source: The sentences that it is checked against.

    Returns:
        None when the claim holds no word of meaning or the source no sentence.
    """
    parsed = words(claim)
    meaning = [w for w in parsed if not w.stop]
    keys = list(dict.fromkeys(w.key for w in meaning))
    if not keys or not source.sentences:
        return None
    alignment = align_words(keys, row, source)
    evidence = alignment.evidence
    evidence_words = [w for i in sorted(evidence) for w in source.words[i]]
    evidence_keys = {w.key for w in evidence_words}
    absent_numbers, distant_numbers = numeric_gaps(claim, source, evidence)
    absent_names, distant_names = name_gaps(parsed, alignment, source)
    misplaced, excepted = _specifics(claim, parsed, source, evidence)
    # A negation beside the sentence that says it is not a negation of it.
    negated = _negated(parsed, source.words[evidence[0]])
    opposite = _opposite(keys, evidence_keys)
    surface = {w.key: claim[w.start : w.end] for w in reversed(meaning)}
    vector = source.rows[list(evidence)].sum(axis=0)
    joint_cosine = float(vector @ row) / (float((vector @ vector) ** 0.5) or 1.0)
    joint_cosine = scaled(joint_cosine, source.cosine_floor)
    values = {
        "cover_best": alignment.best_coverage,
        "cover_few": alignment.joint_coverage,
        "missing": math.log1p(len(alignment.missing)) / 2,
        "numbers_missing": _capped_share(len(absent_numbers)),
        "names_missing": _capped_share(len(absent_names)),
        "negation": float(negated) * alignment.best_coverage,
        "opposite": float(opposite is not None),
        "cosine_best": max(alignment.cosines),
        "cosine_few": joint_cosine,
    }
    dates = {w.key for w in meaning if claim[w.start : w.end].lower() in _MONTHS}
    return SupportFeatures(
        features=tuple(values[name] for name in FEATURES),
        evidence=evidence,
        numbers=tuple(f.shown for f in distant_numbers if not f.year),
        dates=(
            *(f.shown for f in distant_numbers if f.year),
            *(surface[k] for k in alignment.missing if k in dates),
        ),
        names=tuple(surface[w.key] for w in distant_names if w.key not in dates),
        quantities=tuple(
            claim[w.start : w.end]
            for w in parsed
            if claim[w.start : w.end].lower() in _QUANTITIES and w.key not in evidence_keys
        ),
        negated=negated,
        opposite=surface.get(opposite) if opposite else None,
        words=tuple(surface[k] for k in alignment.missing),
        detached=misplaced,
        excepted=excepted,
    )


def _evidence(
    keys: Sequence[str],
    shared: Sequence[set[str]],
    worth: dict[str, float],
    cover: Sequence[float],
    cosines: Sequence[float],
) -> tuple[int, ...]:
    """The sentence that supports the claim best, then those that bring words it lacks."""
    score = [c + d for c, d in zip(cover, cosines, strict=True)]
    selected = [max(range(len(score)), key=score.__getitem__)]
    covered = set(shared[selected[0]])
    while len(selected) < _MAX_EVIDENCE_SENTENCES:
        gains = [
            (sum(worth[k] for k in h - covered) / len(keys), cosines[i], i)
            for i, h in enumerate(shared)
        ]
        gain, _, further = max(gains)
        if gain < _MIN_ADDED_WORD_SHARE:
            break
        selected.append(further)
        covered |= shared[further]
    return tuple(selected)


def _capped_share(count: int) -> float:
    return min(count, 3) / 3


def _negated(claim_words: Sequence[Word], source_words: Sequence[Word]) -> bool:
    """Whether exactly one of the two is in the negative."""
    negative = _negations()
    return any(w.key in negative for w in claim_words) != any(
        w.key in negative for w in source_words
    )


@functools.lru_cache(maxsize=1)
def _negations() -> frozenset[str]:
    return frozenset(key(w) for w in _NEGATIONS)


def _opposite(keys: Sequence[str], source_keys: set[str]) -> str | None:
    """A word of the claim that the source lacks while it has the opposite."""
    antonyms = opposites()
    for word in keys:
        if word not in source_keys and not antonyms.get(word, frozenset()).isdisjoint(source_keys):
            return word
    return None
