# ruff: noqa: E501 - lists of words
"""Words of questions and of headers that mean the same column: "earn" and "salary"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache

from rag_infer.cite.text_normalization import key

_GROUPS = (
    "cost price charge fee rate tariff expensive cheap dear costly pay spent spend fare",
    "salary earn pay wage income compensation paid",
    "revenue sales turnover umsatz",
    "profit earnings",
    "employee staff people person headcount worker member",
    "start begin join hire opened founded established",
    "end finish close expire",
    "town city location place venue site where",
    "country nation land",
    "company firm organization organisation manufacturer maker brand",
    "phone telephone tel extension",
    "mail email e-mail",
    "duration length long time takes",
    "seat capacity places",
    "size area big large",
    "weight heavy weigh",
    "height tall high",
    "age old",
    "born birth birthday",
    "department team division unit",
    "quantity amount number units pieces qty count",
    "customer client buyer",
    "supplier vendor seller",
    "article item product goods",
    "delivery shipping lead",
    "due deadline date day",
    "opened opening open hours",
    "boss manager head lead responsible",
    "distance far",
    "speed fast",
    "points score",
    "attendance crowd spectators",
    "position rank place finish",
    "opponent against",
    "result outcome",
    "nationality nation country",
    "team club side squad",
    "film movie picture",
    "song single track title",
    "game match fixture",
    "driver racer pilot",
    "school college university",
    "channel network station",
    "candidate nominee",
    "departure departs depart leave leaves",
    "arrival arrives arrive reach",
    "author writer write wrote written",
    "rainfall rain precipitation",
    "energy calories calorie kcal",
    "occupation job profession",
    "vessel ship boat ferry",
    "resident inhabitant population people",
    "use purpose",
)
_ADDITIVE = frozenset(
    map(
        key,
        "revenue sales turnover umsatz amount cost costs units quantity pieces returns expense "
        "expenses profit visits visitors orders hours budget spend spending total net gross "
        "amounts volume stock members people number count donations payments value".split(),
    )
)
_NOT_ADDITIVE = frozenset(
    map(
        key,
        "price rate salary wage percent percentage share margin average mean ratio score rank "
        "temperature age height weight length speed size rating grade id no number code year "
        "index level floor".split(),
    )
)
_MEANS = frozenset(map(key, "percent percentage share margin average mean ratio rate rank".split()))
_ORDINAL = frozenset(
    map(key, "rank pick no nr id position pos place seed draft overall # code".split())
)
PERSON = frozenset(
    map(
        key,
        "name player person employee member author driver athlete candidate winner singer artist "
        "student teacher manager coach customer actor actress director nominee rider swimmer "
        "cyclist skater contact staff president owner champion officer tenant holder instructor "
        "trainer speaker".split(),
    )
)
PEOPLE = frozenset(
    map(key, "people person persons employee employees staff member members".split())
)
# Which columns name those who are counted: a row with a teacher is no member.
_PERSON_COLUMNS = {
    key("member"): frozenset(map(key, "member name person player".split())),
    key("employee"): frozenset(map(key, "employee staff worker name person".split())),
    key("staff"): frozenset(map(key, "employee staff worker name person".split())),
}


def counts_rows_of(word: str, headers: Iterable[Collection[str]]) -> bool:
    """Whether rows are what a word for people counts, as a column names such people."""
    columns = _PERSON_COLUMNS.get(word, PERSON)
    return word in PEOPLE and any(not columns.isdisjoint(header) for header in headers)


# What a header of amounts, or a question for them, calls a price.
PRICE = frozenset(map(key, "price cost costs fee charge fare rent tariff rate".split()))
PLACE = frozenset(
    map(
        key,
        "location place city town venue country site room address region stadium state ground "
        "arena office ort county shelf".split(),
    )
)
LIGHT = frozenset(
    map(
        key,
        "work live have cost take get belong stand lie sit come hold use make go stay need give "
        "offer provide happen occur located located based called named worth available run do "
        "made taken took held put keep kept say contain include included own currently there still "
        "already yet need needed announce announced plan planned schedule scheduled show shown "
        "mention mentioned publish published ask asks receive obtain achieve".split(),
    )
)

# Verbs for what any row may be about: they choose none of them.
EVENTS = frozenset(
    map(
        key,
        "play played participate compete appear feature air aired host occur report report release "
        "released join attend travel complete finish perform serve elect elected face enter run "
        "race represent meet met launch travel exist remain award awarded "
        "place placed buy bought purchase book order ordered "
        "drive drove call called describe identify contest participant".split(),
    )
)
# Verbs for how a figure came about: they say nothing beside a figure, and much of a row.
OUTCOMES = frozenset(
    map(
        key,
        "win won score scored earn earned lose lost get got gain collect accumulate hold held "
        "reach sell sold produce hit draw drew suffer commit secure take took tally amass land "
        "manage pick run finish complete end record see saw experience rack attract".split(),
    )
)
# Nouns for what a figure counts: a number of them is no number of rows.
COUNTED = frozenset(
    map(
        key,
        "point points goal goals medal medals metal metals win wins loss losses defeat death deaths "
        "victim victims vote votes viewer viewers people person passenger passengers appearance "
        "appearances app apps run runs assist assists lap laps mile miles kilometer kilometre km "
        "meter metre seat seats inhabitant inhabitants resident residents population spectator "
        "spectators attendance copy copies sale sales dollar dollars euro euros pound pounds day "
        "days hour hours minute minutes second seconds week weeks month months cap caps try tries "
        "touchdown touchdowns yard yards rebound rebounds block blocks steal steals tie ties draw "
        "draws set sets percent member members soldier soldiers casualty casualties job jobs "
        "employee employees student students floor floors story stories star stars trophy title "
        "round rounds match game season seasons year years number figure amount total "
        "litre litres liter liters gallon gallons kg kilogram kilograms kilo kilos gram grams tonne "
        "tonnes ton tons watt watts kw kwh volt volts amp amps cm mm inch inches foot feet degree "
        "degrees page pages word words piece pieces item items unit units bed beds room rooms place "
        "places space spaces user users visitor visitors guest guests child children adult adults "
        "cent cents pence "
        "award awards nomination nominations single county counties".split(),
    )
)


# "Age group" is no age, "weight class" no weight.
CLASSES = frozenset(
    map(key, "group class category band bracket range limit minimum maximum".split())
)
# Of "Pets allowed" a question may say "pets"; of "Gluten free" it must not say "gluten" alone.
SILENT_OF_FLAGS = frozenset(map(key, "allowed accepted included available possible is".split()))
# Words that say nothing about which part of a table is meant.
GENERIC = frozenset(
    key(word)
    for word in (
        "row rows entry entries record records line lines table tables column columns value values "
        "sheet spreadsheet file csv xlsx data dataset list listed show tell give find name please "
        "following respective respectively amount amounts figure figures according given shown there total number count many much each every all overall "
        "often exactly time times chart appear appears currently different distinct far matter matters "
        "was wer wie viel wieviel ist sind der die das dem den des ein eine einen einem einer im in am "
        "von zu zum zur für mit und kostet kosten hat haben wann wo welche welcher welches gibt es "
        "quel quelle est le la les un une du de des dans combien coûte qui où quand "
        "cuál cuánto cuesta el los las del en para quién dónde cuándo qual quanto costa il lo gli di"
    ).split()
)


@cache
def _group_of() -> dict[str, frozenset[int]]:
    matches: dict[str, set[int]] = {}
    for number, group in enumerate(_GROUPS):
        for word in group.split():
            matches.setdefault(key(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in matches.items()}


def are_synonyms(a: str, b: str) -> bool:
    """Whether two keys may name the same column."""
    groups = _group_of()
    return not groups.get(a, frozenset()).isdisjoint(groups.get(b, frozenset()))


def is_additive(header: tuple[str, ...]) -> bool | None:
    """Whether figures under a header may be added up; None where its words do not say."""
    if not _NOT_ADDITIVE.isdisjoint(header):
        return False
    return True if not _ADDITIVE.isdisjoint(header) else None


def is_mean(header: tuple[str, ...], unit: str) -> bool:
    """Whether figures are shares or means, whose sum says nothing."""
    return unit == "%" or not _MEANS.isdisjoint(header)


def is_ordinal(name: str, header: tuple[str, ...]) -> bool:
    """Whether a column numbers its rows ("Pick #") rather than measures them."""
    if re.search(r"\bplaces\b", name, re.IGNORECASE):
        return False  # those that may be taken, not the one that was won
    return "#" in name or not _ORDINAL.isdisjoint(header)
