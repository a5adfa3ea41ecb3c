"""Where sentences begin and end, in any language, as spans of the text they were found in.

Rules on one regular expression rather than a library: the quick library at hand needs to be told
the language, leaves Chinese and Japanese whole when told English, and runs list items together;
the thorough one is some hundred times slower than embedding can be fed.
"""

from __future__ import annotations

import functools
import re

from rag_infer.languages.cldr_forms import known_languages, month_names
from rag_infer.languages.clusters import WORD_MARKS
from rag_infer.languages.thai_sentences import MIN_UNMARKED_CHARS, goes_on, is_abbreviation

# Marks that end a sentence wherever they stand; in these scripts no space need follow.
_FULL = "。！？｡．।॥۔؟։።။។‽⸮፧፨៕།༎᠃᙮"
_NO_MARKS = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109d\u1780-\u17d3"
_CLOSE = "\"'”’»›)\\]）」』】〉》›"
# 1: marks of spaced scripts, then closing quotes and references like [12], then white space.
# 2: full-width marks.  3: a blank line.  4: a line break before a list item, a table row or a note.
# 5: the question mark of Greek.  6: a space in Thai, Lao, Khmer or Burmese, which have few marks
# or none, write no space between words, and put one behind a sentence or a long clause.
# The lookbehind and the possessive repeats keep it linear on a megabyte of dots or of spaces.
# How an entry of a log begins: 2026-03-02T10:00:01, [02/Mar/2026:10:00:01, Mar  2 10:00:01.
LOG_TIME = (
    r"(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    r"|\[?\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?(?=\s))"
)
_BOUNDARY = re.compile(
    rf"(?<![.!?…])(?P<mark>[.!?…]++)(?:[{_CLOSE}]++|\[\d[\d,\s–-]{{0,12}}\])*+\s++"
    rf"|[{_FULL}]++[{_CLOSE}]*+\s*+"
    r"|(?<=[\u0370-\u03ff\u1f00-\u1fff])[;\u037e]\s++"
    rf"|(?P<space>(?<=[{_NO_MARKS}])[^\S\n]++(?=[{_NO_MARKS}]))"
    r"|\n[^\S\n]*+\n\s*+"
    r"|\n(?=[^\S\n]*+(?:[-*+•◦▪‣·–][^\S\n]|\(?(?:\d{1,3}|[A-Za-z])[.)][^\S\n]|\|"
    rf"|\[[^\]\n]{{1,60}}\]:[^\S\n]|{LOG_TIME}))"
    r"|\f"
    r"|(?P<line>\n)"
)
# Text that was broken into lines by hand or by a printer has no line longer than this.
LONG_LINE = 160
_MAX_FIELD_CHARS = 60
_FIELD = re.compile(r"[^\W\d_][^:\n.!?]{0,28}[^\W_]:[^\S\n]+[^\s]")
# The path of a key and its value: "staff[2].phone: 555-0144".
_KEY_PATH = re.compile(r"[\w$-]{1,80}(?:\[\d{1,9}\]|\.[\w$-]{1,80}){1,16}:[^\S\n]+\S")
_MAX_PATH_LINE = 2_000
# With the vowel signs of Hindi and Arabic, which the re module counts among no word.
_LETTER = rf"(?:[^\W_]|[{WORD_MARKS}])"
_WORD_BEFORE = re.compile(rf"{_LETTER}+(?:[.'’-]{_LETTER}+)*$")
_WORD_AFTER = re.compile(r"[\"'“‘«(\[]*([^\W_]+)")
# "Am 17. September", "im 3. Stock": a point makes the number an ordinal.
_ORDINAL = re.compile(r"(?:([^\W\d_]+)\W{1,3})?(?<!\d)\d{1,2}$")
_ARTICLES = frozenset(
    "der die das den dem des am im vom zum zur beim ab bis seit jeder jede jedes jeden".split()
)
_LIST_NUMBER = re.compile(r"(?:^|\n)[^\S\n]*\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})$")

# Followed by the rest of their sentence, nearly always.
_NEVER_LAST = frozenset(
    """mr mrs ms dr prof rev fr hon gen col maj capt lt sgt cmdr adm gov sen rep pres messrs mme
    mlle st mt ft vs cf e.g i.e eg ie viz al approx ca fig figs eq eqs eqn ref refs sec secs ch
    chap pp p vol vols ed eds ser no nos nr art para tab tbl app appx dept est incl resp ver
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri
    z.b d.h u.a bzw usw vgl evtl ggf hr fr abb bd s dt inkl zzgl str m.e o.ä
    sr sra srta dña av núm pág p.ej dhr mevr bijv o.a t.a.v sig dott ing avv
    т.е т.д т.п г ул им см рис стр
    doç yrd öğr alb yzb yy bkz örn
    डॉ प्रो पं श्री""".split()
)
# In Turkish a point makes an ordinal of any number: "II. Mehmed", "2. Dünya Savaşı".
_TURKISH_ORDINAL = re.compile(r"(?<![\w.,])(?:\d{1,2}|[IVX]{1,5})$")
_TURKISH_LETTERS = re.compile("[ığ]")
_YEAR_SIGN = re.compile(r"\d\s*\w$")  # "1990 م."
# May end a sentence; what follows has to look like a beginning.
_MAYBE_LAST = frozenset(
    """inc corp co ltd llc plc jr sr etc u.s u.k u.n e.u d.c a.m p.m ph.d b.a m.a b.sc m.sc bros
    assn ave blvd rd sq int'l""".split()
)
_STARTERS = frozenset(
    """the a an this that these those it its he she they we you i in on at by for from to with as
    if when while after before during since because although though but and or so yet however
    there here his her their our my your who what where why how one some many most all each both
    no not also then thus therefore moreover under over between such another other
    according""".split()
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans ``[start, end)`` of the sentences of ``text``, in order, in characters.

    The spans do not overlap, begin and end on a character that is not white space, and leave out
    nothing but white space. A line break alone ends no sentence, since text from a PDF breaks
    its lines anywhere; before a list item or a table row, after a field of a form
    (``Label: value``) and beside a very long line it does.
    """
    cased = _has_case(text)
    turkish = _is_turkish(text)
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        if match["mark"] is not None:
            if match["mark"] == "." and (
                is_abbreviation(text, start, match.span())
                or (
                    turkish
                    and _TURKISH_ORDINAL.search(text[max(0, match.start() - 8) : match.start()])
                )
            ):
                continue
            if not _ends(text, match, cased) and not (
                "\n" in match[0] and _KEY_PATH.match(text, match.end())
            ):
                continue
        elif match["space"] is not None:
            if match.start() - start < MIN_UNMARKED_CHARS or goes_on(text, start, match.span()):
                continue
        elif match["line"] is not None and not (
            ends_paragraph(text, match.start()) or _ends_field(text, match.start())
        ):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(bare)))


def ends_paragraph(text: str, at: int) -> bool:
    """Whether the line break at ``at`` parts two paragraphs, as one of its lines is very long.

    Text whose lines were broken to fit a page has no line over ``LONG_LINE``; beside such a line
    each break was meant.
    """
    if at >= LONG_LINE and text.rfind("\n", at - LONG_LINE, at) < 0:
        return True
    return at + LONG_LINE < len(text) and text.find("\n", at + 1, at + 1 + LONG_LINE) < 0


def _ends_field(text: str, at: int) -> bool:
    """Whether the line break at ``at`` ends a field of a form: "Amount due: 845 euros".

    Its line is shorter than prose is broken at, and what follows begins a new paragraph. Or both
    lines are paths of keys with their values.
    """
    if _KEY_PATH.match(text, at + 1):
        line = text.rfind("\n", max(0, at - _MAX_PATH_LINE), at) + 1
        if _KEY_PATH.match(text, line, at):
            return True
    if not (text[at + 1 : at + 2].isupper() or text[at + 1 : at + 2].isdigit()):
        return False
    start = text.rfind("\n", max(0, at - _MAX_FIELD_CHARS - 1), at) + 1
    if start == 0 and at > _MAX_FIELD_CHARS:
        return False
    return _FIELD.match(text, start, at) is not None


def _has_case(text: str) -> bool:
    """Whether capitals say anything here: a text all in lower case still has sentences."""
    sample = text[:20_000]
    capitals = sum(c.isupper() for c in sample)
    small = sum(c.islower() for c in sample)
    return capitals * 200 > small


def _is_turkish(text: str) -> bool:
    """Whether the letters of Turkish are as frequent as they are in its texts."""
    sample = text[:20_000]
    count = len(_TURKISH_LETTERS.findall(sample))
    return count > 1 and count * 100 > len(sample)


def _ends(text: str, match: re.Match[str], cased: bool) -> bool:
    after = text[match.end() : match.end() + 40]
    following = _WORD_AFTER.match(after)
    first = following[1] if following else ""
    if cased and first[:1].islower():
        return False
    if match["mark"] != ".":
        return True
    before = text[max(0, match.start() - 40) : match.start()]
    if _LIST_NUMBER.search(before) or ("\n" not in match[0] and _is_ordinal(before, first)):
        return False
    last = _WORD_BEFORE.search(before)
    if last is None:
        return True
    word = last[0].lower()
    if word in _NEVER_LAST:
        # "No. 5", but "He said no. Then he left."
        return (
            word in {"no", "art", "fig", "sat", "s", "p"}
            and not first[:1].isdigit()
            and (first.lower() in _STARTERS)
        )
    initial = len(word) == 1 and last[0].isalpha() and last[0].isupper()
    if len(word) == 1 and last[0].isalpha() and last[0].upper() == last[0].lower():
        return _YEAR_SIGN.search(before) is not None  # "د. سامي", but "1990 م."
    dotted = "." in word and all(len(part) <= 2 for part in word.split("."))
    if word in _MAYBE_LAST or initial or dotted:
        return first.lower() in _STARTERS
    return True


def _is_ordinal(before: str, first: str) -> bool:
    """Whether the point after ``before`` makes an ordinal, by the words on either side of it."""
    number = _ORDINAL.search(before)
    if number is None or not first:
        return False
    word = (number[1] or "").lower()
    if word in _ARTICLES:
        return True
    return first.lower() in _month_words() and word not in _month_words()


@functools.cache
def _month_words() -> frozenset[str]:
    """Names of months in the languages that write a day with a point."""
    languages = known_languages() & {"cs", "de", "pl", "tr"}
    return frozenset(name for code in languages for month in month_names(code) for name in month)
