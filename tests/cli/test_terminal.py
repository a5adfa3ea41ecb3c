"""What may reach a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.cli import terminal


@given(st.text())
def test_safe_text_holds_nothing_that_acts(text: str) -> None:
    output = terminal.safe(text)
    assert all(c in "\n\t" or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0) for c in output)
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200f\ufeff") & set(output)
    assert terminal.safe(output) == output


@given(st.text(), st.integers(1, 40))
def test_shortened_text_fits(text: str, columns: int) -> None:
    short = terminal.shortened(text, columns)
    assert len(short) <= max(columns, 1)
    assert short == text or short.endswith("…")


def test_colour_needs_a_terminal_and_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" in terminal.styled("x", "bold", Terminal())
    assert terminal.styled("x", "bold", io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.styled("x", "bold", Terminal()) == "x"


def test_sizes_are_for_people() -> None:
    assert terminal.size(12) == "12 B"
    assert terminal.size(3_400_000) == "3.4 MB"
