"""Whether a row of a table that a search found answers a question, or only is on its subject.

A row shares words with any question about its thing. It answers where all else that is asked is
there too: the attribute under a header, what is counted or added up in a figure of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag_infer.cite.text_normalization import MONTH_KEYS, NUMBER_WORDS, Word, key, related
from rag_infer.cite.typed_values import values
from rag_infer.table_qa.clauses.lexicon import PLAIN_VERBS, THINGS, UNITS, dimensions, variants
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.linking import Likeness
from rag_infer.table_qa.query_table import QueryTable, keys
from rag_infer.table_qa.question import Question, is_plural, parse_question
from rag_infer.table_qa.synonyms import (
    CLASSES,
    EVENTS,
    GENERIC,
    LIGHT,
    OUTCOMES,
    PEOPLE,
    are_synonyms,
)
from rag_infer.types import Span

_MIN_LIKENESS = 0.52  # of a word to a header: "ticket" is 0.58 like "fares", "toys" 0.49 "clothes"
_MAX_NAMES = 40  # headers and words around, with which a word is compared
_MAX_QUOTED_ROWS = 3  # more are the table itself
_MAX_CHARS = 300  # of a question
_WORD = re.compile(r"[^\W\d_]{3,}")
_CHECK = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|may|will|must|should)\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"\W*who\b", re.IGNORECASE)
# Whatever stands there, "wat is", is a question word.
_QUESTION_WORD = re.compile(r"\W*\w{2,5}(?= (?:is|are|was|were|do|does|did) )", re.IGNORECASE)
_HOW = re.compile(r"\bhow ([a-z]+)\b", re.IGNORECASE)
_COUNTING = frozenset(("many", "much", "often", "come", "do", "does", "did", "can", "is", "are"))
# The verb at the end of "what does it weigh" says which attribute is asked.
_ASKED_VERB = re.compile(r"^\W*what\s+(?:do|does|did)\b.*?\b([a-z]+)\W*$", re.IGNORECASE)
_SAYS_NOTHING = frozenset(map(key, "do have get include contain offer provide say mean".split()))
_PRICED = frozenset(map(key, "cost price pay charge charged much fee".split()))
_MONEY = re.compile(r"[$€£¥]|\b(?:USD|EUR|GBP|CHF|JPY|francs?|euros?|dollars?|pounds?)\b")
_COMPUTED = frozenset(("sum", "avg", "median", "share", "growth", "difference", "max", "min"))
_ONE_ROW = frozenset(("which", "who", "whom", "whose", "when", "where", "how many", "how much"))
# Whoever wrote the document, whose name no row repeats.
_OWNERS = frozenset(map(key, "company firm business organization organisation".split()))
# "Who is responsible for X?" of a row "X | Birgit": the person beside the thing.
_IN_CHARGE = frozenset(map(key, "responsible charge duty answerable care look".split()))
_LASTING = frozenset(map(key, "last take long".split()))
_TIMES = frozenset(MONTH_KEYS) | frozenset(
    map(key, "monday tuesday wednesday thursday friday saturday sunday".split())
)
_NEUTRAL = _OWNERS | GENERIC | LIGHT | PLAIN_VERBS | EVENTS | OUTCOMES | UNITS | THINGS | PEOPLE


def rows_at(tables: Sequence[QueryTable], span: Span) -> tuple[QueryTable, tuple[int, ...]] | None:
    """The table that a span is a part of, with its rows there; None where it is of none.

    Args:
        tables: Of the span's document.
        span: What is quoted.
    """
    for table in tables:
        rows = tuple(
            n for n, row in enumerate(table.rows)
            if any(
                cell is not None and cell.page_number == span.page_number
                and span.start <= cell.start and cell.end <= span.end
                for cell in row.spans
            )
        )  # fmt: skip
        if rows:
            return table, rows
    return None


def is_header(tables: Sequence[QueryTable], span: Span) -> bool:
    """Whether a span says the names of columns and nothing else.

    Args:
        tables: Of the span's document.
        span: What is quoted.
    """
    words = frozenset(keys(span.quote))
    for table in tables:
        named = [header for header in table.header_keys if header and words.issuperset(header)]
        if len(named) > 1 and words <= {k for header in named for k in header}:
            return True
    return False


def may_answer(
    text: str, table: QueryTable, rows: Sequence[int], likeness: Likeness | None = None
) -> bool:
    """Whether rows that are quoted can be the answer to a question.

    Args:
        text: What was asked.
        table: That the rows are of.
        rows: Those that are quoted.
        likeness: How alike a word and headers are by meaning; None leaves only letters.
    """
    if len(text) > _MAX_CHARS:
        return True
    question = parse_question(text)
    context = _RowContext(table, rows, likeness)
    if _CHECK.match(text):
        return True  # what may be so is said in more words than rows have
    if _sums_up(question, context):
        return True  # it is of all that its document is about
    if len(rows) > _MAX_QUOTED_ROWS:
        return question.wh not in _ONE_ROW and not question.operations
    return (
        _has_operation(question, context)
        and _has_attribute(text, context)
        and not _is_one_of_several(question, context)
        and not _counts_rows(question, context)
        and _is_chosen(question, context)
    )


class _RowContext:
    """What rows, their headers and the words around their table say."""

    def __init__(self, table: QueryTable, rows: Sequence[int], likeness: Likeness | None) -> None:
        self.table, self.rows, self._likeness = table, rows, likeness
        self.headers = frozenset(k for header in table.header_keys for k in header)
        self.cells = frozenset(
            k for n in rows for text in (*table.rows[n].texts, *table.rows[n].group)
            for k in keys(text)
        )  # fmt: skip
        self.around = table.context_keys | table.surrounding_keys
        around = dict.fromkeys(word.lower() for word in _WORD.findall(table.context))
        groups = (title for n in rows[:1] for title in table.rows[n].group)
        self._names = [*(c.name for c in table.columns), *groups, *around][:_MAX_NAMES]
        self._texts = [
            text for n in rows for column in table.columns if column.kind == "text"
            if (text := table.rows[n].texts[column.index].strip())
        ][:_MAX_NAMES]  # fmt: skip

    def says(self, word: Word) -> bool:
        """Whether a word is one of a row, a header or of the words around, or means the same."""
        forms = variants(word.key)
        own = self.cells | self.headers | self.around
        if word.key in _TIMES:  # a day of another table of the page is none of this one
            return not forms.isdisjoint(self.cells | self.headers | self.table.context_keys)
        if not forms.isdisjoint(own):
            return True
        if not word.number and any(related(word.key, k) for k in own):
            return True
        return self.is_header(word) or (not word.number and self._is_like(word, self._texts))

    def is_header(self, word: Word) -> bool:
        """Whether a word is one of a header, or means nearly what one says."""
        forms = variants(word.key)
        if not forms.isdisjoint(self.headers) or any(
            are_synonyms(form, header) for form in forms for header in self.headers
        ):
            return True
        if word.key in _PRICED and self._has_prices():
            return True
        if word.number or any(related(word.key, k) for k in self.headers):
            return not word.number
        return self._is_like(word, self._names)

    def chooses(self, word: Word) -> bool:
        """Whether a word is one of the rows' cells, or means the same."""
        if not variants(word.key).isdisjoint(self.cells):
            return True
        return not word.number and (
            any(related(word.key, k) for k in self.cells) or self._is_like(word, self._texts)
        )

    def has_duration(self) -> bool:
        """Whether a cell of the rows says how long something lasts."""
        return any(
            any(values("duration", text)) for n in self.rows for text in self.table.rows[n].texts
        )

    def _is_like(self, word: Word, names: Sequence[str]) -> bool:
        named = [name for name in names if name]
        return (
            self._likeness is not None
            and bool(named)
            and max(self._likeness(word.key, named)) >= _MIN_LIKENESS
        )

    def _has_prices(self) -> bool:
        texts = (
            self.table.context, self.table.surroundings, *self._names,
            *(text for n in self.rows for text in self.table.rows[n].texts),
        )  # fmt: skip
        return any(_MONEY.search(text) for text in texts) or any(c.unit for c in self.table.columns)


def _has_operation(question: Question, context: _RowContext) -> bool:
    """Whether nothing has to be computed, or the rows say that they have it computed."""
    computed = _COMPUTED.intersection(question.operations)
    if (not computed and not question.top) or not question.wh:
        return True
    if computed == {"sum"}:
        return not _others_fit(question, context)  # of one row it is the row's figure
    content = {w.start for w in question.content}
    operation_words = [w for w in content_words(question.text) if w.start not in content]
    return bool(operation_words) and all(
        w.key in context.cells | context.headers or w.key in GENERIC & context.cells
        for w in operation_words
    )


def _has_attribute(text: str, context: _RowContext) -> bool:
    """Whether every word that may say what is asked is said by the rows or their table."""
    words = content_words(text)
    how = _HOW.search(text)
    adjective = how[1].lower() if how and how[1].lower() not in _COUNTING else ""
    is_timed = adjective == "long" and context.has_duration()
    if adjective and not is_timed and not _measures(adjective, words, context):
        return False
    neutral = _NEUTRAL | (_LASTING if is_timed else frozenset())
    if _WHO.match(text):
        neutral |= _IN_CHARGE
    mistyped = _QUESTION_WORD.match(text)
    question_word_end = mistyped.end() if mistyped else 0
    verb = _ASKED_VERB.match(text)
    for word in words:
        surface = text[word.start : word.end].lower()
        if surface == adjective or surface in dimensions() or word.start < question_word_end:
            continue
        if verb is not None and word.start == verb.start(1):
            if word.key not in _SAYS_NOTHING and not context.is_header(word):
                return False
        elif word.key not in neutral and not context.says(word):
            return False
    return True


def _measures(adjective: str, words: Sequence[Word], context: _RowContext) -> bool:
    """Whether a header is what "how fast" measures, or has another word of the question."""
    meant = {h for d in dimensions().get(adjective, ()) for h in d.headers}
    measures = (h for h in context.table.header_keys if CLASSES.isdisjoint(h))
    return any(not meant.isdisjoint(header) for header in measures) or any(
        not variants(w.key).isdisjoint(context.headers) for w in words if w.key != key(adjective)
    )


def _is_one_of_several(question: Question, context: _RowContext) -> bool:
    """Whether rows are to be counted or added up, and not all that fit are one."""
    if question.wh in ("", "what") and not question.operations:
        # "Gas in Q1" is a figure of all rows of Q1.
        figures = {
            k for c in context.table.columns if c.kind == "number"
            for k in context.table.header_keys[c.index]
        }  # fmt: skip
        return any(w.key in figures for w in question.content) and _others_fit(question, context)
    if question.wh not in ("how many", "how much"):
        return False
    if question.wh == "how many" and question.asked and not _is_figure(question.asked, context):
        return True  # rows are counted
    return _others_fit(question, context)


def _counts_rows(question: Question, context: _RowContext) -> bool:
    """Whether a number stands before what rows are called: "which teacher has two subjects"."""
    table, text = context.table, question.text
    labels = {
        k for c in table.columns if c.kind not in ("number", "flag")
        for k in table.header_keys[c.index]
    }  # fmt: skip
    return any(
        is_plural(text[noun.start : noun.end])
        and noun.key in labels
        and text[number.start : number.end].lower() in NUMBER_WORDS
        and text[number.end : noun.start] == " "
        for number, noun in pairwise(content_words(text))
    )


def _is_chosen(question: Question, context: _RowContext) -> bool:
    """Whether a word of "which exhibitions lost visitors" chooses the rows among those there."""
    if question.wh != "which" or len(context.table.data) <= len(context.rows):
        return True
    words = (w for w in content_words(question.text) if w not in question.asked)
    return any(context.chooses(w) for w in words)


def _others_fit(question: Question, context: _RowContext) -> bool:
    """Whether other rows have the words of a question that the quoted ones have in their texts."""
    table = context.table
    question_keys = frozenset(w.key for w in question.content)
    fitting = table.answering_rows
    for column in table.columns:
        if column.kind in ("number", "flag"):
            continue
        own = {k for n in context.rows for k in table.cell_keys(n, column.index)} & question_keys
        if own:
            holders = table.cell_index.rows_with(frozenset(own), column.index)
            exact_rows = {n for n in holders if table.cell_keys(n, column.index) <= question_keys}
            # "Partner" is the row of that name, whatever "Junior partner" has.
            fitting = fitting & (exact_rows if exact_rows.issuperset(context.rows) else holders)
    return len(fitting - set(context.rows)) > 0


def _sums_up(question: Question, context: _RowContext) -> bool:
    """Whether all is asked together, and a quoted row sums it up."""
    table = context.table
    totals = [n for n in context.rows if table.rows[n].role == "total"]
    if question.operations == ("sum",):
        return bool(totals)
    if question.operations not in (("count",), ("count", "sum"), ("sum", "count")):
        return False
    # "How many in East Africa": a cell of other rows chooses some of them.
    return len(totals) == len(context.rows) and not any(
        w.key in table.cell_index for w in question.content if w.key not in context.cells
    )


def _is_figure(asked: Sequence[Word], context: _RowContext) -> bool:
    """Whether what is counted is what a figure of the row counts, and no row."""
    table = context.table
    label = set(table.header_keys[table.label_column])
    return not any(not variants(w.key).isdisjoint(label) for w in asked)
