"""Whether the label of a form line or table cell names a field.

The same words, in any order and inflection, do; so do the usual other names of a few fields that
forms have ("valid until" for an expiry date).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Set
from typing import Literal

from rag_infer.cite.text_normalization import content, words

LabelMatch = Literal["same", "synonym", "short", "part"]

_MAX_MORE_WORDS = 2  # of a label that says more than the field
_GROUPS = (
    "expiry date; expiration date; date of expiry; date of expiration; expiry; expires; expires on;"
    " end date; ends on; end of term; valid until; valid to; valid till; valid through;"
    " gültig bis; ablaufdatum; endet am; ende der laufzeit",
    "start date; starts on; effective date; commencement date; commencement; valid from;"
    " effective from; gültig ab; beginn; vertragsbeginn",
    "due date; payable by; pay by; payment due; due by; due on; payment due date; fällig am;"
    " zahlbar bis",
    "total due; amount due; total amount; invoice total; grand total; balance due; total payable;"
    " total amount due; total to pay; amount payable; total of the order; order total;"
    " gesamtbetrag; rechnungsbetrag; zu zahlen",
    "net total; subtotal; net amount; total net; nettobetrag",
    "invoice number; invoice no; invoice id; rechnungsnummer; rechnung nr",
    "order number; order no; po number; purchase order no; purchase order number; bestellnummer",
    "customer number; customer no; client number; kundennummer",
    "invoice date; date of invoice; rechnungsdatum",
    "notice period; period of notice; notice; kündigungsfrist; termination notice",
    "phone; telephone; phone number; telephone number; tel; telefon; mobile",
    "email; e-mail; mail; email address; e-mail address",
    "governing law; applicable law; anwendbares recht",
    "rent; monthly rent; rent per month; miete",
    "deposit; security deposit; kaution",
    "vat; vat amount; sales tax; ust; mwst",
    "payment terms; terms of payment; zahlungsbedingungen",
    "supplier; vendor; seller; lieferant",
    "customer; client; buyer; purchaser; kunde; bill to",
)
_NOT_LABEL = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[*_`#|]")
_NUMBERING = re.compile(r"^\s*(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,4})[.)]\s+", re.IGNORECASE)
_NUMBER_SIGN = re.compile(r"\b(?:no|nr)\b\.?|#|№", re.IGNORECASE)


def label_match(
    field_label: str, label: str, document_keys: Set[str] = frozenset()
) -> LabelMatch | None:
    """How a label names a field: in the same words, by another name, or among more words.

    ``short`` leaves out only what the document calls itself (``document_keys``): "No." in an
    invoice names the invoice number.
    """
    own, its = _label_keys(field_label), _label_keys(label)
    if not own or not its:
        return None
    if own == its:
        return "same"
    groups = _synonym_groups()
    group = groups.get(_phrase(field_label))
    if group is not None and group == groups.get(_phrase(label)):
        return "synonym"
    if its < own and own - its <= document_keys:
        return "short"
    if own < its and len(its - own) <= _MAX_MORE_WORDS:
        return "part"
    return None


def field_keys(field_label: str) -> frozenset[str]:
    """The keys of the words of a field's label."""
    return _label_keys(field_label)


@functools.lru_cache(maxsize=8192)
def _label_keys(label: str) -> frozenset[str]:
    parsed = words(_plain(label))
    return frozenset(w.key for w in content(parsed)) or frozenset(w.key for w in parsed)


def _plain(label: str) -> str:
    return _NUMBER_SIGN.sub(" number ", _NUMBERING.sub("", _NOT_LABEL.sub(" ", label)))


@functools.lru_cache(maxsize=8192)
def _phrase(label: str) -> str:
    """All of its words, as "valid from" and "valid until" share their only meaningful one."""
    return " ".join(w.key for w in words(_plain(label)))


@functools.lru_cache(maxsize=1)
def _synonym_groups() -> dict[str, int]:
    return {_phrase(name): n for n, group in enumerate(_GROUPS) for name in group.split(";")}
