"""Masks credentials in texts that people or logs see: messages, settings, reports, receipts.

A credential reaches a message in an address (``http://user:password@host``, ``?api_key=...``), in
the command of a tool server (``--token ...``), in a header that a server quotes, or as a key of a
well-known shape. All are masked by their shape; a value that is known to be secret is masked
wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MASK = "********"
_MIN_KNOWN_CHARACTERS = 6  # a shorter "secret" would mask parts of ordinary words
# Texts are masked that strangers write, such as the paths in the log of requests: each part of a
# pattern is bounded, so that the cost does not grow faster than the text.
_NAME_PART = r"[\w.-]{0,100}"
_CREDENTIAL_NAME = (
    rf"{_NAME_PART}(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|passphrase|pwd"
    rf"|credentials?|signature|\bsig\b|\bauth\b|\bkey\b){_NAME_PART}"
)
# Without what may stand before it in the name, which stays as it is.
_ASSIGNED_NAME = (
    r"(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|passphrase|credentials?)"
    rf"{_NAME_PART}"
)
_USERINFO = re.compile(r"(?<=://)[^\s/@?#'\"]+@")
_PARAMETER = re.compile(rf"(?i)([?&;#]{_CREDENTIAL_NAME}=)[^\s&;#'\"]+")
_ASSIGNMENT = re.compile(rf"(?i)({_ASSIGNED_NAME}\s?=\s?['\"]?)[^\s'\",;&}}\])]+")
_JSON_FIELD = re.compile(
    rf"(?i)(['\"]{_NAME_PART}{_ASSIGNED_NAME}['\"]\s{{0,9}}:\s{{0,9}}['\"])[^'\"]+"
)
_HEADER_FIELD = re.compile(r"(?i)((?:api-?key|secret|auth-token)\s?:\s?)[^\s'\",;]{6,}")
_HEADER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9+/=_.~-]{6,}")
_KEY_SHAPE = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}|\bgh[opsur]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}"
    r"|\bhf_[A-Za-z0-9]{16,}|\bxox[abprs]-[A-Za-z0-9-]{8,}|\bA(?:KIA|SIA)[A-Z0-9]{12,}"
    r"|\bAIza[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,2000}+\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
)
_SECRET_FLAG = re.compile(rf"(?i)-{{1,2}}{_CREDENTIAL_NAME}")
_HEADER_FLAG = re.compile(r"(?i)-H|--?headers?")


def mask_secrets(text: str, known: Iterable[str | None] = ()) -> str:
    """A text with every credential replaced by ``MASK``.

    Args:
        text: A message or any other text for people.
        known: Values known to be secret, masked wherever they stand.
    """
    for value in known:
        if value and len(value) >= _MIN_KNOWN_CHARACTERS:
            text = text.replace(value, MASK)
    if "://" in text:
        text = _USERINFO.sub(f"{MASK}@", text)
    text = _PARAMETER.sub(rf"\g<1>{MASK}", text)
    text = _HEADER.sub(rf"\g<1>{MASK}", text)
    text = _ASSIGNMENT.sub(rf"\g<1>{MASK}", text)
    text = _JSON_FIELD.sub(rf"\g<1>{MASK}", text)
    text = _HEADER_FIELD.sub(rf"\g<1>{MASK}", text)
    return _KEY_SHAPE.sub(MASK, text)


def mask_command(command: Sequence[str]) -> list[str]:
    """The arguments of a command with credentials masked, those that follow a flag too."""
    masked: list[str] = []
    previous = ""
    for argument in command:
        if _SECRET_FLAG.fullmatch(previous) and not argument.startswith("-"):
            masked.append(MASK)
        elif _HEADER_FLAG.fullmatch(previous) and ":" in argument:
            masked.append(f"{argument.split(':', 1)[0]}: {MASK}")
        else:
            masked.append(mask_secrets(argument))
        previous = argument
    return masked
