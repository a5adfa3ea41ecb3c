"""A question with its words found in a table, and how much of it a plan explains."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from rag_infer.cite.text_normalization import Word, key, related
from rag_infer.table_qa.content_words import names_in
from rag_infer.table_qa.day_ranges import days_of
from rag_infer.table_qa.linking import Likeness, Links, link, merge_alternatives
from rag_infer.table_qa.plan import Condition
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.question import Comparison, Question, is_plural
from rag_infer.table_qa.rate_words import is_only_rate
from rag_infer.table_qa.row_selection import RowSelection, meets
from rag_infer.table_qa.synonyms import (
    EVENTS,
    GENERIC,
    OUTCOMES,
    PERSON,
    PLACE,
    PRICE,
    SILENT_OF_FLAGS,
    counts_rows_of,
)
from rag_infer.tables.figures import is_blank

UNEXPLAINED = 0.3  # what a word that nothing explains leaves of the certainty
HOW = {"same": 1.0, "derived": 0.98, "synonym": 0.94, "meaning": 0.85}
PARTIAL = 0.8
WHOLE = 0.99
ENTITY = 0.95
AMBIGUOUS = 0.3
_NEAR = 0.88
_LIGHT, _VERB, _UNIT_NOUN, _AROUND = 0.98, 0.97, 0.96, 0.9
_AGE = frozenset(map(key, "old age aged".split()))
_YEARS = key("years")
_BEFORE_NOUNS = frozenset(
    "the a an this that these those our your my his her its their each every any no all of in on "
    "at for by from with".split()
)
_OPEN = frozenset(map(key, "open close hours".split()))
_TWO_SIDED = frozenset(("difference", "growth"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with its words found in a table."""

    question: Question
    table: QueryTable
    links: Links
    asked: frozenset[int]  # places of the words after "which" or "how many"

    def words_from(self, start: int, end: int) -> frozenset[int]:
        return frozenset(n for n, w in enumerate(self.links.words) if start <= w.start < end)


def read_question(
    question: Question, table: QueryTable, content: tuple[Word, ...], likeness: Likeness | None
) -> Reading:
    links = link(table, content, likeness)
    for n, word in enumerate(content):
        if set(links.headers[n].values()) == {"derived"} and (
            table.is_titled(question.text[word.start : word.end])
        ):
            links.headers[n].clear()  # "inspection" is the sheet of that name, not its inspectors
        surface = question.text[word.start : word.end]
        for column in list(links.headers[n]):
            if is_only_rate(surface, table.columns[column].name):
                del links.headers[n][column]
    if question.operations and not _TWO_SIDED.intersection(question.operations):
        merge_alternatives(question.text, table, links)
    starts = {w.start for w in question.asked}
    asked = frozenset(n for n, w in enumerate(content) if w.start in starts)
    return Reading(question, table, links, asked)


def certainty_of(
    reading: Reading,
    header_words: frozenset[int],
    selection: RowSelection,
    columns: tuple[int, ...],
) -> tuple[float, tuple[str, ...]]:
    """How much of a question a reading explains, and what was assumed."""
    links, table = reading.links, reading.table
    certainty = 0.97
    read_as: dict[str, list[str]] = {}  # words by the column that they are read as
    for number, word in enumerate(links.words):
        if number in selection.explained:
            continue
        if number in header_words:
            how = max(
                (links.headers[number][c] for c in columns if c in links.headers[number]),
                key=lambda h: HOW[h],
                default="same",
            )
            certainty *= HOW[how]
            if how in ("synonym", "meaning"):
                column = next(c for c in columns if c in links.headers[number])
                text = reading.question.text[word.start : word.end]
                read_as.setdefault(table.columns[column].name, []).append(f"“{text}”")
            continue
        condition_columns = {c.column for c in selection.conditions}
        if any(links.headers[number].get(c) == "same" for c in condition_columns):
            continue  # "in the region North", whatever else is called a region
        if number in selection.conflicts:
            certainty *= UNEXPLAINED
            continue
        if condition_columns & set(links.headers[number]):
            continue
        if links.context[number] or word.key in GENERIC:
            continue
        if counts_rows_of(word.key, table.header_keys):
            continue
        if (factor := _factor_of_light(reading, number, header_words, columns)) is not None:
            certainty *= factor
            continue
        if any(
            how in ("same", "derived") and c == table.label_column
            for c, how in links.headers[number].items()
        ):
            certainty *= ENTITY  # "of the sensors" says what rows are
            continue
        if number in links.near and _follows(reading, number, selection.explained):
            certainty *= _NEAR  # "a three-bedroom home" of the housing charges
            continue
        certainty *= UNEXPLAINED
    if selection.ambiguous:
        certainty *= PARTIAL
    elsewhere = selection.explained | header_words
    by_context = {w.start for n, w in enumerate(links.words)
                  if links.context[n] and n not in elsewhere}  # fmt: skip
    if _is_divided(reading, by_context):
        certainty *= UNEXPLAINED
    if selection.conditions:
        certainty *= 0.6 + 0.4 * selection.completeness
    return certainty, tuple(_read_as(texts, name) for name, texts in read_as.items())


def _follows(reading: Reading, number: int, explained: frozenset[int]) -> bool:
    """Whether a word stands right after one that the cells of rows say."""
    words = reading.links.words
    if not number or number - 1 not in explained:
        return False
    return reading.question.text[words[number - 1].end : words[number].start] in (" ", "-")


def _factor_of_light(
    reading: Reading, number: int, header_words: frozenset[int], columns: tuple[int, ...]
) -> float | None:
    """What a word that chooses nothing leaves of the certainty; None for one that may."""
    if reading.links.light[number]:
        return _LIGHT
    if _is_price_of_money(reading, number, columns):
        return _LIGHT
    if _is_verb(reading, number, columns if header_words else ()):
        return _VERB
    if _is_unit_noun(reading, number, header_words, columns):
        return _UNIT_NOUN
    if _is_around(reading, number, header_words):
        return _AROUND
    if reading.links.words[number].key in _OPEN and any(
        days_of(reading.table.columns[c].name) for c in columns
    ):
        return _LIGHT  # "open on Wednesday" of "Mon-Fri"
    is_free = _is_of_age(reading, number) or _is_rate(reading, number, header_words)
    return 1.0 if is_free else None


def _is_price_of_money(reading: Reading, number: int, columns: tuple[int, ...]) -> bool:
    """Whether a word is the "price" of figures that are amounts of money."""
    links = reading.links
    if links.headers[number] or links.cells[number]:
        return False
    return links.words[number].key in PRICE and any(
        reading.table.columns[c].is_money for c in columns
    )


def _is_around(reading: Reading, number: int, header_words: frozenset[int]) -> bool:
    """Whether a noun beside a word of a header stands in the text of the page: "child ticket"."""
    links, text = reading.links, reading.question.text
    word = links.words[number]
    if word.number or word.capital or links.headers[number] or links.cells[number]:
        return False
    if not number or number - 1 not in header_words:
        return False
    return (
        text[links.words[number - 1].end : word.start] == " "
        and word.key in reading.table.surrounding_keys
    )


def _is_verb(reading: Reading, number: int, columns: tuple[int, ...]) -> bool:
    """Whether a word tells how a figure came about, and no header or cell has it.

    Of a text or a date the verb says what is asked: "in which year was it built".
    """
    links = reading.links
    if links.headers[number] or links.cells[number] or is_noun(reading, number):
        return False
    word = links.words[number].key
    is_figure = any(reading.table.columns[c].kind == "number" for c in columns)
    return is_figure and word in EVENTS | OUTCOMES


def is_noun(reading: Reading, number: int) -> bool:
    """Whether a word stands where only nouns do: "the building", "of reports"."""
    word, text = reading.links.words[number], reading.question.text
    before = text[: word.start].split()
    surface = text[word.start : word.end].lower()
    return surface.endswith("ing") or (bool(before) and before[-1].lower() in _BEFORE_NOUNS)


def _is_unit_noun(
    reading: Reading, number: int, header_words: frozenset[int], columns: tuple[int, ...]
) -> bool:
    """Whether a word is the noun that a header of figures is short of: "bronze medals"."""
    links, table, text = reading.links, reading.table, reading.question.text
    word = links.words[number]
    if not number or number - 1 not in header_words or word.number or word.capital:
        return False
    if links.headers[number] or links.cells[number]:
        return False
    if text[links.words[number - 1].end : word.start] != " ":
        return False
    return is_plural(text[word.start : word.end]) and any(
        c in columns and table.columns[c].kind == "number" for c in links.headers[number - 1]
    )


def _is_of_age(reading: Reading, number: int) -> bool:
    """Whether a word is the "years" of "25 years old"."""
    words = reading.links.words
    return words[number].key == _YEARS and any(
        0 <= n < len(words) and words[n].key in _AGE for n in (number - 1, number + 1)
    )


def _is_rate(reading: Reading, number: int, header_words: frozenset[int]) -> bool:
    """Whether a word is the time of a header with a number: "three days a week"."""
    words = reading.links.words
    if number < 2 or not {number - 1, number - 2} <= header_words:
        return False
    gap = reading.question.text[words[number - 1].end : words[number].start]
    return words[number - 2].number and gap in (" a ", " per ", " each ")


def _is_divided(reading: Reading, by_context: set[int]) -> bool:
    """Whether the words around a table say a part of a name, and the rest is said elsewhere.

    "American Airlines" is not the row "Latin America" of another airline's report.
    """
    known = reading.table.context_keys
    return any(
        any(w.start in by_context for w in name) and any(w.key not in known for w in name)
        for name in names_in(reading.question.text)
    )


def _read_as(texts: list[str], name: str) -> str:
    verb = "is" if len(texts) == 1 else "are"
    return f"{' and '.join(dict.fromkeys(texts))} {verb} read as “{name}”"


def measure_columns(reading: Reading, excluded: frozenset[int] = frozenset()) -> list[int]:
    """Columns of figures that are named, the best named first."""
    table, links = reading.table, reading.links
    scores: dict[int, float] = {}
    for column in table.columns:
        matches = links.header_words(column.index) - excluded
        if column.kind != "number" or not matches:
            continue
        header = set(table.header_keys[column.index])
        same = sum(links.words[n].key in header for n in matches)
        how = max(HOW[links.headers[n][column.index]] for n in matches)
        scores[column.index] = how * len(matches) + same / max(1, len(header))
    return sorted(scores, key=lambda c: (-scores[c], c))


def is_tied(reading: Reading, measures: list[int]) -> bool:
    """Whether two columns are named equally well."""
    if len(measures) < 2:
        return False
    sets = [
        (reading.links.header_words(c), len(reading.table.header_keys[c])) for c in measures[:2]
    ]
    return sets[0] == sets[1]


def rows_within(
    reading: Reading, pool: Collection[int], target: int | None
) -> tuple[list[int], tuple[Condition, ...], frozenset[int]] | None:
    """The rows within the bounds that a question sets; None where no column fits them."""
    conditions: list[Condition] = []
    rows = list(pool)
    named: set[int] = set()
    for comparison in reading.question.comparisons:
        column, matches = _column_of_bound(reading, comparison, target)
        if column is None:
            return None
        named |= matches
        if not _is_within(reading.table, column, comparison):
            return None
        rows = [n for n in rows if meets(reading.table, n, column, comparison)]
        if comparison.day is not None:
            day = comparison.day.isoformat()
            conditions.append(Condition(column, (day,), comparison.comparator))
            continue
        conditions.append(
            Condition(column, (), comparison.comparator, comparison.value, comparison.upper)
        )
    return rows, tuple(conditions), frozenset(named)


def _is_within(table: QueryTable, column: int, comparison: Comparison) -> bool:
    """Whether a bound lies among the figures of a column; else its unit may be another."""
    cells = [(table.rows[n].texts[column], table.columns[column].values[n]) for n in table.data]
    if any(value is None and not is_blank(text) for text, value in cells):
        return False  # what is no figure cannot be compared
    if table.columns[column].kind != "number":
        return True
    figures = [v for v in table.columns[column].values if isinstance(v, Decimal)]
    bounds = [comparison.value, *([comparison.upper] if comparison.upper is not None else [])]
    return bool(figures) and any(min(figures) <= bound <= max(figures) for bound in bounds)


def _column_of_bound(
    reading: Reading, comparison: Comparison, target: int | None
) -> tuple[int | None, frozenset[int]]:
    table, links = reading.table, reading.links
    numeric = [c.index for c in table.columns if c.kind in ("number", "year", "date")]
    if comparison.day is not None:
        numeric = [c for c in numeric if table.columns[c].kind == "date"]
    is_year = comparison.value == int(comparison.value) and 1500 <= comparison.value <= 2100
    after = [
        (n, c) for n, w in enumerate(links.words) for c in links.headers[n]
        if c in numeric and c != target
    ]  # fmt: skip
    if after:
        # The nearest word that names a column of figures says what is compared.
        nearest = min(
            after,
            key=lambda pair: (
                min(
                    abs(links.words[pair[0]].start - comparison.end),
                    abs(links.words[pair[0]].end - comparison.start),
                ),
                pair[1],
            ),
        )
        if is_year and table.columns[nearest[1]].kind == "number":
            return None, frozenset()  # "produced after 2000" is no number of pieces
        return nearest[1], links.header_words(nearest[1])
    if comparison.day is not None:
        return (numeric[0] if len(numeric) == 1 else None), frozenset()
    if is_year:
        years = [c.index for c in table.columns if c.kind in ("year", "date")]
        if len(years) == 1:
            return years[0], frozenset()
    only = [c for c in numeric if c != target and table.columns[c].kind == "number"]
    if len(only) == 1 and not is_year:
        return only[0], frozenset()
    return None, frozenset()


def group_column_of(reading: Reading) -> tuple[int | None, frozenset[int]]:
    start = reading.question.group_start
    if start < 0:
        return None, frozenset()
    after = [n for n, w in enumerate(reading.links.words) if w.start >= start]
    for number in after[:2]:
        for column in reading.links.headers[number]:
            if reading.table.columns[column].kind != "number":
                return column, frozenset(n for n in after[:2] if column in reading.links.headers[n])
    return None, frozenset()


def columns_by_kind(reading: Reading, named: frozenset[int]) -> list[tuple[int, bool]]:
    """The column of the kind that "who", "when", "where" or "how much" asks for, if it is one."""
    table, wh = reading.table, reading.question.wh
    if wh in ("who", "whom", "whose"):
        people = [
            c.index for c in table.columns
            if c.kind == "text" and not PERSON.isdisjoint(table.header_keys[c.index])
            and c.index not in table.code_columns
        ]  # fmt: skip
        return [(c, False) for c in people[:1] if c not in named]
    if wh == "when":
        dates = [c.index for c in table.columns if c.kind in ("date", "year")]
        return [(dates[0], False)] if len(dates) == 1 and dates[0] not in named else []
    if wh == "where":
        places = [
            c.index for c in table.columns
            if c.kind == "text" and not PLACE.isdisjoint(table.header_keys[c.index])
        ]  # fmt: skip
        return [(places[0], False)] if len(places) == 1 and places[0] not in named else []
    if wh in ("how much", "what") and not named:
        figures = [c.index for c in table.columns if c.kind == "number"]
        return [(figures[0], False)] if len(figures) == 1 else []
    return []


def named_share(reading: Reading, column: int) -> float:
    """How much of a header the question says."""
    own = frozenset(reading.table.header_keys[column])
    header = own - GENERIC or own  # "name of the station" is the station
    phrases = {w.key for w in reading.links.words} & header
    return len(phrases) / len(header) if header else 0.0


def flag_columns(reading: Reading) -> list[int]:
    """Columns of yes and no that are named."""
    return [
        c.index
        for c in reading.table.columns
        if c.kind == "flag"
        and reading.links.header_words(c.index)
        and _is_said_whole(reading, c.index)
    ]


def _is_said_whole(reading: Reading, column: int) -> bool:
    """Whether a question says all of a header of yes and no: "gluten" is not "gluten free"."""
    header = reading.table.header_keys[column]
    return len(header) == 1 or all(
        k in SILENT_OF_FLAGS or any(related(k, w.key) for w in reading.links.words) for k in header
    )


def flag_of(table: QueryTable, row: int, column: int) -> str:
    value = table.columns[column].values[row]
    return "no" if value is None else str(value)


def asked_columns(reading: Reading) -> list[int]:
    """The columns that the words after "which" name, the first named and most fully named first.

    A column of figures is one only if its whole header is said.
    """
    table, links = reading.table, reading.links
    columns = []
    for column in table.columns:
        matches = links.header_words(column.index) & reading.asked
        if not matches:
            continue
        share = named_share(reading, column.index)
        if column.kind == "number" and share < WHOLE:
            continue
        columns.append((min(matches), -share, column.index))
    return [column for *_, column in sorted(columns)]
