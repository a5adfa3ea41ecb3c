"""Chat models through transformers, on CPU or CUDA.

Imported only when a model is asked for: it brings torch and transformers with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag_infer.context.template import TokenizerTemplate
from rag_infer.embed.hub import load_error, local_files_only
from rag_infer.errors import ModelError
from rag_infer.generate.base import GenerateOptions, TokenUsage
from rag_infer.generate.fingerprint import fingerprint
from rag_infer.generate.kv_cache import PART, KVCache
from rag_infer.generate.kv_cache_disk import KVCacheStore, max_disk_bytes, open_store
from rag_infer.types import ContextPlan

_UNKNOWN_WINDOW = 4096


class TransformersChat:
    """A causal language model with a chat template. Weights are safetensors; none of its code runs.

    Raises ModelError when it cannot be loaded, and says how to get a hub model while offline.
    """

    def __init__(self, spec: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        local = Path(spec).is_dir()
        if not local and (spec.startswith((".", "/", "~")) or spec.count("/") > 1):
            raise ModelError("no such model folder", where=spec)
        self.name = Path(spec).resolve().name if local else spec
        self.folder = Path(spec) if local else None
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        only_local = local_files_only()
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                spec, trust_remote_code=False, local_files_only=only_local
            )
            self._model = AutoModelForCausalLM.from_pretrained(
                spec,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=_dtype(self._device),
                local_files_only=only_local,
            )
        except Exception as error:  # the loaders raise whatever their layers raise
            raise load_error("chat model", spec, "--llm", error) from error
        self._model.to(self._device).eval()
        self._tokenizer = tokenizer
        self.template = TokenizerTemplate(tokenizer, self.name)
        config = self._model.config.get_text_config()
        max_positions = getattr(config, "max_position_embeddings", None) or _UNKNOWN_WINDOW
        self.window = int(min(max_positions, tokenizer.model_max_length))
        disk = self._disk()
        self._prefix = KVCache(self._model.config, disk)
        if disk is not None:
            with torch.inference_mode():
                outputs = self._model(torch.zeros((1, 1), dtype=torch.long, device=self._device))
            self._prefix.learn_shapes(outputs.past_key_values)

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList, TextIteratorStreamer

        ids = torch.tensor([self.template.ids(plan.prompt)], device=self._device)
        streamer = TextIteratorStreamer(
            self._tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=None
        )
        processors = []
        if options.schema is not None:
            from rag_infer.generate.json_schema import JsonSchemaConstraint

            vocabulary = int(self._model.get_output_embeddings().weight.shape[0])
            processors.append(JsonSchemaConstraint(self._tokenizer, vocabulary, options.schema))
        reader_gone = threading.Event()
        failure: list[BaseException] = []

        def halt(*_: Any, **__: Any) -> torch.Tensor:
            stop = reader_gone.is_set() or options.should_stop()
            return torch.full((ids.shape[0],), stop, dtype=torch.bool, device=ids.device)

        def run() -> None:
            try:
                if options.seed is not None:
                    torch.manual_seed(options.seed)
                with torch.inference_mode():
                    output = self._model.generate(
                        ids,
                        attention_mask=torch.ones_like(ids),
                        past_key_values=cache,
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([halt]),
                        logits_processor=LogitsProcessorList(processors),
                        tokenizer=self._tokenizer,
                        **self._generation_options(options),
                    )
                options.on_usage(TokenUsage(ids.shape[1], output.shape[1] - ids.shape[1], reused))
                self._prefix.keep(ids[0].tolist(), cache)
            except BaseException as error:  # crosses to the reader below
                failure.append(error)
                streamer.end()

        cache, reused = self._prefix.take(ids[0].tolist())
        worker = threading.Thread(target=run, daemon=True)
        worker.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            # The reader may have gone away in the middle; the writer must not go on alone.
            reader_gone.set()
            worker.join()
        if failure:
            raise ModelError(f"generation failed: {failure[0]}", where=self.name) from failure[0]

    def _disk(self) -> KVCacheStore | None:
        """Where state is kept for other processes; only for a folder, whose files can be hashed."""
        import torch
        import transformers

        arithmetic = (
            f"{transformers.__version__} {torch.__version__} {self._model.dtype} {self._device}"
        )
        files = fingerprint(self) if max_disk_bytes() else None
        return None if files is None else open_store(f"{files} {arithmetic}")

    def _generation_options(self, options: GenerateOptions) -> dict[str, Any]:
        padding = self._tokenizer.pad_token_id
        choices: dict[str, Any] = {
            # A prefix ends where a part does; what follows is multiplied in the same shapes.
            "prefill_chunk_size": PART,
            "max_new_tokens": options.max_tokens,
            "pad_token_id": self._tokenizer.eos_token_id if padding is None else padding,
            "do_sample": options.temperature > 0,
            # A model's own generation config may hold sampling values; greedy ignores them loudly.
            "temperature": options.temperature if options.temperature > 0 else None,
            "top_p": options.top_p if options.temperature > 0 else None,
            "top_k": 0 if options.temperature > 0 else None,
        }
        if options.stop:
            choices["stop_strings"] = list(options.stop)
        return choices


def _dtype(device: str) -> Any:
    """bfloat16 where the processor multiplies it natively; emulated, it is slower than float32."""
    import torch

    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32
