"""From bytes to characters: encodings, and which characters never enter canonical text.

Knows: Unicode, byte order marks, what a binary file looks like.
Does not know: formats.
"""

from __future__ import annotations

import codecs
import re

from rag_infer.errors import ReadError

# Controls other than tab, line feed, form feed and carriage return; lone surrogates;
# noncharacters. They mean nothing in a text and something to a terminal.
UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x08")) + b"\x7f"

_MAGIC = (
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
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
_COMMON = "cp1252"


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of a file in whatever encoding; raises ReadError when it is no text.

    ``declared`` is the encoding that the file claims; it is believed where UTF-8 does not fit.

    Line ends stay as they are. A character that means something to a terminal becomes a space, so
    that all others keep their place.
    """
    text = _decoded(data, declared)
    if text.startswith("\ufeff"):
        text = text[1:]
    return UNWANTED.sub(" ", text)


def sniff_type(data: bytes) -> str | None:
    """What a well-known kind of binary file it begins like."""
    return next((name for magic, name in _MAGIC if data.startswith(magic)), None)


def _decoded(data: bytes, declared: str | None) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if name := sniff_type(data):
        raise ReadError(f"it is not text but {name}", hint="give it the suffix of what it is")
    if b"\x00" in data[:_SAMPLE]:
        return _without_mark(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _in_other_encoding(data, error, declared)
    _refuse_binary(data)
    return text


def _without_mark(data: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark shows as zeros in every other place."""
    sample = data[: _SAMPLE - _SAMPLE % 4]
    zeros = [sample[n::2].count(0) / max(1, len(sample) / 2) for n in (0, 1)]
    for high, low, encoding in ((0, 1, "utf-16-be"), (1, 0, "utf-16-le")):
        if zeros[high] > 0.3 and zeros[low] < 0.05:
            text = data.decode(encoding, "replace")
            if text.count("\ufffd") <= len(text) / 100:
                return text
    raise ReadError("it is not text but binary data")


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE]
    if len(sample) - len(sample.translate(None, _CONTROL_BYTES)) > len(sample) * 0.02:
        raise ReadError("it is not text but binary data")


def _in_other_encoding(data: bytes, error: UnicodeDecodeError, declared: str | None) -> str:
    _refuse_binary(data)
    if declared is not None and not declared.startswith("utf"):
        return data.decode(declared, "replace")
    # UTF-8 with a few broken bytes is still UTF-8.
    text = data.decode("utf-8", "replace")
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if text.count("\ufffd") * 10 < high:
        return text
    start = max(0, error.start - _SAMPLE // 2)
    return data.decode(_likeliest(data[start : start + _SAMPLE]), "replace")


def _likeliest(sample: bytes) -> str:
    """The encoding that makes most sense of a sample; of equals, the one that is most common."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        return _COMMON
    equal = (m for m in matches if m.chaos <= best.chaos and m.coherence >= best.coherence)
    return _COMMON if any(m.encoding == _COMMON for m in equal) else str(best.encoding)
