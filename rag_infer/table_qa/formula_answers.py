"""Questions for named figures of accounts: the formula, its cells and the result, by year.

"What was the quick ratio in FY2023", "did the gross margin improve between 2021 and 2022". The
formula is one of ``financial_formulas``, or the one that the question states.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from rag_infer.cite.text_normalization import key
from rag_infer.errors import InputError
from rag_infer.table_qa.content_words import content_words
from rag_infer.table_qa.financial_formulas import ITEMS, Formula
from rag_infer.table_qa.formula_names import TREND, YEAR, named_formula, years_of
from rag_infer.table_qa.outcome import format_number
from rag_infer.table_qa.query_table import QueryTable
from rag_infer.table_qa.stated_formula import stated_formula
from rag_infer.table_qa.statement_figures import ItemFigure, Statements
from rag_infer.table_qa.synonyms import GENERIC, LIGHT
from rag_infer.tools.calculator import calculate

_TOKEN = re.compile(r"(?P<function>average|change)\((?P<of>[a-z_]+)\)|(?P<item>[a-z_]{3,})")
_UNANSWERED = re.compile(
    r"\b(?:why|drive[ns]?|drove|driving|explain\w*|because|segments?|quarter\w*|q[1-4]|forecast\w*|"
    r"expect\w*|guidance|adjusted|non-?gaap|pro forma|excluding|exclude)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_SAID = frozenset(
    map(
        key,
        "fy fiscal financial year years ratio ratios percent percentage rate basis figure "
        "historically "
        "roughly approximately consistent fluctuating company unadjusted between versus compare "
        "compared value amount question calculate compute metric relevant analyst "
        "improve decline "
        "grow increase decrease change drop fall rise significant significantly much times time "
        "end "
        "expense expenses average annual annually total net s did has does period most recent "
        "latest last".split(),
    )
)
_CERTAINTY, _LATEST = 0.9, 0.8
_MAX_YEARS = 6
_DECIMALS = {"%": 1, "times": 2, "days": 2}


@dataclass(frozen=True, slots=True)
class FormulaResult:
    """A formula computed for a year.

    Attributes:
        year: Whose statements it is of.
        value: The result, in percent where the formula's unit is that.
        expression: The formula with the figures in it.
        figures: The cells, in the order of the formula.
    """

    year: str
    value: Decimal
    expression: str
    figures: tuple[ItemFigure, ...]


@dataclass(frozen=True, slots=True)
class FormulaAnswer:
    """The results of a formula, oldest first.

    Attributes:
        name: What is computed.
        definition: The formula in words.
        unit: As in ``Formula``.
        results: By year.
        document: Whose statements they are of.
        is_trend: The question is about the course from year to year.
        certainty: 0 to 1.
        notes: What was assumed.
    """

    name: str
    definition: str
    unit: str
    results: tuple[FormulaResult, ...]
    document: str
    is_trend: bool
    certainty: float
    notes: tuple[str, ...] = ()

    def text_of(self, result: FormulaResult) -> str:
        """A result with its unit."""
        decimals = _DECIMALS.get(self.unit)
        value = result.value if decimals is None else round(result.value, decimals)
        text = f"{value:,f}" if decimals is not None else format_number(value)
        scale = {3: " thousand", 6: " million", 9: " billion"}.get(result.figures[0].scale, "")
        return text + {"%": " %", "days": " days", "times": " times"}.get(self.unit, scale)


def formula_answer(question: str, tables: Sequence[QueryTable]) -> FormulaAnswer | None:
    """The figure that a question names, computed from the statements of one document.

    Args:
        question: What was asked.
        tables: Those that the user may read.
    """
    formula = named_formula(question)
    if formula is None or _UNANSWERED.search(_asking(question, formula)):
        return None
    stated = stated_formula(question)
    expressions = (stated,) if stated is not None else formula.expressions
    sentence = _asking(question, formula)
    years = years_of(sentence) or years_of(question)
    is_trend = TREND.search(sentence) is not None
    by_document: dict[str, list[QueryTable]] = defaultdict(list)
    for table in tables:
        by_document[table.document].append(table)
    answers = []
    for document, own in by_document.items():
        if not _is_about(sentence, formula, own):
            continue
        answer = _computed(formula, expressions, Statements(own), years, is_trend, document)
        if answer is not None:
            answers.append(answer)
    if not answers:
        return None
    values = {tuple((r.year, round(r.value, 2)) for r in a.results) for a in answers}
    if len(values) > 1:
        return None  # several companies, or reports that differ
    return answers[0]


def _asking(question: str, formula: Formula) -> str:
    """The sentence of a question that names the formula and asks for it."""
    sentences = _SENTENCE.split(" ".join(question.split()))
    for sentence in sentences:
        named = any(re.search(p, sentence, re.IGNORECASE) for p in formula.words)
        if named and sentence.rstrip().endswith("?"):
            return sentence.rpartition(": ")[2]
    return question


def _is_about(sentence: str, formula: Formula, tables: Sequence[QueryTable]) -> bool:
    """Whether the name of a document says all that a question says besides."""
    plain = sentence
    for pattern in sorted(formula.words, key=len, reverse=True):
        plain = re.sub(pattern, " ", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\([^()]*\)", " ", YEAR.sub(" ", plain))
    # What is said around every table is said of the document, not of a segment or a note.
    around = frozenset.intersection(*(table.context_keys for table in tables))
    is_item = len(_TOKEN.findall(formula.expressions[0])) == 1
    joined = {k for a, b in pairwise(content_words(plain)) if (a.key + b.key) in around
              for k in (a.key, b.key)}  # fmt: skip
    for word in content_words(plain):
        if word.key in _SAID or word.key in GENERIC or word.key in LIGHT or word.key in around:
            continue
        if word.key in joined or TREND.fullmatch(plain[word.start : word.end]):
            continue
        if word.key in _ITEM_WORDS and not is_item:
            continue
        return False
    return True


_ITEM_WORDS = frozenset(
    w.key for item in ITEMS for text in (*item.labels, *item.words) for w in content_words(text)
)


def _computed(
    formula: Formula, expressions: Sequence[str], statements: Statements, years: Sequence[str],
    is_trend: bool, document: str,
) -> FormulaAnswer | None:  # fmt: skip
    notes: list[str] = []
    certainty = _CERTAINTY
    periods = list(years)
    if not periods:
        periods = list(statements.years if is_trend else statements.years[:1])[:_MAX_YEARS]
        certainty = _LATEST if not is_trend else _CERTAINTY
        if periods and not is_trend:
            notes.append(f"the question says no year: {periods[0]} is the latest")
    for expression in expressions:
        results = [
            result for year in sorted(periods)
            if (result := _result(expression, statements, year, formula.unit)) is not None
        ]  # fmt: skip
        is_whole = len(results) == len(periods) if years else len(results) >= 1 + is_trend
        if results and is_whole:
            definition = _in_words(expression)
            return FormulaAnswer(
                formula.name, definition, formula.unit, tuple(results), document, is_trend,
                certainty, tuple(notes),
            )  # fmt: skip
    return None


def _in_words(expression: str) -> str:
    words = re.sub(r"\b(average|change)\(([a-z_]+)\)", r"\1 \2", expression)
    return words.replace("_", " ")


def _result(expression: str, statements: Statements, year: str, unit: str) -> FormulaResult | None:
    """An expression with the figures of a year; None where one is missing."""
    before = str(int(year) - 1)
    figures: list[ItemFigure] = []
    scales: set[int] = set()

    def term(name: str, of: str) -> str | None:
        cell = statements.figure(name, of)
        if cell is None:
            return None
        figures.append(cell)
        scales.add(cell.scale)
        return cell.term

    parts: list[str] = []
    at = 0
    for match in _TOKEN.finditer(expression):
        parts.append(expression[at : match.start()])
        at = match.end()
        function, name = match["function"], match["of"] or match["item"]
        now = term(name, year)
        if now is None:
            return None
        if function is None:
            parts.append(now)
            continue
        earlier = term(name, before)
        if earlier is None:
            return None
        parts.append(
            f"(({now} + {earlier}) / 2)" if function == "average" else f"({now} - {earlier})"
        )
    parts.append(expression[at:])
    if len(scales) > 1:
        return None
    text = "".join(parts)
    try:
        value = calculate(text)
    except InputError:
        return None
    return FormulaResult(year, value * 100 if unit == "%" else value, text, tuple(figures))
