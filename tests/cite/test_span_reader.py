"""The reader is loaded beside other steps of a question."""

from __future__ import annotations

import subprocess
import sys

SLOW = """
import time
from rag_infer.cite import span_reader

def reader():
    time.sleep(0.5)
    print("loaded")

span_reader.reader = reader
span_reader.load_early()
"""


def test_a_process_that_ends_meanwhile_waits_for_the_thread_that_loads() -> None:
    """Python that ends under such a thread crashes now and then, in libraries that compute."""
    done = subprocess.run([sys.executable, "-c", SLOW], capture_output=True, text=True, check=True)
    assert done.stdout == "loaded\n"
