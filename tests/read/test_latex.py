"""LaTeX as it prints: macros unfolded, comments gone, notes, lists, tables and accents read."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]

PAPER = r"""\documentclass[12pt]{article}
\newcommand{\company}{Larch Bakery Ltd}
\newcommand{\fee}[1]{\textbf{#1 euros}}
\def\city{Bergen} % the old one was 999
\title{Report of \company}
\begin{document}
\maketitle
\section{Fees\label{sec:fees}}
The fee of \company{} in \city\ is \fee{120}\footnote{From \emph{May} on 130 euros.} a year, i.e.\
10~euros a month --- 5\,\% less \cite{lund}. % secret 998
\begin{comment}
Draft: 997 euros.
\end{comment}
\begin{itemize}
\item Boats
\item[Rafts] cost \$25 each
\end{itemize}
\begin{table}\caption{Prices}\begin{tabular}{|l|r|}
\hline Item & Price \\ \hline
Oak & 45 \\ Ash & 38 \\ \hline
\multicolumn{2}{l}{without tax} \\
\end{tabular}\end{table}
\subsection*{Area}
It is $A = \pi r^2$, a H\"ohe, an \'etage, na\"{\i}ve.
\begin{verbatim}
print("100%")
\end{verbatim}
\end{document}
"""


def test_a_paper_is_read_as_it_prints(write: Write) -> None:
    result = document(write("a.tex", PAPER))
    page = result.pages[0]
    assert result.title == "Report of Larch Bakery Ltd"
    assert page.text == (
        "Report of Larch Bakery Ltd\n\nFees\n\n"
        "The fee of Larch Bakery Ltd in Bergen is 120 euros (Footnote: From May on 130 euros.) a "
        "year, i.e. 10 euros a month — 5 % less.\n\n"
        "- Boats\n- Rafts: cost $25 each\n\nPrices\n\n"
        "Item | Price\nOak | 45\nAsh | 38\nwithout tax\n\n"
        "Area\n\nIt is $A = \\pi r^2$, a Höhe, an étage, naïve.\n\n"
        'print("100%")'
    )
    headings = [b.level for b in page.blocks if b.kind == "heading"]
    assert headings == [1, 2, 3]
    assert page.tables[0].cells[1] == ("Oak", "45")


def test_a_part_of_a_paper_has_its_headings(write: Write) -> None:
    source = "\\section{Guide}\nWelcome.\n\n\\subsection{Costs}\nEntry is free."
    result = document(write("a.tex", source))
    assert (result.title, result.pages[0].text) == (
        "Guide",
        "Guide\n\nWelcome.\n\nCosts\n\nEntry is free.",
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"\texteuro 5 or \textsterling{}4", "€5 or £4"),
        (r"120\textsuperscript{3} euros, 5 m\textsuperscript{2}", "120 ³ euros, 5 m²"),
        (r"CO\textsubscript{2} and 1\textsuperscript{st}", "CO₂ and 1st"),
        (r"at 12\ensuremath{^{\circ}}C or 13$^\circ$C", "at 12°C or 13°C"),
        (r"\SI{5}{kg}, \qty{20}{\percent}", "5 kg, 20 %"),
        (r"up to $0{.}04$\,mg/m$^3$ of $1\,200$", "up to 0.04 mg/m³ of 1 200"),
        (r"CO$_2$, $25\%$, $10$ of $x+1$ and $y^2$", "CO₂, 25%, 10 of $x+1$ and $y^2$"),
        (r"\SI{5}{\kilo\gram\per\meter}", "5 kilogram per meter"),
        (r"\guillemotleft oui\guillemotright, 5 \textpm{} 1, \th orn", "«oui», 5 ± 1, þorn"),
    ],
)
def test_signs_and_raised_figures_are_read(write: Write, source: str, text: str) -> None:
    assert document(write("a.tex", f"\\section{{A}}\n{source}")).pages[0].text == f"A\n\n{text}"


@pytest.mark.parametrize(
    "source",
    ["\\a{" * 50_000, "\\footnote{" * 20_000, "\\section{" * 20_000, "\\a[" * 50_000,
     "\\begin{verbatim}" * 20_000, "\\begin{itemize}\\item[" * 10_000, "\\[" * 50_000],
)  # fmt: skip
def test_what_is_never_closed_ends_soon(write: Write, source: str) -> None:
    assert (
        document(write("a.tex", f"The gate is open.\n\n{source}"))
        .pages[0]
        .text.startswith("The gate is open.")
    )


def test_macros_that_call_one_another_stay_within_bounds(write: Write) -> None:
    names = "abcdefghijklmnopqrst"
    source = "".join(
        "\\newcommand{\\m" + name + "}{" + ("\\m" + other) * 10 + "}\n"
        for name, other in itertools.pairwise(names)
    )
    text = document(write("a.tex", f"{source}The gate is open.\n\n" + "\\ma " * 100)).pages[0].text
    assert text.startswith("The gate is open.")
