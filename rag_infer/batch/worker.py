"""A process that tries rows of a batch: ``python -m rag_infer.batch.worker``.

It is told a setup, then rows, a line of JSON each, and answers each with a line as it is done. It
keeps no state that counts: journal, costs and back-off are its parent's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from rag_infer import settings
from rag_infer._subprocess import exit_with_parent
from rag_infer.batch.attempts import AttemptResult, Job
from rag_infer.batch.setup import BatchSetup, attempt_of, generation_of
from rag_infer.errors import RagError
from rag_infer.private_mode import enforce_private_mode


def main() -> None:
    """Serves until its standard input ends."""
    exit_with_parent()
    requests, output = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no reply
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    if settings.load().private:
        enforce_private_mode()
    run = json.loads(requests.readline())
    try:
        setup = TypeAdapter(BatchSetup).validate_python(run["setup"])
        index = setup.open()
        attempt = attempt_of(run["stage"], index, setup.settings())
    except RagError as error:
        _write(output, {"error": str(error)})
        return
    writing = threading.Lock()
    jobs = TypeAdapter(Job)
    outcomes = TypeAdapter(AttemptResult)
    with generation_of(index) as generation, ThreadPoolExecutor(run["threads"]) as executor:
        _write(output, {"generation": generation})

        def answer(number: int, job: Job) -> None:
            outcome = outcomes.dump_python(attempt(job), mode="json")
            with writing:
                _write(output, {"number": number, "outcome": outcome})

        for line in requests:
            message = json.loads(line)
            executor.submit(answer, message["number"], jobs.validate_python(message["job"]))
        os._exit(0)  # the parent is gone, or wants no more: nobody waits for what is under way


def _write(output: BinaryIO, message: dict[str, Any]) -> None:
    output.write(json.dumps(message).encode() + b"\n")
    output.flush()


if __name__ == "__main__":
    main()
