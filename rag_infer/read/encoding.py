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
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_C1_CONTROL = re.compile("[\x80-\x9f]")
_SEVEN_BIT = frozenset(("hz", "utf-7"))
_ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(?:\$[@B]|\$\([DOPQ]|\(J)"), "iso2022_jp_2"),
    (re.compile(rb"~\{(?:[\x21-\x7d][\x21-\x7e])+~\}"), "hz"),
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
    if declared is not None and (text := _declared_text(data, declared)) is not None:
        return text
    # UTF-8 with a few broken bytes is still UTF-8.
    text = data.decode("utf-8", "replace")
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if text.count("\ufffd") * 10 < high:
        return text
    start = max(0, error.start - _SAMPLE_BYTES // 2)
    sample = data[start : start + _SAMPLE_BYTES]
    if len(sample) < len(data):  # whole lines: a cut within a character is none in any encoding
        sample = sample[sample.find(b"\n") + 1 : sample.rfind(b"\n") + 1] or sample
    from rag_infer.read.legacy_encoding import guess_encoding

    return data.decode(guess_encoding(sample), "replace")


def _declared_text(data: bytes, declared: str) -> str | None:
    """The text in the encoding that the file claims; None where it cannot be in that."""
    if declared.startswith("utf"):
        return None
    try:
        text = data.decode(declared, "replace")
    except LookupError:
        return None
    high = sum(len(run) for run in _HIGH_BYTES.findall(data))
    wrong = text.count("\ufffd") + len(_C1_CONTROL.findall(text))
    return text if wrong * 20 <= high else None
