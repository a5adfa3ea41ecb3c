"""Which part of an HTML page is its content, and which is the frame around it.

Taking too much costs some noise; taking too little loses what was asked for. So an element that
holds much of the page's text is kept whatever it is called, and when next to nothing would be left,
all of it is. Lines of a frame that state facts (an address, a telephone number, opening hours, a
price) are kept behind the content.
"""

from __future__ import annotations

import re
from typing import Any

from rag_infer.read.html_forms import show_form_values

_NON_CONTENT_TAGS = frozenset(
    "script style noscript template svg iframe object embed canvas audio video head button select"
    " option input textarea datalist link meta nav dialog".split()
)
_BOILERPLATE_ROLES = frozenset(
    "navigation banner contentinfo complementary search dialog menu menubar".split()
)
_BOILERPLATE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|navbox|menu|menubar|sidebar|breadcrumbs?|footer|cookies?|consent|"
    r"banner|share|sharing|social|related|promo|advert|advertisement|ads?|newsletter|subscribe|"
    r"pagination|pager|skip|toolbar|tooltip|popup|modal|masthead|noprint|editsection|toctitle|toc|"
    r"headerlink|copyright|sr-only|visually-hidden)(?:$|[\s_-])",
    re.IGNORECASE,
)
_FRAME_TAGS = frozenset(("header", "footer", "aside", "address"))
_FRAME_ROLES = frozenset(("banner", "contentinfo", "complementary"))
_FRAME_NAMES = re.compile(r"(?:^|[\s_-])(?:footer|sidebar|masthead)(?:$|[\s_-])", re.IGNORECASE)
_FACT_TAGS = frozenset("p address li dd dt td th div span section h2 h3 h4 h5 h6".split())
_LINE_ENDS = frozenset(("br", "hr", "ul", "ol", "dl", "table", "tr", "form", "nav"))
_NO_FACT = re.compile(r"©|\(c\)|copyright|all rights|cookies?\b|powered by", re.IGNORECASE)
_FACT = re.compile(r"\d|@|[^\W\d_]: +\S")
_MAX_FACTS = 12
_FACT_CHARS = (8, 400)
_FACT_LINK_SHARE = 0.5
_SECTION_TAGS = frozenset("section div article p table dl ul ol blockquote".split())
_MIN_BESIDE_CHARS = 30
_SENTENCE = re.compile(r"\w{2,} \w+ .*[.!?](?:\s|$)|\d")
_MENU_TAGS = frozenset("ul ol div section table p td tr dl".split())
_MAX_BOILERPLATE_SHARE = 0.35  # of the page's text: more is content
_MENU_LINK_SHARE = 0.65  # of an element's text: more is a menu
_MIN_CONTENT_SHARE = 0.15


def main_content(root: Any) -> Any:
    """Cuts the frame out of a page's tree and gives the element that holds its content."""
    body = root.find("body")
    if body is None:
        body = root
    show_form_values(body)
    _remove_matching(body, lambda element: element.tag in _NON_CONTENT_TAGS or _is_hidden(element))
    body_length = _text_length(body)
    facts = _frame_facts(body)
    top = _content_root(body, body_length)
    beside = _content_beside(body, top)
    content_length = _text_length(top)
    boilerplate = [
        element_
        for element_ in top.iter()
        if element_ is not top and _is_boilerplate(element_, top)
    ]
    for element in boilerplate:
        if _text_length(element) <= _MAX_BOILERPLATE_SHARE * content_length and not _has_title(
            element
        ):
            _remove(element)
    menus = [element_ for element_ in top.iter(*_MENU_TAGS) if element_ is not top]
    removed = []
    remaining = _text_length(top)
    for element in menus:
        length = _text_length(element)
        if (
            0 < length <= _MAX_BOILERPLATE_SHARE * content_length
            and _is_menu(element, length)
            and _is_inside(element, top)
        ):
            removed.append(element)
    if (
        remaining - sum(_text_length(element_) for element_ in removed)
        > _MIN_CONTENT_SHARE * content_length
    ):
        for element in removed:
            if _is_inside(element, top):
                _remove(element)
    for element in beside:
        top.append(element)
    for element, text in facts:
        if element is not top and not _is_inside(element, top):
            line = top.makeelement("p", {})
            line.text = text
            top.append(line)
    return top


def _frame_facts(body: Any) -> list[tuple[Any, str]]:
    """Lines of headers, footers and margins that state facts, and the elements they stand in."""
    facts: list[tuple[Any, str]] = []
    for frame in body.iter():
        if not _is_frame(frame):
            continue
        for element in frame.iter(*_FACT_TAGS, *_FRAME_TAGS):
            if any(parent.tag == "nav" for parent in element.iterancestors()):
                continue
            for text, links in _own_lines(element):
                if (
                    len(facts) < _MAX_FACTS
                    and not any(text == other for _, other in facts)
                    and _is_fact(text, links)
                ):
                    facts.append((element, text))
    return facts


def _own_lines(element: Any) -> list[tuple[str, int]]:
    """The lines of an element outside of blocks in it, and how much of each is links."""
    lines: list[tuple[list[str], list[int]]] = [([element.text or ""], [])]
    for child in element:
        if next(child.iter(*_FACT_TAGS, *_FRAME_TAGS, *_LINE_ENDS), None) is not None:
            lines.append(([], []))
        else:
            links = (_text_length(link) for link in child.iter("a") if not _is_contact(link))
            lines[-1][0].append("".join(child.itertext()))
            lines[-1][1].append(sum(links))
        lines[-1][0].append(child.tail or "")
    return [(" ".join("".join(parts).split()), sum(links)) for parts, links in lines]


def _is_frame(element: Any) -> bool:
    if element.tag in _FRAME_TAGS or element.get("role") in _FRAME_ROLES:
        return True
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return element.tag in ("div", "section") and _FRAME_NAMES.search(names) is not None


def _is_fact(text: str, links: int) -> bool:
    low, high = _FACT_CHARS
    if not low <= len(text) <= high or not _FACT.search(text) or _NO_FACT.search(text):
        return False
    return links <= _FACT_LINK_SHARE * len(text)


def _is_contact(link: Any) -> bool:
    return (link.get("href") or "").lower().startswith(("mailto:", "tel:"))


def _content_root(body: Any, body_length: int) -> Any:
    candidates = body.xpath(".//main | .//*[@role='main']")
    if len(candidates) == 1 and _text_length(candidates[0]) > _MIN_CONTENT_SHARE * body_length:
        return candidates[0]
    articles = body.xpath(".//article[not(ancestor::article)]")
    if len(articles) == 1 and _text_length(articles[0]) > _MAX_BOILERPLATE_SHARE * body_length:
        return articles[0]
    return body


def _content_beside(body: Any, top: Any) -> list[Any]:
    """Blocks outside of the content's element that say something and are no part of a frame."""
    if top is body:
        return []
    around = {body, top, *top.iterancestors()}
    blocks: list[Any] = []
    waiting = [child for child in body if child is not top]
    while waiting:
        element = waiting.pop(0)
        if element in around:
            waiting[:0] = [child for child in element if child is not top]
        elif (
            element.tag in _SECTION_TAGS
            and not _is_frame(element)
            and not _is_boilerplate(element, body)
            and next(element.iter("nav", "footer", "aside", "header"), None) is None
            and _says_something(element)
        ):
            blocks.append(element)
    return blocks


def _says_something(element: Any) -> bool:
    """Whether most of it is no link, and a line of it is a sentence or states a fact."""
    length = _text_length(element)
    links = sum(_text_length(link) for link in element.iter("a"))
    text = " ".join(" ".join(element.itertext()).split())
    return (
        length >= _MIN_BESIDE_CHARS
        and links <= _FACT_LINK_SHARE * length
        and _SENTENCE.search(text) is not None
        and _NO_FACT.search(text) is None
    )


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or element.get("aria-hidden") == "true"


def _is_boilerplate(element: Any, top: Any) -> bool:
    tag = element.tag
    if element.get("role") in _BOILERPLATE_ROLES:
        return True
    if tag in ("header", "footer", "aside"):
        # Those of an article or a section are its own.
        return not any(
            parent.tag in ("article", "section", "main") for parent in _ancestors(element, top)
        )
    if tag in ("html", "body", "main", "article", "h1", "h2", "h3", "p", "pre", "code", "table"):
        return False
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return len(names) > 1 and _BOILERPLATE_NAMES.search(names) is not None


def _ancestors(element: Any, top: Any) -> Any:
    for parent in element.iterancestors():
        yield parent
        if parent is top:
            return


def _has_title(element: Any) -> bool:
    return next(element.iter("h1"), None) is not None


def _is_menu(element: Any, length: int) -> bool:
    links = [_text_length(link) for link in element.iter("a") if link.get("href") is not None]
    return (
        len(links) >= 3 and sum(links) > _MENU_LINK_SHARE * length and sum(links) < 40 * len(links)
    )


def _text_length(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _is_inside(element: Any, top: Any) -> bool:
    return any(parent is top for parent in element.iterancestors())


def _remove_matching(top: Any, predicate: Any) -> None:
    for element in list(top.iter()):
        if element is not top and isinstance(element.tag, str) and predicate(element):
            _remove(element)


def _remove(element: Any) -> None:
    """Takes an element out; what follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
