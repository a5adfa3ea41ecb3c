"""Names of languages for people, from CLDR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rag_infer.languages.detection import ENGLISH, UNDETERMINED


def language_name(code: str, language: str = ENGLISH) -> str:
    """The name of a language in English or another language; the code where it has none."""
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale(language).languages
    except UnknownLocaleError:
        names = Locale(ENGLISH).languages
    return str(names.get(code, code))


def named_counts(languages: Mapping[str, int], most: int = 6) -> str:
    """Languages with their counts, ``German 120, Thai 3``; those beyond ``most`` as a number."""
    named = [
        f"{language_name(code)} {count:,}"
        for code, count in languages.items()
        if code not in ("", UNDETERMINED)
    ]
    more = len(named) - most
    return ", ".join(named[:most]) + (f" and {more} more" if more > 0 else "")


def named_list(languages: Iterable[str]) -> str:
    """Languages as words: ``German``, ``German and Thai``."""
    names = [language_name(code) for code in languages]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
