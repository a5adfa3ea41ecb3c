"""A process holds one copy of a model, however many indexes it has open."""

from rag_infer.embed import load_embedder


def test_a_model_is_loaded_once() -> None:
    first = load_embedder()
    assert load_embedder() is first
