"""Every file of weights in the package is named in NOTICE, with the script that fitted it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_weights_file_is_attributed() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    package = ROOT / "rag_infer"
    weights = [p for kind in ("*.safetensors", "*.json", "*.npy") for p in package.rglob(kind)]
    weights = [p for p in weights if "page" not in p.parts]
    assert weights
    for path in weights:
        assert str(path.relative_to(ROOT)) in notice, path


def test_the_embedder_s_hash_is_the_one_in_notice() -> None:
    from rag_infer.embed.openvino_bert import MINILM_SHA256

    assert MINILM_SHA256 in (ROOT / "NOTICE").read_text("utf-8")
