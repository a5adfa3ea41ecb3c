"""Which of the best units to quote where their scores know less than a reader does.

The opening of a contract names parties and a date, which look like answers to anything about
them; a decision stands below the discussion that repeats the question's words; an invoice has a net
total above the one that is to be paid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rag_infer.answering.mail_headers import asks_for_mail, is_mail_header
from rag_infer.cite.answerability import AnswerabilityResult, rejudged
from rag_infer.cite.document_context import ROLE
from rag_infer.cite.sentence_features import Sentence

_MIN_RELATIVE_PROBABILITY = 0.3  # of the opening's, for another unit to come before it
_MIN_DECISION_PROBABILITY = 0.1  # of the discussion's
_MIN_DEFINITION_WORDS = 5  # beside the term
_OPENING_PROBABILITY = 0.15  # most, of an answer that only the opening of a document gives
_DEFINITION_PROBABILITY = 0.5  # what a line that begins with the term is right by at least
_MOST_BESIDE_HEADER = 0.5  # probability of a statement that a header of a mail came before
_DEFINED = re.compile(
    r"(?:what (?:is|are) (?:(?:an?|the) )?"
    r"(?P<term>[\w-]+(?: (?!for\b|in\b|at\b|on\b|to\b)[\w-]+){0,3})"
    r"|what does (?:(?:an?|the) )?(?P<meant>[\w-]+(?: [\w-]+){0,3})"
    r" (?:mean|stand for|refer to|do))\s*\?*$",
    re.IGNORECASE,
)
_OPENING_LINE = re.compile(
    r"\W*(?P<label>present|attendees|anwesend|place|ort|apologies|to|from|von|an|cc)\s*:",
    re.IGNORECASE,
)
_MIN_LABEL_CHARS = 3  # of a label that a question names: "to" and "an" are in any question
_ASKS_FOR_OPENING = re.compile(
    r"\b(?:part(?:y|ies)|who (?:is|are|was|were) the|with whom|between|signed|dated|"
    r"made|concluded|present|attend\w*|absent|sent|wrote|writes?|written|from whom|whose|"
    r"where (?:did|was|were))\b",
    re.IGNORECASE,
)
_ASKS_FOR_DECISION = re.compile(
    r"\b(?:approv\w+|decid\w+|decision|agreed?|accept\w*|reject\w*|vot\w+|adopt\w*|chose|chosen|"
    r"turned down|go through)\b",
    re.IGNORECASE,
)
_ASKS_FOR_TOTAL = re.compile(
    r"\b(?:totals?|sums?|amounts?|how much|come to|gesamt\w*|betrag|summe|total|importe|montant)\b",
    re.IGNORECASE,
)
_ASKS_FOR_NET = re.compile(
    r"\b(?:net|netto|sub-?totals?|before|without|excl\w*|ex|ohne|zwischensumme|vat|tax|mwst|ust|tva|"
    r"iva|ht|hors)\b",
    re.IGNORECASE,
)
_NET_TOTAL = re.compile(
    r"\W*(?:net|netto|sub)[\s-]?(?:total|amount|sum|price|betrag|summe|preis)?\b|\W*zwischensumme\b|"
    r"\W*total (?:net|netto|ht|hors|excl\w*|before|without)\b|\W*sous-total\b|\W*base imponible\b",
    re.IGNORECASE,
)
_TOTAL_TO_PAY = re.compile(
    r"\W*(?:(?:grand|invoice|overall|gross) )?total\b"
    r"(?! (?:net|netto|ht|hors|excl\w*|before|without))|"
    r"\W*(?:amount|balance|sum) (?:due|payable|to pay)\b|\W*(?:to pay|gross(?: amount)?)\b|"
    r"\W*(?:gesamt|rechnungs|brutto|end)(?:betrag|summe|total)\b|\W*zu zahlen\b|"
    r"\W*(?:montant total|net à payer|importe total|totale)\b",
    re.IGNORECASE,
)
_Wanted = Callable[[Sentence, float], bool]
_DECISION = re.compile(r"\W*(?:decision|decided|resolved|resolution|beschluss)\b", re.IGNORECASE)


def preferred(result: AnswerabilityResult) -> AnswerabilityResult:
    """The result with the unit first that is to be quoted."""
    return _total_to_pay(_preferred(result))


def _preferred(result: AnswerabilityResult) -> AnswerabilityResult:
    question = result.profile.text
    if (term := _DEFINED.match(" ".join(question.split()))) is not None:
        name = term["term"] or term["meant"]
        return _defining(_without_mail_header(result, name), name)
    opening = result.ranked[0][0]
    asks_for_it = _ASKS_FOR_OPENING.search(question) or _names_label(question, opening.text)
    if _is_opening(opening) and not asks_for_it:
        floor = _MIN_RELATIVE_PROBABILITY * result.ranked[0][1]
        other = _first(result, lambda s, p: p >= floor and not _is_opening(s))
        if other is result:  # only the opening speaks of it: the nearest there is
            return replace(result, probability=min(result.probability, _OPENING_PROBABILITY))
        result = rejudged(other)
    result = _without_mail_header(result)
    best, probability = result.ranked[0]
    if _ASKS_FOR_DECISION.search(question) and not _DECISION.match(best.text):
        result = _first(
            result,
            lambda s, p: (
                s.hit.chunk == best.hit.chunk
                and s.setting == best.setting
                and p >= _MIN_DECISION_PROBABILITY * probability
                and _DECISION.match(s.text) is not None
            ),
        )
    return result


def _without_mail_header(result: AnswerabilityResult, name: str = "") -> AnswerabilityResult:
    """The best unit that is no header of a mail, but for a question about the mail itself.

    ``name`` is the term that is asked for: "date" is the header "Date", "due date" is not.
    """
    header = result.ranked[0][0]
    if not is_mail_header(header) or asks_for_mail(result.profile.text):
        return result
    if name and header.text.partition(":")[0].strip().lower() == name.strip().lower():
        return result
    other = _first(result, lambda s, _: not is_mail_header(s))
    if other is result:
        return result
    # The header's likeness to the question was held against it as a rival.
    judged = rejudged(other)
    own = min(other.ranked[0][1], _MOST_BESIDE_HEADER)
    ranked = tuple(pair for pair in judged.ranked if not is_mail_header(pair[0]))
    return replace(judged, ranked=ranked, probability=max(judged.probability, own))


def _total_to_pay(result: AnswerabilityResult) -> AnswerabilityResult:
    """The total that is due where one of several before tax was the best unit."""
    question = result.profile.text
    best, probability = result.ranked[0]
    if (
        not _ASKS_FOR_TOTAL.search(question)
        or _ASKS_FOR_NET.search(question)
        or not _NET_TOTAL.match(best.text)
    ):
        return result
    return _first(
        result,
        lambda s, p: (
            s.hit.chunk == best.hit.chunk
            and p >= _MIN_RELATIVE_PROBABILITY * probability
            and _TOTAL_TO_PAY.match(s.text) is not None
            and _NET_TOTAL.match(s.text) is None
        ),
    )


def _defining(result: AnswerabilityResult, term: str) -> AnswerabilityResult:
    """A unit that begins with the term and goes on to say what it is, if there is one."""
    code = term.rsplit(maxsplit=1)[-1]
    if any(c.isdigit() for c in code):  # "alarm LKF-A3"
        term = code
    begins = re.compile(rf"\W*(?:(?:an?|the) )?{re.escape(term)}s?\b(?P<rest>.*)", re.I | re.S)
    for pair in result.ranked:
        match = begins.match(" ".join(pair[0].text.split()))
        if match is not None and len(match["rest"].split()) >= _MIN_DEFINITION_WORDS:
            others = tuple(p for p in result.ranked if p is not pair)
            probability = max(result.probability, _DEFINITION_PROBABILITY)
            return replace(result, ranked=(pair, *others), probability=probability)
    return result


def _is_opening(sentence: Sentence) -> bool:
    return bool(ROLE.search(sentence.text)) or _OPENING_LINE.match(sentence.text) is not None


def _names_label(question: str, line: str) -> bool:
    """Whether a question names the label of a line: "what is the place" and ``Place: Hall 2``."""
    match = _OPENING_LINE.match(line)
    if match is None or len(match["label"]) < _MIN_LABEL_CHARS:
        return False
    return re.search(rf"\b{match['label']}\b", question, re.IGNORECASE) is not None


def _first(result: AnswerabilityResult, is_preferred: _Wanted) -> AnswerabilityResult:
    for pair in result.ranked[1:]:
        if is_preferred(*pair):
            others = tuple(p for p in result.ranked if p is not pair)
            return replace(result, ranked=(pair, *others))
    return result
