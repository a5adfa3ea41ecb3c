"""The command ``rag``: parse, call, print."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command; every error that a person can mend is one line and exit code 1."""
    # The matrices of one question are small: threads of OpenBLAS cost more than they bring, several
    # times more when other programs want the cores too. To be set before NumPy is imported.
    if "index" not in sys.argv[1:2]:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from rag_infer.cli.app import app
    from rag_infer.errors import RagError

    try:
        app(prog_name="rag")
    except RagError as error:
        print(f"rag: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("rag: stopped", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`rag search ... | head`); nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
