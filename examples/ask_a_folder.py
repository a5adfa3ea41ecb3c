"""Index a folder and ask it a question: ask_a_folder.py FOLDER QUESTION"""

import sys
import tempfile
from pathlib import Path

from rag_infer import Index

folder, question = sys.argv[1], sys.argv[2]
with tempfile.TemporaryDirectory() as place:
    index = Index.open(Path(place) / "index", create=True)
    report = index.add(folder)
    print(f"{len(report.indexed)} files, {report.chunks} chunks")

    answer = index.ask(question)
    print(answer.text)
    for citation in answer.citations:
        print(f"[{citation.number}] {citation.location}: “{citation.span.quote}”")
