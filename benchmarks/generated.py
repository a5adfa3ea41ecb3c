"""Answers that real chat models write, beside the quotes that the same index gives without one.

    python benchmarks/generated.py --llm http://127.0.0.1:8080/v1#NAME [--world corpus|office]
        [--limit 30] [--top-k N] [--max-tokens 160] [--system FILE] [--rows FILE] [--publish KEY]
        [--replay FILE]

Needs a model: a server, a folder or a profile (``../shared/models`` says how to get two). Takes
half a minute a question with 1.5 billion parameters on one core. ``--limit`` takes questions evenly
spread over the file, follow-ups left out; ``--publish`` adds the figures to
``results/generated.json`` under a key, ``--rows`` keeps every answer as a line of JSON, from which
``--replay`` takes what the model wrote, so that a change of the product is measured without one.

right: an accepted answer stands in the text, or a question without an answer is declined
wrong: answered otherwise, or a question without an answer is answered at all
plain wrong: of these, without any warning to the reader
declined: not answered, though the documents do
cited: of those answered rightly, a citation leads to a document that answers
parroted: words of the prompt's instructions or fences stand in the text
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from office import score

from rag_infer import Answer, AskOptions, GenerationOptions, Index
from rag_infer.cite.text_normalization import content, words

OFFICE = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "office"
CORPUS = Path(__file__).parent.parent / "corpus"
RESULTS = Path(__file__).parent / "results" / "generated.json"
LOW_PROBABILITY = 0.35  # of a quote: below, it is shown with a line of doubt
WORD_SHARE = 0.6  # of an answer's words, that a text must hold to be right (corpus questions)
COLUMNS = ("n", "right", "wrong", "plain_wrong", "partial", "declined", "cited", "parroted")
_PARROTED = re.compile(r"</?passage|by its number|like this:|\[n\]", re.IGNORECASE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--llm", required=True, help="'extractive' runs the quotes alone")
    parser.add_argument("--world", choices=["corpus", "office"], default="corpus")
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--offset", type=int, default=0, help="first question of the spread")
    parser.add_argument("--top-k", type=int)
    parser.add_argument("--max-tokens", type=int, default=160)
    parser.add_argument("--system", type=Path, help="another system prompt")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--index", type=Path, help="an index of the world that is there already")
    parser.add_argument("--replay", type=Path, help="texts that a model wrote before")
    parser.add_argument("--publish", metavar="KEY")
    args = parser.parse_args()
    questions = spread(load_questions(args.world), args.limit, args.offset)
    system = args.system.read_text("utf-8").strip() if args.system else None
    options = AskOptions(generation=GenerationOptions(max_tokens=args.max_tokens, system=system))
    llm: Any = Replay(args.replay) if args.replay else args.llm
    tables = {"model": Counter[str](), "extractive": Counter[str]()}
    both: Counter[str] = Counter()
    first_tokens: list[float] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        index = Index.open(args.index or Path(folder) / "index", create=True)
        if args.index is None:
            index.add(CORPUS if args.world == "corpus" else OFFICE / "files")
        for q in questions:
            began = time.perf_counter()
            written = index.ask(q["question"], llm=llm, top_k=args.top_k, options=options)
            seconds.append(time.perf_counter() - began)
            quoted = index.ask(q["question"])
            verdicts = {}
            for name, answer in (("model", written), ("extractive", quoted)):
                verdicts[name] = tally(tables[name], q, answer)
            both.update({"n": 1, "right": "right" in verdicts.values()})
            both["wrong"] += set(verdicts.values()) == {"wrong"}
            if written.usage.first_token_s is not None:
                first_tokens.append(written.usage.first_token_s)
            if args.rows:
                with args.rows.open("a", encoding="utf-8") as file:
                    row = describe(q, written, quoted, verdicts, seconds[-1])
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    figures: dict[str, Any] = {
        name: {c: table[c] for c in COLUMNS} for name, table in tables.items()
    }
    figures["either"] = dict(both)
    figures["first_token_s_median"] = _median(first_tokens)
    figures["seconds_median"] = _median(seconds)
    report(args, questions, tables, both, figures)


def report(
    args: argparse.Namespace,
    questions: list[dict[str, Any]],
    tables: dict[str, Counter[str]],
    both: Counter[str],
    figures: dict[str, Any],
) -> None:
    print(f"\n{args.llm}, {args.world}, {len(questions)} questions")
    print(f"{'':12}" + "".join(f"{c:>10}" for c in COLUMNS))
    for name in tables:
        print(f"{name:12}" + "".join(f"{tables[name][c]:10}" for c in COLUMNS))
    print(
        f"either right {both['right']}, both wrong {both['wrong']}; first token "
        f"{figures['first_token_s_median']} s, answer {figures['seconds_median']} s (medians)"
    )
    if args.publish:
        stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        stored[args.publish] = figures
        RESULTS.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


class Replay:
    """What a model wrote before, by the question; a question that is missing is an error."""

    def __init__(self, path: Path) -> None:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        self._texts = {row["question"]: row.get("raw_text") or row["text"] for row in rows}

    def __call__(self, messages: list[dict[str, str]]) -> str:
        prompt = messages[-1]["content"]
        question = max((q for q in self._texts if q in prompt), key=len)
        return self._texts[question]


def load_questions(world: str) -> list[dict[str, Any]]:
    """The questions in the form of the office set; corpus answers become words to be held."""
    path = CORPUS / "questions.jsonl" if world == "corpus" else OFFICE / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if world == "office":
        return [row for row in rows if not row["after"]]
    return [
        {
            **row,
            "kind": "corpus",
            "documents": [row["document"]] if row.get("document") else [],
        }
        for row in rows
    ]


def spread(rows: list[dict[str, Any]], limit: int, offset: int) -> list[dict[str, Any]]:
    """So many rows evenly spread; the answerable and the others in their own proportion."""
    answerable = [r for r in rows if r["answerable"]]
    others = [r for r in rows if not r["answerable"]]
    share = round(limit * len(others) / len(rows))
    return [*_every(answerable, limit - share, offset), *_every(others, share, offset)]


def _every(rows: list[dict[str, Any]], limit: int, offset: int) -> list[dict[str, Any]]:
    step = max(1.0, len(rows) / max(1, limit))
    places = [int(offset + i * step) for i in range(limit)]
    return [rows[p % len(rows)] for p in dict.fromkeys(places) if limit]


def tally(table: Counter[str], question: dict[str, Any], answer: Answer) -> str:
    verdict = verdict_of(question, answer)
    names = {c.span.document_id.rsplit("/", 1)[-1] for c in answer.citations}
    cited = verdict == "right" and answer.answered and bool(names & set(question["documents"]))
    table.update({"n": 1, verdict: 1, "cited": cited})
    # Warnings about the window and cut texts say nothing of whether an answer is right.
    doubts = [w for w in answer.warnings if not w.startswith(("left out", "the answer was cut"))]
    low = answer.probability is not None and answer.probability < LOW_PROBABILITY
    table["plain_wrong"] += verdict == "wrong" and not doubts and not low
    table["parroted"] += bool(_PARROTED.search(answer.text))
    return verdict


def verdict_of(question: dict[str, Any], answer: Answer) -> str:
    if question["kind"] != "corpus":
        # What a person reads: nearest passages that are shown beside a refusal are no answer.
        answered = answer.answered and getattr(answer, "grade", None) != "nearest"
        short = answer.short_answer.quote if answer.short_answer else ""
        short = getattr(answer, "short_text", None) or short
        cited = [(c.span.document_id.rsplit("/", 1)[-1], c.span.quote) for c in answer.citations]
        if answer.model != "extractive":
            cited = [(name, "") for name, _ in cited]  # a sentence of one's own, not a quote
        return score(question, answer.text, short, answered, cited)[0]
    answered = answer.answered and getattr(answer, "grade", None) != "nearest"
    if not answered or not question["answerable"]:
        return "right" if answered == question["answerable"] else ("declined", "wrong")[answered]
    return "right" if holds(question["answer"], answer.text) else "wrong"


def holds(answer: str, text: str) -> bool:
    """Whether a text says an answer: all its figures, and most of its words."""
    figures = re.findall(r"\d[\d.,]*", answer)
    if any(not re.search(rf"(?<![\d.,]){re.escape(f.rstrip('.,'))}(?!\d)", text) for f in figures):
        return False
    keys = {w.key for w in content(words(answer))}
    own = {w.key for w in content(words(text))}
    return not keys or len(keys & own) >= WORD_SHARE * len(keys)


def describe(
    question: dict[str, Any], written: Answer, quoted: Answer, verdicts: dict[str, str], s: float
) -> dict[str, Any]:
    want = question.get("complete") or question.get("answers") or question.get("answer")
    return {
        "id": question["id"],
        "question": question["question"],
        "want": want,
        "verdicts": verdicts,
        "text": written.text,
        "answered": written.answered,
        "warnings": written.warnings,
        "reason": written.reason,
        "claims": [(c.text, c.verdict, c.citations) for c in written.claims],
        "cited": [c.span.document_id for c in written.citations],
        "quoted": quoted.text,
        "quoted_probability": quoted.probability,
        "prompt_tokens": written.usage.prompt_tokens,
        "output_tokens": written.usage.output_tokens,
        "seconds": round(s, 1),
    }


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


if __name__ == "__main__":
    main()
