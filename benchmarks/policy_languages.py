"""One policy in six languages, asked in six languages: who is answered from what?

    python benchmarks/policy_languages.py                       the default embedder
    python benchmarks/policy_languages.py --embedder multilingual --publish

``policy/`` holds a travel policy in English, German, French, Spanish, Chinese and Arabic, ten
questions that it answers and two that it does not, in all six. Each is asked of an index of one
language and of one with all six. Printed is how many of the ten answers hold what they should, and
how many of all twelve are wrong: another answer, or any to a question without one. The rest is
declined. In the index of all a right answer in any language counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from rag_infer import Answer, Index

FOLDER = Path(__file__).with_name("policy")
RESULTS = Path(__file__).parent / "results" / "policy_languages.json"
LANGUAGES = "en de fr es zh ar".split()
ALL = "all"


def accepted(question: dict[str, Any], documents: str) -> list[str]:
    """What an answer from documents in a language, or in all, may hold."""
    answers: dict[str, Any] = question["answers"]
    own = [value for code, value in answers.items() if code == "*" or documents in (code, ALL)]
    return [text for value in own for text in ([value] if isinstance(value, str) else value)]


def is_right(answer: Answer, texts: list[str]) -> bool:
    return answer.answered and any(text.casefold() in answer.text.casefold() for text in texts)


def measure(embedder: str) -> list[dict[str, Any]]:
    questions = json.loads((FOLDER / "questions.json").read_text("utf-8"))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for documents in (*LANGUAGES, ALL):
            files = Path(scratch) / documents
            files.mkdir()
            for code in LANGUAGES if documents == ALL else [documents]:
                shutil.copy(FOLDER / f"travel.{code}.md", files)
            index = Index.open(files / "index", create=True, embedder=embedder)
            index.add(files)
            for question_language in LANGUAGES:
                row: dict[str, Any] = {
                    "embedder": embedder,
                    "documents": documents,
                    "asked": question_language,
                }
                row |= {"right": 0, "wrong": 0}
                for question in questions:
                    answer = index.ask(question[question_language])
                    right = is_right(answer, accepted(question, documents))
                    row["right"] += right
                    row["wrong"] += answer.answered and not right
                rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--embedder", action="append", help="may be given several times")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    rows = []
    for embedder in options.embedder or ["minilm"]:
        own = measure(embedder)
        rows += own
        print(f"\n{embedder}: right of 10 / wrong of 12")
        print("asked in" + "".join(f"{documents:>9}" for documents in (*LANGUAGES, ALL)))
        for question_language in LANGUAGES:
            cells = (f"{r['right']}/{r['wrong']}" for r in own if r["asked"] == question_language)
            print(f"{question_language:<8}" + "".join(f"{cell:>9}" for cell in cells))
    if options.publish:
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
