"""The form of what the invented documents of ``office_documents.py`` say.

A fact is (headings, wordings, questions): ``|`` separates alternatives. Slots: ``{v}`` the answer,
of the kind named in its braces where the fact is made; ``{A}`` ``{B}`` parties by name, ``{a}``
``{b}`` by their role in the text, ``{d}`` the document as a question names it, ``{x}`` ``{y}`` other
values. Trades and wording are other ones than those of any benchmark.
"""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """Alternatives are separated by ``|``; ``value`` is the kind of its answer."""

    value: str
    headings: str
    wordings: str
    questions: str
