"""Nouns and verbs of a question whose words were found in a table."""

from __future__ import annotations

from collections.abc import Collection

from rag_infer.table_qa.phrase_rows import PhraseRows
from rag_infer.table_qa.question import is_plural
from rag_infer.table_qa.reading import Reading, is_noun
from rag_infer.table_qa.synonyms import EVENTS, GENERIC, LIGHT, OUTCOMES


def head_noun(reading: Reading, start: int) -> int | None:
    """The place of the last word of a run side by side from a place in the text on.

    A verb ends the run: "teams" of "how many teams scored".
    """
    run = noun_run(reading, start)
    return run[-1] if run else None


def noun_run(reading: Reading, start: int) -> list[int]:
    """The places of the words side by side from a place in the text on, up to a verb."""
    links, text = reading.links, reading.question.text
    run: list[int] = []
    at = start
    for n, word in enumerate(links.words):
        if word.start < start:
            continue
        surface = text[word.start : word.end].lower()
        if text[at : word.start].strip() or (run and is_verb(word.key, surface)):
            break
        if word.key not in GENERIC:
            run.append(n)
        at = word.end
    return run


def is_verb(word: str, surface: str) -> bool:
    """Whether a word is one of the common verbs of questions, and no plural."""
    return not is_plural(surface) and word in EVENTS | OUTCOMES | LIGHT


def chooses_no_row(
    reading: Reading, number: int, selection: PhraseRows, columns: Collection[int] = ()
) -> bool:
    """Whether a word chooses no row: a light one, or one that names a column that is used."""
    links = reading.links
    word = links.words[number]
    used = {c.column for c in selection.conditions} | set(columns)
    if used & links.headers[number].keys():
        return True
    if links.cells[number]:
        return word.key in GENERIC
    if links.headers[number]:
        return links.context[number]
    is_verb_here = word.key in EVENTS and not is_noun(reading, number)
    return word.key in GENERIC | LIGHT or is_verb_here or links.context[number]


def is_unit_of(reading: Reading, number: int, named: Collection[int]) -> bool:
    """Whether a word is the noun that a header is short of: "silver medals"."""
    links = reading.links
    word = links.words[number]
    if links.headers[number] or links.cells[number] or word.number or number - 1 not in named:
        return False
    surface = reading.question.text[word.start : word.end]
    return is_plural(surface) or word.key in reading.table.surrounding_keys


def is_outcome(reading: Reading, number: int) -> bool:
    """Whether a word is a verb for how a figure came about, which no header or cell has."""
    links = reading.links
    word = links.words[number].key
    return word in OUTCOMES and not links.headers[number] and not links.cells[number]
