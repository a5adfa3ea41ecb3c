"""Writes the forms of dates, times, amounts and units of languages, from CLDR (by babel).

    python scripts/cldr_forms.py            writes rag_infer/languages/cldr_forms.json

A file rather than babel at run time: its locales take a tenth of a second each to load, and a
question may need several. ``tests/languages/test_cldr_forms.py`` checks that the file is current.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel import Locale

OUT = Path(__file__).parents[1] / "rag_infer" / "languages" / "cldr_forms.json"
# Chinese last: once it is loaded, babel 2.18 gives some of its months to languages without their
# own form.
LANGUAGES = "de fr es pt it nl pl ru tr ar hi th ko el ro sv cs uk vi ja zh".split()
CURRENCIES = "EUR USD GBP CHF JPY CNY KRW INR RUB TRY BRL THB SAR EGP PLN SEK".split()
# The first of each group are those that measure; rates and physics are left out.
# In a language's own texts; in others their names have words such as "of".
OWN_CURRENCIES = {
    "ar": "AED KWD JOD IQD MAD DZD TND QAR".split(), "cs": ["CZK"], "ro": ["RON"], "uk": ["UAH"],
    "vi": ["VND"],
}  # fmt: skip
# What CLDR has under other calendars, or writes with a colon only.
OWN_ERAS = {"th": ["พ.ศ."]}
OWN_TIMES = {"th": ["H.mm น."]}
MEASURES = (
    "area-hectare area-square-kilometer area-square-meter digital-gigabyte digital-kilobyte "
    "digital-megabyte digital-terabyte energy-kilowatt-hour length-centimeter length-foot "
    "length-inch length-kilometer length-meter length-mile length-millimeter mass-gram "
    "mass-kilogram mass-milligram mass-pound mass-tonne power-kilowatt power-watt "
    "speed-kilometer-per-hour temperature-celsius volume-cubic-meter volume-liter "
    "volume-milliliter"
).split()
DURATIONS = tuple(
    f"duration-{unit}" for unit in "second minute hour day week month quarter year".split()
)
DATE_SKELETONS = (
    "yMMMM yMMM yMMMMd yMMMd MMMMd MMMd yMd yMMMMEEEEd yMMMEd MMMMEEEEd MMMEd yM GyMMMd Gy".split()
)
TIME_SKELETONS = "Hm hm H h".split()


def names(tables: Mapping[str, Any]) -> list[list[str]]:
    """Names of months or weekdays, each with its forms: in a date and alone, long and short."""
    numbers = sorted(tables["format"]["wide"])
    forms = [
        {
            str(tables[context][width][number]).strip(".").lower()
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            if number in tables[context].get(width, {})
        }
        for number in numbers
    ]
    return [sorted(form) for form in forms]


def unit_forms(locale: Locale, units: tuple[str, ...] | list[str]) -> list[str]:
    """Patterns of units, ``{0} Tage``: of every length and plural, each once."""
    patterns = locale._data["unit_patterns"]
    return sorted({str(p) for unit in units for p in _patterns(patterns.get(unit, {}))})


def _patterns(unit: Mapping[str, Any]) -> Iterator[str]:
    for length in ("long", "short"):  # "5 d" of narrow ones would be terms in any text
        for plural, pattern in unit.get(length, {}).items():
            if plural in ("zero", "one", "two", "few", "many", "other"):
                yield pattern


def currency_names(locale: Locale) -> list[str]:
    """Names, signs and codes of currencies."""
    codes = [*CURRENCIES, *OWN_CURRENCIES.get(locale.language, [])]
    terms = {*codes}
    for code in codes:
        plurals = locale._data["currency_names_plural"].get(code, {})
        terms.update(str(name) for name in plurals.values())
        terms.update(filter(None, (locale.currencies.get(code), locale.currency_symbols.get(code))))
    return sorted(terms)


def forms(language: str) -> dict[str, Any]:
    locale = Locale(language)
    skeletons = locale.datetime_skeletons
    dates = {str(locale.date_formats[length].pattern) for length in ("full", "long", "medium")}
    dates |= {str(skeletons[name].pattern) for name in DATE_SKELETONS if name in skeletons}
    times = {str(locale.time_formats[length].pattern) for length in ("medium", "short")}
    times |= {str(skeletons[name].pattern) for name in TIME_SKELETONS if name in skeletons}
    times.update(OWN_TIMES.get(language, []))
    symbols = locale.number_symbols["latn"]
    periods = locale.day_periods["format"]
    return {
        "months": names(locale.months),
        "weekdays": names(locale.days),
        "eras": sorted(
            {str(era).lower() for era in locale.eras["abbreviated"].values()}.union(
                OWN_ERAS.get(language, [])
            )
        ),
        "day_periods": sorted(
            {str(n).lower() for w in ("wide", "abbreviated") for n in periods[w].values()}
        ),
        "dates": sorted(dates),
        "times": sorted(times),
        "decimal": str(symbols["decimal"]),
        "group": str(symbols["group"]),
        "currencies": currency_names(locale),
        "durations": unit_forms(locale, DURATIONS),
        "measures": unit_forms(locale, MEASURES),
        "percent": unit_forms(locale, ["concentr-percent"]),
    }


def rendered() -> str:
    """The file as it should be."""
    about = "from CLDR (Unicode License v3), by scripts/cldr_forms.py"
    languages = {language: forms(language) for language in LANGUAGES}
    return json.dumps({"about": about, "languages": languages}, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    OUT.write_text(rendered(), "utf-8")


if __name__ == "__main__":
    main()
