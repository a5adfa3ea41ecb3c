"""A BERT sentence encoder as an OpenVINO graph, built straight from safetensors.

Building the graph from its operations rather than tracing a torch module needs no torch at all,
gives a graph with no leftover shape logic, and ends in mean pooling and L2 normalisation, so that
what comes out is what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as ops

WORDS = "embeddings.word_embeddings.weight"
Weights = Mapping[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class BertShape:
    """The numbers of a BERT ``config.json`` that shape its graph."""

    hidden: int
    layers: int
    heads: int
    epsilon: float
    pooling: Literal["mean", "cls"] = "mean"


def build(weights: Weights, shape: BertShape) -> ov.Model:
    """The encoder as a model: ``input_ids``, ``attention_mask`` (int32, batch x tokens) in,
    ``embedding`` (float32, batch x hidden, unit rows) out. Where the weights have no table of word
    vectors, those of the tokens come in as ``word_vectors`` (float32, batch x tokens x hidden).

    Raises KeyError when a weight is missing.
    """
    mask = _input("attention_mask")
    if WORDS in weights:
        ids = _input("input_ids")
        words = ops.gather(ops.constant(weights[WORDS]), ids, _axes(0))
    else:
        ids = words = _float_input("word_vectors", shape.hidden)
    mask_floats = ops.convert(mask, np.float32)
    # All tokens are of segment 0; its row is folded into the positions.
    table = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = _states(_embeddings(words, mask, table, weights, shape), mask_floats, weights, shape)
    pooled = _mean_pool(x, mask_floats) if shape.pooling == "mean" else _first_token(x)
    unit = ops.normalize_l2(pooled, _axes(1), 1e-12, "max")
    return _model(unit, "embedding", [ids, mask])


def build_scorer(weights: Weights, shape: BertShape, head: str) -> ov.Model:
    """A model that scores each token of two texts: ``input_ids``, ``attention_mask`` and
    ``token_type_ids`` (int32, batch x tokens) in, ``scores`` (float32, batch x tokens x n) out.

    ``head`` names the dense layer (n x hidden) above the states. Raises KeyError when a weight is
    missing.
    """
    ids, mask, token_types = _input("input_ids"), _input("attention_mask"), _input("token_type_ids")
    mask_floats = ops.convert(mask, np.float32)
    segments = ops.constant(weights["embeddings.token_type_embeddings.weight"])
    segment_vectors = ops.gather(segments, token_types, _axes(0))
    table = weights["embeddings.position_embeddings.weight"]
    words = ops.gather(ops.constant(weights[WORDS]), ids, _axes(0))
    x = _states(
        _embeddings(words, mask, table, weights, shape, segment_vectors),
        mask_floats,
        weights,
        shape,
    )
    return _model(_dense(x, weights, head), "scores", [ids, mask, token_types])


def _input(name: str) -> Any:
    parameter = ops.parameter([-1, -1], np.int32, name=name)
    parameter.output(0).get_tensor().set_names({name})
    return parameter


def _float_input(name: str, size: int) -> Any:
    parameter = ops.parameter([-1, -1, size], np.float32, name=name)
    parameter.output(0).get_tensor().set_names({name})
    return parameter


def _model(output: Any, name: str, inputs: list[Any]) -> ov.Model:
    result = ops.result(output, name=name)
    result.output(0).get_tensor().set_names({name})
    return ov.Model([result], inputs, "bert_encoder")


def _states(x: Any, mask_floats: Any, weights: Weights, shape: BertShape) -> Any:
    # Additive mask, batch x 1 x 1 x tokens: 0 where a token is, a large negative where padding is.
    bias = ops.multiply(
        ops.unsqueeze(ops.subtract(mask_floats, _scalar(1.0)), _axes(1, 2)), _scalar(10000.0)
    )
    for layer in range(shape.layers):
        x = _layer(x, bias, weights, f"encoder.layer.{layer}.", shape)
    return x


def _scalar(value: float) -> Any:
    return ops.constant(np.float32(value))


def _axes(*axes: int) -> Any:
    return ops.constant(np.array(axes, dtype=np.int64))


def _embeddings(
    words: Any,
    mask: Any,
    table: npt.NDArray[np.float32],
    w: Weights,
    shape: BertShape,
    segment_vectors: Any = None,
) -> Any:
    """Vectors of words and of their positions (``table``), and what else is added to them."""
    length = ops.gather(ops.shape_of(mask, "i64"), _axes(1), _axes(0))
    positions = ops.slice(ops.constant(table), _axes(0), length, _axes(1), _axes(0))
    x = ops.add(words, positions)
    return _layer_norm(
        x if segment_vectors is None else ops.add(x, segment_vectors),
        w,
        "embeddings.LayerNorm.",
        shape,
    )


def _layer(x: Any, bias: Any, w: Weights, prefix: str, shape: BertShape) -> Any:
    head = shape.hidden // shape.heads
    split = ops.constant(np.array([0, 0, shape.heads, head], dtype=np.int64))
    order = ops.constant(np.array([0, 2, 1, 3], dtype=np.int64))

    def heads(name: str) -> Any:
        projected = _dense(x, w, f"{prefix}attention.self.{name}.")
        return ops.transpose(ops.reshape(projected, split, True), order)

    attended = ops.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), bias)
    joined = ops.reshape(
        ops.transpose(attended, order),
        ops.constant(np.array([0, 0, shape.hidden], dtype=np.int64)),
        True,
    )
    joined = _dense(joined, w, f"{prefix}attention.output.dense.")
    x = _layer_norm(ops.add(joined, x), w, f"{prefix}attention.output.LayerNorm.", shape)
    inner = _dense(x, w, f"{prefix}intermediate.dense.")
    inner = ops.gelu(inner, "erf")
    return _layer_norm(
        ops.add(_dense(inner, w, f"{prefix}output.dense."), x),
        w,
        f"{prefix}output.LayerNorm.",
        shape,
    )


def _dense(x: Any, w: Weights, prefix: str) -> Any:
    product = ops.matmul(x, ops.constant(w[prefix + "weight"]), False, True)
    return ops.add(product, ops.constant(w[prefix + "bias"]))


def _layer_norm(x: Any, w: Weights, prefix: str, shape: BertShape) -> Any:
    normal = ops.mvn(x, _axes(-1), True, shape.epsilon, "inside_sqrt")
    scaled = ops.multiply(normal, ops.constant(w[prefix + "weight"]))
    return ops.add(scaled, ops.constant(w[prefix + "bias"]))


def _mean_pool(x: Any, mask_floats: Any) -> Any:
    weights = ops.unsqueeze(mask_floats, _axes(2))
    total = ops.reduce_sum(ops.multiply(x, weights), _axes(1), False)
    count = ops.maximum(ops.reduce_sum(mask_floats, _axes(1), True), _scalar(1.0))
    return ops.divide(total, count)


def _first_token(x: Any) -> Any:
    return ops.gather(x, _scalar_index(0), _scalar_index(1))


def _scalar_index(value: int) -> Any:
    return ops.constant(np.int64(value))
