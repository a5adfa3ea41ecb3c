"""Arithmetic, read by a grammar and computed in decimal: nothing of it is ever run as code.

Numbers are decimal with 34 digits (IEEE 754 decimal128), so that 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import decimal
import functools
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from rag_infer.errors import InputError

_GRAMMAR = r"""
?start: sum
?sum: product | sum "+" product -> add | sum "-" product -> sub
?product: power | product ("*"|"x"|"×"|"·") power -> mul | product ("/"|"÷"|"over") power -> div
    | product "mod" power -> mod | percent "of" power -> part
    | sign | product ("*"|"x"|"×"|"·") sign -> mul | product ("/"|"÷") sign -> div
sign: "-" power -> neg | "+" power -> pos
?power: atom | atom ("^"|"**") power -> pow | atom ("^"|"**") sign -> pow
?atom: NUMBER scale? -> number | percent | "(" sum ")" | NAME "(" sum (("," | ";") sum)* ")" -> call
    | CONSTANT -> constant
percent: atom "%" | atom "percent" | atom "per" "cent"
!scale: "thousand" | "million" | "billion" | "trillion" | "k" | "m" | "bn"
CONSTANT.2: /(pi|π)\b/i
NAME: /[a-z][a-z0-9]*(?=\s*\()/i
NUMBER: /\d{1,3}(,\d{3})+(\.\d+)?(?![\d,.])|(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,4})?|\.\d+/
%ignore /\s+/
%ignore /[$€£]/
"""
_MAX_CHARS, _MAX_DEPTH = 400, 40
_CONTEXT = decimal.Context(
    prec=34, rounding=decimal.ROUND_HALF_EVEN, Emax=6144, Emin=-6143,
    traps=[
        decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.Underflow,
    ],
)  # fmt: skip
_SCALE = {
    "thousand": 3, "k": 3, "million": 6, "m": 6, "billion": 9, "bn": 9, "trillion": 12,
}  # fmt: skip
_PI = Decimal("3.141592653589793238462643383279503")
# 2023-24, a telephone number, a date: figures that nobody wants computed.
_NOT_ARITHMETIC = re.compile(
    r"\d+(?:-\d+)+|\d{1,2}\s*/\s*\d{1,2}\s*/\s*\d{2,4}|24/7|9/11|50/50|20/20"
)
# A cheap test before the parser, which takes milliseconds for a sentence: a word that is neither
# one of the grammar's nor a function's name with its parenthesis.
_PROSE = re.compile(
    r"(?<![^\W\d_])(?!(?:over|mod|of|percent|per|cent|thousand|million|billion|trillion|bn|pi)"
    r"(?![^\W\d_]))[^\W\d_]{2,}(?![^\W_]*\s*\()",
    re.IGNORECASE,
)
_MAX_DECIMALS = 12  # digits after the point of what does not come out even


def calculate(expression: str) -> Decimal:
    """The value of an arithmetic expression.

    Raises InputError for what is no expression, has no value (1/0), or is too long, too deep or too
    large.
    """
    from lark.exceptions import LarkError, UnexpectedInput

    text = _tidy(expression)
    if len(text) > _MAX_CHARS or _depth(text) > _MAX_DEPTH:
        raise _wrong(
            expression, f"is too long (at most {_MAX_CHARS} characters, {_MAX_DEPTH} deep)"
        )
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        column = getattr(error, "column", 0)
        context = (
            text[column - 1 : column + 11]
            if isinstance(column, int) and 0 < column <= len(text)
            else "its end"
        )
        raise _wrong(
            expression, f"not arithmetic that the calculator understands, near '{context}'"
        ) from error
    except LarkError as error:
        raise _wrong(expression, "not arithmetic that the calculator understands") from error
    try:
        with decimal.localcontext(_CONTEXT):
            value = _value(tree)
        if not value.is_finite():
            raise _wrong(expression, "has no value")
        return value
    except decimal.DivisionByZero as error:
        raise _wrong(expression, "divides by zero") from error
    except (decimal.Overflow, decimal.Underflow) as error:
        size = "large" if isinstance(error, decimal.Overflow) else "small"
        raise _wrong(expression, f"is too {size} to compute") from error
    except (decimal.InvalidOperation, ZeroDivisionError) as error:
        raise _wrong(expression, "has no value") from error


def format_number(value: Decimal) -> str:
    """A value as people write it: ``1,234.5``; what does not come out even has 12 digits."""
    with decimal.localcontext(_CONTEXT):
        if value and not Decimal("1e-9") <= abs(value) < Decimal("1e21"):
            return f"{_rounded(value, significant=True):E}"
        return f"{_rounded(value):,f}"


def calculator(expression: str) -> str:
    """Computes arithmetic exactly: + - * / ^ mod, parentheses, 15% of 80, sqrt, ln, log, exp, abs,
    round(x, digits), floor, ceil, min, max, sum, avg. Plain numbers; thousand, million, billion.
    """
    return f"{' '.join(expression.split())} = {format_number(calculate(expression))}"


def is_sum(text: str) -> bool:
    """Whether a text is arithmetic with something to compute, rather than a number or a name."""
    from lark.exceptions import LarkError

    tidy = _tidy(text)
    if (
        not re.search(r"\d", tidy)
        or _NOT_ARITHMETIC.fullmatch(tidy)
        or _PROSE.search(tidy)
        or len(tidy) > _MAX_CHARS
        or _depth(tidy) > _MAX_DEPTH
    ):
        return False
    try:
        tree = _parser().parse(tidy)
    except LarkError:
        return False
    return tree.data not in ("number", "percent", "constant", "neg", "pos")


@functools.lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark

    return Lark(_GRAMMAR, parser="earley", lexer="dynamic", ambiguity="resolve")


_SPOKEN_OPERATORS = tuple(
    (re.compile(rf"\b{phrase}\b", re.IGNORECASE), mark)
    for phrase, mark in (
        ("plus", "+"), ("minus", "-"), ("times", "*"), (r"multiplied\s+by", "*"),
        (r"divided\s+by", "/"), (r"to\s+the\s+power\s+of", "^"), ("squared", "^2"), ("cubed", "^3"),
        (r"(?:the\s+)?square\s+root\s+of\s+(\d[\d,.]*)", r"sqrt(\1)"),
    )
)  # fmt: skip


def _tidy(text: str) -> str:
    text = text.strip().rstrip("=?").strip().replace("−", "-").replace("–", "-")
    for pattern, symbol in _SPOKEN_OPERATORS:
        text = pattern.sub(symbol, text)
    return text


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest + text.count("^") + text.count("**")


def _value(node: Any) -> Decimal:
    kind, parts = node.data, node.children
    if kind == "number":
        number = Decimal(str(parts[0]).replace(",", ""))
        if len(parts) > 1:
            number = number.scaleb(_SCALE[str(parts[1].children[0]).lower()])
        return number
    if kind == "constant":
        return _PI
    if kind == "call":
        return _call(str(parts[0]).lower(), [_value(part) for part in parts[1:]])
    return _OPERATIONS[str(kind)](*(_value(part) for part in parts))


_OPERATIONS: dict[str, Callable[..., Decimal]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "mod": lambda a, b: a % b,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "pos": lambda a: +a,
    "percent": lambda a: a / 100,
    "part": lambda a, b: a * b,
}
_UNARY_FUNCTIONS: dict[str, Callable[[Decimal], Decimal]] = {
    "sqrt": Decimal.sqrt,
    "ln": Decimal.ln,
    "log": Decimal.log10,
    "log10": Decimal.log10,
    "log2": lambda a: a.ln() / Decimal(2).ln(),
    "exp": Decimal.exp,
    "abs": abs,
    "floor": lambda a: a.to_integral_value(decimal.ROUND_FLOOR),
    "ceil": lambda a: a.to_integral_value(decimal.ROUND_CEILING),
    "round": lambda a: a.to_integral_value(decimal.ROUND_HALF_UP),
}
_VARIADIC_FUNCTIONS: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "min": min,
    "max": max,
    "sum": lambda numbers: sum(numbers, Decimal(0)),
    "avg": lambda numbers: sum(numbers, Decimal(0)) / len(numbers),
    "mean": lambda numbers: sum(numbers, Decimal(0)) / len(numbers),
}


def _call(name: str, arguments: Sequence[Decimal]) -> Decimal:
    if name in _VARIADIC_FUNCTIONS:
        return _VARIADIC_FUNCTIONS[name](arguments)
    if (
        name == "round"
        and len(arguments) == 2
        and arguments[1] == int(arguments[1])
        and abs(arguments[1]) <= 30
    ):
        return arguments[0].quantize(Decimal(1).scaleb(-int(arguments[1])), decimal.ROUND_HALF_UP)
    if name in _UNARY_FUNCTIONS and len(arguments) == 1:
        return _UNARY_FUNCTIONS[name](arguments[0])
    if name not in _UNARY_FUNCTIONS:
        raise InputError(
            f"there is no function '{name}'",
            hint=f"there are: {', '.join((*_UNARY_FUNCTIONS, *_VARIADIC_FUNCTIONS))}",
        )
    raise InputError(f"'{name}' takes one number, not {len(arguments)}")


def _rounded(value: Decimal, *, significant: bool = False) -> Decimal:
    if significant:
        return decimal.Context(prec=_MAX_DECIMALS).create_decimal(value).normalize()
    digits = value.as_tuple().exponent
    if isinstance(digits, int) and -digits > _MAX_DECIMALS:
        value = value.quantize(Decimal(1).scaleb(-_MAX_DECIMALS))
    value = value.normalize()
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def _wrong(expression: str, what: str) -> InputError:
    return InputError(what, where=" ".join(expression.split())[:80])
