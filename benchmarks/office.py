"""Everyday questions asked of an office folder: contracts, minutes, invoices, handbook, tariffs.

    python benchmarks/office.py [--data FOLDER] [--generator MODEL] [--show wrong] [--write FILE]

A folder of data holds ``files/`` and ``questions.jsonl``; the default is ``office`` of
RAG_EVAL_DATA (default ``../shared/data``). All questions are asked of one index of all files,
follow-ups with the turns before them as history. Nothing in the package is fitted on them.

right: an accepted answer stands in the short answer or in the text; a list is complete; a question
    without an answer is declined
exact: right, and the answer stands in the short answer, or in a text of at most 200 characters
wrong: answered otherwise; a question without an answer is answered at all, above the grade
    "nearest"
partial: some items of a list

Two controls run beside it: the same answers with no threshold, and the sentence with the best
cosine to the question among the five best passages, shown always.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from rag_infer import Answer, AskOptions, Index
from rag_infer.answering.conversation import Conversation
from rag_infer.sentences import sentences

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "office"
SHORT_TEXT_CHARS = 200
STRICT_KINDS = {"howmany", "sum", "compare", "yesno"}  # one word in a long text is no answer
COLUMNS = ("n", "right", "exact", "partial", "wrong", "declined")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})


def normalize(text: str) -> str:
    text = unicodedata.normalize("NFKC", text or "").translate(_QUOTES)
    text = re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text)
    text = re.sub(r"\[\d+\](?=\s|$|[.,;])", " ", text)
    return " ".join(text.split()).lower()


def normalize_numbers(text: str) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    return re.sub(
        r"(?<=\d)\.(\d*?)0+(?!\d)", lambda match: "." + match[1] if match[1] else "", text
    )


def stands_in(answer: str, text: str) -> bool:
    """Whether an answer stands in a text, words and numbers unbroken."""
    answer, text = normalize(answer), normalize(text)
    for a, b in ((answer, text), (normalize_numbers(answer), normalize_numbers(text))):
        pattern = rf"(?<!\w)(?<!\d[.,]){re.escape(a)}(?!\w)(?![.,]\d)"
        if a and re.search(pattern, b):
            return True
    return False


def begins_with(answer: str, text: str) -> bool:
    pattern = re.escape(normalize(answer)) + r"(?!\w)(?!\.\s*(\||\d|[a-z]*[-\d]*\d|topic\b))"
    return re.match(pattern, normalize(text)) is not None


def any_in(answers: list[str], text: str) -> bool:
    return any(
        begins_with(a, text) if normalize(a) in ("yes", "no") else stands_in(a, text)
        for a in answers
    )


def score(
    question: dict[str, Any], text: str, short: str, answered: bool, cited: list[tuple[str, str]]
) -> tuple[str, bool]:
    """The verdict (right, partial, wrong, declined) and whether it is exact.

    ``cited`` are (file name, quote).
    """
    if not answered:
        return ("right" if not question["answerable"] else "declined"), not question["answerable"]
    if not question["answerable"]:
        return "wrong", False
    kind, answers = question["kind"], question["answers"]
    misleading = any(stands_in(n, short or text) for n in question["must_not"])
    if question.get("complete"):
        everything = "\n".join((text, short, *(quote for _, quote in cited)))
        if kind == "list":
            everything += "\n" + "\n".join(name for name, _ in cited)
        items = [
            any(stands_in(x, everything) or normalize(x) in normalize(everything) for x in alt)
            for alt in (item.split("/") for item in question["complete"])
        ]
        if all(items) and not misleading:
            return "right", True
        return ("partial" if any(items) else "wrong"), False
    in_short = bool(short) and any_in(answers, short)
    brief = not short and len(normalize(text)) <= SHORT_TEXT_CHARS
    right = in_short
    if not right:
        strict = kind in STRICT_KINDS and not brief
        usable = [a for a in answers if not strict or len(normalize(a).split()) > 1]
        right = any_in(usable, text) and not (short and misleading)
    if not right and kind == "which":
        files = {name for name, _ in cited}
        right = bool(files) and files <= set(question["documents"])
    if not right:
        partial = kind in STRICT_KINDS and not short and any_in(answers, text)
        return ("partial" if partial else "wrong"), False
    return "right", (in_short or (brief and any_in(answers, text))) and not misleading


def best_cosine(index: Index, question: str) -> tuple[str, str]:
    """The file and the sentence nearest to the question among its five best passages."""
    hits = index.search(question, 5)
    texts = [(hit, hit.chunk.text[a:b]) for hit in hits for a, b in sentences(hit.chunk.text)]
    if not texts:
        return "", ""
    rows = index.engine.embedder.embed_queries([question, *(text for _, text in texts)])
    hit, text = texts[int((rows[1:] @ rows[0]).argmax())]
    return hit.document_id, text


def shown_as_answer(answer: Answer) -> bool:
    """Whether an answer is given, rather than only the nearest passage shown."""
    return answer.answered and getattr(answer, "grade", None) != "nearest"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--generator", default="extractive")
    parser.add_argument("--show", choices=["right", "partial", "wrong", "declined"])
    parser.add_argument("--kind")
    parser.add_argument("--no-controls", action="store_true")
    parser.add_argument("--write", type=Path, help="keep the figures in this JSON file")
    args = parser.parse_args()
    lines = (args.data / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    ways = ["as shipped"]
    if not args.no_controls:
        ways += ["no threshold", "best cosine"]
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(Path(folder) / "index", create=True)
        index.add(args.data / "files")
        figures = {way: ask_all(index, questions, way, args) for way in ways}
    if args.write:
        figures["questions"] = {"n": len(questions)}
        args.write.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def ask_all(
    index: Index, questions: list[dict[str, Any]], way: str, args: argparse.Namespace
) -> dict[str, Any]:
    table: dict[str, Counter[str]] = {}
    histories: dict[str, list[dict[str, str]]] = {}
    lines: list[str] = []
    start = time.perf_counter()
    for q in questions:
        short = ""
        if way == "best cosine":
            file, text = best_cosine(index, q["question"])
            answered, cited = True, [(file.rsplit("/", 1)[-1], text)]
            probability = None
        else:
            history = histories.get(q["after"] or "", [])
            threshold = 0.0 if way == "no threshold" else None
            answer = index.ask(
                q["question"],
                llm=args.generator,
                conversation=Conversation(history),
                options=AskOptions(min_confidence=threshold),
            )
            text = answer.text
            histories[q["id"]] = [
                *history,
                {"role": "user", "content": q["question"]},
                {"role": "assistant", "content": text},
            ]
            short = answer.short_answer.quote if answer.short_answer else ""
            short = getattr(answer, "short_text", None) or short
            answered = shown_as_answer(answer)
            probability = answer.probability
            cited = [
                (c.span.document_id.rsplit("/", 1)[-1], c.span.quote) for c in answer.citations
            ]
        verdict, exact = score(q, text, short, answered, cited)
        for row in (q["kind"], "ANSWERABLE" if q["answerable"] else None):
            if row:
                table.setdefault(row, Counter()).update({"n": 1, verdict: 1, "exact": exact})
        if way == "as shipped" and args.show == verdict and args.kind in (None, q["kind"]):
            lines.append(
                f"\n{q['id']} {q['kind']}: {q['question']}\n  want {q['complete'] or q['answers']}"
                f" in {q['documents']}\n  got {probability and round(probability, 2)} "
                f"[{short}] {text[:300]!r} {[name for name, _ in cited]}"
            )
    seconds = time.perf_counter() - start
    print(f"\n{way} ({seconds / len(questions):.3f} s a question)")
    print(f"{'kind':14}" + "".join(f"{c:>9}" for c in COLUMNS))
    kinds = sorted(
        (k for k in table if k not in ("ANSWERABLE", "unanswerable")), key=lambda k: -table[k]["n"]
    )
    for kind in (*kinds, "ANSWERABLE", "unanswerable"):
        print(f"{kind:14}" + "".join(f"{table[kind][c]:9}" for c in COLUMNS))
    print("\n".join(lines))
    return {
        kind: {c: table[kind][c] for c in COLUMNS}
        for kind in (*kinds, "ANSWERABLE", "unanswerable")
    }


if __name__ == "__main__":
    main()
