"""The time for which tables hold, and questions about a time."""

from __future__ import annotations

import datetime

import pytest

from rag_infer.table_qa.follow_up import standalone
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose
from rag_infer.table_qa.validity import asked_day, asked_period, validity_of

DAY = datetime.date


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Rates from Oct 2025", DAY(2025, 10, 1), None),
        ("Prices (valid until 31 December 2025)", None, DAY(2025, 12, 31)),
        ("Budget, September 2025 to August 2026", DAY(2025, 9, 1), DAY(2026, 8, 31)),
        ("Rota, March 9 to 13, 2026", DAY(2026, 3, 9), DAY(2026, 3, 13)),
        ("Rota 9.-13. March 2026", DAY(2026, 3, 9), DAY(2026, 3, 13)),
        ("Tariff 2026", DAY(2026, 1, 1), DAY(2026, 12, 31)),
    ],
)
def test_the_time_of_a_table(
    text: str, first: datetime.date | None, last: datetime.date | None
) -> None:
    period = validity_of("", text)
    assert period is not None
    assert (period.first, period.last) == (first or DAY(1, 1, 1), last or DAY(9999, 12, 31))


@pytest.mark.parametrize("text", ["Prices 2025-2026", "Prices", "Items 20255", "Order 2025/031"])
def test_no_time_is_read_where_none_is_said(text: str) -> None:
    assert validity_of(text) is None


def test_the_time_of_a_question() -> None:
    period = asked_period("What did it cost before October 2025?")
    assert period is not None
    assert (period.first, period.last) == (DAY(2025, 9, 30), DAY(2025, 9, 30))
    assert asked_period("What is the change between 2024 and 2025?") is None
    rota = validity_of("Rota, March 9 to 13, 2026")
    assert rota is not None
    day = asked_day("Who is on duty on Thursday, March 12?", rota)
    assert day is not None
    assert day.first == DAY(2026, 3, 12)


def prices(caption: str, night: str) -> QueryTable:
    rows = [["Room", "Price"], ["Single", "80"], ["Double", night]]
    return query_table(rows, 1, name="rooms", caption=caption, validity=validity_of(caption))


def test_the_table_that_holds_at_the_time_is_asked() -> None:
    tables = [prices("until Sep 2025", "110"), prices("from Oct 2025", "120")]

    def answer(question: str) -> tuple[str, ...] | None:
        choice = choose(best_plan(question, tables))
        return None if choice is None else choice[1].values

    assert answer("What is the price of a double room since October 2025?") == ("120",)
    assert answer("What was the price of a double room before October 2025?") == ("110",)
    assert answer("What is the price of a double room?") is None
    earlier = ["What was the price of a double room before October 2025?"]
    later = standalone("And since then?", earlier)
    assert later is not None
    assert answer(later) == ("120",)
    assert standalone("And since then?", ["What is the price of a double room?"]) is None
