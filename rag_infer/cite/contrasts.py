"""Words of a class whose members exclude each other: a sentence on one says nothing of another.

"When was the west wing burnt down?" beside "The east wing was burnt down in 1944" shares all words
but one, and is no answer. Only closed classes are looked at (directions, colors, seasons, ages),
where another word of the class means another thing and not the same thing in other words.
"""

from __future__ import annotations

import re

from rag_infer.cite.question_type import QuestionProfile
from rag_infer.cite.text_normalization import key, words

# One class a line; between commas the words that mean the same.
_CLASSES = tuple(
    tuple(frozenset(key(w) for w in group.split()) for group in line.split(","))
    for line in (
        "north northern nord, south southern süd, east eastern ost, west western, "
        "northeast northeastern, northwest northwestern, southeast southeastern, "
        "southwest southwestern",
        "red rot rote, green grün grüne, blue blau blaue, yellow gelb gelbe, white weiß weiße, "
        "black schwarz schwarze, brown braun braune, orange, purple violet lila, pink rosa, "
        "gray grey grau graue",
        "summer sommer, winter, autumn herbst, frühling",
        "morning morgens, afternoon nachmittags, evening abends, night nachts",
        "adult adults erwachsene, child children kid kids kinder, senior pensioner senioren, "
        "student students studierende, pupil pupils schüler",
        "men man male männer, women woman female frauen",
        "boy boys jungen, girl girls mädchen",
        "upper, lower", "front, rear", "indoor, outdoor", "inner, outer", "gross, net",
        "arrival, departure", "entrance, exit", "import, export", "domestic, foreign",
        "largest biggest highest greatest longest, smallest lowest shortest",
        "sell sells sold selling, buy buys bought buying", "lend lends, borrow borrows",
        "husband, wife", "father, mother", "brother, sister", "son, daughter",
        "minimum, maximum", "weekday weekdays, weekend weekends", "debit, credit",
        "permanent, temporary", "public, private", "internal, external",
        "large big große, medium, small little kleine", "single, double, triple",
        "monday montag, tuesday dienstag, wednesday mittwoch, thursday donnerstag, "
        "friday freitag, saturday samstag, sunday sonntag",
    )
)  # fmt: skip
# "Who is the vice chair?" is not answered by who the chair is.
_QUALIFIERS = frozenset(
    key(w) for w in "vice deputy assistant acting former interim honorary stellvertretend".split()
)
# "How big is it?" asks for the size, and does not say which one is meant.
_DEGREE = re.compile(r"\b(?:how|wie)\s+$", re.IGNORECASE)
_DEGREE_CHARS = 8  # before a word


def contrasting_words(profile: QuestionProfile, unit: str, setting: str) -> tuple[str, ...]:
    """Words of the question in whose place a unit has another one of their class.

    Args:
        profile: The question.
        unit: The text of the unit.
        setting: What the unit presupposes: its heading, header or document.

    Returns:
        The words as they were typed. A unit with several words of the class, such as "Monday to
        Friday", may include the one asked about, and contrasts with none.
    """
    own = {w.key for w in words(unit)}
    given = own | {w.key for w in words(setting)}
    question_keys = {w.key for w in profile.words}
    contrasts = []
    for word in profile.words:
        if word.number or _DEGREE.search(
            profile.text[max(0, word.start - _DEGREE_CHARS) : word.start]
        ):
            continue
        if word.key in _QUALIFIERS and word.key not in given:
            contrasts.append(profile.text[word.start : word.end])
        for groups in _CLASSES:
            mine = next((group for group in groups if word.key in group), None)
            if mine is None or mine & given:
                continue
            others = [group for group in groups if group is not mine and group & own]
            if len(others) == 1 and not others[0] & question_keys:
                contrasts.append(profile.text[word.start : word.end])
    return tuple(dict.fromkeys(contrasts))
