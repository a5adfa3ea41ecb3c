"""The files of a multipart body (``multipart/form-data``, RFC 7578), as their bytes arrive.

The framework's own parser writes each file to a temporary one before anybody sees it; here a file
is written to its folder at once, and what is refused after its first bytes is never written at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from rag_infer.errors import InputError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

REQUEST_BODY = {
    "required": True,
    "content": {"multipart/form-data": {"schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {
            "type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"},
        }},
    }}},
}  # fmt: skip


class MultipartFileStream:
    """The parts named ``file`` of a body, in order.

    Raises:
        InputError: The body is malformed.
    """

    def __init__(self, stream: AsyncIterator[bytes], content_type: str) -> None:
        media_type, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if media_type != b"multipart/form-data" or not boundary:
            raise InputError("expected multipart/form-data with parts named 'file'")
        self._stream = stream
        self._events: deque[tuple[str, bytes]] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._broken = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise InputError("invalid multipart boundary") from error

    async def next_file(self) -> str | None:
        """The name of the next file, "" if it has none; None at the end."""
        while (event := await self._event()) is not None:
            if event[0] != "begin":
                continue
            _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
            if options.get(b"name") == b"file":
                return options.get(b"filename", b"").decode("utf-8", "replace")
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file that ``next_file`` has named."""
        while (event := await self._event()) is not None:
            if event[0] == "end":
                return
            if event[1]:
                yield event[1]
        raise InputError("truncated file (the request ended early)")

    async def _event(self) -> tuple[str, bytes] | None:
        while not self._events:
            if self._broken:
                raise InputError("malformed multipart body")
            data = await anext(self._stream, None)
            if data is None:
                return None
            try:
                self._parser.write(data)
            except FormParserError:
                self._broken = True  # what came before it in the same chunk is intact
        kind, data = self._events.popleft()
        if kind == "header":
            field, _, value = data.partition(b"\0")
            self._headers[field.lower()] = value
            return await self._event()
        if kind == "part":
            self._headers = {}
            return await self._event()
        return kind, data

    def _callbacks(self) -> MultipartCallbacks:
        # Several parts may be in one chunk: everything goes through the queue, in its order.
        def field(data: bytes, start: int, end: int) -> None:
            self._field += data[start:end]

        def value(data: bytes, start: int, end: int) -> None:
            self._value += data[start:end]

        def header() -> None:
            self._events.append(("header", self._field + b"\0" + self._value))
            self._field = self._value = b""

        return {
            "on_part_begin": lambda: self._events.append(("part", b"")),
            "on_header_field": field,
            "on_header_value": value,
            "on_header_end": header,
            "on_headers_finished": lambda: self._events.append(("begin", b"")),
            "on_part_data": lambda data, a, b: self._events.append(("data", data[a:b])),
            "on_part_end": lambda: self._events.append(("end", b"")),
        }
