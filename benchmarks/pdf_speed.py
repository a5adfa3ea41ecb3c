"""How many pages of PDFs are read a second, and what does finding their tables cost?

    python benchmarks/pdf_speed.py                    the working tree; half a minute
    python benchmarks/pdf_speed.py 33adbbf b99f52d~1  beside other revisions, in the same run

Each revision is checked out into a temporary folder and run with this environment's packages, in
processes of its own that take turns; the best of its rounds counts, of processor time, so that
other work on the machine does not. Books are two of prose, one of them of mathematics with
drawings; filings are company reports, half of their pages with tables; the competition's files
(ICDAR 2013) are small and full of tables. Pages with tables are also timed by themselves, and all
files once without looking for tables: prose must not be read more than 10 % slower with.
Needs the evaluation data (RAG_EVAL_DATA, default ../shared/data).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from peers.toolkits import keep

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")).resolve()
GROUPS = {
    "prose": ["pdf_tricky/files/freeculture.pdf"],
    "mathematics": ["pdf_text/GeoTopo-komprimiert.pdf"],
    "filings": [
        "financebench/pdfs/ADOBE_2022_10K.pdf",
        "financebench/pdfs/BESTBUY_2024Q2_10Q.pdf",
        "financebench/pdfs/NETFLIX_2015_10K.pdf",
    ],
    "competition": ["icdar2013/pdfs"],
}
AIM_PROSE, AIM_TABLES = 0.9, 60.0
HERE = "working tree"

# Reads the files given, and prints the pages, those with tables, and seconds of processor time.
CHILD = """
import json, sys, time
from pathlib import Path
from rag_infer.read.models import OpenedFile, ReadOptions
from rag_infer.read.pdf import read

def timed(path):
    file = OpenedFile(path, path.name, "", ReadOptions(ocr=False))
    started = time.process_time()
    documents = [document for document in read(file) if document is not None]
    seconds = time.process_time() - started
    pages = [page for document in documents for page in document.pages]
    return seconds, len(pages), sum(bool(getattr(page, "tables", ())) for page in pages)

groups = json.loads(sys.argv[1])
timed(Path(next(iter(groups.values()))[0]))  # imports, the first use of the library
result = {}
for name, paths in groups.items():
    figures = [timed(Path(path)) for path in paths]
    result[name] = [sum(column) for column in zip(*figures)]
from rag_infer.read.pdf.document import open_pdf
from rag_infer.read.pdf.page_text import extract_page

if "with_tables" in (extract_page.__kwdefaults__ or ()):
    tables, prose, bare = [0.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0]
    for path in (path for paths in groups.values() for path in paths):
        document = open_pdf(Path(path).read_bytes(), ())
        for index in range(len(document)):
            started = time.process_time()
            extract_page(document, index)
            without = time.process_time() - started
            page = extract_page(document, index, with_tables=True)
            seconds = time.process_time() - started - without
            for sums, value in (
                [(tables, seconds)] if page.grids else [(prose, seconds), (bare, without)]
            ):
                sums[0] += value
                sums[1] += 1
                sums[2] += bool(page.grids)
    result["pages with tables"] = tables
    result["pages without tables"] = prose
    result["the same, not looked at"] = bare
print(json.dumps(result))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revisions", nargs="*", metavar="REVISION", help="commits to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--publish", action="store_true", help="write the kept results")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there; set RAG_EVAL_DATA")
    groups = {name: _files(paths) for name, paths in GROUPS.items()}
    with tempfile.TemporaryDirectory(prefix="pdf-speed-") as scratch:
        trees = {HERE: ROOT}
        for number, revision in enumerate(options.revisions):
            trees[revision] = _checkout(revision, Path(scratch) / f"tree-{number}")
        rounds: dict[str, list[dict[str, list[float]]]] = {name: [] for name in trees}
        for _ in range(options.rounds):
            for name, tree in trees.items():
                rounds[name].append(_measure(tree, groups))
    results = {name: _best(of) for name, of in rounds.items()}
    _print(results)
    keep("pdf_speed", results, publish=options.publish)


def _files(paths: list[str]) -> list[str]:
    files: list[str] = []
    for path in paths:
        source_path = DATA / path
        files += map(
            str, sorted(source_path.glob("*.pdf")) if source_path.is_dir() else [source_path]
        )
    return files


def _checkout(revision: str, folder: Path) -> Path:
    """The package as it was at a revision."""
    folder.mkdir()
    packed = subprocess.run(
        ["git", "-C", str(ROOT), "archive", revision, "rag_infer"], capture_output=True, check=False
    )
    if packed.returncode:
        sys.exit(f"{revision}: {packed.stderr.decode('utf-8', 'replace').strip()}")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


def _measure(tree: Path, groups: dict[str, list[str]]) -> dict[str, list[float]]:
    output = subprocess.run(
        [sys.executable, "-P", "-c", CHILD, json.dumps(groups)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
    )
    measured: dict[str, list[float]] = json.loads(output.stdout.splitlines()[-1])
    return measured


def _best(rounds: list[dict[str, list[float]]]) -> dict[str, Any]:
    result = {}
    for name in rounds[0]:
        seconds, pages, with_tables = min(measured[name] for measured in rounds)
        result[name] = {
            "pages": int(pages),
            "with_tables": int(with_tables),
            "pages_per_second": round(pages / max(seconds, 1e-9), 1),
        }
    return result


def _print(results: dict[str, Any]) -> None:
    print(f"{'pages/s of processor time':42}" + "".join(f"{name:>14}" for name in results))
    for name, row in results[HERE].items():
        label = f"{name} ({row['pages']} pages, {row['with_tables']} with tables)"
        cells = [
            f"{r[name]['pages_per_second']:.1f}" if name in r else "" for r in results.values()
        ]
        print(f"{label:42}" + "".join(f"{cell:>14}" for cell in cells))
    mine = results[HERE]
    speeds = {name: row["pages_per_second"] for name, row in mine.items()}
    share = speeds["pages without tables"] / speeds["the same, not looked at"]
    print(
        f"aim: pages with tables at {AIM_TABLES:.0f} a second: "
        + ("met" if speeds["pages with tables"] >= AIM_TABLES else "NOT met")
    )
    print(
        f"aim: pages without at {AIM_PROSE:.0%} of the speed of not looking ({share:.0%}): "
        + ("met" if share >= AIM_PROSE else "NOT met")
    )


if __name__ == "__main__":
    main()
