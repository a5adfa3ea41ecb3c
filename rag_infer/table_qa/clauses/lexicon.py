"""Words of everyday questions: irregular verbs, adjectives and what they measure, plain verbs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rag_infer.cite.text_normalization import key

# Forms of one verb that a stemmer keeps apart.
_IRREGULAR = (
    "win won winner winning|lose lost loss loser|draw drew drawn|write wrote written writer|"
    "teach taught teacher|build built builder|sell sold|buy bought buyer|hold held holder|"
    "lead led leader|run ran|fly flew flown|rise rose risen|fall fell fallen|grow grew grown|"
    "leave left leaving|come came|go went gone|get got gotten|take took taken|make made|pay paid|"
    "begin began begun|choose chose chosen|drive drove driven|spend spent|stand stood|"
    "meet met|give gave given|speak spoke spoken|sing sang sung|swim swam swum|beat beaten|"
    "become became|know knew known|keep kept|catch caught|send sent|eat ate eaten|"
    "serve servings serving|die died death dead|bear born birth|direct director|own owner|"
    "operate operator|produce producer|arrive arrival arrives|depart departure departs|"
    "elect elected|"
    "excluding exclude ex|vs versus|half halves|child children|man men|woman women|person people"
)  # fmt: skip


@cache
def _groups() -> dict[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for line in _IRREGULAR.split("|"):
        members = frozenset(map(key, line.split()))
        for member in members:
            groups[member] = members
    return groups


def variants(word: str) -> frozenset[str]:
    """The keys of the forms of a word, itself among them."""
    return _groups().get(word, frozenset((word,)))


@dataclass(frozen=True, slots=True)
class Dimension:
    """What an adjective measures.

    Attributes:
        headers: Keys of words of headers that it may be about.
        is_time: Days, years and times of the day are ordered by it.
        upward: The largest or latest has the most of it.
    """

    headers: frozenset[str]
    is_time: bool
    upward: bool


_HEIGHT = "height altitude elevation"
_PRICE = "price cost costs fee charge rent rate tariff fare"
_LENGTH = "length duration distance pages minutes time cooking runtime"
_AREA = "area size population residents inhabitants capacity"
_SPEED = "speed"
_TIMES = "time times"
# adjective, headers, whether it orders times, direction
_ADJECTIVES: tuple[tuple[str, str, bool, bool], ...] = (
    ("tall high", _HEIGHT, False, True),
    ("low", _HEIGHT, False, False),
    ("short", "height length duration distance pages minutes", False, False),
    ("long", _LENGTH, False, True),
    ("expensive dear costly pricey", _PRICE, False, True),
    ("cheap inexpensive", _PRICE, False, False),
    ("large big great", _AREA, False, True),
    ("small little", _AREA, False, False),
    ("heavy", "weight mass", False, True),
    ("light", "weight mass", False, False),
    ("deep", "depth", False, True),
    ("wide broad", "width", False, True),
    ("wet rainy", "rain rainfall precipitation", False, True),
    ("dry", "rain rainfall precipitation", False, False),
    ("hot warm", "temperature", False, True),
    ("cold cool", "temperature", False, False),
    ("fast quick", _TIMES, False, False),
    ("slow", _TIMES, False, True),
    ("old", "age", False, True),
    ("young", "age", False, False),
)
_ORDER_OF_TIME: tuple[tuple[str, bool], ...] = (
    ("first earliest oldest", False),
    ("last latest newest youngest", True),
)


def _inflected(adjective: str, ending: str) -> str:
    if adjective.endswith("e"):
        return adjective + ending[1:]
    if adjective.endswith("y"):
        return adjective[:-1] + "i" + ending
    if adjective in ("big", "hot", "wet"):
        return adjective + adjective[-1] + ending
    return adjective + ending


@cache
def dimensions() -> dict[str, tuple[Dimension, ...]]:
    """By the form of an adjective ("tall", "taller", "tallest"): what it may measure."""
    matches: dict[str, tuple[Dimension, ...]] = {}
    for adjectives, headers, is_time, upward in _ADJECTIVES:
        dimension = Dimension(frozenset(map(key, headers.split())), is_time, upward)
        for adjective in adjectives.split():
            for form in (adjective, *(_inflected(adjective, e) for e in ("er", "est"))):
                matches[form] = (*matches.get(form, ()), dimension)
    for forms, upward in _ORDER_OF_TIME:
        for form in forms.split():
            matches[form] = (*matches.get(form, ()), Dimension(frozenset(), True, upward))
    matches["recent"] = matches["recently"] = (Dimension(frozenset(), True, True),)
    return matches


_UPWARD = frozenset("most highest largest greatest biggest maximum top best more higher".split())
_DOWNWARD = frozenset("least fewest lowest smallest minimum less fewer lower".split())


def direction_of(word: str) -> bool | None:
    """Whether a comparative or superlative that takes a noun asks for more; None for others."""
    if word in _UPWARD:
        return True
    return False if word in _DOWNWARD else None


# Verbs that tie a row to one of its cells and say no more than the cell does.
PLAIN_VERBS = frozenset(
    map(
        key,
        "be have do play live work publish write release build complete finish join start "
        "begin open leave depart arrive run operate teach hold take place take come go get "
        "cost sell serve contain include belong stand reach use offer make made give show "
        "allow accept bill charge store keep locate base list enrol stay sit appear happen "
        "occur own direct produce design record carry provide cover feature need require see "
        "used billed stored served located based listed held made taken played lived worked "
        "released built completed joined opened allowed accepted win won score scored receive "
        "received earn earned achieve represent compete participate elect elected vote hire "
        "hired employ employed move rank ranked visit sail sailing fly travel stop call cast "
        "attend visit".split(),
    )
)
# Of those, the verbs that choose some rows and not others: not all who play win.
STRONG_VERBS = frozenset(
    map(
        key,
        "win won score scored receive received earn earned achieve elect elected accept "
        "accepted complete completed finish finished rank ranked hire hired employ employed "
        "lead reach".split(),
    )
)
# And those that happen at a time of their own, which another column of days does not tell.
EVENT_VERBS = frozenset(
    map(
        key,
        "build built complete completed finish open opened begin start join hire hired elect "
        "elected employ design produce record accept leave move enroll".split(),
    )
)
# Of figures.
UNITS = frozenset(
    map(
        key,
        "mm cm m km metre metres meter meters kilometre kilometres mile miles g kg gram grams "
        "kilo litre litres l ml euro euros eur dollar dollars usd pound pounds gbp year years "
        "minute minutes min hour hours day days percent kcal point points vote votes".split(),
    )
)
# Words that stand for the rows of any table.
THINGS = frozenset(map(key, "one ones thing things item items entry entries".split()))

# Nouns for rows that headers tell: what has an author is a book.
_ENTITY_SIGNS = (
    ("book novel publication volume", "author pages isbn"),
    ("film movie picture", "director role starring runtime"),
    ("song track album record", "artist singer album label"),
    ("flat apartment house home property", "bedroom rent rooms"),
    ("dish recipe meal", "ingredient servings calories cooking"),
    ("building tower skyscraper", "floor storey stories"),
    ("course class workshop lesson", "teacher instructor lecturer"),
    ("product article item goods", "sku price stock supplier quantity"),
    ("order purchase", "customer buyer"),
    ("employee colleague worker person people", "salary role department employer"),
    ("player athlete", "goals position club"),
    ("candidate politician", "votes party"),
    ("mayor president governor minister leader", "party term"),
    ("event", "venue date"),
    ("game match fixture", "opponent score"),
    ("car vehicle model", "mileage horsepower engine registration"),
    ("exhibit artwork painting", "artist painter"),
)


@cache
def _signs() -> dict[str, frozenset[str]]:
    return {
        key(noun): frozenset(map(key, headers.split()))
        for nouns, headers in _ENTITY_SIGNS for noun in nouns.split()
    }  # fmt: skip


def signs_of(noun: str) -> frozenset[str]:
    """Keys of headers that tell that rows are what a noun stands for."""
    return _signs().get(noun, frozenset())
