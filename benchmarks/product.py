"""The whole product beside its peers: the same files, questions, embedder and chat model.

    sh benchmarks/peers/setup_product.sh       once: the peers, in an environment of their own
    python benchmarks/product.py --model FILE.gguf [--questions 80] [--systems NAME ...]
        [--folders NAME ...] [--publish] [--fresh]

rag-infer without a model and with one, LlamaIndex, Haystack and txtai, each with its defaults:
readers, splitter, number of passages, prompt. All embed with MiniLM and ask one llama.cpp server
(greedy, at most 256 tokens). txtai has no reader of DOCX or PDF that runs without a server or more
models, and reads the texts of Haystack's converters. Questions are half of office, a fifth of those
without an answer, a quarter of corpus and a quarter of sec10q on the ten filings of the second and
third quarter of 2023 (those whose reference has a figure): a fixed sample, proportional by kind.
Needs quiet cores: on two busy ones the 0.5B read 16 to 48 tokens of prompt a second, and Haystack's
prompt for an office question had 2,350.

Each answer is kept as it comes, under ``out/product``; run again, only what is missing is asked,
and more questions continue the same sample. All texts are judged by the same functions as in
``office.py``, ``generated.py`` and ``sec10q.py``, from the text alone: names of files beside an
answer do not make it right. A text that says in whatever words that the documents do not answer
counts as declined, for all. An answer that ended in an error counts as wrong until it is asked
again by the next run.

right: an accepted answer stands in the text
wrong: answered otherwise, or a question without an answer is answered at all
declined: not answered, though the documents do
refused: questions without an answer that are declined, of all such
source, first: an answerable question is answered, and a file that answers it is among the sources
    shown, or is the first of them. rag-infer shows what it cites, the others what they retrieved
s, MiB, index s: median of an answer; most resident memory of the process, without the server;
    reading and indexing all three folders
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from generated import CORPUS, OFFICE, holds
from office import score
from peers.measured import machine
from peers.toolkits import HERE as PEERS
from peers.toolkits import OFFLINE, OUT, PLOTS, keep, versions
from sec10q import DATA as SEC10Q
from sec10q import figures

from rag_infer.answering.refusal import read_refusal

SYSTEMS = {
    "rag-infer, no model": ("rag_infer", "rag-infer"),
    "rag-infer": ("rag_infer", "rag-infer"),
    "LlamaIndex": ("llamaindex", "llama-index-core"),
    "Haystack": ("haystack", "haystack-ai"),
    "txtai": ("txtai", "txtai"),
}
# Their references of corpus are words of the documents: a plain "No." would count as wrong.
YES_NO_WORDS = frozenset("does do is are can has have should was were will may".split())
QUARTERS = ("2023 Q2", "2023 Q3")
COLUMNS = (
    "n", "right", "partial", "wrong", "declined", "refused", "source", "first", "seconds",
    "peak_mib", "index_seconds",
)  # fmt: skip
WINDOW = 16384
STORE = OUT / "product"
PEER_PYTHON = PEERS.parent / ".product" / "bin" / "python"
SEED = 11


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file")
    parser.add_argument("--questions", type=int, default=80)
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--folders", nargs="+", default=["office", "corpus", "sec10q"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--fresh", action="store_true", help="forget answers of earlier runs")
    parser.add_argument("--publish", action="store_true", help="write the kept results and a plot")
    options = parser.parse_args()
    if not PEER_PYTHON.is_file():
        sys.exit("the peers are not installed; run: sh benchmarks/peers/setup_product.sh")
    store = STORE / options.model.stem
    if options.fresh:
        shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True, exist_ok=True)
    worlds = {w: qs for w, qs in sample(options.questions).items() if w in options.folders}
    conditions = machine()
    with (
        tempfile.TemporaryDirectory() as scratch,  # out/ is named in .gitignore, which is obeyed
        served(options.model, options.threads) as url,
    ):
        folders = {world: files_of(world, Path(scratch) / world) for world in worlds}
        for name in options.systems:
            for world, questions in worlds.items():
                ask_all(name, world, folders[world], questions, store, url)
    rows = {
        name: figures_of(worlds, {w: answers_of(store, name, w) for w in worlds})
        for name in SYSTEMS
    }
    rows = {name: row for name, row in rows.items() if row["n"]}
    print_table(rows)
    report = {
        "model": options.model.name,
        "machine": conditions,
        "questions": {world: len(questions) for world, questions in worlds.items()},
        "unanswerable": sum(not q["answerable"] for qs in worlds.values() for q in qs),
        "versions": {
            **versions(Path(sys.executable), ["rag-infer"]),
            **versions(PEER_PYTHON, ["llama-index-core", "haystack-ai", "txtai"]),
        },
        "rows": rows,
    }
    keep("product", report, publish=options.publish)
    if options.publish:
        draw(rows, options.model.stem)


def sample(count: int) -> dict[str, list[dict[str, Any]]]:
    """Questions of each folder; a larger count asks the same ones and more."""
    rows = [q for q in _lines(OFFICE / "questions.jsonl") if not q["after"]]
    half, quarter = count - 2 * (count // 4), count // 4
    impossible = [q for q in rows if not q["answerable"]]
    office = _by_kind([q for q in rows if q["answerable"]], half - half // 5)
    office += _by_kind(impossible, half // 5)
    corpus = [
        {**q, "kind": str(q["answerable"]), "documents": [q["document"]] if q["answerable"] else []}
        for q in _lines(CORPUS / "questions.jsonl")
        if q["question"].split()[0].lower() not in YES_NO_WORDS
    ]
    filings = [
        {**q, "kind": q["type"], "answerable": True}
        for q in _lines(SEC10Q / "questions.jsonl")
        if figures(q["answer"]) and all(d.startswith(QUARTERS) for d in q["documents"])
    ]
    return {
        "office": office,
        "corpus": _by_kind(corpus, quarter),
        "sec10q": _by_kind(filings, quarter),
    }


def _by_kind(questions: Sequence[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """The first of an order in which any beginning has the kinds in their proportion."""
    generator = random.Random(SEED)
    groups: dict[str, list[dict[str, Any]]] = {}
    for question in generator.sample(list(questions), len(questions)):
        groups.setdefault(question["kind"], []).append(question)
    places = [
        ((number + 0.5) / len(group), kind, number)
        for kind, group in groups.items()
        for number in range(len(group))
    ]
    return [groups[kind][number] for _, kind, number in sorted(places)[:count]]


def files_of(world: str, folder: Path) -> Path:
    """A copy of the documents of a folder, without questions about them beside."""
    folder.mkdir()
    source = {"office": OFFICE / "files", "corpus": CORPUS, "sec10q": SEC10Q / "pdfs"}[world]
    for path in sorted(source.iterdir()):
        is_document = path.is_file() and path.name != "questions.jsonl"
        if is_document and (world != "sec10q" or path.name[:7] in QUARTERS):
            shutil.copyfile(path, folder / path.name)
    return folder


@contextmanager
def served(model: Path, threads: int) -> Iterator[str]:
    """The address of a chat server on a file of weights, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [PEER_PYTHON, PEERS / "model_server.py", model, "model", port, WINDOW, threads]
    with (STORE / "server.log").open("w") as log:
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
    try:
        for _ in range(120):
            if process.poll() is not None:
                sys.exit(f"the model server ended; see {STORE / 'server.log'}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5):
                    break
            except OSError:
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def answers_of(store: Path, name: str, world: str) -> list[dict[str, Any]]:
    path = store / f"{SYSTEMS[name][0]}{'_quotes' if 'no model' in name else ''}_{world}.jsonl"
    return _lines(path) if path.exists() else []


def ask_all(
    name: str, world: str, folder: Path, questions: list[dict[str, Any]], store: Path, url: str
) -> None:
    """Asks what is not answered yet, in a process of the toolkit."""
    stored = {row.get("id") for row in answers_of(store, name, world) if not row.get("failed")}
    missing = [q for q in questions if q["id"] not in stored]
    if not missing:
        return
    script, _ = SYSTEMS[name]
    quotes = "no model" in name
    path = store / f"{script}{'_quotes' if quotes else ''}_{world}.jsonl"
    todo = store / "todo.jsonl"
    todo.write_text("".join(json.dumps(q) + "\n" for q in missing), "utf-8")
    python = sys.executable if script == "rag_infer" else PEER_PYTHON
    command = [python, PEERS / f"product_{script}.py", folder, todo, path]
    command += ["none", "none"] if quotes else [url, "model"]
    print(f"{name}, {world}: {len(missing)} questions", flush=True)
    log = store / f"{path.stem}.log"
    with log.open("w") as out:
        code = subprocess.run(
            [str(c) for c in command],
            check=False,
            stdout=out,
            stderr=out,
            env={**os.environ, **OFFLINE, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        ).returncode
    if code:
        print(f"  ended with code {code}; see {log}")


def figures_of(
    worlds: dict[str, list[dict[str, Any]]], answers: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """The figures of one toolkit over the questions that it was asked."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, 0)
    row["by_folder"], row["unanswerable"], row["failed"] = {}, 0, 0
    seconds: list[float] = []
    for world, questions in worlds.items():
        by_id = {a["id"]: a for a in answers[world] if "id" in a}
        counts = dict.fromkeys(("n", "right", "partial", "wrong", "declined", "refused"), 0)
        for question in questions:
            if (answer := by_id.get(question["id"])) is None:
                continue
            verdict = judge(world, question, answer)
            counts["n"] += 1
            seconds.append(answer["seconds"])
            row["failed"] += answer["failed"]
            row["unanswerable"] += not question["answerable"]
            counts["refused" if verdict == "right" and not question["answerable"] else verdict] += 1
            if question["answerable"] and verdict != "declined":
                sources = answer["sources"]
                row["source"] += bool(set(sources) & set(question["documents"]))
                row["first"] += sources[:1] != [] and sources[0] in question["documents"]
        for key, value in counts.items():
            row[key] += value
        row["by_folder"][world] = counts
        peaks = [a["peak_mib"] for a in answers[world]]
        row["peak_mib"] = round(max([row["peak_mib"], *peaks]))
        indexing = [a["index_seconds"] for a in answers[world] if "index_seconds" in a]
        row["index_seconds"] = round(row["index_seconds"] + (median(indexing) if indexing else 0))
    row["seconds"] = round(median(seconds), 2) if seconds else 0.0
    return row


def judge(world: str, question: dict[str, Any], answer: dict[str, Any]) -> str:
    """right, partial, wrong or declined; right for an unanswerable question that is declined."""
    text, short = answer["text"], answer["short"]
    refused = not text.strip() or (read_refusal(text).is_refusal and not short)
    if answer["failed"]:
        return "wrong"
    if answer["declined"] or refused:
        return "declined" if question["answerable"] else "right"
    if not question["answerable"]:
        return "wrong"
    if world == "office":
        return score(question, text, short, True, [])[0]
    answer_text = f"{short}\n{text}"
    if world == "corpus":
        return "right" if holds(question["answer"], answer_text) else "wrong"
    return "right" if figures(question["answer"]) & figures(answer_text) else "wrong"


def print_table(rows: dict[str, dict[str, Any]]) -> None:
    heads = ("n", "right", "part", "wrong", "decl", "refus", "src", "1st", "s", "MiB", "idx s")
    print(f"\n{'':20}" + "".join(f"{h:>{_width(h)}}" for h in heads))
    for name, row in rows.items():
        values = [row[c] for c in COLUMNS]
        values[5] = f"{row['refused']}/{row['unanswerable']}"
        cells = [f"{v:>{_width(h)}}" for v, h in zip(values, heads, strict=True)]
        print(f"{name:20}" + "".join(cells))


def _width(heading: str) -> int:
    return {"n": 4, "s": 7, "MiB": 6, "idx s": 6, "src": 4, "1st": 4}.get(heading, 6)


def draw(rows: dict[str, dict[str, Any]], model: str) -> None:
    from peers.pictures import bars

    shares = {
        name: {
            "right": 100 * (row["right"] + row["refused"]) / row["n"],
            "wrong": 100 * row["wrong"] / row["n"],
            "first": 100 * row["first"] / max(1, row["n"] - row["unanswerable"]),
            "seconds": row["seconds"],
        }
        for name, row in rows.items()
    }
    columns = {
        "right": ("right, or rightly declined (%)", "{:.0f}"),
        "wrong": ("wrong (%)", "{:.0f}"),
        "first": ("first source answers (%)", "{:.0f}"),
        "seconds": ("seconds an answer", "{:.1f}"),
    }
    count = max(row["n"] for row in rows.values())
    bars(f"{count} questions, {model}, defaults", shares, columns, PLOTS / "product.png")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
