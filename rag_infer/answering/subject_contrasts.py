"""A sentence that says of one thing what the question asks of another.

"When does the museum close?" beside "The cafe closes at five": verb and value are right, and the
museum is only what the document is about. The other name may be another word for the same thing
("the tenant", "the lessee"), which vectors of single words do not tell, so that such an answer is
given and not called sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_infer.cite.answerability import AnswerabilityResult
from rag_infer.cite.question_type import main_clause
from rag_infer.cite.text_normalization import Word, has_key, words

_QUESTION = re.compile(
    r"^(?:when|where|what time|at what time|until when|from when|since when|"
    r"how (?:much|long|often|far|old|big|high|many \w+))\s+"
    r"(?:does|do|did|is|are|was|were|will|can|may|must|should)\s+(?:the |our |my |your |an? )?",
    re.IGNORECASE,
)
_UNIT = re.compile(r"^\W*(?:the|our|an?)\s+", re.IGNORECASE)
_MAX_SUBJECT_WORDS = 2


def names_other_subject(result: AnswerabilityResult) -> bool:
    """Whether the best unit has the verb of the question with another subject than its own."""
    clause = main_clause(result.profile.text)
    best = result.ranked[0][0]
    question, unit = _QUESTION.match(clause), _UNIT.match(best.text)
    if question is None or unit is None:
        return False
    question_words = words(clause[question.end() :])
    unit_words = words(best.text[unit.end() :])
    question_keys = {w.key for w in words(clause)}
    unit_keys = {w.key for w in words(best.text)}
    for subject, verb in _clauses(question_words):
        if any(has_key(unit_keys, w.key) for w in subject):
            continue
        for other, own_verb in _clauses(unit_words):
            if verb.key == own_verb.key and not any(has_key(question_keys, w.key) for w in other):
                return True
    return False


def _clauses(sentence: list[Word]) -> Iterator[tuple[list[Word], Word]]:
    """A subject of one or two words with the word after it, which may be the verb."""
    for size in range(1, _MAX_SUBJECT_WORDS + 1):
        subject = sentence[:size]
        if len(sentence) > size and not any(w.stop or w.number for w in subject):
            yield subject, sentence[size]
