"""Verdicts of claims beside a source, by the weights that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer.cite.claim_features import figures
from rag_infer.cite.claim_verifier import FeatureVerifier, is_checkable, load_verifier
from rag_infer.embed import load_embedder
from rag_infer.errors import ModelError

SOURCE = [
    "The bridge over the Larn was opened in 1931 by Ingrid Voss.",
    "It is 412 metres long and carries two railway tracks.",
    "Heavy lorries are not allowed on it.",
]


@pytest.fixture(scope="module")
def verifier() -> FeatureVerifier:
    return FeatureVerifier(load_embedder())


def test_what_the_source_says_is_borne_by_its_sentence(verifier: FeatureVerifier) -> None:
    (claim_result,) = verifier.check(["It is 412 metres long [2]."], SOURCE)
    assert claim_result.verdict == "supported"
    assert claim_result.reason is None
    assert claim_result.evidence[0] == 1


@pytest.mark.parametrize(
    "claim,part",
    [
        ("The bridge over the Larn was opened in 1975.", "date not in the source: 1975"),
        ("It is 530 metres long.", "number not in the source: 530"),
        ("The bridge over the Larn was opened by Marta Quill.", "name not in the source"),
    ],
)
def test_what_it_lacks_lowers_the_probability_and_is_named(
    verifier: FeatureVerifier, claim: str, part: str
) -> None:
    (claim_result,) = verifier.check([claim], SOURCE)
    assert claim_result.verdict in {"partial", "unsupported"}
    assert part in (claim_result.reason or "")


def test_what_is_about_something_else_is_unsupported(verifier: FeatureVerifier) -> None:
    claim_result = verifier.check(
        ["Green tea is brewed at 80 degrees.", "Bees sleep at night."], SOURCE
    )
    assert [j.verdict for j in claim_result] == ["unsupported", "unsupported"]
    assert verifier.check(["Bees sleep at night."], [])[0].verdict == "unsupported"


def test_headings_and_questions_are_not_claims(verifier: FeatureVerifier) -> None:
    assert not is_checkable("## The bridge of Larn")
    assert not is_checkable("Is the bridge open to lorries?")
    (claim_result,) = verifier.check(["Is the bridge open to lorries?"], SOURCE)
    assert claim_result.verdict == "unchecked"
    assert claim_result.probability is None


def test_figures_are_compared_by_value() -> None:
    (one,) = figures("1.5 million")
    assert one.among(figures("1,500,000 people"))
    assert not one.among(figures("1,500 people"))
    (rough,) = figures("nearly 500")
    assert rough.among(figures("487 in all"))


def model(folder: Path, labels: dict[int, str]) -> Path:
    """A cross-encoder of real architecture with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bridge", "it", "is", "long", "not"]
    (folder / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, id2label=labels, label2id={n: i for i, n in labels.items()},
    )  # fmt: skip
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_a_cross_encoder_has_the_word(tmp_path: Path, verifier: FeatureVerifier) -> None:
    names = {0: "contradiction", 1: "entailment", 2: "neutral"}
    loaded = load_verifier(str(model(tmp_path / "nli", names)), load_embedder())
    (own,) = verifier.check(["It is 412 metres long."], SOURCE)
    (claim_result,) = loaded.check(["It is 412 metres long."], SOURCE)
    assert loaded.name == "nli"
    assert claim_result.evidence == own.evidence
    assert claim_result.probability is not None
    assert 0 < claim_result.probability < 1
    assert claim_result.probability != own.probability


def test_what_is_no_verifier_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a verifier"):
        load_verifier(str(model(tmp_path / "mood", {0: "good", 1: "bad"})), load_embedder())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty"):
        load_verifier(str(tmp_path / "empty"), load_embedder())
