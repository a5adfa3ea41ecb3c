"""Subtitles (SRT, WebVTT): what is said, in paragraphs, each with the time it begins."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.models import OpenedFile
from rag_infer.read.page_builder import PageBuilder
from rag_infer.types import Document

_CUE = re.compile(
    r"^[^\S\n]*((?:\d+:)?\d\d:\d\d)[.,]\d{3}[^\S\n]*-->[^\S\n]*((?:\d+:)?\d\d:\d\d)?[^\n]*\n"
    r"((?:[^\S\n]*\S[^\n]*(?:\n|\Z))*)",
    re.MULTILINE,
)
_SPEAKER = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]{1,80})>")
_TAG = re.compile(r"</?[A-Za-z\d][^>\n]*>|\{\\[^}\n]*\}")
_STOP = re.compile(r"[.!?…。！？][\"'”’)]*$")
_MAX_PARAGRAPH_CHARS = 600
_MAX_PAUSE_SECONDS = 20  # within a sentence


def read(file: OpenedFile) -> Iterator[Document]:
    """One document with one page. Raises ReadError where there is no cue in it."""
    text = decode(file.data()).replace("\r\n", "\n").replace("\r", "\n")
    builder = PageBuilder()
    start, spoken, before, end = "", "", "", 0
    for match in _CUE.finditer(text):
        words = _SPEAKER.sub(lambda speaker: f"{speaker[1]}: ", match[3])
        words = " ".join(html.unescape(_TAG.sub("", words)).split())
        if not words or words == before:
            continue  # a cue that is shown again
        before = words
        if spoken and _seconds(match[1]) - end > _MAX_PAUSE_SECONDS:
            builder.add("paragraph", f"[{start}] {spoken}")
            start = spoken = ""
        end = _seconds(match[2] or match[1])
        start = start or match[1]
        spoken = f"{spoken} {words}".strip()
        if _STOP.search(spoken) or len(spoken) > _MAX_PARAGRAPH_CHARS:
            builder.add("paragraph", f"[{start}] {spoken}")
            start = spoken = ""
    builder.add("paragraph", f"[{start}] {spoken}" if spoken else "")
    if not builder:
        raise ReadError("there are no subtitles in it")
    yield Document(file.id, "subtitles", file.sha256, (builder.page(),))


def _seconds(time: str) -> int:
    seconds = 0
    for part in time.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds
