"""The typed rows of an answer."""

from __future__ import annotations

import json

from rag_infer.table_qa.result_table import result_table


def test_columns_have_types_and_units() -> None:
    table = result_table(
        ["Item", "Price", "From", "In stock", "Account"],
        [
            ["Board", "$1,250.50", "1 March 2025", "yes", "000123"],
            ["Glue", "($3)", "2 April 2025", "no", "000124"],
            ["Wax", "n/a", "", "yes", "000125"],
        ],
        "SELECT 1",
    )
    assert table.types == ("text", "number", "date", "flag", "text")
    assert table.units == ("", "USD", "", "", "")
    assert table.values == (
        ("Board", 1250.5, "2025-03-01", True, "000123"),
        ("Glue", -3, "2025-04-02", False, "000124"),
        ("Wax", None, None, True, "000125"),
    )
    assert table.rows[0][1] == "$1,250.50"
    assert json.loads(table.to_json())["values"][1][1] == -3


def test_a_comma_is_read_as_the_table_it_is_from_has_it() -> None:
    assert result_table(["Umsatz"], [["1.250"]], "", ["1.250", "9.677,94"]).values == ((1250,),)
    assert result_table(["Size"], [["1.250"]], "", ["1.250", "0.75"]).values == ((1.25,),)


def test_rows_beyond_the_first_hundred_are_counted() -> None:
    table = result_table(["n"], [[str(n)] for n in range(130)])
    assert (len(table.rows), len(table.values), table.more) == (100, 100, 30)
