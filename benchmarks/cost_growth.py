"""Does cost grow no faster than n log n in any dimension of the input?

    python benchmarks/cost_growth.py [DIMENSION...]   all, or some; exit 1 on a failure

Each dimension is run at sizes that double until the largest takes a few tenths of a second; the
exponent of growth is fitted between the second half of them. What is quadratic has 2, n log n about
1.1; above 1.45 fails. Each size is the best of three runs.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rag_infer import Index
from rag_infer.answering.question_parts import question_parts
from rag_infer.cite.question_normalization import normalize_question
from rag_infer.cite.typed_values import values
from rag_infer.errors import InputError
from rag_infer.index.analyzer import terms
from rag_infer.index.catalog import DocumentRow
from rag_infer.index.manifest import EmbedderEntry
from rag_infer.index.segment import SegmentRow, content_hash
from rag_infer.index.snapshot import Snapshot
from rag_infer.index.writer import Writer
from rag_infer.redaction import mask_secrets
from rag_infer.retrieve import Filter
from rag_infer.retrieve.filters import visible
from rag_infer.retrieve.history_expansion import expansion_terms
from rag_infer.retrieve.query_parser import parse
from rag_infer.retrieve.spelling import correct_spelling
from rag_infer.table_qa.arithmetic import parse_arithmetic
from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.tools.calculator import calculate
from rag_infer.tools.sql_client import SqlTable
from rag_infer.tools.sql_names import distinct
from rag_infer.types import Chunk, Document, Page

MAX_EXPONENT = 1.45
_TARGET_S, _MAX_DOUBLINGS, _MIN_POINTS, _REPEATS = 0.4, 14, 3, 3
_DIMENSION = 16

Thunk = Callable[[], object]


def _quietly(function: Callable[..., object], *arguments: object) -> Thunk:
    def call() -> object:
        try:
            return function(*arguments)
        except InputError:
            return None

    return call


def _question_words(n: int) -> Thunk:
    return _quietly(parse, "bridge " * n)


def _question_operators(n: int) -> Thunk:
    return _quietly(parse, '-a "b c" ' * n)


def _mended(question: str) -> Thunk:
    """Typing errors looked for, over passages that hold no word of the question."""
    return _quietly(
        correct_spelling, question, lambda word: len(terms(word)) * 1e-9, lambda word: False
    )


def _letters_of_a_word(n: int) -> Thunk:
    return _mended("a" * n)


def _unspaced_letters(n: int) -> Thunk:
    return _mended("日本" * n)


def _equal_typing_errors(n: int) -> Thunk:
    return _mended("yaerly " * n)


def _blanks_of_a_question(n: int) -> Thunk:
    question = f"what is{' ' * n}the fee"
    return _quietly(lambda: (normalize_question(question), question_parts(question)))


def _values(n: int, piece: str) -> Thunk:
    text = f"The fee is {piece * n} or so"
    kinds = ("money", "percent", "duration", "measure", "date", "clock", "count", "contact")
    return lambda: [len(list(values(kind, text))) for kind in kinds]


def _digits_of_a_text(n: int) -> Thunk:
    return _values(n, "9")


def _numbers_of_a_text(n: int) -> Thunk:
    return _values(n, "1,000.5 ")


def _dots_of_a_text(n: int) -> Thunk:
    return _values(n, "a.")


def _dots_of_a_message(n: int) -> Thunk:
    return lambda: mask_secrets("." * n)


def _names_of_a_message(n: int) -> Thunk:
    return lambda: mask_secrets("token" * n)


def _open_quotes(n: int) -> Thunk:
    return _quietly(parse, ' "a -"b' * n)


def _arithmetic(n: int) -> Thunk:
    return _quietly(calculate, "1" + "+1" * min(n, 190))


def _arithmetic_blanks(n: int) -> Thunk:
    return _quietly(parse_arithmetic, "what is" + " " * n + "1 + 1")


def _table(rows: int, columns: int) -> SqlTable:
    names = tuple(f"column {c}" for c in range(columns))
    cells = [tuple(f"cell {r} {c}" for c in range(columns)) for r in range(rows)]
    return SqlTable("orders", "orders.csv", names, cells)


def _query_table(rows: int, columns: int) -> QueryTable:
    table = _table(rows, columns)
    return query_table([table.columns, *table.rows], 1, name="orders", context="orders")


def _table_rows(n: int) -> Thunk:
    return _quietly(best_plan, "how many orders have cell 3 1", [_query_table(n, 3)])


def _table_columns(n: int) -> Thunk:
    return _quietly(best_plan, "how many orders have cell 3 1", [_query_table(4, n)])


def _equal_columns(n: int) -> Thunk:
    return _quietly(distinct, ["id"] * n)


def _history(n: int) -> Thunk:
    turns = [f"Where is bridge number {i} of the town?" for i in range(n)]
    return _quietly(expansion_terms, "and those?", turns, lambda term: 0.01)


def _entry(number: int, chunks: int, groups: frozenset[str]) -> SegmentRow:
    name = f"document-{number}"
    texts = [f"bridge {number} chunk {c}" for c in range(chunks)]
    text = "\n\n".join(texts)
    rows, start = [], 0
    for part in texts:
        start = text.index(part, start)
        rows.append(Chunk(name, 1, start, start + len(part), part, (), 5))
    document = Document(name, "text", "0" * 64, (Page(1, text),))
    row = DocumentRow(name, name, "text", "0" * 64, len(text), 1, labels=groups)
    vectors = np.full((chunks, _DIMENSION), _DIMENSION**-0.5, dtype=np.float32)
    digests = b"".join(content_hash(part) for part in texts)
    hashes = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
    return SegmentRow(row, document, rows, vectors, hashes, [terms(part) for part in texts])


def _index(documents: int, chunks: int = 1, groups: int = 0, commits: int = 1) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cost-growth-"))
    labels = frozenset(f"group-{g}" for g in range(groups))
    embedder = EmbedderEntry("test", "test", "test", _DIMENSION)
    for commit in range(commits):
        with Writer(folder, embedder) as writer:
            for number in range(commit, documents, commits):
                writer.add(_entry(number, chunks, labels))
            writer.publish()
    return folder


def _documents(n: int) -> Thunk:
    return lambda: _index(n)


def _chunks_of_a_document(n: int) -> Thunk:
    return lambda: _index(1, chunks=n)


def _commits(n: int) -> Thunk:
    return lambda: _index(n, commits=n)


def _embed(texts: list[str]) -> np.ndarray:
    return np.full((len(texts), _DIMENSION), _DIMENSION**-0.5, dtype=np.float32)


def _records(n: int, *, equal_ids: bool = False, blank: bool = False) -> Thunk:
    def call() -> object:
        folder = Path(tempfile.mkdtemp(prefix="cost-growth-"))
        records = (
            {"id": "same" if equal_ids else f"r{i}", "text": "" if blank else f"Lamp {i} is sold."}
            for i in range(n)
        )
        (folder / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
        return Index(folder / "index", _embed).add(folder / "records.jsonl")

    return call


def _equal_record_ids(n: int) -> Thunk:
    return _records(n, equal_ids=True)


def _blank_records(n: int) -> Thunk:
    return _records(n, blank=True)


def _filtered_documents(n: int) -> Thunk:
    snapshot = Snapshot(_index(n))
    return lambda: visible(snapshot, Filter(paths=("document-1*",)))


def _user_groups(n: int) -> Thunk:
    snapshot = Snapshot(_index(20, groups=3))
    groups = frozenset(f"group-{g}" for g in range(n))
    return lambda: visible(snapshot, Filter(groups=groups))


def _document_groups(n: int) -> Thunk:
    snapshot = Snapshot(_index(20, groups=n))
    return lambda: visible(snapshot, Filter(groups=frozenset({"group-1"})))


DIMENSIONS: dict[str, tuple[Callable[[int], Thunk], int]] = {
    "question words": (_question_words, 1000),
    "question operators": (_question_operators, 1000),
    "unclosed quotes": (_open_quotes, 1000),
    "arithmetic blanks": (_arithmetic_blanks, 100),
    "arithmetic terms": (_arithmetic, 10),
    "letters of a word": (_letters_of_a_word, 100),
    "unspaced letters": (_unspaced_letters, 100),
    "equal typing errors": (_equal_typing_errors, 100),
    "blanks of a question": (_blanks_of_a_question, 500),
    "digits of a text": (_digits_of_a_text, 500),
    "numbers of a text": (_numbers_of_a_text, 100),
    "dots of a text": (_dots_of_a_text, 500),
    "dots of a message": (_dots_of_a_message, 500),
    "names of a message": (_names_of_a_message, 100),
    "table rows": (_table_rows, 500),
    "table columns": (_table_columns, 100),
    "equal column names": (_equal_columns, 500),
    "history turns": (_history, 100),
    "documents": (_documents, 100),
    "chunks of a document": (_chunks_of_a_document, 100),
    "commits": (_commits, 4),
    "records": (_records, 1000),
    "records of one id": (_equal_record_ids, 1000),
    "records without text": (_blank_records, 1000),
    "filtered documents": (_filtered_documents, 500),
    "groups of a user": (_user_groups, 1000),
    "groups of a document": (_document_groups, 100),
}


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(make: Callable[[int], Thunk], first: int) -> list[tuple[int, float]]:
    """(size, seconds) of sizes that double, until one takes long enough to be compared."""
    points: list[tuple[int, float]] = []
    size = first
    for _ in range(_MAX_DOUBLINGS):
        thunk = make(size)
        best = math.inf
        for _ in range(_REPEATS):
            started = _cpu_seconds()
            thunk()
            best = min(best, _cpu_seconds() - started)
        points.append((size, best))
        if best > _TARGET_S and len(points) >= _MIN_POINTS:
            break
        size *= 2
    return points


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of log(seconds) over log(size) in the larger half of the points."""
    tail = points[-max(_MIN_POINTS, len(points) // 2) :]
    sizes, seconds = (np.log(np.array(column)) for column in zip(*tail, strict=True))
    return float(np.polyfit(sizes, seconds, 1)[0])


def main() -> int:
    failures = 0
    for name in sys.argv[1:] or DIMENSIONS:
        points = measure(*DIMENSIONS[name])
        growth = exponent(points)
        failed = growth > MAX_EXPONENT
        failures += failed
        size, seconds = points[-1]
        verdict = "FAIL" if failed else "ok"
        print(f"{name:24} n={size:<9,} {seconds:8.3f} s  exponent {growth:5.2f}  {verdict}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
