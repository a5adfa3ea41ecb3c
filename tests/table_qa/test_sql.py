"""SQL over tables: typed cells, and a query that can reach nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer.errors import InputError
from rag_infer.table_qa.arithmetic import parse_arithmetic
from rag_infer.tools.sql_client import SqlTable, ask
from rag_infer.tools.sql_names import distinct

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


def test_no_question_takes_long_to_be_read() -> None:
    for question in ("What is 1" + " " * 20_000 + "x", "how much is " * 2_000, "1" * 20_000):
        assert parse_arithmetic(question) is None
    assert parse_arithmetic("What is   12 \t * 30   ?") == "12 * 30"
