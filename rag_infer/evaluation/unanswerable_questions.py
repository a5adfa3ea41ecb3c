"""Questions that nearly can be answered: near misses of what the documents say.

One asks of a document what only another one tells; the other asks for a variant that stands nowhere
("the weekly rent" where only a monthly one is known).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_infer.evaluation.matching import contains, tokens
from rag_infer.evaluation.question_context import document_names
from rag_infer.evaluation.question_drafts import QuestionDraft, SourcePage

_CONTRASTS = (
    ("monthly", "weekly", "daily", "yearly", "annual", "quarterly"),
    ("minimum", "maximum", "average"), ("gross", "net"), ("first", "second", "third", "last"),
    ("domestic", "international"), ("full-time", "part-time"), ("summer", "winter", "spring"),
    ("morning", "evening"), ("internal", "external"), ("standard", "premium"), ("old", "new"),
    ("north", "south", "east", "west"), ("indoor", "outdoor"), ("early", "late"),
    ("public", "private"), ("initial", "final"), ("upper", "lower"), ("adult", "child"),
)  # fmt: skip
# What every document has, whether or not its text names it.
_GENERAL = frozenset("date place name title number author time subject".split())
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def unanswerable_questions(
    drafts: Sequence[QuestionDraft],
    pages: Sequence[SourcePage],
    count: int,
    generator: random.Random,
) -> list[str]:
    """Near misses, of both kinds in turn.

    Args:
        drafts: Questions that the documents answer, in the order in which they are tried.
        pages: The texts.
        count: Most questions.
        generator: Chooses documents.
    """
    others = _of_other_documents(drafts, pages, generator)
    variants = _of_other_variants(drafts, pages)
    generated: dict[str, None] = {}
    sources = [variants, others]
    while sources and len(generated) < count:
        source = sources.pop(0)
        question = next(source, None)
        if question is not None:
            generated.setdefault(question)
            sources.append(source)
    return list(generated)


def _of_other_variants(
    drafts: Sequence[QuestionDraft], pages: Sequence[SourcePage]
) -> Iterator[str]:
    """Questions for a variant whose word stands in no document, nor does the year."""
    corpus_words = {word for page in pages for word in tokens(page.text)}
    for draft in drafts:
        if draft.kind == "pair":
            continue
        words = draft.full_question.split()
        for position, word in enumerate(words):
            bare = word.strip("?,.").lower()
            contrasts = next((group for group in _CONTRASTS if bare in group), ())
            strangers = [c for c in contrasts if not set(tokens(c)) & corpus_words]
            if _YEAR.fullmatch(bare):
                strangers = [
                    y for y in (str(int(bare) - 1), str(int(bare) + 1)) if y not in corpus_words
                ]
            if strangers:
                changed = word.replace(word.strip("?,."), strangers[0])
                yield " ".join([*words[:position], changed, *words[position + 1 :]])
                break


def _of_other_documents(
    drafts: Sequence[QuestionDraft], pages: Sequence[SourcePage], generator: random.Random
) -> Iterator[str]:
    """Questions about a document that only another one answers.

    The subject must share no word with any text of the document that it is asked of, and the
    document must not hold the answer: an address stands in a letterhead without being named.
    """
    texts: dict[str, set[str]] = {}
    contents: dict[str, list[str]] = {}
    for page in pages:
        texts.setdefault(page.document_id, set()).update(tokens(page.text))
        contents.setdefault(page.document_id, []).append(page.text)
    names = document_names(pages)
    others = sorted(names)
    for draft in drafts:
        if draft.kind not in ("fact", "field", "cell"):
            continue
        words = {word for word in tokens(draft.subject) if len(word) > 2}
        strangers = [
            d
            for d in others
            if d != draft.page.document_id
            and words.isdisjoint(texts[d])
            and not any(contains(text, draft.answer) for text in contents[d])
        ]
        if words - _GENERAL and strangers:
            stranger = names[generator.choice(strangers)]
            yield replace(draft, context=f"According to {stranger},").full_question
