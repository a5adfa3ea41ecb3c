"""Rich Text Format (RTF): paragraphs, headings, lists, tables, notes, comments, headers."""

from __future__ import annotations

from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.character_marks import left_out_note, lowered, raised
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.read.rich_text_tokens import BODY, IGNORED, TextState, Token, tokens
from rag_infer.tables.layout import TableRow
from rag_infer.types import Document, Scalar

_NOTES = ("footnote", "annotation", "header", "footer")
_HEADING_STYLE = "heading "
_PICTURE_DESCRIPTIONS = frozenset(("wzDescription", "pibDescription"))
_MAX_CELLS = 400_000


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError for a file that is no RTF."""
    data = file.data()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ReadError("not RTF" if data else "empty (0 bytes)")
    reader = _Reader()
    for token in tokens(data):
        reader.take(token)
    reader.finish()
    metadata: dict[str, Scalar] = {}
    if author := reader.properties.get("author"):
        metadata["author"] = author
    title = reader.properties.get("title") or reader.builder.first("heading")
    page = reader.builder.page(note=left_out_note(reader.struck, reader.hidden))
    yield Document(file.id, "rtf", file.sha256, (page,), title=title, metadata=metadata)


class _Reader:
    """Puts tokens together to blocks; notes come after all of the body."""

    def __init__(self) -> None:
        self.builder = PageBuilder()
        self.properties: dict[str, str] = {}
        self.struck = self.hidden = 0
        self._paragraph: list[str] = []
        self._marker = ""
        self._items: list[str] = []
        self._cells: list[str] = []
        self._rows: list[TableRow] = []
        self._cell_count = 0
        self._texts: dict[str, list[str]] = {}  # of destinations beside the body
        self._notes: list[tuple[str, str]] = []
        self._levels: dict[int, int] = {}  # of paragraph styles that are headings
        self._author = ""

    def take(self, token: Token) -> None:
        """Adds a token."""
        destination = token.state.destination
        if token.kind == "end":
            self._end(token.text, token.state)
        elif destination == BODY:
            self._take_body(token)
        elif destination not in ("", IGNORED, "fonttbl"):
            parts = self._texts.setdefault(destination, [])
            parts.append(self._shown(parts, token) if token.kind == "text" else "\n")

    def finish(self) -> None:
        """Adds what is pending, then the notes."""
        self._end_paragraph(TextState())
        self._end_list()
        self._end_table()
        for text in dict.fromkeys(f"{label}{text}" for label, text in self._notes):
            self.builder.add("paragraph", text)

    def _take_body(self, token: Token) -> None:
        if token.kind == "text":
            self._paragraph.append(self._shown(self._paragraph, token))
        elif token.kind == "cell":
            self._cells.append(" ".join("".join(self._paragraph).split()))
            self._paragraph.clear()
            self._marker = ""
        elif token.kind == "row":
            self._end_list()
            self._cell_count += len(self._cells)
            if self._cell_count <= _MAX_CELLS:
                self._rows.append(TableRow(self._cells))
            self._cells = []
        elif self._cells:
            self._paragraph.append("\n")  # a paragraph within a cell
        else:
            self._end_paragraph(token.state)

    def _shown(self, before: list[str], token: Token) -> str:
        state = token.state
        if state.is_struck or state.is_hidden:
            if state.is_struck:
                self.struck += len(token.text)
            else:
                self.hidden += len(token.text)
            return ""
        if state.position > 0:
            return raised("".join(before[-4:]), token.text)
        return lowered(token.text) if state.position < 0 else token.text

    def _end_paragraph(self, state: TextState) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._paragraph).split("\n"))
        text = "\n".join(filter(None, lines))
        self._paragraph.clear()
        marker, self._marker = self._marker, ""
        if not text:
            return
        self._end_table()
        if marker:
            self._items.append(f"{marker} {text}")
            return
        self._end_list()
        level = state.level or self._levels.get(state.style, 0)
        self.builder.add("heading" if level else "paragraph", text, level)

    def _end_list(self) -> None:
        if self._items:
            self.builder.add("list", "\n".join(self._items))
            self._items.clear()

    def _end_table(self) -> None:
        if self._rows:
            self.builder.add_table(self._rows)
            self._rows = []

    def _end(self, destination: str, state: TextState) -> None:
        """What a destination beside the body said, at its end."""
        text = "".join(self._texts.pop(destination, []))
        line = " ".join(text.split())
        if destination == "stylesheet":
            name = line.rstrip(";").lower()
            if name.startswith(_HEADING_STYLE) and name[-1].isdigit():
                self._levels[state.style] = max(1, min(6, int(name[-1])))
        elif destination in ("title", "author"):
            self.properties.setdefault(destination, line)
        elif destination == "listtext":
            self._marker = line if line[:1].isalnum() else "-"
        elif destination == "atnauthor":
            self._author = line
        elif destination == "sn":
            self._texts["sn name"] = [line]
        elif (
            destination == "sv"
            and line
            and self._texts.pop("sn name", [""])[0] in (_PICTURE_DESCRIPTIONS)
        ):
            self._paragraph.append(f"[Picture: {line}] ")
        elif destination in _NOTES and line:
            if destination == "annotation":
                label = f"Comment ({self._author}): " if self._author else "Comment: "
            else:
                label = "Footnote: " if destination == "footnote" else ""
            self._notes.append((label, line))
