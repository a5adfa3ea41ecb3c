"""Search only what matters and only what the asker may read: search_with_filters.py FOLDER"""

import sys
import tempfile
from pathlib import Path

from rag_infer import Filter, Index

with tempfile.TemporaryDirectory() as tmp:
    index = Index.open(Path(tmp) / "index", create=True)
    index.add(sys.argv[1], groups=["engineering"])

    # The groups of the asker decide before anything is ranked.
    for groups in ({"engineering"}, {"sales"}):
        hits = index.search(
            "how are passages retrieved",
            top_k=3,
            filter=Filter(formats=("markdown",), groups=groups),
        )
        print(f"{', '.join(groups)}: {len(hits)} hits")
        for hit in hits:
            print(f"  {hit.score:.2f} {hit.document_id} {' > '.join(hit.chunk.heading)}")
