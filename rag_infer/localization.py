"""The product's own words in the language of the person who asks.

Messages stand in the code in English and are looked up with gettext in the catalogs of
``locales/``; what has no catalog is said in English. ``scripts/catalogs.py`` collects the messages
and compiles the catalogs.
"""

from __future__ import annotations

import functools
import gettext
from pathlib import Path

ENGLISH = "en"
LOCALES = Path(__file__).with_name("locales")
DOMAIN = "rag_infer"


def message(text: str) -> str:
    """The text itself: marks a message for the catalogs that ``localized`` looks up elsewhere."""
    return text


def localized(text: str, language: str, **values: object) -> str:
    """A message in a language, its places filled.

    Args:
        text: The message in English, with ``{name}`` for each value.
        language: A code; one without a catalog gives English.
        values: What stands in its places.
    """
    template = text if language == ENGLISH else _catalog(language).gettext(text)
    return template.format(**values) if values else template


def catalog_languages() -> tuple[str, ...]:
    """The codes of the languages with a catalog, besides English."""
    return tuple(sorted(path.parents[1].name for path in LOCALES.glob(f"*/*/{DOMAIN}.mo")))


@functools.cache
def _catalog(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, str(LOCALES), [language], fallback=True)
