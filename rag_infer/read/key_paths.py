"""Configuration and data (JSON, YAML, TOML, INI, XML) as lines of key paths: ``db.port: 5432``.

A value alone says nothing: what it is of stands far above it. A file that cannot be parsed, or
is very large, is read as source code.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from rag_infer.read import code
from rag_infer.read.encoding import UNWANTED, decode
from rag_infer.read.html import decode_markup
from rag_infer.read.models import OpenedFile
from rag_infer.types import Block, Document, Page

_MAX_PARSED_CHARS = 2_000_000
_MAX_DEPTH = 60
_TOML_KEY_ENDS = re.compile(r"[={}\[\],\n]")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_MAX_LINES = 100_000


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page: a line for each value, blocks for the outermost keys."""
    suffix = file.path.suffix.lower()
    text = decode_markup(file.data()) if suffix == ".xml" else decode(file.data())
    lines: list[tuple[str, str]] = []
    try:
        if len(text) <= _MAX_PARSED_CHARS:
            _flatten(_PARSERS[suffix](text), "", lines, 0)
    except (ValueError, RecursionError, OverflowError, MemoryError, TypeError, KeyError):
        lines.clear()
    if not lines:
        yield from code.read(file)
        return
    blocks: list[Block] = []
    parts: list[str] = []
    length, outer = 0, None
    for path, value in lines:
        line = " ".join(UNWANTED.sub(" ", f"{path}: {value}" if path else value).split())
        top = path.split(".", 1)[0].split("[", 1)[0]
        if top == outer and blocks:
            blocks[-1] = Block(blocks[-1].start, length + len(line), "code")
        else:
            blocks.append(Block(length, length + len(line), "code"))
        outer = top
        parts.append(line)
        length += len(line) + 1
    page = Page(1, "\n".join(parts), blocks=tuple(blocks))
    metadata = {"language": suffix.lstrip(".")}
    yield Document(file.id, "data", file.sha256, (page,), metadata=metadata)


def _flatten(value: Any, path: str, lines: list[tuple[str, str]], depth: int) -> None:
    if depth > _MAX_DEPTH or len(lines) >= _MAX_LINES:
        raise ValueError("it is too deep or too long")
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{path}.{key}" if path else str(key), lines, depth + 1)
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        for number, inner in enumerate(value):
            _flatten(inner, f"{path}[{number}]", lines, depth + 1)
    elif isinstance(value, list):
        lines.append((path, ", ".join(map(_scalar, value))))
    else:
        lines.append((path, _scalar(value)))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _yaml(text: str) -> Any:
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text):
            # An alias stands for another value again: a few lines of them unfold to gigabytes.
            if isinstance(event, yaml.AliasEvent):
                raise ValueError("it uses aliases")
            # The parser looks at every open bracket at each token: hours for 64,000 of them.
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise ValueError("it is too deep")
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ValueError("not valid YAML") from error
    return documents[0] if len(documents) == 1 else documents


def _toml(text: str) -> Any:
    # For each dot of a key the parser keeps all that stands before it.
    if any(part.count(".") > _MAX_DEPTH for part in _TOML_KEY_ENDS.split(text)):
        raise ValueError("it is too deep")
    return tomllib.loads(text)


def _ini(text: str) -> Any:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError("not a valid INI file") from error
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _xml(text: str) -> Any:
    from lxml import etree

    if "<!ENTITY" in text:
        raise ValueError("it defines entities")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        # The declaration names an encoding, in which the text no longer is.
        root = etree.fromstring(_XML_DECLARATION.sub("", text).encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("not valid XML") from error
    return {_local(root.tag): _element(root, 0)}


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _element(element: Any, depth: int) -> Any:
    """Text where there is nothing else; else attributes, text and children."""
    if depth > _MAX_DEPTH:
        raise ValueError("it is too deep")
    text = " ".join((element.text or "").split())
    children = [child for child in element if isinstance(child.tag, str)]
    if not children and not element.attrib:
        return text
    content: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    if children and any((child.tail or "").strip() for child in children):
        text = " ".join("".join(element.itertext()).split())  # prose with markup in it
        children = []
    if text:
        content["text"] = text
    groups: dict[str, list[Any]] = {}
    for child in children:
        groups.setdefault(_local(child.tag), []).append(_element(child, depth + 1))
    for name, values in groups.items():
        content[name] = values[0] if len(values) == 1 else values
    return content


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": _toml,
    ".ini": _ini,
    ".cfg": _ini,
    ".xml": _xml,
}
