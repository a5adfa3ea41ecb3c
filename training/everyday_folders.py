"""Folders of everyday documents with questions that people type, written for training.

``training/everyday/FOLDER/`` holds documents and ``questions.jsonl``, a question a line: its
document, the sentence, line, row or item that answers (``quote``) and the few words of it that are
the answer, if there are such; all three are empty where no document answers. Invented and written
by hand for this project (licence of the project); no benchmark asks about them.
``training/everyday_languages/`` holds folders in other languages, of the same form; each also has
questions in another language than its documents (kind ``cross``), and ``over_english.jsonl``
holds such questions to the English folders.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag_infer import Index
from rag_infer.languages.clusters import WRITTEN_IN_PAIRS
from rag_infer.types import Hit

FOLDERS = Path(__file__).with_name("everyday")
LANGUAGE_FOLDERS = Path(__file__).with_name("everyday_languages")
READER_FOLDERS = frozenset(
    (
        "insurance_broker", "machine_works", "primary_school", "research_lab", "rowing_club",
        "software_firm", "theatre",
    )
)  # fmt: skip
# Nothing is fitted on these: they say how well it does on a folder that it has not seen.
MEASURED_FOLDERS = frozenset(("articles_history", "bank_and_insurance", "software_service"))
_MIN_SHARED_TOKENS = 0.85  # of the shorter of a unit and a quote


@dataclass(frozen=True)
class EverydayQuestion:
    """A question of a folder; ``quote`` is empty when nothing answers it."""

    folder: str
    kind: str
    text: str
    document: str
    quote: str
    answer: str

    def is_answered_by(self, hit: Hit, text: str) -> bool:
        """Whether a piece of a passage is the place that answers."""
        if not self.quote or not hit.chunk.document_id.endswith(self.document):
            return False
        return is_same_place(text, self.quote, self.answer)


def folder_names() -> list[str]:
    """The folders that something is fitted on, by name."""
    names = {path.parent.name for path in FOLDERS.glob("*/questions.jsonl")}
    return sorted(names - MEASURED_FOLDERS)


def language_folder_names() -> list[str]:
    """The folders in other languages than English, by name, which begins with the language."""
    return sorted(path.parent.name for path in LANGUAGE_FOLDERS.glob("*/questions.jsonl"))


def reads_folder(folder: str) -> bool:
    """Whether the span reader is trained on it; the others are for judging its answers."""
    return folder in READER_FOLDERS


def questions(folder: str) -> list[EverydayQuestion]:
    """The questions of a folder."""
    lines = (_path(folder) / "questions.jsonl").read_text("utf-8").splitlines()
    return [
        EverydayQuestion(
            folder, q["kind"], q["question"], q["document"] or "", q["quote"] or "",
            q["answer"] or "",
        )
        for q in map(json.loads, filter(str.strip, lines))
    ]  # fmt: skip


def questions_over_english() -> list[EverydayQuestion]:
    """Questions in other languages to the English folders."""
    lines = (LANGUAGE_FOLDERS / "over_english.jsonl").read_text("utf-8").splitlines()
    return [EverydayQuestion(text=q.pop("question"), **q) for q in map(json.loads, lines)]


def _path(folder: str) -> Path:
    return next(root / folder for root in (FOLDERS, LANGUAGE_FOLDERS) if (root / folder).is_dir())


@contextmanager
def opened(folder: str, embedder: str | None = None) -> Iterator[Index]:
    """An index of a folder's documents, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        shutil.copytree(_path(folder), files, ignore=shutil.ignore_patterns("questions.jsonl"))
        index = Index.open(Path(scratch) / "index", create=True, embedder=embedder)
        index.add(files)
        yield index


def is_same_place(text: str, quote: str, answer: str) -> bool:
    """Whether a unit is the quoted place: either holds the other, nearly, and the answer."""
    own, wanted = _tokens(text), _tokens(quote)
    shorter, longer = sorted((own, wanted), key=len)
    if not shorter or len(own) * 3 < len(wanted):
        return False
    rest = list(longer)
    shared = 0
    for token in shorter:
        if token in rest:
            rest.remove(token)
            shared += 1
    holds_answer = not answer or f" {' '.join(_tokens(answer))} " in f" {' '.join(own)} "
    return holds_answer and shared >= _MIN_SHARED_TOKENS * len(shorter)


def _tokens(text: str) -> Sequence[str]:
    return re.findall(rf"[{WRITTEN_IN_PAIRS}]|[^\W{WRITTEN_IN_PAIRS}]+", text.lower())
