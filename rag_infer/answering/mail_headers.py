"""Headers of mails, which answer questions about the mail and no others.

"What date do they want to visit?" has the word of "Date: Fri, 6 Feb 2026 at 14:05".
"""

from __future__ import annotations

import re

from rag_infer.cite.sentence_features import Sentence

_SENT_LINE = re.compile(
    r"\W*(?:Date|Sent|Gesendet|Datum|Envoyé|Enviado)\s*:.*\d{1,2}[:.h]\d\d", re.IGNORECASE
)
_ASKS_FOR_MAIL = re.compile(
    r"\b(?:sent|sends?|wrote|writes?|written|received|e-?mails?|mails?|messages?|letters?|dated|"
    r"from|to|subject|reply|replied|copied|cc)\b",
    re.IGNORECASE,
)
_VISIT_TO = re.compile(r"\b(?:want|wants|like|need|have|has|due|going|plan\w*|ready)\s+to\b", re.I)


def is_mail_header(sentence: Sentence) -> bool:
    """Whether a unit is a line of the head of a mail."""
    kind = sentence.unit.kind if sentence.unit else None
    return kind == "mail header" or is_sent_line(sentence.text)


def is_sent_line(text: str) -> bool:
    """Whether a line says when a mail was sent."""
    return _SENT_LINE.match(text) is not None


def asks_for_mail(question: str) -> bool:
    """Whether a question may be about a mail itself: its writer, its date, its subject."""
    return _ASKS_FOR_MAIL.search(_VISIT_TO.sub(" ", question)) is not None
