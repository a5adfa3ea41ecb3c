"""Values that CLDR writes are recognized again, in every language that the package has forms of."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from babel import dates, numbers, units
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_infer.cite.typed_values import ValueKind, fresh_values, value_match, values
from rag_infer.languages.cldr_forms import has_decimal_comma, known_languages, month_names

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted(known_languages())
DIRECTION = "\u200e\u200f"
DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31))
AMOUNTS = st.decimals(min_value=1, max_value=9_999_999, places=2)


def value_texts(kind: ValueKind, text: str, language: str) -> list[str]:
    """The values of a text, without marks of direction at their ends."""
    return [text[a:b].strip(DIRECTION) for a, b in values(kind, text, language)]


def test_the_languages_are_the_dozen_largest_and_more() -> None:
    assert set(LANGUAGES) >= set("de fr es it pt nl ru zh ja ar hi tr".split())


def test_the_file_is_what_babel_has() -> None:
    """In a process of its own: babel's answers depend on what was loaded before."""
    code = (
        "import sys; sys.path.insert(0, 'scripts'); import cldr_forms; "
        "sys.exit(cldr_forms.rendered() != cldr_forms.OUT.read_text('utf-8'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0, "run scripts/cldr_forms.py"


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=25, deadline=None)
@given(day=DAYS, form=st.sampled_from(("full", "long", "medium", "MMMMd", "yMMMM")))
def test_a_date_is_a_date(language: str, day: datetime.date, form: str) -> None:
    if form in ("full", "long", "medium"):
        text = dates.format_date(day, form, locale=language)
    else:
        text = dates.format_skeleton(form, day, locale=language)
    assert value_texts("date", text, language) == [text.strip(DIRECTION)]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=20, deadline=None)
@given(time=st.times())
def test_a_time_of_day_is_one(language: str, time: datetime.time) -> None:
    text = dates.format_time(time, "short", locale=language)
    assert value_texts("clock", text, language) == [text]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=25, deadline=None)
@given(
    amount=AMOUNTS,
    currency=st.sampled_from(("EUR", "USD", "GBP", "JPY")),
    form=st.sampled_from(("standard", "name")),
)
def test_an_amount_of_money_is_one(language: str, amount: float, currency: str, form: str) -> None:
    text = numbers.format_currency(amount, currency, locale=language, format_type=form)
    assert value_texts("money", text, language) == [text.strip(DIRECTION)]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 400),
    unit=st.sampled_from(("day", "week", "month", "year", "hour", "minute")),
)
def test_a_duration_is_one(language: str, count: int, unit: str) -> None:
    text = units.format_unit(count, f"duration-{unit}", "short", locale=language)
    assert value_texts("duration", text, language) == [text]


@pytest.mark.parametrize("language", LANGUAGES)
@given(share=st.integers(1, 100))
def test_a_percentage_is_one(language: str, share: int) -> None:
    text = numbers.format_percent(share / 100, locale=language)
    assert value_texts("percent", text, language) == [text]


def test_a_value_within_a_sentence_is_the_value_alone() -> None:
    text = "Le loyer s'élève à 1 250,50 euros, payable avant le 5 mai 2025."
    assert value_texts("money", text, "fr") == ["1 250,50 euros"]
    assert value_texts("date", text, "fr") == ["5 mai 2025"]
    assert value_texts("duration", "Срок действия — 3 года.", "ru") == ["3 года"]
    assert (
        value_texts("money", "押金是1,200元，租金是八百元。", "zh") == []
    )  # 元 is no name in CLDR
    assert value_texts("duration", "修理需要七天。", "zh") == ["七天"]


def test_arabic_units_are_known_wherever_their_vowel_signs_stand() -> None:
    assert value_texts("duration", "خلال 30 يوماً من التاريخ", "ar") == ["30 يوماً"]
    assert value_texts("duration", "خلال 30 يومًا من التاريخ", "ar") == ["30 يومًا"]
    assert value_texts("duration", "خلال 30 يوما من التاريخ", "ar") == ["30 يوما"]
    assert value_texts("money", "الرسوم 120 ديناراً في السنة", "ar") == ["120 ديناراً"]


def test_thai_years_and_times_are_known_as_thai_offices_write_them() -> None:
    assert value_texts("date", "ก่อตั้งเมื่อวันที่ 4 มีนาคม พ.ศ. 2538 โดยเทศบาล", "th") == [
        "4 มีนาคม พ.ศ. 2538"
    ]
    assert value_texts("clock", "เปิดเวลา 9.00 น. ถึง 18.30 น. ทุกวัน", "th") == ["9.00 น.", "18.30 น."]


def test_a_word_that_begins_like_a_unit_is_none() -> None:
    assert value_texts("duration", "10 Jahreszeiten", "de") == []
    assert value_texts("measure", "5 million de personnes", "fr") == []


def test_what_the_question_names_is_no_answer() -> None:
    text = "Vom 3. Mai bis 9. Juni ist geschlossen."
    places = fresh_values("date", text, "Was gilt ab 3. Mai?", "de")
    assert [text[a:b] for a, b in places] == ["9. Juni"]


def test_a_value_of_another_kind_is_told_from_none() -> None:
    assert value_match("money", "La caución es de 500 euros.", "¿?", "es") == 1.0
    assert value_match("money", "El plazo termina el lunes.", "¿?", "es") == 0.0


def test_months_and_decimal_marks() -> None:
    assert "märz" in month_names("de")[2]
    assert has_decimal_comma("fr")
    assert not has_decimal_comma("zh")
    assert month_names("xx") == ()
