"""Which part of an HTML page is its content, and which is the frame around it.

Knows: elements that say what they are, names that sites give to menus and footers, and how much
of a text is links.
Does not know: what the content means, or how it becomes text.

Taking too much costs some noise; taking too little loses what was asked for. So an element that
holds much of the page's text is kept whatever it is called, and when next to nothing would be left,
all of it is.
"""

from __future__ import annotations

import re
from typing import Any

_NEVER = frozenset(
    "script style noscript template svg iframe object embed canvas audio video head button select"
    " option input textarea datalist link meta nav dialog".split()
)
_ROLES = frozenset("navigation banner contentinfo complementary search dialog menu menubar".split())
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|navbox|menu|menubar|sidebar|breadcrumbs?|footer|cookies?|consent|"
    r"banner|share|sharing|social|related|promo|advert|advertisement|ads?|newsletter|subscribe|"
    r"pagination|pager|skip|toolbar|tooltip|popup|modal|masthead|noprint|editsection|toctitle|toc|"
    r"headerlink|copyright|sr-only|visually-hidden)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LISTS = frozenset("ul ol div section table p td tr dl".split())
_MUCH = 0.35  # of the page's text: more is content
_LINKS = 0.65  # of an element's text: more is a menu
_LITTLE = 0.15


def content(root: Any) -> Any:
    """Cuts the frame out of a page's tree and gives the element that holds its content."""
    body = root.find("body")
    if body is None:
        body = root
    _drop(body, lambda element: element.tag in _NEVER or _is_hidden(element))
    whole = _length(body)
    top = _main(body, whole)
    spare = _length(top)
    marked = [e for e in top.iter() if e is not top and _is_frame(e, top)]
    for element in marked:
        if _length(element) <= _MUCH * spare and not _holds_title(element):
            _remove(element)
    menus = [e for e in top.iter(*_LISTS) if e is not top]
    removed = []
    left = _length(top)
    for element in menus:
        length = _length(element)
        if 0 < length <= _MUCH * spare and _is_menu(element, length) and _attached(element, top):
            removed.append(element)
    if left - sum(_length(e) for e in removed) > _LITTLE * spare:
        for element in removed:
            if _attached(element, top):
                _remove(element)
    return top


def _main(body: Any, whole: int) -> Any:
    found = body.xpath(".//main | .//*[@role='main']")
    if len(found) == 1 and _length(found[0]) > _LITTLE * whole:
        return found[0]
    articles = body.xpath(".//article[not(ancestor::article)]")
    if len(articles) == 1 and _length(articles[0]) > _MUCH * whole:
        return articles[0]
    return body


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _HIDDEN.search(element.get("style", "")) is not None
    )


def _is_frame(element: Any, top: Any) -> bool:
    tag = element.tag
    if element.get("role") in _ROLES:
        return True
    if tag in ("header", "footer", "aside"):
        # Those of an article or a section are its own.
        return not any(
            parent.tag in ("article", "section", "main") for parent in _above(element, top)
        )
    if tag in ("html", "body", "main", "article", "h1", "h2", "h3", "p", "pre", "code", "table"):
        return False
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _NAMES.search(names) is not None


def _above(element: Any, top: Any) -> Any:
    for parent in element.iterancestors():
        yield parent
        if parent is top:
            return


def _holds_title(element: Any) -> bool:
    return next(element.iter("h1"), None) is not None


def _is_menu(element: Any, length: int) -> bool:
    links = [_length(link) for link in element.iter("a") if link.get("href") is not None]
    return len(links) >= 3 and sum(links) > _LINKS * length and sum(links) < 40 * len(links)


def _length(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _attached(element: Any, top: Any) -> bool:
    return any(parent is top for parent in element.iterancestors())


def _drop(top: Any, unwanted: Any) -> None:
    for element in list(top.iter()):
        if element is not top and isinstance(element.tag, str) and unwanted(element):
            _remove(element)


def _remove(element: Any) -> None:
    """Takes an element out; what follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
