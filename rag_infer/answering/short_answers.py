"""The few words of a quoted unit that are the answer, where the question asks for a few."""

from __future__ import annotations

import re

from rag_infer.answering.amendments import replacement, tells_change
from rag_infer.answering.conditional_values import is_of_another_case
from rag_infer.answering.sentence_parts import (
    CharSpan,
    is_beside_subject,
    is_one_of_many,
    of_part,
    value_of_part,
)
from rag_infer.answering.short_answer_checks import (
    asks_former,
    can_name_person,
    is_operand,
    is_settled_amount,
    value_of_year,
)
from rag_infer.answering.value_bounds import (
    is_other_bound,
    with_negated_bound,
    with_negated_comparison,
    with_range_start,
)
from rag_infer.cite.answer_units import entry_value
from rag_infer.cite.language_words import language_words
from rag_infer.cite.question_type import QuestionProfile, main_clause
from rag_infer.cite.sentence_features import Sentence
from rag_infer.cite.text_normalization import content
from rag_infer.cite.typed_values import ValueKind, fresh_values, values

_MAX_WORDS = 8
CUE_CHARS = 25  # before a value, in which a word tells what it is
_MIN_READER_SCORE = 0.0  # of its answer above "no answer"
_FACTOID_KINDS = frozenset({"person", "time", "place", "number", "thing", "anything"})
_TYPED: frozenset[ValueKind] = frozenset(
    {"money", "percent", "duration", "date", "clock", "count", "contact"}
)
_NO_PRICES: tuple[ValueKind, ...] = ("measure", "duration", "date", "clock")
_TIMES: tuple[ValueKind, ...] = ("date", "duration", "clock")  # "when" may be told by either
# Words of a question and those that stand beside its value, one line a sense.
_CUES = tuple(
    (re.compile(question_cue, re.IGNORECASE), re.compile(text_cue, re.IGNORECASE))
    for question_cue, text_cue in (
        (r"\b(?:ends?|ended|over|expir\w+|run(?:s|ning)? out|until when|lapse\w*|terminat\w+)\b",
         r"\b(?:ends?|ending|expir\w+|runs? out|terminat\w+|until|lapse\w*|to|no later than)\b"),
        (r"\b(?:starts?|started|began|begins?|commenc\w+|since when|from when)\b",
         r"\b(?:starts?|begins?|commenc\w+|from|since|as of|granted|issued|signed|concluded|opened|"
         r"joined|took effect|entered into)\b"),
        (r"\b(?:due|paid|pay(?:able)?|deadline|by when|latest)\b",
         r"\b(?:due|payable|by|before|until|no later than|within)\b"),
        (r"\b(?:most|maximum|limit|cap|at most|up to|highest)\b",
         r"\b(?:exceed|up to|at most|maximum|not more than|no more than|limited to|capped at)\b"),
    )
)  # fmt: skip

# "On all days but Monday": the value after it is what is left out.
_EXCEPT = (
    r"\b(?:(?:all|every\w*|each|any\w*|always|no|none|daily|days?)\b[^.;]{0,20} but|"
    r"except(?: for)?|excluding|other than|apart from|not(?: on| in| at)?|außer|"
    r"nicht|sauf|excepto|salvo)"
)
_EXCEPTION = re.compile(rf"{_EXCEPT}\s+(?:on |in |at |the |am |le |los |el )?$", re.IGNORECASE)

# "Which is stronger, the Bison or the Marten?"
_ALTERNATIVES = re.compile(
    r"\b(?i:which|who|what)\b.*?(?<=[\w,:] )(?:the )?([A-Z]\w+) or (?:the )?([A-Z]\w+)\W*$"
)

# An address, a code of letters and digits ("moss-42", "3-month"), a number, a word.
_WORD_OR_NUMBER = re.compile(
    r"[\w.+-]{1,64}+@[\w-]{1,64}(?:\.[\w-]{1,64})+|https?://[^\s<>\"”»]+[\w/]"
    r"|(?=[\w/-]*\d)(?=[\w/-]*[^\W\d_])\w+(?:[-/]\w+)+|\d[\d.,'’]*\d|\w+"
)
_FULL_NAME = re.compile(r"[A-Z][\w’'-]{1,60}+(?: [A-Z][\w’'-]{1,60}+)+")
_RANGE = re.compile(r"\s*(?:to|until|till|and|bis|à|a|-|–|—)\s*", re.IGNORECASE)  # "9:00 to 17:00"
_WHICH_NOUN = re.compile(
    r"(?:in |on |at |from |to |for )?(?:which|what) ([a-z]{3,})\b", re.IGNORECASE
)
_CODE = r"(?-i:[A-Z]{0,6}[-/]?\d[\w./-]*\w|[A-Z]{0,6}[-/]?\d|[A-Z](?!\w))"
_BARE_FIGURE = re.compile(r"(?:\d[\d.,'’]*\s+)*\d[\d.,'’]*[.,]\d\d")
_SPACED_FIGURE = re.compile(r"\d{1,3}(?:\s\d{3})+[.,]\d\d")
_FIGURE_BEFORE = re.compile(r"(?:^|\s)\d[\d.,'’]*\s+$")
_FIGURE_AFTER = re.compile(r"\s+\d[\d.,'’]*(?:\s|$)")


def short_answer(profile: QuestionProfile, best: Sentence) -> CharSpan | None:
    """The place of the answer's few words in the passage, or None where they are not sure."""
    span = _short_answer(profile, best)
    text = best.hit.chunk.text
    span = span and with_negated_comparison(text, span)
    if span is None or is_other_bound(profile.text, text, span):
        return None
    inside = span[0] - best.start, span[1] - best.start
    if _is_one_of_figures(best, text, span) or is_of_another_case(profile, best.text, inside):
        return None
    if not profile.is_english:
        return span
    if profile.kind == "person" and not can_name_person(profile.text, best.text, inside):
        return None
    if is_operand(profile.text, best.text) or is_settled_amount(profile.text, best.text):
        return None
    return span


def _is_one_of_figures(best: Sentence, text: str, span: CharSpan) -> bool:
    """Whether a figure stands right beside another, as in a line of a table without its header.

    "Desk 40 389.00 15,560.00" says no price that a reader could tell from the amount, and two of
    these figures together say nothing.
    """
    if best.unit is not None and best.unit.kind == "row":
        return False
    figure = text[slice(*span)].strip()
    if not _BARE_FIGURE.fullmatch(figure):
        return False
    if len(figure.split()) > 1 and not _SPACED_FIGURE.fullmatch(figure):
        return True
    before, after = text[best.start : span[0]], text[span[1] : best.end]
    return _FIGURE_BEFORE.search(before) is not None or _FIGURE_AFTER.match(after) is not None


def _short_answer(profile: QuestionProfile, best: Sentence) -> CharSpan | None:
    """The place of the answer's few words in the passage, or None where they are not sure.

    Of a table row it is the cell under the header that the question names; where the question asks
    for a value of a written form (an amount, a date), the value of that form; of a form the value
    of the line; elsewhere the reader's words, if it holds them likelier than no answer.
    """
    unit = best.unit
    if unit is not None and unit.kind == "row":
        return _cell(profile, best)
    value_kind = profile.value_kind
    if value_kind == "count" and not profile.is_english:
        return None  # of what, is told by the reader, which knows English
    if value_kind in _TYPED:
        return _value(value_kind, profile, best)
    if value_kind == "yes" or profile.kind not in _FACTOID_KINDS:
        return None
    if unit is not None and unit.kind == "entry" and (value := entry_value(best.text)):
        start, end = best.start + value[0], best.start + value[1]
        if end - start <= 60 and not _is_label(best.text[: value[0]]):
            return start, end
    if (code := _code_of_noun(profile, best)) is not None:
        return code
    span = _of_named_part(profile, best, _reading(best))
    if span is not None and unit is not None and unit.kind == "list" and _is_item(best, span):
        return None  # one of several, and all of them answer
    if (
        span is not None
        and profile.kind == "person"
        and (
            _is_figure(best, span)
            or is_one_of_many(profile, best, span)
            or is_beside_subject(profile, best, span)
        )
    ):
        return None
    if span is not None:
        span = value_of_part(profile, best, span)
    names = _ALTERNATIVES.search(profile.text)
    if span is not None and names is not None and profile.kind != "yes":
        read = best.hit.chunk.text[slice(*span)].lower()
        if not any(name.lower() in read for name in names.groups()):
            return None  # a third one of the kind
    return span


def _is_item(best: Sentence, span: CharSpan) -> bool:
    """Whether the few words are a whole item of the list, its mark aside."""
    text = best.hit.chunk.text
    line_start = text.rfind("\n", 0, span[0]) + 1
    line_end = text.find("\n", span[1])
    before = text[line_start : span[0]]
    after = text[span[1] : line_end if line_end >= 0 else len(text)]
    return not re.search(r"[^\W\d_]{2}", before) and not re.search(r"\w", after)


def _is_figure(best: Sentence, span: CharSpan) -> bool:
    """Whether the few words are a figure alone, which names nobody."""
    return not any(map(str.isalpha, best.hit.chunk.text[slice(*span)]))


def _code_of_noun(profile: QuestionProfile, best: Sentence) -> CharSpan | None:
    """The code or number after the noun of "which pump ...?": "P-3" of "fits pump P-3"."""
    match = _WHICH_NOUN.match(main_clause(profile.text))
    if match is None:
        return None
    codes = list(re.finditer(rf"\b{re.escape(match[1])}\s+({_CODE})", best.text, re.IGNORECASE))
    named = {c[1].lower() for c in codes} & {w.lower() for w in profile.text.rstrip("?. ").split()}
    if len(codes) != 1 or named:
        return None
    return best.start + codes[0].start(1), best.start + codes[0].end(1)


def _is_label(key: str) -> bool:
    """Whether a key says what sort of line it is, and the line is a sentence."""
    return re.match(r"\W*(?:decision|action|to do|note|resolved|task)\b", key, re.I) is not None


def _of_named_part(
    profile: QuestionProfile, best: Sentence, reading: CharSpan | None
) -> CharSpan | None:
    """The reader's words, or the name in the part of the sentence that the question is about.

    "Ina Vel decides on paint, Bo Tor on ropes": who decides on ropes?
    """
    if reading is None or profile.kind != "person":
        return reading
    names = [match.span() for match in _FULL_NAME.finditer(best.text)]
    inside = reading[0] - best.start, reading[1] - best.start
    if not any(a < inside[1] and inside[0] < b for a, b in names):
        return reading
    name = of_part(profile, best.text, names) if len(names) > 1 else None
    if name is None or (name[0] < inside[1] and inside[0] < name[1]):
        return reading
    return best.start + name[0], best.start + name[1]


def _reading(best: Sentence) -> CharSpan | None:
    if best.short is None or best.feature("reader") <= _MIN_READER_SCORE:
        return None
    passage = best.hit.chunk.text
    if _EXCEPTION.search(passage[best.start : best.short[0]]):
        return None
    start, end = _whole(passage, *best.short)
    if start < best.start or end > best.end or len(passage[start:end].split()) > _MAX_WORDS:
        return None
    return start, end


def _whole(text: str, start: int, end: int) -> CharSpan:
    """The place without half a word or number at either end: the reader reads parts of words."""
    for match in _WORD_OR_NUMBER.finditer(text):
        if match.start() < start < match.end():
            start = match.start()
        if match.start() < end < match.end():
            end = match.end()
    return start, end


def _value(value_kind: ValueKind, profile: QuestionProfile, best: Sentence) -> CharSpan | None:
    """The value of the asked form: the only one, the one read, or the one beside its cue."""
    language = profile.text_language
    places = fresh_values(value_kind, best.text, profile.text, language)
    if not places and value_kind in _TIMES:
        kinds = (kind for kind in _TIMES if kind != value_kind)
        places = [
            p for kind in kinds for p in fresh_values(kind, best.text, profile.text, language)
        ]
        if value_kind == "duration":
            places = _ranges(best.text, places)
    if value_kind == "count":
        places = [p for p in places if not re.match(r"\(?\d{1,2}[.)]", best.text[: p[1] + 1])]
    if value_kind == "date":
        places = [p for p in places if not _is_opposite(profile.text, best.text, p)]
        if not places:
            return None
    places = [p for p in places if not _EXCEPTION.search(best.text, 0, p[0])]
    if not places:
        return None if _has_exception(best.text) else _value_in_words(value_kind, best)
    chosen = places[0] if len(places) == 1 else value_of_year(profile.text, best.text, places)
    if chosen is None:
        chosen = of_part(profile, best.text, places)
    if chosen is None and (change := replacement(best.text, places)) is not None:
        chosen = change[0] if asks_former(profile.text) else change[1]
    if chosen is None:
        chosen = _beside_cue(profile.text, best.text, places)
    if chosen is None and best.short is not None and best.feature("reader") > _MIN_READER_SCORE:
        start, end = best.short[0] - best.start, best.short[1] - best.start
        read = [p for p in places if p[0] < end and start < p[1]]
        chosen = read[0] if len(read) == 1 else None
    if chosen is None:
        return None
    if value_kind != "contact" and not tells_change(best.text):
        chosen = with_range_start(best.text, chosen)
    if value_kind in _TIMES:
        chosen = with_negated_bound(best.text, chosen)
    return best.start + chosen[0], best.start + chosen[1]


def _value_in_words(value_kind: ValueKind, best: Sentence) -> CharSpan | None:
    """The reader's words, "free" or "half of it".

    A name is no value of any form, and "60,000 litres a year" is no price.
    """
    reading = _reading(best)
    if reading is None:
        return None
    read = best.hit.chunk.text[slice(*reading)]
    is_name = all(word[0].isupper() for word in read.split())
    is_measure = value_kind == "money" and any(any(values(kind, read)) for kind in _NO_PRICES)
    return None if is_name or is_measure else reading


def value_cues(question: str) -> list[re.Pattern[str]]:
    """What stands before the value that is asked for: "commences on" for "when ... start"."""
    return [text_cue for question_cue, text_cue in _CUES if question_cue.search(question)]


def _ranges(text: str, places: list[CharSpan]) -> list[CharSpan]:
    """Places with "14:05 to 17:40" as one: its end alone does not say how long."""
    joined: list[CharSpan] = []
    for span in sorted(places):
        if joined and _RANGE.fullmatch(text, joined[-1][1], span[0]):
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return joined


def _has_exception(text: str) -> bool:
    return re.search(rf"{_EXCEPT}\b", text, re.IGNORECASE) is not None


def _is_opposite(question: str, text: str, span: CharSpan) -> bool:
    """Whether the value is the end of what the question wants the start of, or the reverse."""
    before = text[max(0, span[0] - CUE_CHARS) : span[0]]
    ends, starts = _CUES[0], _CUES[1]
    return any(
        wanted_cue[0].search(question) is not None
        and wanted_cue[1].search(before) is None
        and other_cue[1].search(before) is not None
        for wanted_cue, other_cue in ((ends, starts), (starts, ends))
    )


def _beside_cue(question: str, text: str, places: list[CharSpan]) -> CharSpan | None:
    """The value that follows a word of the question's sense most closely."""
    for question_cue, text_cue in _CUES:
        if not question_cue.search(question):
            continue
        distances = [
            (span[0] - match.end(), span)
            for match in text_cue.finditer(text)
            for span in places
            if match.end() <= span[0]
        ]
        if distances:
            return min(distances)[1]
    return None


def _cell(profile: QuestionProfile, row: Sentence) -> CharSpan | None:
    """The cell of a row under the one header cell that shares most words with the question."""
    header = row.unit.presupposed if row.unit else ""
    if "|" not in header:
        return _cell_of_form(profile, row)
    language = profile.text_language
    names = [{w.key for w in content(language_words(cell, language))} for cell in header.split("|")]
    cells = row.text.split("|")
    if len(names) != len(cells):
        return None
    label = {w.key for w in content(language_words(cells[0], language))}
    expected = (set(profile.keys) | profile.type_keys) - label
    shared = [len(name & expected) for name in names]
    best = max(shared)
    if not best or shared.count(best) != 1:
        return _cell_of_form(profile, row)
    return _cell_place(profile, row, shared.index(best))


def _cell_of_form(profile: QuestionProfile, row: Sentence) -> CharSpan | None:
    """The only cell that has a value of the asked form, where no header says which."""
    value_kind, language = profile.value_kind, profile.text_language
    if value_kind not in _TYPED:
        return None
    columns = [
        n
        for n, cell in enumerate(row.text.split("|"))
        if fresh_values(value_kind, cell, profile.text, language)
    ]
    return _cell_place(profile, row, columns[0]) if len(columns) == 1 else None


def _cell_place(profile: QuestionProfile, row: Sentence, column: int) -> CharSpan | None:
    cells = row.text.split("|")
    start = row.start + sum(len(cell) + 1 for cell in cells[:column])
    text = cells[column]
    stripped = text.strip()
    keys = {w.key for w in language_words(stripped, profile.text_language)}
    if not stripped or keys <= set(profile.keys):
        return None
    start += len(text) - len(text.lstrip())
    return start, start + len(stripped)
