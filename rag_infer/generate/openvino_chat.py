"""Chat models on OpenVINO: weights of 8 or 4 bits, on the CPU.

Knows: compiling, the order of reading and writing, which state goes on to the next prompt.
Does not know: how a graph is made (``openvino_convert``), passages, citations.

A loop of our own rather than openvino-genai's pipelines: those do not tell how much of a prompt was
cached, give no access to the cache (to keep it on disk), look up prompts for every request or for
none, whether or not it pays, and need the tokenizer a second time.

Two precisions, two arithmetics. int8 calculates in float32 throughout: a token's logits are the
same, to the last few bits, however many tokens are read at once; so guesses may be looked up. int4
is quick only when activations are quantized too, and then they are not. In both, a prompt is read
in parts of ``PART`` tokens and a cached prefix ends where a part does, so that with and without it
the very same numbers are calculated.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag_infer.context.template import TokenizerTemplate
from rag_infer.embed.openvino_runtime import openvino
from rag_infer.errors import ModelError
from rag_infer.generate import GenerateOptions, TokenUsage
from rag_infer.generate.kv_cache import PART, common, most_bytes
from rag_infer.generate.kv_cache_disk import Part, on_disk
from rag_infer.generate.openvino_convert import GRAPH, converted
from rag_infer.generate.openvino_state import OpenVinoState
from rag_infer.generate.sampling import PromptLookup, Sampler, TextStream
from rag_infer.types import ContextPlan

PRECISIONS = ("int8", "int4")
_UNKNOWN_WINDOW = 4096
_EXACT = {
    "INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
}  # fmt: skip
_QUICK = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}


class OpenVinoChat:
    """A causal language model with a chat template, from its transformers folder.

    The folder is converted at its first use. ``lookup`` False turns guessing off.
    Raises ModelError when it cannot be loaded or converted, MissingExtraError.
    """

    def __init__(self, folder: Path, precision: str = "int8", lookup: bool = True) -> None:
        from transformers import AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        if not folder.is_dir():
            raise ModelError(
                "no such model folder", where=str(folder),
                hint=f"for OpenVINO a model is a folder: hf download {folder} --local-dir MODEL",
            )  # fmt: skip
        self.name = folder.resolve().name
        self.folder = folder
        self.precision = precision
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            config = json.loads((folder / "config.json").read_text("utf-8"))
        except Exception as error:  # the loader raises whatever its layers raise
            raise ModelError(
                f"cannot be loaded as a chat model: {error}", where=str(folder)
            ) from error
        self.template = TokenizerTemplate(self._tokenizer, self.name)
        own: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            own = json.loads((folder / "generation_config.json").read_text("utf-8"))
        self._ends = _ends(own, config, self._tokenizer)
        self._penalty = float(own.get("repetition_penalty") or 1.0)
        longest = config.get("max_position_embeddings") or _UNKNOWN_WINDOW
        self.window = int(min(longest, self._tokenizer.model_max_length))
        self._lookup = lookup and precision == "int8"
        graph = converted(folder, precision)
        arithmetic = _EXACT if precision == "int8" else _QUICK
        try:
            self._compiled = (
                openvino()
                .Core()
                .compile_model(
                    str(graph / GRAPH), "CPU", {"PERFORMANCE_HINT": "LATENCY", **arithmetic}
                )
            )
        except RuntimeError as error:
            raise ModelError(
                "the converted model cannot be loaded", where=str(graph), hint="delete that folder"
            ) from error
        self._disk = on_disk(f"{graph.name} {arithmetic}")
        self._like: Part = []
        if self._disk is not None:
            probe = OpenVinoState(self._compiled.create_infer_request())
            probe.read([0] * PART)
            self._like = probe.part(0, PART)
        self._taking = threading.Lock()
        self._kept: tuple[OpenVinoState, list[int]] | None = None

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        ids = self.template.ids(plan.prompt)
        try:
            yield from self._written(ids, options)
        except RuntimeError as error:  # the runtime raises nothing narrower
            raise ModelError(f"generation failed: {error}", where=self.name) from error

    def _written(self, ids: list[int], options: GenerateOptions) -> Iterator[str]:
        state, reused = self._take(ids)
        written: list[int] = []
        try:
            for start in range(reused, len(ids), PART):
                if options.should_stop():
                    return
                logits = state.read(ids[start : start + PART])
            self._remember(ids, state)
            yield from self._answer(ids, logits, state, written, options)
        finally:
            options.on_usage(TokenUsage(len(ids), len(written), reused))
            self._keep(ids, state)

    def _answer(
        self,
        ids: list[int],
        logits: Any,
        state: OpenVinoState,
        written: list[int],
        options: GenerateOptions,
    ) -> Iterator[str]:
        choice = Sampler(options.temperature, options.top_p, options.seed, self._penalty, ids)
        pieces = TextStream(self._tokenizer, options.stop)
        within = None
        if options.schema is not None:
            from rag_infer.generate.json_schema import JsonSchemaConstraint

            within = JsonSchemaConstraint(self._tokenizer, logits.shape[1], options.schema)
        greedy = options.temperature <= 0 and within is None
        lookup = PromptLookup(ids) if self._lookup and greedy else None
        guessed: list[int] = []
        while True:
            # The logits after the last token, then those after each guess as long as it is right.
            for at, row in enumerate(logits):
                token = choice.pick(row, None if within is None else within.allowed(written))
                written.append(token)
                if lookup is not None:
                    lookup.add(token)
                right = at < len(guessed) and token == guessed[at]
                piece = "" if token in self._ends else pieces.add(token)
                if piece:
                    yield piece
                done = token in self._ends or pieces.ended or len(written) >= options.max_tokens
                if done or options.should_stop():
                    if rest := pieces.rest():
                        yield rest
                    return
                if not right:
                    break
            if lookup is not None and guessed:
                lookup.told(len(guessed), at)
                state.forget(len(guessed) - at)
            # As many as can still be written; the last one's logits would be of no use.
            room = options.max_tokens - len(written) - 1
            guessed = lookup.guess(room) if lookup is not None and room > 0 else []
            logits = state.read([token, *guessed], len(guessed) + 1)

    def _take(self, ids: list[int]) -> tuple[OpenVinoState, int]:
        """A sequence that holds a beginning of the prompt, and how much; nobody else has it."""
        with self._taking:
            kept, self._kept = self._kept, None
        state, known = kept or (OpenVinoState(self._compiled.create_infer_request()), [])
        shared = common(known, ids[:-1]) // PART * PART
        if self._disk is not None:
            parts = self._disk.find(ids[:-1], self._like, beyond=shared)
            if parts:
                state.cut(0)
                state.extend(parts)
                return state, len(parts) * PART
        state.cut(shared)
        return state, shared

    def _keep(self, ids: list[int], state: OpenVinoState) -> None:
        if 0 < state.nbytes() <= most_bytes():
            with self._taking:
                self._kept = state, ids[: state.length]

    def _remember(self, ids: list[int], state: OpenVinoState) -> None:
        if self._disk is not None:
            self._disk.keep(ids[: len(ids) // PART * PART], state.part)


def _ends(own: dict[str, Any], config: dict[str, Any], tokenizer: Any) -> frozenset[int]:
    """The tokens at which an answer ends: those of the generation config, else the model's."""
    for found in (own.get("eos_token_id"), config.get("eos_token_id"), tokenizer.eos_token_id):
        if found is not None:
            return frozenset(found if isinstance(found, list) else [found])
    return frozenset()
