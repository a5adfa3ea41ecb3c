"""What a page's own style sheets and ``style`` attributes say of its elements, as far as it hides.

Only the properties that can make text unseen or struck out, and selectors made of tags, classes and
ids. Rules for other media and for states (``:hover``) hold for nobody who reads the page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_PROPERTIES = frozenset(
    "display visibility opacity font-size color background background-color text-indent"
    " text-decoration text-decoration-line position left top".split()
)
_MAX_SHEET_CHARS = 300_000
_MAX_RULES = 3_000
_MAX_MATCHES = 200_000
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_AT_BLOCK = re.compile(r"@[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|@[^{};]*;")
_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}")
_COMPOUND = re.compile(r"(?:[a-z][a-z0-9]*|\*)?(?:[.#][\w-]+)*", re.IGNORECASE)
_NAMES = re.compile(r"([.#]?)([\w-]+)")

Declarations = dict[str, str]
_Rank = tuple[bool, int, int]  # important, specificity, order


@dataclass(frozen=True, slots=True)
class _Compound:
    """One part of a selector: ``div.note#first``."""

    tag: str
    classes: frozenset[str]
    id: str

    def matches(self, element: Any) -> bool:
        if self.tag and element.tag != self.tag:
            return False
        if self.id and element.get("id") != self.id:
            return False
        return not self.classes or self.classes <= set((element.get("class") or "").split())


def styles_of(root: Any) -> dict[Any, Declarations]:
    """The declarations that win for each element that has any, by element."""
    ranked: dict[Any, dict[str, tuple[_Rank, str]]] = defaultdict(dict)
    matches = 0
    index = _Index(root)
    for order, (selector, body) in enumerate(_rules(root)):
        declarations = list(_declarations(body))
        parts = [_compound(part) for part in selector.split()]
        if not declarations or not parts or None in parts:
            continue
        compounds = [part for part in parts if part is not None]
        specificity = sum(100 * bool(c.id) + 10 * len(c.classes) + bool(c.tag) for c in compounds)
        for element in index.candidates(compounds[-1]):
            if _matches(element, compounds):
                matches += 1
                _put(ranked[element], declarations, specificity, order)
        if matches > _MAX_MATCHES:
            break
    for element in root.iter():
        if isinstance(element.tag, str) and (style := element.get("style")):
            _put(ranked[element], list(_declarations(style)), 1_000, 0)
    return {
        element: {name: value for name, (_, value) in own.items()}
        for element, own in ranked.items()
    }


def _put(
    own: dict[str, tuple[_Rank, str]],
    declarations: list[tuple[str, str, bool]],
    specificity: int,
    order: int,
) -> None:
    for name, value, important in declarations:
        rank = (important, specificity, order)
        if name not in own or own[name][0] <= rank:
            own[name] = (rank, value)


class _Index:
    """Elements by id, class and tag, so that a rule looks at few."""

    def __init__(self, root: Any) -> None:
        self._all: list[Any] = [e for e in root.iter() if isinstance(e.tag, str)]
        self._by_name: dict[str, list[Any]] = defaultdict(list)
        for element in self._all:
            self._by_name[element.tag].append(element)
            self._by_name[f"#{element.get('id')}"].append(element)
            for name in (element.get("class") or "").split():
                self._by_name[f".{name}"].append(element)

    def candidates(self, compound: _Compound) -> list[Any]:
        if compound.id:
            return self._by_name.get(f"#{compound.id}", [])
        if compound.classes:
            return self._by_name.get(f".{min(compound.classes)}", [])
        return self._by_name.get(compound.tag, []) if compound.tag else self._all


def _rules(root: Any) -> Iterator[tuple[str, str]]:
    """The rules of the page's own sheets: selector and body."""
    sheets = [s for s in root.iter("style") if (s.get("media") or "all") in ("all", "screen")]
    text = _COMMENT.sub(" ", "\n".join(s.text or "" for s in sheets)[:_MAX_SHEET_CHARS])
    text = _AT_BLOCK.sub(" ", _SCREEN.sub(r"\1", text))
    count = 0
    for match in _RULE.finditer(text):
        for selector in match[1].split(","):
            count += 1
            if count > _MAX_RULES:
                return
            yield " ".join(selector.replace(">", " ").split()), match[2]


def _declarations(body: str) -> Iterator[tuple[str, str, bool]]:
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), " ".join(value.lower().split())
        if name in _PROPERTIES and value:
            plain = value.removesuffix("!important").strip()
            yield name, plain, plain != value


def _compound(text: str) -> _Compound | None:
    """A part of a selector; None for what is not understood, as states and siblings."""
    if not text or not _COMPOUND.fullmatch(text):
        return None
    tag, id_name, classes = "", "", set()
    for sign, name in _NAMES.findall(text):
        if sign == ".":
            classes.add(name)
        elif sign == "#":
            id_name = name
        else:
            tag = name.lower()
    return _Compound(tag, frozenset(classes), id_name)


def _matches(element: Any, compounds: list[_Compound]) -> bool:
    """Whether an element and those around it match a selector; ``a > b`` is read as ``a b``."""
    if not compounds[-1].matches(element):
        return False
    ancestors = element.iterancestors()
    return all(
        any(compound.matches(ancestor) for ancestor in ancestors)
        for compound in reversed(compounds[:-1])
    )
