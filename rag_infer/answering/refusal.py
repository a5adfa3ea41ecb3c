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
from rag_infer.languages import ENGLISH, UNDETERMINED, detect_language
from rag_infer.localization import catalog_languages

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
_GERMAN = (
    r"(?:dokumente?n?|unterlagen?|textstellen?|passagen?|quellen?|texte?n?|kontext|auszüge?n?|"
    r"abschnitte?n?)"
)
_GERMAN_TOLD = (
    r"(?:hervor|erwähn\w*|angaben?|information\w*|enthalten|beantwort\w*|genannt|angegeben|sagen|"
    r"auskunft|antwort|beschrieben|aus|finden)"
)
_FRENCH = r"(?:documents?|passages?|textes?|extraits?|sources?|contexte)"
_SPANISH = r"(?:documentos?|pasajes?|textos?|fuentes?|contexto|fragmentos?)"
_REFUSALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_SOURCES}\s+(?:\w+\s+)?{_NOT}\s+(?:\w+ly\s+)?(?:to\s+)?{_TELL}\b",
        rf"\b{_SOURCES}\s+(?:says?|contains?|provides?|mentions?|gives?|includes?)\s+no(?:thing)?\b",
        rf"\bnone\s+of\s+{_SOURCES}\b",
        r"\b(?:is|are|was|were|be)(?:\s+not|n['’]?t)\s+(?:explicitly\s+|directly\s+|clearly\s+)?"
        r"(?:mentioned|stated|specified|provided|given|found|available|(included|covered)|answered|"
        r"addressed|discussed|disclosed|contained|described|indicated|known|clear|said)"
        # "Breakfast is not included." answers a question.
        r"(?=(?(1)(?!)|\s*[.!;,]?\s*$)|\s+(?:anywhere|here)\b"
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
        rf"\b(?:is|are|was|were)(?:\s+not|n['’]?t)\s+in\s+{_SOURCES}",
        rf"\bnothing\s+in\s+{_SOURCES}\b",
        rf"\bno\s+(?:\w+\s+){{0,2}}(?:answer|information|mention|indication)\b.{{0,40}}"
        rf"\b(?:in|by|from)\s+{_SOURCES}",
        rf"\b{_SOURCES}\s+(?:makes?|gives?)\s+no\s+(?:mention|reference|indication|answer)",
        # German
        rf"\b{_GERMAN}\b.{{0,60}}\b(?:nichts?|keine?[nrms]?)\b.{{0,40}}\b{_GERMAN_TOLD}\b",
        rf"\b{_GERMAN}\s+(?:sagen?|gibt|geben|enthält|enthalten|nennt|nennen|erwähnt|erwähnen|steht|stehen)\b"
        r".{0,30}\b(?:nichts?|keine?[nrms]?)\b",
        rf"\b(?:geht|steht|stehen|finde\w*|gibt|geben|sagen|wird|werden|ist|sind)\b.{{0,60}}"
        rf"\b{_GERMAN}\b.{{0,30}}\b(?:nichts|(?:nicht|keine?[nrms]?)\b.{{0,20}}\b{_GERMAN_TOLD})\b",
        r"\b(?:diese|die|solche)\s+(?:information\w*|angaben?|antwort)\b.{0,20}\b(?:nicht|fehl\w+)\b",
        r"\b(?:weiß|weiss)\s+(?:ich\s+)?(?:es\s+)?nicht\b|\bkann\b.{0,30}\bnicht\s+beantwort",
        # French
        rf"\b(?:les|ces|le)\s+{_FRENCH}\b.{{0,30}}\b(?:ne\b|n['’]).{{0,40}}\b(?:pas|aucune?|rien)\b",
        rf"\b(?:n['’]|ne\s).{{0,25}}\bpas\b.{{0,30}}\b(?:dans|par)\s+(?:les|ces|le)\s+{_FRENCH}\b",
        rf"\baucune?\s+(?:des\s+|de\s+ces\s+)?{_FRENCH}\b",
        r"\baucune\s+(?:mention|information|indication|réponse)\b",
        r"\bje\s+ne\s+(?:sais|peux|trouve)\b|\bje\s+n['’]ai\s+(?:pas|rien)\s+trouvé\b",
        # Spanish
        rf"\b(?:los|las|el|estos)\s+{_SPANISH}\b.{{0,20}}\bno\s+(?:l[oa]\s+)?(?:dice|menciona|contiene|"
        r"indica|especifica|proporciona|responde|incluye|aclara)n?\b",
        r"\bno\s+(?:se\s+\w+|aparecen?|figuran?|est[áa]n?|constan?)\b.{0,40}"
        rf"\ben\s+(?:los|las|el|estos)\s+{_SPANISH}\b",
        rf"\bningun[oa]\s+de\s+(?:los|las|estos)\s+{_SPANISH}\b",
        r"\bno\s+hay\s+(?:ninguna?\s+)?(?:información|mención|respuesta|referencia)\b",
        r"\bno\s+(?:encuentro|encontré|he\s+encontrado|puedo\s+responder)\b",
        r"\bno\s+(?:lo\s+)?sé\b|\bno\s+se\s+(?:menciona|indica|especifica)\b",
        # Italian, Portuguese, Dutch
        r"\b(?:i|le|il)\s+(?:documenti?|passaggi?o?|testi?o?|fonti?|contesto)\b.{0,20}\bnon\s+\w+",
        r"\b(?:os|as|o)\s+(?:documentos?|textos?|fontes?|trechos?)\b.{0,20}\bnão\s+(?:o\s+|a\s+)?"
        r"(?:diz|dizem|menciona|contém|indica|informa|responde)m?\b",
        r"\b(?:documenten|passages|teksten|bronnen)\b.{0,20}\b(?:vermelden|zeggen|bevatten|noemen|"
        r"geven)\b.{0,40}\b(?:niets?|geen)\b",
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


def is_in_another_language(text: str, language: str) -> bool:
    """Whether a refusal is in another language than the question, in which the product can say it.

    Small models repeat the English words of their prompt to whatever question.
    """
    own = detect_language(text)
    return own not in (language, UNDETERMINED) and language in (ENGLISH, *catalog_languages())


def refuses(sentence: str) -> bool:
    """Whether a sentence says that the documents do not tell, or that the writer cannot."""
    plain = " ".join(strip_markup(sentence).split())
    return any(pattern.search(plain) for pattern in _REFUSALS)
