"""SQL over tables: typed cells, and a query that can reach nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer.errors import InputError
from rag_infer.table_qa.question_parser import (
    maybe_table_question,
    parse_arithmetic,
    parse_table_question,
)
from rag_infer.tools.sql_client import SqlTable, ask, distinct

ORDERS = SqlTable(
    "orders",
    "data/orders.csv",
    ("Region", "Product", "Unit Price", "Year", "Code", "Day"),
    [
        ("North", "Widget", "$1,200.50", "2023", "007", "2023-01-31"),
        ("South", "Widget", "(300)", "2023", "008", "2023-02-01"),
        ("North", "Gadget", "45", "2024", "010", "2024-03-01"),
        ("West", "Blue Gadget", "5,000", "2024", "011"),
    ],
)
STAFF = SqlTable(
    "staff", "staff.xlsx", ("name", "team", "salary"),
    [("Ann Lee", "Ops", "5000"), ("Bob", "Dev", "6000"), ("Cy", "Dev", "6000")],
)  # fmt: skip


def test_cells_become_what_they_read_as() -> None:
    rows = ask([ORDERS], "SELECT column_name, column_type FROM (DESCRIBE orders)")
    assert dict(rows.rows) == {
        "Region": "VARCHAR", "Product": "VARCHAR", "Unit Price": "DOUBLE", "Year": "BIGINT",
        "Code": "VARCHAR", "Day": "DATE",
    }  # fmt: skip
    rows = ask([ORDERS], 'SELECT "Unit Price", Code, Day FROM orders ORDER BY 1 LIMIT 2')
    assert rows.rows == (("-300", "008", "2023-02-01"), ("45", "010", "2024-03-01"))
    assert ask([ORDERS], "SELECT count(*) FROM orders WHERE Day IS NULL").rows == (("1",),)


def test_two_tables_can_be_joined() -> None:
    rows = ask([ORDERS, STAFF], "SELECT count(*) FROM orders, staff")
    assert rows.rows == (("12",),)


def test_rows_that_are_left_out_are_told() -> None:
    rows = ask([STAFF], "SELECT range FROM range(500)")
    assert len(rows.rows) == 100
    assert rows.more
    assert "there are more rows" in rows.text()


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE staff", "INSERT INTO staff VALUES ('x', 'y', 1)", "SELECT 1; SELECT 2",
        "COPY staff TO '{place}'", "ATTACH '{place}'", "SET memory_limit = '8GB'", "INSTALL httpfs",
        "PRAGMA database_list", "EXPORT DATABASE '{place}'", "SELECT * FROM read_csv('{place}')",
        "SELECT * FROM '{place}'", "SELECT * FROM read_text('{place}')", "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')", "SELECT", "drop", "",
    ],
)  # fmt: skip
def test_a_query_reaches_nothing_but_its_tables(query: str, tmp_path: Path) -> None:
    secret_file = tmp_path / "secret.csv"
    secret_file.write_text("password\nhunter2\n")
    with pytest.raises(InputError) as caught:
        ask([STAFF], query.format(place=secret_file))
    assert "hunter2" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]
    assert secret_file.read_text() == "password\nhunter2\n"


def test_a_query_that_takes_too_long_or_too_much_is_stopped() -> None:
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000000) b"
    with pytest.raises(InputError, match=r"longer than 0\.5 s"):
        ask([STAFF], endless, seconds=0.5)
    with pytest.raises(InputError, match="too much memory"):
        ask([STAFF], "SELECT repeat('x', 3000000000)", seconds=5)


def test_names_are_told_apart_as_sql_does() -> None:
    assert distinct(["a", "A", "", "b\n c", ""]) == ("a", "A 2", "column 3", "b c", "column 5")
    strange_table = SqlTable('a "b"; DROP', "x.csv", ("it's", 'q"'), [("1", "x'y")])
    assert ask([strange_table], 'SELECT * FROM "a ""b""; DROP"').rows == (("1", "x'y"),)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the total unit price in orders?", ["5945.5"]),
        ("How many orders are there from North?", ["2"]),
        ("average unit price of widgets", ["450.25"]),
        ("Which product has the highest unit price?", ["Blue Gadget|5000"]),
        ("Which region has the lowest total unit price?", ["South|-300"]),
        ("total unit price by region", ["North|1245.5", "South|-300", "West|5000"]),
        ("total unit price for blue gadget in 2024", ["5000"]),
        ("How many regions are there in orders?", ["3"]),
        ("What is the average salary in the Dev team?", ["6000"]),
        ("Who has the highest salary?", ["Bob|6000", "Cy|6000"]),
        ("What is the median salary?", ["6000"]),
    ],
)
def test_plain_questions_are_read(question: str, rows: list[str]) -> None:
    assert maybe_table_question(question)
    parsed = parse_table_question(question, [ORDERS, STAFF])
    assert parsed is not None
    assert ["|".join(row) for row in ask([parsed.table], parsed.sql).rows] == rows


@pytest.mark.parametrize(
    "question",
    [
        "How many employees are there?", "Which team has the most people?",
        "What is the total revenue in orders?", "How many orders are late?", "What is a widget?",
        "How many bytes does the cache take for each token?", "Why is the highest salary so high?",
        "What is the total unit price in France?",
    ],
)  # fmt: skip
def test_a_word_left_over_leaves_the_question_alone(question: str) -> None:
    assert parse_table_question(question, [ORDERS, STAFF]) is None


def test_two_tables_that_both_answer_are_no_answer() -> None:
    again = SqlTable("pay", "pay.csv", STAFF.columns, STAFF.rows)
    assert parse_table_question("What is the median salary?", [STAFF, again]) is None
    assert parse_table_question("What is the median salary in pay?", [STAFF, again]) is not None


@pytest.mark.parametrize(
    ("question", "expression"),
    [
        ("What is 15% of 2,400?", "15% of 2,400"), ("how much is 12 * 30", "12 * 30"),
        ("Calculate (3+4)^2.", "(3+4)^2"), ("what's 2+2=", "2+2"),
        ("Can you please compute 3 plus 4?", "3 plus 4"), ("What is 2024?", None),
        ("What is the capital of France?", None), ("What happened on 2024-01-31?", None),
        ("What is 15% of revenue?", None), ("", None),
    ],
)  # fmt: skip
def test_plain_sums_are_read(question: str, expression: str | None) -> None:
    assert parse_arithmetic(question) == expression


CITIES = SqlTable(
    "orders", "orders.csv", ("city", "status", "amount", "day", "fee"),
    [
        ("Berlin", "paid", "10", "2024/01/05", "12,50"),
        ("Berlin", "Paid", "20", "2024/01/06", "7,25"),
        ("Paris", "PAID", "30", "2024/01/05", "1,250"),
        ("Rome", "refund", "5", "2024/01/05", "1"),
        ("Rome", "refunds", "5", "2024/01/05", "1"),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    "question",
    [
        "How many orders are not in Berlin?", "total amount of orders without Berlin",
        "total amount in orders for other than Berlin", "How many orders before 2020?",
        "How many orders have no status?", "Which city has at least the highest amount?",
        "How many orders aren't in Berlin?", "total amount in orders between Berlin and Paris",
        "How many orders are refunded?",  # two cells are as near
    ],
)  # fmt: skip
def test_a_question_that_is_turned_around_is_left_alone(question: str) -> None:
    assert not (maybe_table_question(question) and parse_table_question(question, [CITIES]))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many orders are paid?", [("3",)]),
        ("How many orders on 2024/01/05?", [("4",)]),
        ("total amount in Berlin", [("30",)]),
    ],
)
def test_cells_are_compared_as_they_are_written(question: str, rows: list[tuple[str, ...]]) -> None:
    parsed = parse_table_question(question, [CITIES])
    assert parsed is not None
    assert list(ask([parsed.table], parsed.sql).rows) == rows
    assert len(parsed.rows) == (2 if "Berlin" in question else int(rows[0][0]))


def test_figures_that_say_two_things_stay_text() -> None:
    kinds = dict(ask([CITIES], "SELECT column_name, column_type FROM (DESCRIBE orders)").rows)
    assert kinds["fee"] == "VARCHAR"
    assert parse_table_question("total fee in orders", [CITIES]) is None
    mixed = SqlTable("x", "x.csv", ("price", "phone"), [("$5", "555 1234"), ("€7", "555 4321")])
    kinds = dict(ask([mixed], "SELECT column_name, column_type FROM (DESCRIBE x)").rows)
    assert kinds == {"price": "VARCHAR", "phone": "VARCHAR"}


def test_no_question_takes_long_to_be_read() -> None:
    for question in ("What is 1" + " " * 20_000 + "x", "how much is " * 2_000, "1" * 20_000):
        assert parse_arithmetic(question) is None
        assert not maybe_table_question(question)
    assert parse_arithmetic("What is   12 \t * 30   ?") == "12 * 30"
