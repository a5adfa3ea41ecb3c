"""The runtimes of one chat model side by side: time, memory, tokens, the text that each writes.

    python benchmarks/runtimes.py --gguf FILE.gguf --folder FOLDER [--questions 3] [--publish]

FOLDER holds the same model for transformers (``../shared/models`` says how to get both). Each arm
is a process of its own that asks the same questions of an index of ``corpus/``, greedy, 64 tokens:
llama.cpp in the process (needs the extra ``gguf``), OpenVINO int8 and int4 (converted before, which
is not counted), transformers. All run on all cores. Printed is, as medians over
the questions after the first: seconds to the first token, tokens of the prompt, tokens written a
second; then the largest resident memory, and on how many questions the text begins with the same
20 words as that of transformers. What prompts have in common at their beginning may be reused.
The weights differ: float16 made from 4 bits, 8 bits, 4 bits.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

CORPUS = Path(__file__).parent.parent / "corpus"
RESULTS = Path(__file__).parent / "results" / "runtimes.json"
TOKENS = 64
QUESTIONS = (
    "What is a chunk?",
    "Why is decoding limited by memory bandwidth?",
    "What does the key-value cache store?",
    "Why does too much context hurt?",
)
ARMS = ("llama.cpp", "openvino int8", "openvino int4", "transformers")


def worker(arm: str, model: str, index: Path, count: int) -> None:
    from rag_infer import AnswerEvent, AskOptions, GenerationOptions, Index, TextEvent
    from rag_infer.settings.profiles import ModelProfile

    runtime, _, precision = arm.partition(" ")
    more: dict[str, Any] = {} if runtime == "llama.cpp" else {"runtime": runtime}
    if precision:
        more["precision"] = precision
    profile = ModelProfile("measured", model, **more)
    generation = GenerationOptions(max_tokens=TOKENS)
    options = AskOptions(generation=generation, second_opinion=False)
    opened = Index.open(index)
    for question in QUESTIONS[: count + 1]:
        times, text, usage = [], "", None
        for event in opened.stream(question, llm=profile, top_k=4, options=options):
            if isinstance(event, TextEvent):
                times.append(time.perf_counter())
                text += event.text
            elif isinstance(event, AnswerEvent):
                usage = event.answer.usage
        assert usage is not None
        row = {
            "question": question,
            "text": text,
            "first_s": usage.first_token_s,
            "prompt_tokens": usage.prompt_tokens,
            "cached_tokens": usage.cached_tokens,
            "tokens_s": (usage.output_tokens - 1) / max(1e-9, times[-1] - times[0]),
        }
        print(json.dumps(row), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mib": round(peak)}))


def measure(arm: str, model: Path, index: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--worker", arm, str(model), str(index), str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *rows, peak = map(json.loads, done.stdout.splitlines())
    return {
        "arm": arm,
        "first_s": round(median(r["first_s"] for r in rows[1:]), 2),
        "prompt_tokens": round(median(r["prompt_tokens"] for r in rows[1:])),
        "tokens_s": round(median(r["tokens_s"] for r in rows[1:]), 1),
        **peak,
        "texts": [r["text"] for r in rows],
    }


def same_texts(one: dict[str, Any], other: dict[str, Any]) -> int:
    pairs = zip(one["texts"], other["texts"], strict=True)
    return sum(a.split()[:20] == b.split()[:20] for a, b in pairs)


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        arm, model, index, count = sys.argv[2:]
        worker(arm, model, Path(index), int(count))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=3)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    from rag_infer import Index

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "index"
        Index.open(path, create=True).add(CORPUS)
        load = os.getloadavg()[0]
        for arm in options.arms:
            model = options.gguf if arm == "llama.cpp" else options.folder
            rows.append(measure(arm, model.resolve(), path, options.questions))
    print(f"{options.folder.name}, load {load:.1f}, {os.cpu_count()} cores")
    print(f"{'runtime':<16}{'first s':>9}{'prompt':>8}{'tokens/s':>10}{'MiB':>7}{'same text':>11}")
    for row in rows:
        same = same_texts(row, rows[-1])
        print(
            f"{row['arm']:<16}{row['first_s']:>9.2f}{row['prompt_tokens']:>8}"
            f"{row['tokens_s']:>10.1f}{row['peak_mib']:>7}{same:>8} of {len(row['texts'])}"
        )
    if options.publish:
        report = {
            "model": options.folder.name,
            "load": round(load, 1),
            "cores": os.cpu_count(),
            "rows": rows,
        }
        RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
