"""The command ``rag``: parse, call, print."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command; every error that a person can mend is one line and exit code 1."""
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
