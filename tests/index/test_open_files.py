"""An index of many segments under a limit of open files, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index

resource = pytest.importorskip("resource", reason="the system has no limits of its own")

CHECK = """
import resource, sys
soft, hard = int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from rag_infer import Index, RagError
try:
    answer = Index.open(sys.argv[1]).ask("When was the pump of house 7 built?")
    print("answered" if "1957" in answer.text else answer.text)
except RagError as error:
    print(error.code, error)
"""


@pytest.fixture(scope="module")
def many_segments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 segments, which a writer would join."""
    from rag_infer.index import writer

    path = tmp_path_factory.mktemp("many") / "index"
    index = Index.open(path, create=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer.Writer, "_merged", lambda _, entries: entries)
        for n in range(30):
            index.add_text(f"The pump of house {n} was built in {1950 + n}.", id=f"house {n}")
    assert index.status().segments == 30
    return path


def _ask(path: Path, soft: int, hard: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(path), str(soft), str(hard)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr


def test_the_limit_is_raised_where_the_system_allows_it(many_segments: Path) -> None:
    assert _ask(many_segments, 256, 1024) == "answered"


def test_too_low_a_limit_is_named_and_no_damage(many_segments: Path) -> None:
    output = _ask(many_segments, 256, 256)
    assert output.startswith("too_many_open_files"), output
    assert "ulimit -n" in output
