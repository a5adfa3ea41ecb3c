"""What a person gets of a question about tables: its text, notes, sources and table."""

from __future__ import annotations

import pytest

from rag_infer import Filter, Index

PRICES = """# Paws and Tails

| Service | Small dog | Large dog | Duration |
|---|---|---|---|
| **Nail trim** | $12 | $15 | 15 minutes |
| Bath and brush | $30 | $45 | 1 hour |
"""
ORDERS = "order,customer_id,amount\n1,C1,100\n2,C2,50\n3,C1,25\n4,C9,10\n"
PUBLIC = Filter(groups=[])
CUSTOMERS = "customer_id,name,city,credit\nC1,Ash,Oslo,900\nC2,Bay,Bergen,500\nC3,Cox,Oslo,70\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    home = tmp_path_factory.mktemp("tables")
    folder = home / "data"
    folder.mkdir()
    for name, text in (
        ("prices.md", PRICES), ("orders.csv", ORDERS), ("customers.csv", CUSTOMERS),
    ):  # fmt: skip
        (folder / name).write_text(text)
    index = Index.open(home / "index", create=True)
    index.add(folder)
    secret = home / "bonus.csv"
    secret.write_text("person,bonus\nAnn,900\nBob,100\n")
    index.add(secret, groups=["board"])
    return index


def test_a_price_without_its_column_is_all_prices_of_the_row_in_words(index: Index) -> None:
    answer = index.ask("How much is a nail trim?")
    assert answer.text == "Nail trim: Small dog $12; Large dog $15 [1] [2]"
    assert [c.span.quote for c in answer.citations] == ["$12", "$15"]
    assert answer.warnings == ("the question does not say which of these columns",)


def test_a_note_is_given_once(index: Index) -> None:
    answer = index.ask("How long does a bath and brush take?")
    assert answer.text == "Duration, Bath and brush: 1 hour [1]"
    assert answer.warnings == ("“long” and “take” are read as “Duration”",)


def test_the_tables_of_an_index_are_listed(index: Index) -> None:
    answer = index.ask("What tables are there?", filter=PUBLIC)
    assert answer.table is not None
    assert answer.table.rows == (
        ("customers", "customers.csv", "3", "customer_id, name, city, credit"),
        ("orders", "orders.csv", "4", "order, customer_id, amount"),
        ("prices", "prices.md", "2", "Service, Small dog, Large dog, Duration"),
    )
    assert len(answer.citations) == 3


@pytest.mark.parametrize(
    "question",
    ["List the columns of orders", "which columns does the orders table have?",
     "What are the columns in orders.csv?"],
)  # fmt: skip
def test_the_columns_of_a_table_are_listed(index: Index, question: str) -> None:
    answer = index.ask(question)
    assert answer.text == "Columns of orders: order, customer_id, amount [1]"
    assert answer.table is not None
    assert answer.table.rows[2] == ("amount", "number", "")


@pytest.mark.parametrize("question", ["List the columns of bonus", "List the columns of temples"])
def test_columns_of_a_table_that_one_may_not_read_are_not_told(index: Index, question: str) -> None:
    assert "person" not in index.ask(question, filter=PUBLIC).text
    assert not index.ask(question, filter=PUBLIC).text.startswith("Columns of")


def test_two_tables_are_joined_and_what_has_no_match_is_counted(index: Index) -> None:
    answer = index.ask("What is the total amount by city?")
    assert answer.table is not None
    assert answer.table.rows == (("Bergen", "50"), ("Oslo", "125"))
    assert answer.table.computation == (
        'SELECT "city", sum("amount") FROM "orders" JOIN "customers" USING ("customer_id")'
        " GROUP BY 1 ORDER BY 1"
    )
    assert answer.warnings == (
        "orders joined with customers on customer_id: 1 of 4 rows of orders and 1 of 3 of "
        "customers have no match",
    )


def test_figures_of_the_one_row_are_not_added_for_each_of_many(index: Index) -> None:
    answer = index.ask("What is the average credit by order?")
    assert answer.table is None or "JOIN" not in answer.table.computation


def test_a_join_is_not_made_where_one_table_answers(index: Index) -> None:
    answer = index.ask("What is the total amount?")
    assert (answer.text.split(" (")[0], answer.warnings) == ("Total amount: 185", ())
