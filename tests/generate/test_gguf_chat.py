"""A real GGUF model in process; skipped where none is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.errors import ModelError
from rag_infer.generate import load_generator

MODEL = Path(os.environ.get("RAG_TEST_GGUF", "~/models/small.gguf")).expanduser()
pytest.importorskip("xllamacpp")


def test_another_file_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"not a model")
    with pytest.raises(ModelError, match="not a GGUF file"):
        load_generator(str(file))
    file.write_bytes(b"GGUF" + b"\0" * 64)
    with pytest.raises(ModelError, match=r"llama\.cpp cannot load it"):
        load_generator(str(file))


@pytest.mark.skipif(not MODEL.is_file(), reason=f"no GGUF model at {MODEL} (RAG_TEST_GGUF)")
def test_a_question_is_answered_with_exact_counts(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add_text("The deposit for the flat is 900 euros. It is due on 1 May.", id="lease.md")
    answer = index.ask("What is the deposit for the flat?", llm=str(MODEL))
    assert "900" in answer.text
    assert answer.context is not None
    assert not answer.context.is_upper_bound
    assert answer.usage.prompt_tokens == answer.context.tokens
    assert answer.context.window == 8192
