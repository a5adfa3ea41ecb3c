"""Is a second question on the same passages answered at once, quickly, and in the same words?

    python benchmarks/generation.py [--publish]      about 10 minutes on two cores, 6 GB of memory

Needs `pip install 'rag-infer[openvino,bench]'`.

A model of the Qwen2 0.5B architecture with random weights (a tokenizer trained on the corpus). Each
question is asked on the same passages, by plain transformers `generate` in the precision that is
quickest here, and through the product: on transformers, and on OpenVINO in int8 and int4; one after
the other, again and again. Printed: the time to the first token of a follow-up and its share of
plain's, tokens per second, and how many tokens are the same with and without the cache, in each
runtime's own arithmetic. OpenVINO's tokens are not plain's, as its weights are others.

Random weights quote nothing. So a second model of the same architecture and cost has layers that
add nothing and an output layer that writes a passage on from wherever it is (`chat_models.save`);
with it, and with the first one for text that quotes nothing, looking up what comes next is timed
against not.

The limit of decoding is that all weights are read for each token: their bytes, over the bytes a
second that memory gives.

Aims: first token of a follow-up at most 1/8 of plain's; decoding at least 2.5 times as fast as
plain.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from chat_models import CORPUS, Timed, bandwidth, circle, forget, ours, plain, planned, save
from peers.toolkits import keep

PLOT = Path(__file__).parents[1] / "docs" / "assets" / "generation.png"
LENGTHS = (200, 600, 1200)
TOKENS = 32
QUESTIONS = [
    "What does the cache store?",
    "How large does the cache get for each token?",
    "Why is decoding limited by memory bandwidth?",
]
NAMES = ("transformers", "openvino int8", "openvino int4")


def loaded(folder: Path) -> dict[str, Any]:
    from rag_infer.generate.openvino_chat import OpenVinoChat
    from rag_infer.generate.transformers_chat import TransformersChat

    return {
        NAMES[0]: TransformersChat(str(folder)),
        NAMES[1]: OpenVinoChat(folder, "int8"),
        NAMES[2]: OpenVinoChat(folder, "int4"),
    }


def alike(one: Timed, other: Timed) -> int:
    return sum(a == b for a, b in zip(one.ids, other.ids, strict=False))


def follow_ups(chats: dict[str, Any], notes: list[str]) -> list[tuple[str, list[float]]]:
    """The first token and the rate of each, by length of the prompt; rows for the plot."""
    text = " ".join(p.read_text("utf-8") for p in sorted(CORPUS.glob("*.md"))).split(" ")
    lines: list[tuple[str, list[float]]] = []
    rates: dict[str, list[float]] = {name: [] for name in ("plain", *NAMES)}
    quicker: dict[str, list[float]] = {name: [] for name in NAMES}
    same = dict.fromkeys(NAMES, 0)
    of = 0
    shares: dict[str, list[float]] = {}
    note(notes, f"{'prompt':>7}{'plain s':>9}" + "".join(f"{n:>27}" for n in NAMES))
    note(notes, f"{'':>16}" + f"{'first   follow-up   share':>27}" * 3)
    for length in LENGTHS:
        passages = " ".join(text[: int(length * 0.55)])
        fresh: dict[str, list[Timed]] = {name: [] for name in NAMES}
        again: dict[str, list[Timed]] = {name: [] for name in NAMES}
        single: list[Timed] = []
        tokens = 0
        for question in QUESTIONS:
            prompt = planned(chats[NAMES[0]], question, passages, TOKENS)
            tokens = prompt.tokens
            single.append(plain(chats[NAMES[0]], prompt.prompt, TOKENS))
            for name, chat in chats.items():
                again[name].append(ours(chat, prompt, TOKENS))  # goes on from the question before
            if question == QUESTIONS[1]:
                of += TOKENS
                for name, chat in chats.items():
                    forget(chat)
                    fresh[name].append(ours(chat, prompt, TOKENS))
                    same[name] += alike(again[name][-1], fresh[name][-1])
        row = [tokens, median(t.first for t in single)]
        shares = {
            name: [a.first / p.first for a, p in zip(again[name][1:], single[1:], strict=True)]
            for name in NAMES
        }
        row_text = f"{tokens:>7}{row[1]:>9.2f}"
        for name in NAMES:
            first = median(t.first for t in fresh[name])
            follow = median(t.first for t in again[name][1:])
            row += [first, follow]
            row_text += f"{first:>8.2f}{follow:>11.2f}{median(shares[name]):>8.2f}"
            rates[name] += [1 / t.each for t in again[name]]
            quicker[name] += [p.each / t.each for t, p in zip(again[name], single, strict=True)]
        rates["plain"] += [1 / t.each for t in single]
        note(notes, row_text)
        lines.append((str(tokens), row))
    note(notes, f"\ndecoding, tokens/s: plain {median(rates['plain']):.1f}; "
         + "; ".join(f"{n} {median(rates[n]):.1f} ({median(quicker[n]):.2f} of plain)"
                     for n in NAMES))  # fmt: skip
    note(notes, "the same tokens with and without the cache, of " + f"{of}: " + ", ".join(
        f"{n} {same[n]}" for n in NAMES))  # fmt: skip
    share = {n: median(shares[n]) for n in NAMES}
    for name in NAMES:
        aim(notes, f"first token of a follow-up, {name}: {share[name]:.3f} of plain; aim 0.125",
            share[name] <= 0.125)  # fmt: skip
    for name in NAMES[1:]:
        ratio = median(quicker[name])
        aim(notes, f"decoding, {name}: {ratio:.2f} of plain; aim 2.5", ratio >= 2.5)
    return lines


def limits(chats: dict[str, Any], notes: list[str]) -> None:
    import platformdirs

    memory = bandwidth()
    note(notes, f"\nmemory is read at {memory / 1e9:.1f} GB/s; the limit of decoding:")
    sizes = {NAMES[0]: sum(p.nbytes for p in chats[NAMES[0]]._model.parameters())}
    cache_folder = Path(platformdirs.user_cache_dir("rag-infer")) / "openvino"
    prompt = sorted((p.stat().st_size for p in cache_folder.glob("*/model.bin")), reverse=True)
    sizes |= dict(zip(NAMES[1:], prompt[:2], strict=True))
    for name, size in sizes.items():
        note(notes, f"  {name}: {size / 1e6:.0f} MB a token, {memory / size:.0f} tokens/s at most")


def looked_up(folder: Path, quoting: bool, notes: list[str], text: str) -> None:
    from rag_infer.generate.openvino_chat import OpenVinoChat

    with_, without = OpenVinoChat(folder), OpenVinoChat(folder, lookup=False)
    ratios, rates, same, of = [], [], 0, 0
    tokens = 100
    for question in QUESTIONS:
        # The answer begins where the prompt ends: a marker of the template, which the text follows.
        prompt = planned(with_, question, text, tokens)
        slow, quick = ours(without, prompt, tokens), ours(with_, prompt, tokens)
        ratios.append(slow.each / quick.each)
        rates.append((1 / quick.each, 1 / slow.each))
        same += alike(slow, quick)
        of += len(slow.ids)
    kind = "text that quotes" if quoting else "text that quotes nothing"
    note(notes, f"{kind}: {median(r for r, _ in rates):.1f} tokens/s with lookup, "
         f"{median(r for _, r in rates):.1f} without, {median(ratios):.2f} times as fast; "
         f"tokens the same {same} of {of}")  # fmt: skip


def drawn(lines: list[tuple[str, list[float]]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows = [row for _, row in lines]
    tokens = [row[0] for row in rows]
    figure, axes = pyplot.subplots(figsize=(7, 4.2))
    axes.plot(tokens, [row[1] for row in rows], "k:o", label="plain generate (transformers)")
    for at, (name, color) in enumerate(
        zip(NAMES, ("tab:gray", "tab:blue", "tab:green"), strict=True)
    ):
        axes.plot(
            tokens, [row[2 + 2 * at] for row in rows], "--o", color=color, label=f"{name}, new"
        )
        axes.plot(tokens, [row[3 + 2 * at] for row in rows], "-o", color=color,
                  label=f"{name}, follow-up")  # fmt: skip
    axes.set(xlabel="tokens of the prompt", ylabel="seconds to the first token (log)", yscale="log",
             title="A 0.5B model on two cores: a follow-up on the same passages")  # fmt: skip
    axes.set_yticks(
        [0.05, 0.1, 0.2, 0.5, 1, 2, 5], labels=["0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
    )
    axes.minorticks_off()
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(PLOT, dpi=110, bbox_inches="tight")


def note(notes: list[str], line: str) -> None:
    print(line, flush=True)
    notes.append(line)


def aim(notes: list[str], line: str, met: bool) -> None:
    note(notes, f"{line}: {'met' if met else 'missed'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--publish", action="store_true")
    publish = parser.parse_args().publish
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as cache_folder:
        os.environ["XDG_CACHE_HOME"] = str(
            Path(cache_folder) / "cache"
        )  # what is converted goes with it
        folder = save(Path(cache_folder) / "qwen2-0.5b")
        chats = loaded(folder)
        lines = follow_ups(chats, notes)
        limits(chats, notes)
        del chats
        note(notes, "\nlooking up what comes next, openvino int8:")
        text = circle(400)
        marker = "<|im_start|>assistant\n"
        quoting = save(Path(cache_folder) / "quoting", quotes=marker + text)
        looked_up(quoting, True, notes, text)
        looked_up(folder, False, notes, " ".join(text.split(" ")[:150]))
    if publish:
        drawn(lines)
        keep("generation", {"printed": notes, "curve": [row for _, row in lines]}, publish=True)


if __name__ == "__main__":
    main()
