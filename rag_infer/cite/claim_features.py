"""How well sentences of a source bear a claim, in numbers, and what the claim says beyond them.

Knows: the features of a claim beside its source (``FEATURES``), which sentences come nearest to
bearing it, and the numbers, names, negations and quantities that they lack.
Does not know: verdicts, probabilities (``verify``), documents, models.

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

from rag_infer.cite.text_normalization import Word, key, related, words
from rag_infer.embed import FloatRows

FEATURES = (
    "cover_best", "cover_few", "missing", "numbers_missing", "names_missing", "negation",
    "opposite", "cosine_best", "cosine_few",
)  # fmt: skip
_BEARING = 3  # sentences that together may bear one claim
_ADDS = 0.12  # of the claim's words, what a further sentence must bring
_RELATED = 0.8  # what a word counts that is likely of the same root

_NEGATIONS = frozenset(
    """not no never none nobody nothing neither nor without cannot isn't aren't wasn't weren't
    don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't mustn't
    unable fail failed fails lack lacks lacked refuse refused refuses deny denied denies hardly
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
    increase reduce|grow shrink|strengthen weaken|permit prohibit|encourage discourage"""
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W_]+)*")
_MONTHS = frozenset(
    """january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday""".split()
)


@functools.lru_cache(maxsize=1)
def opposites() -> dict[str, frozenset[str]]:
    """Word keys to the keys of their opposites, both ways."""
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.replace("\n", " ").split("|"):
        one, other = (key(w) for w in pair.split())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


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
    found = []
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
        found.append(NumericValue(token, value * scale, bool(before & _ABOUT)))
    return found


def _value(digits: str) -> float | None:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        # 13th of "thirteenth", 10.12.2024: the digits are all that is compared.
        only = re.sub(r"\D", "", plain)
        return float(only) if only else None


class ClaimSource:
    """Sentences that may bear claims, read once, with their (sentences, dimension) unit rows."""

    def __init__(self, sentences: Sequence[str], rows: FloatRows) -> None:
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

    ``bearing`` are the numbers of the sentences nearest to bearing it, the best first; the rest
    is what they lack, in the claim's own words.
    """

    features: tuple[float, ...]
    bearing: tuple[int, ...]
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    negated: bool = False
    opposite: str | None = None
    words: tuple[str, ...] = ()


def measure(claim: str, row: FloatRows, source: ClaimSource) -> SupportFeatures | None:
    """The features of a claim and where its support lies; None when it holds nothing to check.

    ``row`` is the claim's unit vector, (dimension,).
    """
    said = words(claim)
    meant = [w for w in said if not w.stop]
    keys = list(dict.fromkeys(w.key for w in meant))
    if not keys or not source.sentences:
        return None
    alike = {k: source.alike(k) for k in keys}
    worth = {k: 1.0 if k in source.all_keys else _RELATED if alike[k] else 0.0 for k in keys}
    held = [
        {k for k in keys if not alike[k].isdisjoint(there)} if there else set[str]()
        for there in source.keys
    ]
    cover = [sum(worth[k] for k in h) / len(keys) for h in held]
    cosines = [float(c) for c in source.rows @ row]
    bearing = _bearing(keys, held, worth, cover, cosines)
    near: set[str] = set().union(*(held[i] for i in bearing))
    best = bearing[0]
    missing = [k for k in keys if k not in near]
    near_words = [w for i in sorted(bearing) for w in source.words[i]]
    near_keys = {w.key for w in near_words}
    near_figures = [f for i in bearing for f in source.figures[i]]
    every = [f for there in source.figures for f in there]
    own = figures(claim)
    lost = [f for f in own if not f.among(every)]
    far = [f for f in own if not f.among(near_figures)]
    first = said[0].start
    names = [w for w in meant if w.capital and w.start != first and not w.number]
    nameless = [w for w in names if not alike[w.key]]
    names_far = [w for w in names if w.key not in near]
    negated = _negated(said, near_words)
    against = _opposite(keys, near_keys)
    surface = {w.key: claim[w.start : w.end] for w in reversed(meant)}
    loose = [
        claim[w.start : w.end]
        for w in said
        if claim[w.start : w.end].lower() in _QUANTITIES and w.key not in near_keys
    ]
    vector = source.rows[list(bearing)].sum(axis=0)
    together = float(vector @ row) / (float((vector @ vector) ** 0.5) or 1.0)
    values = {
        "cover_best": cover[best],
        "cover_few": sum(worth[k] for k in near) / len(keys),
        "missing": math.log1p(len(missing)) / 2,
        "numbers_missing": _most(len(lost)),
        "names_missing": _most(len(nameless)),
        "negation": float(negated) * cover[best],
        "opposite": float(against is not None),
        "cosine_best": max(cosines),
        "cosine_few": together,
    }
    dates = {w.key for w in meant if claim[w.start : w.end].lower() in _MONTHS}
    return SupportFeatures(
        features=tuple(values[name] for name in FEATURES),
        bearing=bearing,
        numbers=tuple(f.shown for f in far if not f.year),
        dates=(
            *(f.shown for f in far if f.year),
            *(surface[k] for k in keys if k in dates and k not in near),
        ),
        names=tuple(surface[w.key] for w in names_far if w.key not in dates),
        quantities=tuple(loose),
        negated=negated,
        opposite=surface.get(against) if against else None,
        words=tuple(surface[k] for k in missing),
    )


def _bearing(
    keys: Sequence[str],
    held: Sequence[set[str]],
    worth: dict[str, float],
    cover: Sequence[float],
    cosines: Sequence[float],
) -> tuple[int, ...]:
    """The sentence nearest to bearing the claim, then those that bring words it lacks."""
    score = [c + d for c, d in zip(cover, cosines, strict=True)]
    chosen = [max(range(len(score)), key=score.__getitem__)]
    got = set(held[chosen[0]])
    while len(chosen) < _BEARING:
        gains = [
            (sum(worth[k] for k in h - got) / len(keys), cosines[i], i) for i, h in enumerate(held)
        ]
        gain, _, further = max(gains)
        if gain < _ADDS:
            break
        chosen.append(further)
        got |= held[further]
    return tuple(chosen)


def _most(count: int) -> float:
    return min(count, 3) / 3


def _negated(said: Sequence[Word], there: Sequence[Word]) -> bool:
    """Whether exactly one of the two is in the negative."""
    negative = _negations()
    return any(w.key in negative for w in said) != any(w.key in negative for w in there)


@functools.lru_cache(maxsize=1)
def _negations() -> frozenset[str]:
    return frozenset(key(w) for w in _NEGATIONS)


def _opposite(keys: Sequence[str], near: set[str]) -> str | None:
    """A word of the claim that the source lacks while it has the opposite."""
    known = opposites()
    for word in keys:
        if word not in near and not known.get(word, frozenset()).isdisjoint(near):
            return word
    return None
