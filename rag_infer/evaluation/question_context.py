"""Tells apart questions that several places answer: by the document and the heading.

A folder of leases answers "What is the deposit?" once for each of them. People name the one that
they mean, so such a question is asked "According to" it, and of one section of it where one
document answers it more than once.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from rag_infer.evaluation.matching import tokens
from rag_infer.evaluation.question_drafts import QuestionDraft, SourcePage

_HEADING = re.compile(
    r"^(?:#{1,4}\s+(?:\d[\d.]*\s+)?|\d+(?:\.\d+)*[.)]?\s+)(?P<title>[A-Z][^\n.:;|#]{2,48}?)\s*$",
    re.M,
)

_LABEL = re.compile(r"^[ \t]*(?:[-*]\s*)?\**(?P<name>[A-Z][\w'’/ -]{2,48}?)\**\s*:", re.M)


def document_names(pages: Sequence[SourcePage]) -> dict[str, str]:
    """What each document is called, by id: its title, or its file's name where titles repeat."""
    titles = {page.document_id: page.title for page in pages}
    repeats = Counter(titles.values())
    return {
        document: title if title and repeats[title] == 1 else _file_name(document)
        for document, title in titles.items()
    }


def _file_name(document_id: str) -> str:
    stem = PurePosixPath(document_id).stem
    return " ".join(re.split(r"[\s_]+", stem)).strip() or document_id


def told_apart(drafts: Sequence[QuestionDraft], pages: Sequence[SourcePage]) -> list[QuestionDraft]:
    """Drafts with the place that they ask of, where their question has several answers.

    Args:
        drafts: Questions, some of which several places answer.
        pages: The texts.

    Returns:
        Those of one answer as they are; the others with a context, without those that no context
        tells apart.
    """
    names = document_names(pages)
    labels = Counter(label for page in pages for label in _labels(page.text))
    groups: defaultdict[str, list[QuestionDraft]] = defaultdict(list)
    for draft in drafts:
        groups[" ".join(tokens(draft.question))].append(draft)
    contexts: dict[int, QuestionDraft] = {}
    for group in groups.values():
        if len(group) > 1 or labels[group[0].subject.lower()] > 1:
            contexts.update((id(d), other) for d, other in _in_context(group, names))
        else:
            contexts[id(group[0])] = group[0]
    return [contexts[id(draft)] for draft in drafts if id(draft) in contexts]


def _in_context(
    group: Sequence[QuestionDraft], names: dict[str, str]
) -> Iterator[tuple[QuestionDraft, QuestionDraft]]:
    in_document = Counter(draft.page.document_id for draft in group)
    sections = {id(draft): _section(draft) for draft in group}
    in_section = Counter((draft.page.document_id, sections[id(draft)]) for draft in group)
    for draft in group:
        document, (heading, text) = draft.page.document_id, sections[id(draft)]
        label = draft.subject.lower()
        if max(in_document[document], _labels(draft.page.text).count(label)) <= 1:
            yield draft, replace(draft, context=f"According to {names[document]},")
        elif (
            heading and max(in_section[document, (heading, text)], _labels(text).count(label)) <= 1
        ):
            context = f'According to {names[document]}, under "{heading}",'
            yield draft, replace(draft, context=context)


def _section(draft: QuestionDraft) -> tuple[str, str]:
    """The heading above the quote of a draft and the text under it; empty where there is none."""
    text = draft.page.text
    position = text.find(draft.quote)
    headings = list(_HEADING.finditer(text))
    above = [heading for heading in headings if heading.start() < position]
    if not above:
        return "", ""
    below = next((h.start() for h in headings if h.start() > above[-1].start()), len(text))
    return above[-1]["title"], text[above[-1].end() : below]


def _labels(text: str) -> list[str]:
    """What stands before a colon at the beginning of lines, in lower case."""
    return [label["name"].lower() for label in _LABEL.finditer(text)]
