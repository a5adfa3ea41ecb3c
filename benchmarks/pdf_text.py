"""How much of a PDF's text is read as it is printed?

    python benchmarks/pdf_text.py        a German book of 117 pages with formulas; seconds

The measure is that of py-pdf/benchmarks: the normalised Levenshtein similarity of all pages' text
to a truth made by hand, white space made even, in %. Beside the reader, on the same file: the two
libraries it is built on, as they come, and its own text with the running heads left in, which the
truth has and an index is better without. Published for this book: pypdfium2 97, pypdf 93.
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data) and rapidfuzz.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from peers.toolkits import keep
from rapidfuzz.distance import Levenshtein

from rag_infer.read import SourceFile, read_files

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "pdf_text"
BOOK, TRUTH = DATA / "GeoTopo-komprimiert.pdf", DATA / "GeoTopo-book.truth.txt"
AIM = 97.0


def ours() -> str:
    read = read_files([SourceFile(BOOK, BOOK.name)])
    return "\n".join(page.text for r in read for d in r.documents for page in d.pages)


def with_running_heads() -> str:
    """Our text before running heads are taken out: the truth has them, an index should not."""
    from rag_infer.read.pdf.document import open_pdf
    from rag_infer.read.pdf.layout import Layout

    document = open_pdf(BOOK.read_bytes(), ())
    layout = Layout(document, keep_running=True)
    return "\n".join(layout.page_layout(index).text for index in range(len(document)))


def with_pdfium() -> str:
    import pypdfium2

    pages = pypdfium2.PdfDocument(BOOK)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def with_pypdf() -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BOOK).pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not BOOK.is_file():
        sys.exit(f"{BOOK} is not there; set RAG_EVAL_DATA")
    truth = " ".join(TRUTH.read_text("utf-8").split())
    results: dict[str, dict[str, float]] = {}
    ways: dict[str, Callable[[], str]] = {
        "rag-infer": ours,
        "  heads left in": with_running_heads,
        "pypdfium2": with_pdfium,
        "pypdf": with_pypdf,
    }
    print(f"{'':16}{'similarity %':>13}{'seconds':>9}")
    for name, way in ways.items():
        started = time.perf_counter()
        text = way()
        seconds = time.perf_counter() - started
        similarity = 100 * Levenshtein.normalized_similarity(" ".join(text.split()), truth)
        results[name] = {"similarity": round(similarity, 2), "seconds": round(seconds, 2)}
        print(f"{name:16}{similarity:13.2f}{seconds:9.2f}", flush=True)
    for name in ("rag-infer", "  heads left in"):
        met = results[name]["similarity"] >= AIM
        print(f"aim: at least {AIM:.0f}: {'met' if met else 'NOT met'}, {name.strip()}")
    keep("pdf_text", results, publish=options.publish)


if __name__ == "__main__":
    main()
