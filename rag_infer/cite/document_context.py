"""What a document says of itself: words of its name, title and opening lines.

Units of a document seldom repeat them ("this Agreement", "the Supplier"), and a question nearly
always does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

from rag_infer.cite.text_normalization import content, words
from rag_infer.names import name_words
from rag_infer.types import Hit

_MAX_OPENING_CHARS = 1200
_MAX_TITLE_CHARS = 160  # a longer first line is the text itself
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
# A party under the name that the document calls it by: Acme Ltd (the "Supplier").
ROLE = re.compile(
    r"\((?:hereinafter |(?:im )?folgenden |nachfolgend )?(?:called |referred to as )?"
    r"(?:the |der |die |das )?[\"“„]([^\W\d_][\w -]{1,40})[\"”“]\)"
)
_NAMING_LINE = re.compile(
    r"(?:from|to|subject|re|von|an|betreff)\s*:|(?:no|nr|number|invoice|order|bill|ref(?:erence)?|"
    r"rechnung|customer|client|kunde|project|period|quarter)\b.{0,80}$"
    r"|.{0,60}\b(?:between|made on|dated|signed on|for the (?:quarterly|fiscal) )",
    re.IGNORECASE,
)
# A line that is the name of an organization, as reports and letters have it at their head.
_ORGANIZATION_LINE = re.compile(
    r"\W*(?:[A-Z][\w.&'’-]*,? ){1,5}"
    r"(?i:inc|corp|corporation|company|ltd|limited|llc|llp|plc|gmbh|ag|se|s\.?a\.?|b\.?v\.?|n\.?v\.?|"
    r"s\.?p\.?a|e\.? ?v|foundation|association|university)\b\.?\W*$"
)


@dataclass(frozen=True, slots=True)
class DocumentContext:
    """What a document says of itself.

    ``label`` names it for a reader, ``keys`` are the keys of the words that it covers, ``roles``
    those of names that it defines, each with the keys of who is meant.
    """

    label: str
    keys: frozenset[str]
    roles: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    def named(self, keys: Set[str]) -> frozenset[str]:
        """Keys of the names of those whose role is among ``keys``."""
        return frozenset().union(*(name for role, name in self.roles if role <= keys))


# The context of the document that a hit is from.
ContextOf = Callable[[Hit], DocumentContext]


def document_context(document_id: str, title: str | None, first_page: str) -> DocumentContext:
    """The context of a document from its name, title and the text of its first page."""
    path = PurePosixPath(document_id.split("#", 1)[0].replace("\\", "/"))
    name = _CAMEL.sub(" ", re.sub(r"[_\-.+]+", " ", path.stem)).strip()
    parents = " ".join(path.parts[:-1]).replace("_", " ")
    label = name
    if title:
        extra = {w.key for w in content(words(title))} - {w.key for w in words(name)}
        label = f"{title} ({name})" if extra else name
    opening = _opening(first_page)
    keys = {
        w.key
        for w in content(
            words(" ".join((parents, label, title or "", *name_words(document_id), opening)))
        )
    }
    return DocumentContext(label, frozenset(keys), _roles(first_page))


def title_context(hit: Hit) -> DocumentContext:
    """The context of a hit's document as far as the hit knows it: the title."""
    title = hit.title or ""
    return DocumentContext(title, frozenset(w.key for w in content(words(title))))


def _opening(text: str) -> str:
    """The lines at the beginning that name the document, its parties, its number and its writer."""
    lines = [line.strip() for line in text[:_MAX_OPENING_CHARS].splitlines() if line.strip()]
    return "\n".join(
        line
        for n, line in enumerate(lines)
        if (n == 0 and len(line) <= _MAX_TITLE_CHARS)
        or _NAMING_LINE.match(line)
        or _ORGANIZATION_LINE.match(line)
        or ROLE.search(line)
    )


def _roles(text: str) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Names defined in the opening: keys of the role, keys of who has it."""
    roles = []
    for line in text[:_MAX_OPENING_CHARS].splitlines():
        for match in ROLE.finditer(line):
            role = frozenset(w.key for w in content(words(match[1])))
            name = line[: match.start()].rsplit(";", 1)[-1]
            keys = frozenset(w.key for w in content(words(name)) if w.capital)
            if role and keys:
                roles.append((role, keys - role))
    return tuple(roles)
