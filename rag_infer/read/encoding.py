"""From bytes to characters: encodings, and which characters never enter canonical text."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from rag_infer.errors import ReadError

# Controls other than tab, line feed, form feed and carriage return; lone surrogates;
# noncharacters. They mean nothing in a text and something to a terminal.
UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x08")) + b"\x7f"

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office file"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"SQLite format 3\x00", "a database"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 64 * 1024
_SEVEN_BIT = frozenset(("hz", "utf-7"))
_ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\(J)"), "iso2022_jp_2"),
    (re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e])+~\}"), "hz"),
)
_DEFAULT_ENCODING = "cp1252"
_LATIN = frozenset(("cp1250", "cp1252", "cp1254", "cp1257", "iso8859_2", "iso8859_9", "iso8859_15"))
_SLACK = 0.1
_HIGH_WORD = re.compile(r"[^\s\x00-\x2f]*[^\x00-\x7f][^\s\x00-\x2f]*")
_SIGNS = "€£¥§©®°«»‘’“”„‚–—…•™·¡¿"
_HIGH = "[À-ÖØ-öø-ÿŒœŠšŽžŸ]"
_WESTERN_WORD = re.compile(
    rf"[{_SIGNS}\x30-\x7f]+"
    rf"|[{_SIGNS}]*{_HIGH}{{0,2}}(?:[A-Za-z]+{_HIGH}{{0,2}})+[{_SIGNS}:;?]*"
    rf"|[{_SIGNS}]*{_HIGH}{{1,2}}[{_SIGNS}:;?]*"
)


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of a file in whatever encoding; raises ReadError when it is no text.

    ``declared`` is the encoding that the file claims; it is believed where UTF-8 does not fit.

    Line ends stay as they are. A character that means something to a terminal becomes a space, so
    that all others keep their place.
    """
    text = _decode(data, declared)
    if text.startswith("\ufeff"):
        text = text[1:]
    return UNWANTED.sub(" ", text)


def sniff_type(data: bytes) -> str | None:
    """What a well-known kind of binary file it begins like."""
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)


def _decode(data: bytes, declared: str | None) -> str:
    for bom, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(bom):
            return data.decode(encoding, "replace")
    if seven_bit := _seven_bit_encoding(data, declared):
        with suppress(UnicodeDecodeError):
            return data.decode(seven_bit)
    if name := sniff_type(data):
        raise ReadError(f"not text but {name}", hint="rename it with the extension of its format")
    if b"\x00" in data[:_SAMPLE_BYTES]:
        return _decode_utf16_without_bom(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_legacy(data, error, declared)
    _refuse_binary(data)
    return text


def _decode_utf16_without_bom(data: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark shows as zeros in every other place."""
    sample = data[: _SAMPLE_BYTES - _SAMPLE_BYTES % 4]
    zero_shares = [sample[n::2].count(0) / max(1, len(sample) / 2) for n in (0, 1)]
    for high, low, encoding in ((0, 1, "utf-16-be"), (1, 0, "utf-16-le")):
        if zero_shares[high] > 0.3 and zero_shares[low] < 0.05:
            text = data.decode(encoding, "replace")
            if text.count("\ufffd") <= len(text) / 100:
                return text
    raise ReadError("not text but binary data")


def _seven_bit_encoding(data: bytes, declared: str | None) -> str | None:
    """An encoding that writes other scripts in ASCII bytes: as declared, or by its escapes."""
    if declared is not None:
        with suppress(LookupError):
            name = codecs.lookup(declared).name
            if name in _SEVEN_BIT or name.startswith("iso2022"):
                return name
    sample = data[:_SAMPLE_BYTES]
    if not sample.isascii():
        return None
    return next((name for mark, name in _ESCAPES if mark.search(sample)), None)


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE_BYTES]
    if len(sample) - len(sample.translate(None, _CONTROL_BYTES)) > len(sample) * 0.02:
        raise ReadError("not text but binary data")


def _decode_legacy(data: bytes, error: UnicodeDecodeError, declared: str | None) -> str:
    _refuse_binary(data)
    if declared is not None and not declared.startswith("utf"):
        return data.decode(declared, "replace")
    # UTF-8 with a few broken bytes is still UTF-8.
    text = data.decode("utf-8", "replace")
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if text.count("\ufffd") * 10 < high:
        return text
    start = max(0, error.start - _SAMPLE_BYTES // 2)
    return data.decode(_guess_encoding(data[start : start + _SAMPLE_BYTES]), "replace")


def _guess_encoding(sample: bytes) -> str:
    """The encoding that makes most sense of a sample; of equals, the one that is most common."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        return _DEFAULT_ENCODING
    is_western = _is_western(sample)
    if is_western and best.encoding not in _LATIN:
        return _DEFAULT_ENCODING
    slack = _SLACK if is_western else 0.0
    ties = (
        m
        for m in matches
        if m.chaos <= best.chaos + slack and m.coherence >= best.coherence - slack
    )
    # What reads the same in several encodings is listed under one of them.
    if any(_DEFAULT_ENCODING in (m.encoding, *m.could_be_from_charset) for m in ties):
        return _DEFAULT_ENCODING
    return str(best.encoding)


def _is_western(sample: bytes) -> bool:
    """Whether Windows-1252 makes every byte a letter within a word, or a sign that is in use.

    Short texts have too few such bytes for statistics, which then name encodings of the DOS age.
    """
    text = sample.decode(_DEFAULT_ENCODING, "replace")
    if "\ufffd" in text:
        return False
    return all(_WESTERN_WORD.fullmatch(word) for word in _HIGH_WORD.findall(text))
