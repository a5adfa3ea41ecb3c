"""Questions about all documents of a kind: "which contracts expire in 2025?", "how many invoices?".

Also about all entries of a kind: "what decisions were taken on 13 February?". A question is read so
only when it begins like one and names a kind of document or entry; all else is left to retrieval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag_infer.cite.text_normalization import content, key, words

# A kind of document, and the words by which its documents name themselves.
_DOCUMENT_KINDS = {
    "contract": "contract agreement lease licence license loan facility nda deed vertrag mietvertrag",
    "agreement": "contract agreement lease licence license loan facility nda deed vertrag mietvertrag",
    "lease": "lease tenancy mietvertrag",
    "invoice": "invoice bill rechnung",
    "bill": "invoice bill rechnung",
    "order": "order bestellung",
    "meeting": "minutes meeting protokoll",
    "minute": "minutes meeting protokoll",
    "policy": "policy policies richtlinie",
    "report": "report bericht",
    "tariff": "tariff price fee preise",
    "mail": "mail email message",
    "handbook": "handbook manual handbuch",
    "vertrag": "contract agreement lease licence license loan facility vertrag mietvertrag",
    "verträge": "contract agreement lease licence license loan facility vertrag mietvertrag",
    "rechnung": "invoice bill rechnung",
    "bestellung": "order bestellung",
}
_ENTRY_KINDS = {
    "decision": "decision|decided|resolution|resolved|beschluss",
    "resolution": "decision|decided|resolution|resolved|beschluss",
    "task": "action|task|to do|todo|aufgabe",
    "action": "action|task|to do|todo|aufgabe",
    "todo": "action|task|to do|todo|aufgabe",
}
_PLURALS = {"policies": "policy", "rechnungen": "rechnung", "bestellungen": "bestellung"}
_KIND_WORD = "|".join(
    sorted(
        {*(f"{k}s?" for k in _DOCUMENT_KINDS), *_PLURALS, "minutes"},
        key=len,
        reverse=True,
    )
)
_OPENING = (
    r"^(?:please |bitte )?(?P<how>(?:in |of |from )?how many|(?:in |from |under |of )?(?:which|what)"
    r"|list|name|show(?: me)?|give me|nenne|liste|welche\w?|wie ?viele)"
    r"(?: of)?(?: all)?(?: (?:the|our|my|your|alle))?"
)
_SURVEY = re.compile(
    rf"{_OPENING} (?P<modifiers>(?:[\w'&-]+ ){{0,2}}?)(?P<kind>{_KIND_WORD})\b(?P<predicate>.*)$",
    re.IGNORECASE,
)
_ENTRIES = re.compile(
    rf"^(?:{_OPENING[1:]}|what (?:are|were)(?: all)?(?: the)?|what) ?(?P<modifiers>(?:[\w'&.-]+ ){{0,4}}?)"
    rf"(?P<kind>(?:{'|'.join(_ENTRY_KINDS)})s?)\b(?P<predicate>.*)$",
    re.IGNORECASE,
)
# Which one is most of something is no property of a document by itself.
_COMPARES = re.compile(
    r"\b(?:most|least|longest|shortest|highest|lowest|largest|smallest|biggest|cheapest|earliest|"
    r"latest|newest|oldest|best|worst|first|last|next|more|less|higher|lower|longer|shorter|than)\b",
    re.IGNORECASE,
)
_FUNCTION_WORD = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|may|must|will|shall|in|on|of|for|with|from|by|"
    r"that|which|where|there|about|between|since|until|before|after|during|took|we|i)\b",
    re.IGNORECASE,
)
# Verbs that say no more than that there is one.
_EMPTY = frozenset(
    key(w)
    for w in (
        "there exist have has had place placed sign signed issue issued receive received hold held "
        "took take taken get got make made concluded conclude send sent write wrote say written "
        "store stored know list all document file total altogether gibt haben wir "
        "from in board name"
    ).split()
)


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """A question to each document of a kind.

    ``names`` are words by which the documents of the kind call themselves, ``modifiers`` and
    ``predicate`` the meaningful words before and after the kind; with ``entry`` (a pattern of what
    an entry begins with) its entries are asked for.
    """

    purpose: Literal["list", "count"]
    kind: str
    names: frozenset[str]
    modifiers: str
    predicate: str
    entry: str | None = None


def read_survey_question(question: str) -> SurveyQuestion | None:
    """The question as one about all documents of a kind; None for any other."""
    text = " ".join(question.replace("’", "'").split()).rstrip("?.! ")
    if _COMPARES.search(text):
        return None
    if match := _ENTRIES.match(text):
        noun = match["kind"].lower().removesuffix("s")
        count = "many" in (match["how"] or "").lower()
        return SurveyQuestion(
            "count" if count else "list", noun, frozenset(), match["modifiers"].strip(),
            match["predicate"].strip(" ,"), _ENTRY_KINDS[noun],
        )  # fmt: skip
    match = _SURVEY.match(text)
    if match is None:
        return None
    noun = match["kind"].lower()
    noun = _PLURALS.get(noun, noun)
    singular = noun if noun in _DOCUMENT_KINDS else noun.removesuffix("s")
    how, predicate = match["how"].lower(), match["predicate"].strip(" ,")
    # "What contract number ..." and "which invoice date" ask for a value of one.
    if how == "what" and match["kind"].lower() == singular and singular != "minute":
        return None
    if re.match(r"(?:number|date|value|amount|price|fee|total|term|period|no)\b", predicate, re.I):
        return None
    # "Which meeting room" asks for a room.
    if predicate and singular == "meeting" and not _FUNCTION_WORD.match(predicate):
        return None
    return SurveyQuestion(
        "count" if "many" in how or "viele" in how else "list", singular,
        frozenset(key(w) for w in _DOCUMENT_KINDS[singular].split()), match["modifiers"].strip(),
        predicate,
    )  # fmt: skip


def predicate_keys(text: str) -> tuple[str, ...]:
    """Keys of the words that say something of a document, each once."""
    return tuple(dict.fromkeys(w.key for w in content(words(text)) if w.key not in _EMPTY))
