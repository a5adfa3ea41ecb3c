"""Keeps the catalogs of messages in step with the code, by babel.

    python scripts/catalogs.py        adds new messages to the catalogs, drops old ones, compiles

The messages of the web page are those of ``t("...")`` in ``serve/page`` and the words of its HTML;
its table, ``serve/page/messages.js``, is written from the same catalogs.
"""

from __future__ import annotations

import datetime
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from lxml import html

PACKAGE = Path(__file__).parents[1] / "rag_infer"
LOCALES, PAGE = PACKAGE / "locales", PACKAGE / "serve" / "page"
KEYWORDS = {"localized": None, "message": None}
_CALL = re.compile(r"""\bt\(\s*"((?:[^"\\]|\\.)*)\"""")
_DATE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_WORDS = re.compile(r"[^\W\d_]{2}")


def code_messages() -> set[str]:
    """Messages of the Python code."""
    extracted = extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=()
    )
    return {text for _, _, text, _, _ in extracted if isinstance(text, str)}


def page_messages() -> set[str]:
    """Messages of the web page."""
    return {text for path in sorted(PAGE.iterdir()) for text in _page_texts(path)}


def _page_texts(path: Path) -> Iterator[str]:
    if path.suffix == ".js" and path.name != "messages.js":
        yield from (json.loads(f'"{m[1]}"') for m in _CALL.finditer(path.read_text("utf-8")))
    elif path.suffix == ".html":
        body = html.parse(str(path)).getroot().find("body")
        texts = [*body.itertext(), *body.xpath("//@aria-label"), *body.xpath("//@placeholder")]
        yield from (text for text in map(str.strip, map(str, texts)) if _WORDS.search(text))


def read_catalog(path: Path) -> Catalog:
    """A catalog from its file."""
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=path.parents[1].name)
    catalog.creation_date = catalog.revision_date = _DATE  # equal texts give equal files
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """The catalog as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def page_table() -> str:
    """The page's messages by language."""
    expected = sorted(page_messages())
    table = {}
    for path in sorted(LOCALES.glob("*/*/*.po")):
        catalog = read_catalog(path)
        table[path.parents[1].name] = {
            text: str(catalog[text].string) for text in expected if catalog.get(text)
        }
    text = json.dumps(table, ensure_ascii=False, indent=1)
    about = "// The page's words in other languages. Written by scripts/catalogs.py."
    return f"{about}\n\nexport const messages = {text};\n"


def main() -> None:
    expected = code_messages() | page_messages()
    for path in sorted(LOCALES.glob("*/*/*.po")):
        old = read_catalog(path)
        new = Catalog(locale=path.parents[1].name, project="rag-infer", fuzzy=False)
        new.header_comment = f"# Messages of rag-infer: {new.locale_identifier}"
        for text in sorted(expected):
            entry = old.get(text)
            new.add(text, entry.string if entry else "")
        buffer = io.BytesIO()
        write_po(buffer, new, omit_header=False, sort_output=True, no_location=True)
        lines = buffer.getvalue().decode().splitlines()
        unused = (
            '"POT-Creation', '"PO-Revision', '"Generated-By', '"Project-Id', '"Report-Msgid',
            '"Last-Translator', '"Language-Team',
        )  # fmt: skip
        path.write_text("\n".join(x for x in lines if not x.startswith(unused)) + "\n", "utf-8")
        path.with_suffix(".mo").write_bytes(compiled(read_catalog(path)))
        missing = [m.id for m in new if m.id and not m.string]
        print(path.parents[1].name, len(expected), "messages,", len(missing), "not translated")
        for text in missing:
            print("   ", text)
    (PAGE / "messages.js").write_text(page_table(), "utf-8")


if __name__ == "__main__":
    main()
