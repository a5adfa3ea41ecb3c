"""The catalogs of the product's own words."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from rag_infer.localization import catalog_languages, localized

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import catalogs

_PLACE = re.compile(r"\{\w+\}")
PATHS = sorted(catalogs.LOCALES.glob("*/*/*.po"))


def test_there_are_catalogs_of_german_french_and_spanish() -> None:
    assert set(catalog_languages()) >= {"de", "es", "fr"}


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.parents[1].name)
def test_no_message_is_missing_or_left_over(path: Path) -> None:
    catalog = catalogs.read_catalog(path)
    expected = catalogs.code_messages() | catalogs.page_messages()
    assert {m.id for m in catalog if m.id} == expected, "run scripts/catalogs.py"
    assert [m.id for m in catalog if m.id and not m.string] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.parents[1].name)
def test_a_translation_has_the_places_of_its_message(path: Path) -> None:
    for entry in catalogs.read_catalog(path):
        if entry.id:
            assert set(_PLACE.findall(str(entry.string))) == set(_PLACE.findall(str(entry.id)))


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.parents[1].name)
def test_the_compiled_catalog_is_that_of_its_text(path: Path) -> None:
    compiled = catalogs.compiled(catalogs.read_catalog(path))
    assert path.with_suffix(".mo").read_bytes() == compiled, "run scripts/catalogs.py"


def test_the_table_of_the_page_is_current() -> None:
    text = (catalogs.PAGE / "messages.js").read_text("utf-8")
    assert text == catalogs.page_table(), "run scripts/catalogs.py"


def test_a_message_is_said_in_the_language_or_in_english() -> None:
    text = "“{names}” is not mentioned there"
    assert localized(text, "de", names="Bo") == "„Bo“ kommt dort nicht vor"
    assert localized(text, "ja", names="{x}") == "“{x}” is not mentioned there"
    assert localized(text, "en", names="Bo") == "“Bo” is not mentioned there"
