"""What a server loads before the first question comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rag_infer import Index
from rag_infer.answering.warm_up import warm_up

NOTE = "The lift was serviced by Marlow Engineers on 4 May 2024. The bill was 310 euros."
QUESTION = "Who serviced the lift?"
SCRIPT = """
import sys, threading
from pathlib import Path
from rag_infer import Index
from rag_infer.answering.warm_up import warm_up
index = Index.open(Path(sys.argv[1]))
cold = index.ask(sys.argv[2])
assert "openvino" not in sys.modules
thread = threading.Thread(target=warm_up, args=(index.engine,))
thread.start()
meanwhile = index.ask(sys.argv[2] + " ")
thread.join()
assert "openvino" in sys.modules
warm = index.ask(sys.argv[2])
assert cold.text == meanwhile.text == warm.text, (cold.text, meanwhile.text, warm.text)
print(warm.short_answer.quote)
"""


@pytest.fixture
def index(tmp_path: Path) -> Index:
    note = tmp_path / "notes" / "lift.txt"
    note.parent.mkdir()
    note.write_text(NOTE, "utf-8")
    opened = Index.open(tmp_path / "index", create=True)
    opened.add(note.parent)
    return opened


def test_one_process_answers_alike_before_while_and_after_the_runtime_is_loaded(
    index: Index,
) -> None:
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT, index.path, QUESTION],
        capture_output=True,
        text=True,
        check=False,
    )
    assert output.returncode == 0, output.stderr
    assert output.stdout.strip() == "Marlow Engineers"


def test_an_index_without_documents_is_left_alone(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    warm_up(index.engine)
    index.create()
    warm_up(index.engine)
    assert not index.search("lift")
