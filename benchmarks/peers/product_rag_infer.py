"""rag-infer as it is installed; the model ``none`` stands for quotes without a model."""

import tempfile
from pathlib import Path

from product_worker import MAX_TOKENS, TEMPERATURE, Ask, Reply, work

from rag_infer import AskOptions, GenerationOptions, Index


def build(files: list[Path], url: str, model: str) -> Ask:
    folder = tempfile.TemporaryDirectory()
    index = Index.open(Path(folder.name) / "index", create=True)
    index.add(files[0].parent)
    llm = "extractive" if model == "none" else f"{url}#{model}"
    generation = GenerationOptions(max_tokens=MAX_TOKENS, temperature=TEMPERATURE)

    def ask(question: str) -> Reply:
        answer = index.ask(question, llm=llm, options=AskOptions(generation=generation))
        assert folder.name  # lives as long as the index
        short = answer.short_text or (answer.short_answer.quote if answer.short_answer else "")
        return Reply(
            answer.text,
            tuple(c.span.document_id.rsplit("/", 1)[-1] for c in answer.citations),
            short,
            declined=not answer.answered or answer.grade == "nearest",
        )

    return ask


work(build)
