"""Arithmetic as people write it; nothing is run."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.errors import InputError
from rag_infer.tools.calculator import calculate, calculator, format_number, is_sum

numbers = st.decimals(0, 1000, places=2, allow_nan=False).map(
    lambda d: (f"{d.normalize():f}", Fraction(d))
)


def joined(children: st.SearchStrategy[tuple[str, Fraction]]) -> st.SearchStrategy:
    """Two expressions with an operator, in parentheses, and the exact value."""
    return st.tuples(children, st.sampled_from("+-*"), children).map(
        lambda t: (
            f"({t[0][0]} {t[1]} {t[2][0]})",
            {"+": t[0][1] + t[2][1], "-": t[0][1] - t[2][1], "*": t[0][1] * t[2][1]}[t[1]],
        )
    )


@settings(deadline=None, max_examples=100)
@given(st.recursive(numbers, joined, max_leaves=5))
def test_sums_and_products_are_exact(built: tuple[str, Fraction]) -> None:
    expression, expected = built
    assert Fraction(calculate(expression)) == expected


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", "14"), ("15% of 2,400", "360"), ("2^3^2", "512"), ("-3^2", "-9"),
        ("0.1 + 0.2", "0.3"), ("1/3", "0.333333333333"), ("$1,200 + $300", "1,500"),
        ("3.5 million / 4", "875,000"), ("3 x 4", "12"), ("sqrt(16) + abs(-2)", "6"),
        ("round(2.345, 2)", "2.35"), ("avg(1, 2, 6)", "3"), ("10 divided by 4", "2.5"),
        ("3 plus 4 times 2", "11"), ("the square root of 16", "4"), ("2 * pi", "6.28318530718"),
        ("(1+2)*-4", "-12"), ("17 mod 5", "2"), ("2^100", "1.26765060023E+30"),
    ],
)  # fmt: skip
def test_as_people_write_it(expression: str, value: str) -> None:
    assert format_number(calculate(expression)) == value
    assert calculator(expression) == f"{expression} = {value}"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1/0", "divides by zero"), ("10^7000", "too large"), ("9**9**9**9", "too large"),
        ("0.1^9999", "too small"), ("sqrt(-1)", "no value"), ("ln(0)", "no value"),
        ("foo(2)", "no function 'foo'"),
        ("sqrt(1, 2)", "takes one number"), ("__import__('os')", "not arithmetic"),
        ("", "not arithmetic"), ("1.2.3", "not arithmetic"), ("2024-01-31", "not arithmetic"),
        ("(" * 60 + "1" + ")" * 60, "too long"), ("1+" * 300 + "1", "too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_says_why(expression: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        calculate(expression)


@settings(deadline=None, max_examples=200)
@given(st.text("0123456789+-*/^%()., xkmsqrtpi", max_size=60))
def test_any_text_gives_a_number_or_says_why(text: str) -> None:
    try:
        value = calculate(text)
    except InputError:
        return
    assert format_number(value)


def test_a_bare_number_is_no_sum() -> None:
    assert is_sum("2 + 2")
    assert is_sum("5% of 10")
    assert not any(map(is_sum, ("7", "5%", "-3", "2024-01", "10/12/2024", "hello", "")))
