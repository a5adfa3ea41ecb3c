"""The properties at the head of a Markdown note (YAML, TOML) as metadata, and its tags."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from rag_infer.types import Scalar

TAGS = "tags"
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TOML_FRONT_MATTER = re.compile(r"\+\+\+[ \t]*\r?\n(.*?)\r?\n\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z_][\w .-]*?)[ \t]*(?::[ \t]+|=[ \t]*)(\S.*)")
_MAX_CHARS = 50_000
_MAX_FIELDS = 200
_MAX_VALUE_CHARS = 1_000
# A tag stands after white space, and holds more than digits.
_TAG = re.compile(r"(?<!\S)#((?=[\w/-]*[^\W\d])[\w/-]{1,100})")


def front_matter(text: str) -> tuple[dict[str, Scalar], int]:
    """The properties of YAML or TOML front matter, and where the text after it begins.

    A list becomes one text, parted by commas. Front matter that is not valid YAML is read line by
    line.

    Returns:
        The properties by name in lower case, and an offset into the text.
    """
    match, parse = _FRONT_MATTER.match(text), _parsed
    if match is None:
        match, parse = _TOML_FRONT_MATTER.match(text), _parsed_toml
    if match is None:
        return {}, 0
    properties = parse(match[1])
    if properties is None:
        lines = (_FIELD.fullmatch(line.strip()) for line in match[1].splitlines())
        properties = {line[1]: line[2].strip().strip("\"'") for line in lines if line}
    metadata: dict[str, Scalar] = {
        str(name).lower(): value
        for name, content in list(properties.items())[:_MAX_FIELDS]
        if (value := _value(content))
    }
    return metadata, match.end()


def with_tags(metadata: dict[str, Scalar], texts: Iterable[str]) -> dict[str, Scalar]:
    """Metadata whose ``tags`` are those of the front matter and the ``#tags`` in some texts."""
    listed = str(metadata.get(TAGS, metadata.get("tag", ""))).replace(",", " ").split()
    tags = [tag.lstrip("#") for tag in listed] + [
        tag for text in texts for tag in inline_tags(text)
    ]
    if not tags:
        return metadata
    return {**metadata, TAGS: ", ".join(dict.fromkeys(tag for tag in tags if tag))}


def inline_tags(text: str) -> Iterator[str]:
    """The ``#tags`` in a text, without the sign."""
    return (match[1] for match in _TAG.finditer(text))


def _parsed(text: str) -> dict[Any, Any] | None:
    """The mapping that the YAML is; None when it is not valid, or could unfold."""
    import yaml

    if len(text) > _MAX_CHARS:
        return None
    try:
        # An alias stands for another value again: a few lines of them unfold to gigabytes.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            return None
        # Every value as it is written: 1.10 is a version, and no number.
        value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text only
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return None
    return value if isinstance(value, dict) else None


def _parsed_toml(text: str) -> dict[str, Any] | None:
    """The table that the TOML is; None when it is not valid."""
    if len(text) > _MAX_CHARS:
        return None
    try:
        return tomllib.loads(text, parse_float=str)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _value(content: object) -> str:
    """A property as one text; empty for one that is empty or holds others by name."""
    if isinstance(content, list):
        parts = (_value(item) for item in content[:_MAX_FIELDS])
        return ", ".join(part for part in parts if part)[:_MAX_VALUE_CHARS]
    if isinstance(content, (bool, int, datetime.date, datetime.time)):
        return str(content).lower() if isinstance(content, bool) else str(content)
    if not isinstance(content, str) or content.lower() in ("null", "~"):
        return ""
    return " ".join(content.split())[:_MAX_VALUE_CHARS]
