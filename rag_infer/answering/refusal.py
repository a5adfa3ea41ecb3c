"""Whether a text that a model wrote says that the documents do not answer, in whatever words.

A refusal is no claim about the documents' subject: it is not checked, and the answer counts as
none. Sentences of sources that merely contain a negation ("the contract does not mention a fee")
are none: what is said to be silent must be the passages, or nothing in particular.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_infer.cite.claim_verifier import strip_markup
from rag_infer.cite.claims import split

_SOURCES = (
    r"(?:(?:the|these|those|any|your|given|provided|available|supplied|retrieved|above|of)\s+)*"
    r"(?:passages?|documents?|texts?|contexts?|sources?|excerpts?|materials?|information|"
    r"content|extracts?|snippets?|files?|data)"
    r"(?:\s+(?:\[?\d+\]?|(?:that\s+(?:were|was|are|is|you)\s+)?(?:given|provided|supplied|"
    r"available|above|shared|retrieved|have)))*"
)
_NOT = r"(?:do(?:es)?|did|is|are|was|were|has|have|could|can|will)(?:\s+not|n['’]?t|not)"
_TELL = (
    r"(?:say|state|mention|contain|provide|specif\w+|includ\w+|answer|address|give|indicate|"
    r"discuss|cover|tell|describe|explain|list|name|reveal|disclose|offer|have|define|identify|"
    r"stated|mentioned|contained|provided|given|included|answered|addressed|discussed|covered|"
    r"disclosed|available|found|enough|sufficient)"
)
_REFUSALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_SOURCES}\s+(?:\w+\s+)?{_NOT}\s+(?:\w+ly\s+)?(?:to\s+)?{_TELL}\b",
        rf"\b{_SOURCES}\s+(?:says?|contains?|provides?|mentions?|gives?|includes?)\s+no(?:thing)?\b",
        rf"\bnone\s+of\s+{_SOURCES}\b",
        r"\b(?:is|are|was|were|be)(?:\s+not|n['’]?t)\s+(?:explicitly\s+|directly\s+|clearly\s+)?"
        r"(?:mentioned|stated|specified|provided|given|found|available|included|answered|"
        r"addressed|discussed|covered|disclosed|contained|described|indicated|known|clear|said)"
        r"(?=\s*[.!;,]?\s*$|\s+(?:anywhere|here)\b"
        rf"|\s+(?:in|by|from|within)\s+(?:any\s+of\s+)?{_SOURCES})",
        r"\b(?:there\s+is|there['’]s|there\s+are|i\s+(?:see|find|found|have)|we\s+have|contains?)\s+"
        r"(?:no|not\s+(?:any|enough|sufficient))\s+(?:\w+\s+){0,3}"
        r"(?:information|mention|answer|indication|data|details?|evidence|reference|statement)",
        r"\b(?:i|we)(?:['’]m|\s+am|\s+are|['’]re)?\s+(?:sorry\b.{0,40}\b)?(?:can(?:\s*not|['’]?t)|"
        r"could(?:\s+not|n['’]?t)|do(?:\s+not|n['’]?t)|am\s+not\s+able\s+to|unable\s+to|"
        r"not\s+able\s+to)\s+(?:be\s+able\s+to\s+)?(?:know|answer|find|determine|tell|locate|"
        r"provide|say|give|have|confirm|see|help|assist)\b",
        r"\b(?:it|this|that|the\s+answer)\s+(?:is|was|can)\s*(?:not|n['’]?t)\s+"
        r"(?:possible|be\s+(?:determined|answered|found|said|inferred))",
        r"\b(?:cannot|can['’]?t|can\s+not|could\s+not)\s+be\s+(?:determined|answered|found|inferred)",
        r"\b(?:not\s+enough|insufficient|no\s+relevant|no)\s+information\b",
        r"^(?:unknown|n/?a|not\s+(?:known|stated|specified|mentioned|available|found|answerable)|"
        r"unanswerable|no\s+answer|no\s+mention|unclear|none\s+found)\W*$",
        r"\bunable\s+to\s+(?:answer|find|determine|locate|provide)",
        # German, French, Spanish, Italian
        r"\b(?:dokumente?|unterlagen|textstellen?|passagen?|quellen?|texte?|kontext)\b.{0,60}"
        r"\b(?:nicht|keine?n?)\b.{0,40}\b(?:hervor|erwähnt|angaben?|information\w*|enthalten|"
        r"beantworte\w*|genannt|angegeben|sagen|aus)\b",
        r"\b(?:weiß|weiss)\s+(?:ich\s+)?(?:es\s+)?nicht\b|\bkann\b.{0,30}\bnicht\s+beantwort",
        r"\b(?:les|ces|le)\s+(?:documents?|passages?|textes?|extraits?|sources?|contexte)\b.{0,30}"
        r"\bne\b.{0,40}\bpas\b",
        r"\bje\s+ne\s+(?:sais|peux|trouve)\b",
        r"\b(?:los|las|el)\s+(?:documentos?|pasajes?|textos?|fuentes?|contexto)\b.{0,20}\bno\s+"
        r"(?:dice|menciona|contiene|indica|especifica|proporciona|responde)n?\b",
        r"\bno\s+(?:lo\s+)?sé\b|\bno\s+se\s+(?:menciona|indica|especifica)\b",
        r"\b(?:i|le|il)\s+(?:documenti?|passaggi?o?|testi?o?|fonti?|contesto)\b.{0,20}\bnon\s+\w+",
    )
)
_FILLER = re.compile(
    r"^(?:i(?:['’]m|\s+am)\s+sorry|sorry|unfortunately|apologies|please|if\s+you|let\s+me\s+know|"
    r"you\s+(?:may|might|could|can|should)|for\s+(?:more|further)|therefore|thus|however,?\s+i|"
    r"to\s+answer|based\s+on|without\s+(?:more|further|additional)|i\s+(?:would|recommend|suggest))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RefusalReading:
    """``is_refusal``: the text answers nothing. ``sentences``: those of it that refuse."""

    is_refusal: bool
    sentences: frozenset[str]


def read_refusal(text: str) -> RefusalReading:
    """Which sentences of a text refuse, and whether nothing else is said.

    A text that begins with a refusal and then goes on about something beside the question is
    still one when all that follows is filler.
    """
    sentences = [sentence for sentence, _ in split(text)]
    refusals = [sentence for sentence in sentences if refuses(sentence)]
    others = [
        sentence
        for sentence in sentences
        if sentence not in refusals and not _FILLER.search(strip_markup(sentence))
    ]
    return RefusalReading(bool(refusals) and not others, frozenset(refusals))


def refuses(sentence: str) -> bool:
    """Whether a sentence says that the documents do not tell, or that the writer cannot."""
    plain = " ".join(strip_markup(sentence).split())
    return any(pattern.search(plain) for pattern in _REFUSALS)
