"""Let a chat model call a function of yours: own_tool.py FOLDER MODEL QUESTION

MODEL is what `rag ask --llm` takes: a model's folder, openai:NAME, a profile of the settings.
"""

import sys
import tempfile
from pathlib import Path

from rag_infer import AskOptions, Index


def crowns(euros: float) -> str:
    """Converts an amount in euros to crowns."""
    return f"{euros} euros are {round(euros * 25.1, 2)} crowns"


folder, model, question = sys.argv[1], sys.argv[2], sys.argv[3]
with tempfile.TemporaryDirectory() as place:
    index = Index.open(Path(place) / "index", create=True)
    index.add(folder)

    options = AskOptions(llm=model, tools=[crowns, "calculator"], max_tokens=64)
    answer = index.ask(question, options)
    print(answer.text)
    print(f"{len(answer.tool_results)} calls of tools")
    for result in answer.tool_results:
        print(f"{result.location}: {result.text}")
