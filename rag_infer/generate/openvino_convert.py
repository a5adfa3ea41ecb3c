"""A chat model's folder turned into an OpenVINO graph, once.

The graph lies in the user's cache folder under the hash of the model's files, the versions that
made it and its precision. It is built beside its place and renamed, so a kill leaves no half of
one, and it is held to the original's logits before it is kept.

The graph takes ``input_ids`` and ``position_ids`` [1, n], ``attention_mask`` [1, past + n] (zeros
hide rows of the cache for good), ``rows`` [m] (whose logits are wanted) and ``beam_idx`` [1]; it
gives ``logits`` [1, m, V].
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rag_infer.embed.openvino_runtime import openvino
from rag_infer.errors import MissingDependencyError, ModelError
from rag_infer.hashing import files_sha256
from rag_infer.paths import cache_folder

GRAPH = "model.xml"
_CONVERTER_VERSION = "c1"  # goes up when this module changes what it makes
_MODEL_SUFFIXES = frozenset({".json", ".jinja", ".safetensors"})  # files that make a model
# How like the original's the logits on a few tokens have to be; a wrongly traced graph is at 0.
_MIN_CORRELATION = {"int8": 0.9, "int4": 0.5}
_ABANDONED_AFTER_S = 86_400.0
_MASKED_SCORE = -65504.0  # added to the score of what may not be seen; its exponential is 0 exactly


def convert_model(folder: Path, precision: str) -> Path:
    """The folder with the graph of a model's folder, made now if it was not made before.

    Raises ModelError for a model that cannot be converted, MissingDependencyError.
    """
    target_folder = _target(folder, precision)
    cache = target_folder.parent
    if (target_folder / GRAPH).is_file():
        return target_folder
    cache.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(cache)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=cache))
    refusal = _refusal(target_folder)
    try:
        _print_progress(f"rag: {folder.name}: converting to {precision} for OpenVINO, this once")
        with _silenced():
            _convert(folder, precision, building / GRAPH)
        building.replace(target_folder)
        refusal.unlink(missing_ok=True)
    except ModelError:
        refusal.touch()
        raise
    except OSError as error:
        # Another process was first; its folder is as good as ours.
        if not (target_folder / GRAPH).is_file():
            raise ModelError(f"cannot be converted: {error}", where=str(folder)) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target_folder


def was_refused(folder: Path, precision: str) -> bool:
    """Whether a model could not be converted before, by the same versions of everything."""
    return _refusal(_target(folder, precision)).exists()


def _target(folder: Path, precision: str) -> Path:
    """Where the graph of a model is kept."""
    cache = cache_folder() / "openvino"
    parts = [
        _hash(folder, cache),
        precision,
        _CONVERTER_VERSION,
        version("openvino"),
        version("transformers"),
    ]
    return cache / hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]


def _refusal(target_folder: Path) -> Path:
    return target_folder.with_suffix(".refused")


def _remove_abandoned(cache: Path) -> None:
    """What a process that was killed left half done, a day ago or longer."""
    for abandoned in cache.glob(".building-*"):
        with suppress(OSError):
            if time.time() - abandoned.stat().st_mtime > _ABANDONED_AFTER_S:
                shutil.rmtree(abandoned, ignore_errors=True)


def _convert(folder: Path, precision: str, target: Path) -> None:
    ov = openvino()
    try:
        import nncf
    except ImportError:
        raise MissingDependencyError(
            "converting a model needs an optional package", extra="openvino"
        ) from None
    import torch
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, trust_remote_code=False, use_safetensors=True, dtype="auto",
            attn_implementation="sdpa",
        ).eval()  # fmt: skip
    except Exception as error:  # the loaders raise whatever their layers raise
        raise ModelError(f"cannot be loaded as a chat model: {error}", where=str(folder)) from error
    _require_full_attention(model, folder)
    probe = torch.arange(16)[None] * 7 % int(model.config.get_text_config().vocab_size)
    with torch.inference_mode():
        expected = model(probe).logits[0, -1].float().numpy()
    try:
        graph = _stateful(_traced(model))
    except Exception as error:  # tracing raises whatever torch and the converter raise
        last_line = str(error).strip().splitlines()[-1:]
        raise _conversion_error(
            folder, f"cannot be converted: {' '.join(last_line)[:200]}"
        ) from error
    del model
    mode = nncf.CompressWeightsMode
    if precision == "int4":
        # The output layer stays in int8: it is what greedy choices hang on.
        nncf.compress_weights(graph, mode=mode.INT4_SYM, group_size=_group(graph), ratio=1.0)
    else:
        nncf.compress_weights(graph, mode=mode.INT8_ASYM)
    ov.save_model(graph, str(target), compress_to_fp16=False)
    logits = _logits(str(target), probe.numpy())
    correlation = float(np.corrcoef(logits, expected)[0, 1])
    if not correlation >= _MIN_CORRELATION[precision]:
        raise _conversion_error(
            folder, f"converted, its logits are not the model's (r = {correlation:.2f})"
        )


def _traced(model: Any) -> Any:
    """The model with its cache as plain inputs and outputs, one graph for any length."""
    ov = openvino()
    import torch
    from openvino.frontend.pytorch import patch_model
    from transformers.cache_utils import DynamicCache, DynamicLayer

    with torch.inference_mode():
        filled = model(torch.tensor([[0, 1, 2]]), use_cache=True).past_key_values
    shapes = [t.shape for layer in filled.layers for t in (layer.keys, layer.values)]

    class FloatModel(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, positions: Any, rows: Any, *past: Any) -> Any:
            cache = DynamicCache()
            for keys, values in zip(past[::2], past[1::2], strict=True):
                layer = DynamicLayer()
                layer.lazy_initialization(keys, values)
                layer.keys, layer.values = keys, values
                cache.layers.append(layer)
            # Who sees whom is a matter of places in the cache, as positions have gaps where rows
            # are hidden. Numbers and not booleans: attention over a mask of booleans takes six
            # times as long.
            row_positions = torch.arange(ids.shape[1]) + past[0].shape[2]
            visible = (torch.arange(mask.shape[1])[None, :] <= row_positions[:, None])[None, None]
            visible = visible & mask.to(torch.bool)[:, None, None, :]
            added = torch.where(visible, torch.tensor(0.0), torch.tensor(_MASKED_SCORE))
            out = self.model(
                input_ids=ids, attention_mask=added, position_ids=positions,
                past_key_values=cache, use_cache=True, logits_to_keep=rows,
            )  # fmt: skip
            return out.logits, *(t for one in cache.layers for t in (one.keys, one.values))

    if next(model.parameters()).dtype != torch.float32:
        getattr(patch_model, "__make_16bit_traceable")(model)  # a class would mangle it
    example = (
        torch.ones(1, 2, dtype=torch.long), torch.ones(1, 5, dtype=torch.long),
        torch.arange(3, 5)[None], torch.tensor([1]), *(torch.zeros(shape) for shape in shapes),
    )  # fmt: skip
    with torch.no_grad():
        graph = ov.convert_model(FloatModel(), example_input=example)
    names = ["input_ids", "attention_mask", "position_ids", "rows"]
    for position, port in enumerate(graph.inputs):
        shape = [-1] if position == 3 else [-1, -1]
        if position >= 4:
            names.append(f"past.{position - 4:04}")
            _, heads, _, width = shapes[position - 4]
            shape = [-1, heads, -1, width]
        port.get_tensor().set_names({names[position]})
        port.get_node().set_friendly_name(names[position])
        port.get_node().set_partial_shape(ov.PartialShape(shape))
    for position, port in enumerate(graph.outputs):
        port.get_tensor().set_names({f"now.{position - 1:04}" if position else "logits"})
    graph.validate_nodes_and_infer_types()
    return graph


def _stateful(graph: Any) -> Any:
    """The cache made state of the graph, in the shape of which the CPU's attention is quick."""
    openvino()
    from openvino import opset13 as ops
    from openvino._offline_transformations import apply_make_stateful_transformation

    beam = ops.parameter([-1], dtype=np.int32, name="beam_idx")
    beam.output(0).get_tensor().add_names({"beam_idx"})
    graph.add_parameters([beam])
    past = [p for p in graph.inputs if next(iter(p.get_names())).startswith("past.")]
    for port in past:
        users = port.get_target_inputs()
        gathered = ops.gather(port.get_node().output(0), beam.output(0), ops.constant(np.int64(0)))
        for user in users:
            user.replace_source_output(gathered.output(0))
    graph.validate_nodes_and_infer_types()
    names = [next(iter(p.get_names())) for p in past]
    apply_make_stateful_transformation(graph, {n: n.replace("past", "now") for n in names})
    ids = ops.shape_of(graph.input("input_ids").get_node().output(0), "i64")
    rows = ops.gather(ids, ops.constant(np.array([0], dtype=np.int64)), ops.constant(np.int64(0)))
    for node in graph.get_ops():
        if node.get_type_name() == "ReadValue":  # empty at first
            _, heads, _, width = node.get_output_partial_shape(0)
            shape = np.array([heads.get_length(), 0, width.get_length()], dtype=np.int64)
            kind = node.get_output_element_type(0).to_dtype()
            zero = ops.constant(np.array(0, dtype=kind))
            node.set_arguments(
                [ops.broadcast(zero, ops.concat([rows, ops.constant(shape)], 0)).output(0)]
            )
    graph.validate_nodes_and_infer_types()
    return graph


def _group(graph: Any) -> int:
    """128 weights share a scale, or fewer where a layer's width is no multiple of it."""
    widths = [
        int(node.input(1).get_partial_shape()[-1].get_length())
        for node in graph.get_ops()
        if node.get_type_name() == "MatMul" and node.input(1).get_partial_shape().is_static
    ]
    return next((size for size in (128, 64, 32) if all(w % size == 0 for w in widths)), -1)


def _logits(path: str, ids: Any) -> Any:
    """Of the last token, read in two parts so that the cache takes part."""
    request = openvino().Core().compile_model(path, "CPU").create_infer_request()
    half = ids.shape[1] // 2
    for start, stop in ((0, half), (half, ids.shape[1])):
        request.infer(
            {
                "input_ids": ids[:, start:stop],
                "attention_mask": np.ones((1, stop), np.int64),
                "position_ids": np.arange(start, stop)[None],
                "rows": np.array([stop - start - 1]),
                "beam_idx": np.zeros(1, np.int32),
            }
        )
    return request.get_tensor("logits").data[0, -1].copy()


def _require_full_attention(model: Any, folder: Path) -> None:
    from transformers.cache_utils import DynamicCache, DynamicLayer

    layers = DynamicCache(config=model.config).layers
    if any(type(layer) is not DynamicLayer for layer in layers):
        raise _conversion_error(
            folder, "its layers do not keep every token (sliding windows or the like)"
        )


def _conversion_error(folder: Path, what: str) -> ModelError:
    return ModelError(
        what,
        where=str(folder),
        hint="use it with the runtime transformers",
        code="not_convertible",
    )


def _hash(folder: Path, cache: Path) -> str:
    """The sha256 of the model's files; read again only when one of them has changed."""
    files = sorted(p for p in folder.iterdir() if p.suffix in _MODEL_SUFFIXES)
    file_stats = [[p.name, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino]
            for p in files for s in [p.stat()]]  # fmt: skip
    note = cache / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]}.hash.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        note_data = json.loads(note.read_bytes())
        if note_data["look"] == file_stats and isinstance(note_data["sha256"], str):
            return str(note_data["sha256"])
    sha256 = files_sha256(files)
    with suppress(OSError):  # without a cache every start hashes
        cache.mkdir(parents=True, exist_ok=True)
        building = note.with_suffix(f".{os.getpid()}")
        building.write_text(json.dumps({"look": file_stats, "sha256": sha256}))
        building.replace(note)
    return sha256


def _print_progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@contextmanager
def _silenced() -> Iterator[None]:
    """The converters write progress and advice to standard output, which is for answers."""
    import logging

    from transformers.utils import logging as loading

    loading.set_verbosity_error()
    loading.disable_progress_bar()
    previous_level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous_level)
