"""Named figures of accounts: the formula, its cells, and what is left alone."""

from __future__ import annotations

import pytest

from rag_infer.table_qa.formula_answers import FormulaAnswer, formula_answer
from rag_infer.table_qa.formula_names import named_formula, years_of
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.stated_formula import stated_formula


def statement(text: str, document: str = "VESTFJORD_2023_10K.pdf", context: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().split("\n")]
    stem = document.removesuffix(".pdf").replace("_", " ")
    return query_table(
        rows, 1, document=document, context=f"{stem} {context}", caption="(in millions)"
    )


INCOME = """
 | 2023 | 2022 | 2021
Net sales | 400 | 380 | 350
Cost of sales | (300) | (290) | (260)
Gross profit | 100 | 90 | 90
Operating income | 40 | 30 | 35
Interest expense | (8) | (6) | (5)
Other income, net | 2 | 1 | 1
Net income | 24 | 18 | 20
"""
BALANCE = """
 | December 31, 2023 | December 31, 2022
Cash and cash equivalents | 20 | 30
Receivables, net | 60 | 50
Inventories: | |
Raw materials | 25 | 20
Finished goods | 15 | 20
Total current assets | 120 | 120
Total assets | 500 | 460
Accounts payable | 45 | 40
Total current liabilities | 100 | 80
"""
CASH = """
 | 2023 | 2022 | 2021
Net income | 24 | 18 | 20
Depreciation and amortization | 20 | 18 | 17
Inventories | (5) | (2) | (1)
Net cash provided by operating activities | 50 | 41 | 39
Capital expenditures | (30) | (25) | (20)
Dividends paid | (6) | (6) | (5)
"""
SEGMENT = """
 | 2023 | 2022 | 2021
Net sales | 90 | 80 | 70
Operating income | 9 | 8 | 7
"""
TABLES = [
    statement(SEGMENT, context="Segment results Northern segment"), statement(INCOME),
    statement(BALANCE), statement(CASH),
]  # fmt: skip


def values(question: str) -> list[str] | None:
    answer = formula_answer(question, TABLES)
    return None if answer is None else [answer.text_of(r) for r in answer.results]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What was Vestfjord's gross margin in 2023?", ["25.0 %"]),
        ("What was the quick ratio of Vestfjord in FY2023?", ["0.80 times"]),
        ("Has Vestfjord's quick ratio improved or declined between FY2023 and FY2022? "
         "If it is not a relevant metric, then explain why.", ["1.00 times", "0.80 times"]),
        ("What is the EBITDA margin of Vestfjord for FY23?", ["15.0 %"]),
        ("What was the free cash flow of Vestfjord in 2022?", ["16 million"]),
        ("What was the dividend payout ratio in 2023?", ["25.0 %"]),
        ("What were the days payable outstanding of Vestfjord in 2023?", ["51.71 days"]),
        ("What was the interest coverage in 2022?", ["5.00 times"]),
        ("What was Vestfjord's net income in 2023?", ["24 million"]),
        ("What were the total net sales of Vestfjord in 2022?", ["380 million"]),
        ("How did the operating income of Vestfjord change between 2021 and 2023?",
         ["35 million", "40 million"]),
        ("What is Vestfjord's DPO in FY2023? DPO is defined as: 365 * (average accounts payable "
         "between FY2022 and FY2023) / (FY2023 COGS + change in inventory between FY2022 and "
         "FY2023).", ["51.71 days"]),
    ],
)  # fmt: skip
def test_named_figures_are_computed(question: str, expected: list[str]) -> None:
    assert values(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What was the gross margin of Halden in 2023?",  # another company
        "What were the net sales of the Northern segment in 2023?",  # a part, not the company's
        "What was the gross margin in 2019?",  # no such year
        "Why did the gross margin of Vestfjord fall in 2023?",  # prose tells why
        "What is the expected gross margin of Vestfjord for 2023?",
        "What was the adjusted operating margin of Vestfjord in 2023?",
        "What was the return on equity in 2023?",  # no equity is said
        "What are gross margins?",
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    if question == "What are gross margins?":
        assert named_formula(question) is not None
        return
    assert values(question) is None


def test_every_figure_is_a_cell_of_one_statement() -> None:
    answer = formula_answer("What was the quick ratio of Vestfjord in 2023?", TABLES)
    assert isinstance(answer, FormulaAnswer)
    figures = answer.results[0].figures
    assert [f.item for f in figures] == ["current_assets", "inventories", "current_liabilities"]
    texts = [f.table.rows[row].texts[column] for f in figures for row, column in f.cells]
    assert texts == ["120", "25", "15", "100"]
    assert answer.results[0].expression == "(120 - (25 + 15)) / 100"


def test_two_companies_leave_it_open() -> None:
    other = [statement(INCOME.replace("400", "500"), "HALDEN_2023_10K.pdf")]
    assert formula_answer("What was the gross margin in 2023?", TABLES + other) is None
    answer = formula_answer("What was Halden's gross margin in 2023?", TABLES + other)
    assert answer is not None
    assert answer.text_of(answer.results[0]) == "20.0 %"


def test_formulas_in_words() -> None:
    text = "The ratio is calculated as (cash and cash equivalents + receivables) / total assets."
    assert stated_formula(text) == "( cash + receivables ) / total_assets"
    assert stated_formula("It is defined as a good year.") is None
    assert stated_formula("X is defined as: 365 * unicorns / revenue.") is None
    assert years_of("between FY2016 and FY 17, fiscal year 2018") == ("2016", "2017", "2018")
