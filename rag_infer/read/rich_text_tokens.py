"""RTF as a stream of text and marks: groups, code pages, destinations, and what is not shown.

After the Rich Text Format Specification 1.9.1. A reader that only strips control words loses
headers, footnotes and comments, and glues raised figures to numbers; so every group knows the
destination that its text belongs to, and how it is shown.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag_infer.errors import ReadError

BODY = "body"
IGNORED = "ignored"  # but for the destinations within
# Destinations whose text is read; that of all others is skipped, and of unknown ones with a star.
READ_DESTINATIONS = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), "header"),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "footer"),
    "footnote": "footnote",
    "annotation": "annotation",
    "atnauthor": "atnauthor",
    "info": IGNORED,
    "pict": IGNORED,
    "title": "title",
    "author": "author",
    "listtext": "listtext",
    "pntext": "listtext",
    "stylesheet": "stylesheet",
    "fonttbl": "fonttbl",
    "sn": "sn",
    "sv": "sv",
}
_SKIPPED = frozenset(
    """colortbl object themedata colorschememapping datastore latentstyles listtable
    listoverridetable rsidtbl generator fldinst filetbl revtbl pgptbl xe tc tcn bkmkstart bkmkend
    atnid atnref atndate atntime atrfstart atrfend doccomm company operator subject keywords
    category comment hlinkbase creatim revtim printim buptim userprops mmathPr wgrffmtfilter
    nonshppict fontemb falt panose objdata objclass datafield formfield ftnsep ftnsepc
    aftnsep aftnsepc ftncn aftncn private template leveltext levelnumbers""".split()
)
_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<value>-?\d{1,10})? ?"
    r"|\\'(?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<sign>[^a-zA-Z])"
    r"|(?P<brace>[{}])"
    r"|[\r\n]+"
    r"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
_CHARACTERS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ",
    "qmspace": " ", "~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\",
}  # fmt: skip
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030",
    136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437",
}  # fmt: skip
_BREAKS = {
    "par": "par", "sect": "par", "page": "par", "cell": "cell", "nestcell": "cell", "row": "row",
    "nestrow": "row",
}  # fmt: skip
# Shapes, whose pictures have descriptions in destinations of their own.
_TRANSPARENT = frozenset(("picprop", "shpinst", "shppict"))
_MAX_DEPTH = 1_000


@dataclass(frozen=True, slots=True)
class TextState:
    """How text is shown, and where it belongs.

    Attributes:
        destination: ``body``, a value of READ_DESTINATIONS, or empty for text that is skipped.
        codec: The encoding of its bytes.
        fallback_chars: How many characters after a ``\\u`` stand for the same one.
        style: The number of its paragraph's style.
        level: The outline level of its paragraph, 0 for none.
        position: 1 for raised, -1 for lowered text.
    """

    destination: str = BODY
    codec: str = "cp1252"
    fallback_chars: int = 1
    style: int = 0
    level: int = 0
    position: int = 0
    is_struck: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """Text, or the mark of an end: ``par``, ``cell``, ``row``, ``end`` of a destination."""

    kind: str
    text: str
    state: TextState


def tokens(data: bytes) -> Iterator[Token]:
    """The text and marks of an RTF file.

    Raises:
        ReadError: Its groups are nested too deeply.
    """
    return _Tokenizer(data.decode("latin-1")).tokens()


class _Tokenizer:
    """Goes through the source of a file; what is shown how is a stack, one entry a group."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._state = TextState()
        self._stack: list[TextState] = []
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._bytes = bytearray()  # text whose encoding is that of the state
        self._fallback_chars = 0  # to be skipped: they stand for the character before
        self._high_surrogate = 0
        self._is_optional = False  # a star: the destination is skipped by who does not know it

    def tokens(self) -> Iterator[Token]:
        while match := _TOKEN.match(self._source, self._position):
            self._position = match.end()
            if (byte := match["byte"]) is not None:
                if self._fallback_chars:
                    self._fallback_chars -= 1
                else:
                    self._bytes.append(int(byte, 16))
            elif (content := match["text"]) is not None:
                skipped = min(self._fallback_chars, len(content))
                self._fallback_chars -= skipped
                self._bytes += content[skipped:].encode("latin-1")
            elif match["brace"] or match["word"] or match["sign"]:
                yield from self._pending_text()
                if match["brace"] == "{":
                    self._open_group()
                elif match["brace"] == "}":
                    yield from self._close_group()
                else:
                    value = match["value"]
                    word = match["word"] or match["sign"]
                    yield from self._control(word, None if value is None else int(value))
        yield from self._pending_text()

    def _text(self, content: str) -> Iterator[Token]:
        if content and self._state.destination:
            yield Token("text", content, self._state)

    def _pending_text(self) -> Iterator[Token]:
        if self._bytes:
            content = self._bytes.decode(self._state.codec, "replace")
            self._bytes.clear()
            yield from self._text(content)

    def _open_group(self) -> None:
        if len(self._stack) >= _MAX_DEPTH:
            raise ReadError("groups are nested too deeply")
        self._stack.append(self._state)
        self._fallback_chars, self._is_optional = 0, False

    def _close_group(self) -> Iterator[Token]:
        before, self._fallback_chars = self._state, 0
        self._state = self._stack.pop() if self._stack else TextState()
        # Each style of a style sheet is a group of its own.
        changes = before.destination != self._state.destination
        if before.destination and (changes or before.destination == "stylesheet"):
            yield Token("end", before.destination, before)

    def _control(self, word: str, value: int | None) -> Iterator[Token]:
        if word == "*":
            self._is_optional = True
        elif word in READ_DESTINATIONS or word in _SKIPPED or self._is_optional:
            self._open_destination(word)
        elif word in _CHARACTERS:
            yield from self._text(_CHARACTERS[word])
        elif word in _BREAKS:
            if self._state.destination:
                yield Token(_BREAKS[word], "", self._state)
        elif value is not None and word == "u":
            yield from self._unicode(value % 65_536)
        elif value is not None and word == "bin":
            self._position += max(0, value)
        elif value is not None and word in ("f", "fcharset", "ansicpg"):
            self._set_encoding(word, value)
        else:
            self._state = _changed(self._state, word, value)

    def _open_destination(self, word: str) -> None:
        self._is_optional = False
        if word in READ_DESTINATIONS:
            if self._state.destination:
                self._state = replace(self._state, destination=READ_DESTINATIONS[word])
        elif word not in _TRANSPARENT:
            self._state = replace(self._state, destination="")

    def _unicode(self, code: int) -> Iterator[Token]:
        self._fallback_chars = self._state.fallback_chars
        if 0xDC00 <= code < 0xE000 and self._high_surrogate:
            code = 0x10000 + ((self._high_surrogate - 0xD800) << 10) + code - 0xDC00
        self._high_surrogate = code if 0xD800 <= code < 0xDC00 else 0
        if not self._high_surrogate:
            yield from self._text(chr(code))

    def _set_encoding(self, word: str, value: int) -> None:
        if word == "ansicpg":
            self._state = replace(self._state, codec=_code_page(value))
        elif word == "fcharset":
            self._fonts[self._font] = _CHARSETS.get(value, self._state.codec)
        else:
            self._font = value
            if self._state.destination != "fonttbl":
                codec = self._fonts.get(value, self._state.codec)
                self._state = replace(self._state, codec=codec)


def _changed(state: TextState, word: str, value: int | None) -> TextState:
    """The state after a control word that changes how text is shown."""
    is_on = value != 0
    if word == "uc" and value is not None:
        return replace(state, fallback_chars=max(0, min(value, 10)))
    if word == "pard":
        return replace(state, style=0, level=0)
    if word == "plain":
        return replace(state, position=0, is_struck=False, is_hidden=False)
    if word == "s" and value is not None:
        return replace(state, style=value)
    if word == "outlinelevel" and value is not None:
        return replace(state, level=min(6, value + 1) if value < 9 else 0)
    if word in ("super", "sub", "nosupersub"):
        position = {"super": 1, "sub": -1}.get(word, 0)
        return replace(state, position=position if is_on else 0)
    if word in ("strike", "striked", "deleted"):
        return replace(state, is_struck=is_on)
    if word == "v":
        return replace(state, is_hidden=is_on)
    return state


def _code_page(value: int) -> str:
    try:
        return codecs.lookup(f"cp{value}").name
    except LookupError:
        return "cp1252"
