"""Chat models on OpenVINO: weights of 8 or 4 bits, on the CPU.

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
from rag_infer.generate.base import GenerateOptions, TokenUsage
from rag_infer.generate.kv_cache import PART, common_prefix_length, max_cache_bytes
from rag_infer.generate.kv_cache_disk import Part, open_store
from rag_infer.generate.openvino_convert import GRAPH, convert_model
from rag_infer.generate.openvino_state import OpenVinoState
from rag_infer.generate.prompt_lookup import PromptLookup
from rag_infer.generate.sampling import Sampler, TextStream
from rag_infer.types import ContextPlan

_UNKNOWN_WINDOW = 4096
_EXACT_CONFIG = {
    "INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
}  # fmt: skip
_QUICK_CONFIG = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}


class OpenVinoChat:
    """A causal language model with a chat template, from its transformers folder.

    The folder is converted at its first use. ``lookup`` False turns guessing off.
    Raises ModelError when it cannot be loaded or converted, MissingDependencyError.
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
        generation_config: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            generation_config = json.loads((folder / "generation_config.json").read_text("utf-8"))
        self._end_tokens = _end_tokens(generation_config, config, self._tokenizer)
        self._penalty = float(generation_config.get("repetition_penalty") or 1.0)
        max_positions = config.get("max_position_embeddings") or _UNKNOWN_WINDOW
        self.window = int(min(max_positions, self._tokenizer.model_max_length))
        self._lookup = lookup and precision == "int8"
        graph = convert_model(folder, precision)
        arithmetic = _EXACT_CONFIG if precision == "int8" else _QUICK_CONFIG
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
        self._disk = open_store(f"{graph.name} {arithmetic}")
        self._part_template: Part = []
        if self._disk is not None:
            probe = OpenVinoState(self._compiled.create_infer_request())
            probe.read([0] * PART)
            self._part_template = probe.part(0, PART)
        self._state_lock = threading.Lock()
        self._stored: tuple[OpenVinoState, list[int]] | None = None

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        ids = self.template.ids(plan.prompt)
        try:
            yield from self._generate(ids, options)
        except RuntimeError as error:  # the runtime raises nothing narrower
            raise ModelError(f"generation failed: {error}", where=self.name) from error

    def _generate(self, ids: list[int], options: GenerateOptions) -> Iterator[str]:
        state, reused = self._take_state(ids)
        output_ids: list[int] = []
        try:
            for start in range(reused, len(ids), PART):
                if options.should_stop():
                    return
                logits = state.read(ids[start : start + PART])
            self._write_to_disk(ids, state)
            yield from self._decode(ids, logits, state, output_ids, options)
        finally:
            options.on_usage(TokenUsage(len(ids), len(output_ids), reused))
            self._keep_state(ids, state)

    def _decode(
        self,
        ids: list[int],
        logits: Any,
        state: OpenVinoState,
        output_ids: list[int],
        options: GenerateOptions,
    ) -> Iterator[str]:
        sampler = Sampler(options.temperature, options.top_p, options.seed, self._penalty, ids)
        text_stream = TextStream(self._tokenizer, options.stop)
        constraint = None
        if options.schema is not None:
            from rag_infer.generate.json_schema import JsonSchemaConstraint

            constraint = JsonSchemaConstraint(self._tokenizer, logits.shape[1], options.schema)
        greedy = options.temperature <= 0 and constraint is None
        lookup = PromptLookup(ids) if self._lookup and greedy else None
        draft_ids: list[int] = []
        while True:
            # The logits after the last token, then those after each guess as long as it is right.
            for position, row in enumerate(logits):
                token = sampler.pick(
                    row, None if constraint is None else constraint.allowed(output_ids)
                )
                output_ids.append(token)
                if lookup is not None:
                    lookup.add(token)
                is_right = position < len(draft_ids) and token == draft_ids[position]
                piece = "" if token in self._end_tokens else text_stream.add(token)
                if piece:
                    yield piece
                is_done = (
                    token in self._end_tokens
                    or text_stream.ended
                    or len(output_ids) >= options.max_tokens
                )
                if is_done or options.should_stop():
                    if remainder := text_stream.remainder():
                        yield remainder
                    return
                if not is_right:
                    break
            if lookup is not None and draft_ids:
                lookup.record(len(draft_ids), position)
                state.hide_last(len(draft_ids) - position)
            # As many as can still be written; the last one's logits would be of no use.
            remaining = options.max_tokens - len(output_ids) - 1
            draft_ids = lookup.draft(remaining) if lookup is not None and remaining > 0 else []
            logits = state.read([token, *draft_ids], len(draft_ids) + 1)

    def _take_state(self, ids: list[int]) -> tuple[OpenVinoState, int]:
        """A sequence that holds a beginning of the prompt, and how much; nobody else has it."""
        with self._state_lock:
            stored, self._stored = self._stored, None
        state, cached_ids = stored or (OpenVinoState(self._compiled.create_infer_request()), [])
        shared = common_prefix_length(cached_ids, ids[:-1]) // PART * PART
        if self._disk is not None:
            parts = self._disk.find(ids[:-1], self._part_template, beyond=shared)
            if parts:
                state.truncate(0)
                state.extend(parts)
                return state, len(parts) * PART
        state.truncate(shared)
        return state, shared

    def _keep_state(self, ids: list[int], state: OpenVinoState) -> None:
        if 0 < state.nbytes() <= max_cache_bytes():
            with self._state_lock:
                self._stored = state, ids[: state.length]

    def _write_to_disk(self, ids: list[int], state: OpenVinoState) -> None:
        if self._disk is not None:
            self._disk.keep(ids[: len(ids) // PART * PART], state.part)


def _end_tokens(
    generation_config: dict[str, Any], config: dict[str, Any], tokenizer: Any
) -> frozenset[int]:
    """The tokens at which an answer ends: those of the generation config, else the model's."""
    for end in (
        generation_config.get("eos_token_id"),
        config.get("eos_token_id"),
        tokenizer.eos_token_id,
    ):
        if end is not None:
            return frozenset(end if isinstance(end, list) else [end])
    return frozenset()
