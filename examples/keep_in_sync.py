"""Run again after documents changed; only what changed is read: keep_in_sync.py FOLDER INDEX"""

import sys
from pathlib import Path

from rag_infer import Index, RagError

folder, path = Path(sys.argv[1]), Path(sys.argv[2])
try:
    report = Index.open(path, create=True).add(folder)
except RagError as error:
    sys.exit(f"keep_in_sync: {error}")
print(
    f"{len(report.indexed)} indexed, {report.unchanged} unchanged, {len(report.removed)} removed, "
    f"{report.embedded} of {report.chunks} chunks embedded"
)
for failure in report.failed:
    print(f"not read: {failure.id}: {failure.reason}")
