"""txtai: the best passage of a saved index, with its source and those of the next four.

python txtai_ask.py INDEX QUESTION
"""

import sys

from txtai import Embeddings

index, question = sys.argv[1:3]

embeddings = Embeddings()
embeddings.load(index)
passages = embeddings.search(
    "select text, source, score from txtai where similar(:question)",
    limit=5,
    parameters={"question": question},
)
print(passages[0]["text"])
for number, passage in enumerate(passages, 1):
    print(f"[{number}] {passage['source']}")
