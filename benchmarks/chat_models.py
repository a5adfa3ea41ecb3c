"""Chat models of a real size with random weights, timed token by token; for ``generation.py``."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tokenizer is the tests'

CORPUS = Path(__file__).parents[1] / "corpus"


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds to the first token and per further one; the ids written; tokens that were cached."""

    first: float
    each: float
    ids: list[int]
    cached: int = 0


def save(folder: Path, quotes: str | None = None) -> Path:
    """Qwen2 0.5B in bfloat16. With ``quotes``, one that writes that text on from wherever it is.

    For quoting, the layers' outputs are multiplied by nothing, so that the last token alone
    decides, and the output layer has a row of its own for each token: that of the token before it
    in the text. All layers are calculated as ever. Where a token has several successors the first
    one is written.
    """
    import torch
    import transformers

    from tests.factories import tokenizer

    words = tokenizer("chatml")
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=151_936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24,
        num_attention_heads=14, num_key_value_heads=2, max_position_embeddings=4096,
        tie_word_embeddings=quotes is None, bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    model = transformers.Qwen2ForCausalLM(config)
    with torch.no_grad():
        head = model.get_output_embeddings().weight
        head[len(words) :] = 0  # only tokens that the small tokenizer has can be written
        if quotes is not None:
            ids = words(quotes, add_special_tokens=False)["input_ids"]
            after: dict[int, int] = {}
            for one, other in pairwise(ids):
                after.setdefault(one, other)
            head[:] = 0
            embeddings = model.get_input_embeddings().weight
            for one, other in after.items():
                head[other] += embeddings[one] / embeddings[one].norm()
            for layer in model.model.layers:
                layer.self_attn.o_proj.weight[:] = 0
                layer.mlp.down_proj.weight[:] = 0
    model.to(torch.bfloat16).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def circle(length: int) -> str:
    """A text of the corpus' words in which no token comes twice, so that it has one reading."""
    from tests.factories import tokenizer

    words = tokenizer("chatml")
    token_ids: set[int] = set()
    positions: list[int] = []
    for path in sorted(CORPUS.glob("*.md")):
        for token in words(path.read_text("utf-8"), add_special_tokens=False)["input_ids"]:
            piece = words.decode([token])  # words of their own, that stay so next to any other
            if (
                token not in token_ids
                and piece[:1] == " "
                and piece[1:].isalpha()
                and len(piece) > 4
            ):
                token_ids.add(token)
                positions.append(token)
    text: str = words.decode(positions[:length])
    return text


def planned(chat: Any, question: str, passages: str, tokens: int) -> Any:
    from rag_infer.context.plan import Budget, plan
    from rag_infer.types import Chunk, Hit

    hit = Hit(Chunk("notes.md", 1, 0, len(passages), passages), 1.0)
    return plan(chat.template, Budget(chat.window, tokens), question, [hit])


class _Marks:
    """A streamer that notes when tokens came; the first call brings the prompt."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def put(self, _: Any) -> None:
        self.at.append(time.perf_counter())

    def end(self) -> None:
        pass


def plain(chat: Any, prompt: str, tokens: int) -> Timed:
    """transformers' own `generate`, as one writes it, on the same ids.

    In a thread of its own, as the product's: torch keeps threads for each thread that calls it, and
    those of the main thread were found to be two to three times slower here.
    """
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_plain, chat, prompt, tokens).result()


def _plain(chat: Any, prompt: str, tokens: int) -> Timed:
    import torch

    ids = torch.tensor([chat.template.ids(prompt)])
    marks = _Marks()
    start = time.perf_counter()
    with torch.inference_mode():
        output = chat._model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False,
            temperature=None, top_p=None, top_k=None, streamer=marks,
            pad_token_id=chat._tokenizer.pad_token_id,
        )  # fmt: skip
    return _timed(start, marks.at[1:], output[0, ids.shape[1] :].tolist(), 0)


def ours(chat: Any, output: Any, tokens: int) -> Timed:
    """The product's generator; tokens are noted where it counts them, before they are text."""
    from rag_infer.generate import GenerateOptions, TokenUsage
    from rag_infer.generate import openvino_chat as module

    marks: list[float] = []
    ids: list[int] = []
    counted: list[TokenUsage] = []
    options = GenerateOptions(max_tokens=tokens, on_usage=counted.append)
    start = time.perf_counter()
    if hasattr(chat, "_model"):
        inner = chat._model.generate

        def watched(*given: Any, **more: Any) -> Any:
            put = more["streamer"].put
            more["streamer"].put = lambda value: (marks.append(time.perf_counter()), put(value))
            guesses = inner(*given, **more)
            ids.extend(guesses[0, given[0].shape[1] :].tolist())
            return guesses

        chat._model.generate = watched
        try:
            list(chat.stream(output, options))
        finally:
            del chat._model.generate
        marks = marks[1:]
    else:
        pick = module.Sampler.pick

        def picked(self: Any, *given: Any) -> int:
            ids.append(pick(self, *given))
            marks.append(time.perf_counter())
            return ids[-1]

        module.Sampler.pick = picked  # type: ignore[method-assign]
        try:
            list(chat.stream(output, options))
        finally:
            module.Sampler.pick = pick  # type: ignore[method-assign]
    return _timed(start, marks, ids, counted[0].cached)


def _timed(start: float, marks: list[float], ids: list[int], cached: int) -> Timed:
    each = (marks[-1] - marks[0]) / max(1, len(marks) - 1)
    return Timed(marks[0] - start, each, ids, cached)


def forget(chat: Any) -> None:
    """Nothing of earlier prompts is left in memory."""
    if hasattr(chat, "_prefix"):
        chat._prefix.take([])
    else:
        chat._stored = None


def bandwidth() -> float:
    """Bytes a second that both cores read from memory together, the best of a few runs."""
    import torch

    block = torch.ones(2**27, dtype=torch.float32)
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        block.sum()
        best = max(best, block.nbytes / (time.perf_counter() - start))
    return best
