"""The command ``rag``: parse arguments, call the library, print the result."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_infer.errors import RagError


def main() -> None:
    """Runs the command. Every error is one line on standard error.

    Exit codes: 0 success, 1 error, 2 wrong usage, 130 interrupted.
    """
    # The matrices of one question are small: threads of OpenBLAS cost more than they bring, several
    # times more when other programs want the cores too. To be set before NumPy is imported.
    if "index" not in sys.argv[1:2]:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from rag_infer.cli.standard_streams import is_write_error, prepare_streams, report_write_error

    prepare_streams()
    from rag_infer.cli.app import application
    from rag_infer.cli.output import print_error
    from rag_infer.errors import RagError

    try:
        try:
            application(_command(sys.argv[1:]))(prog_name="rag")
        finally:
            sys.stdout.flush()  # here, where an error of it can still be reported
    except RagError as error:
        print_error(error)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.stderr.write("rag: stopped\n")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output closed it (`rag search ... | head`); nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
    except ModuleNotFoundError as error:
        from rag_infer.cli.crash_report import report_missing_package

        report_missing_package(error)
        sys.exit(1)
    except Exception as error:
        if isinstance(error, OSError) and is_write_error(error):
            report_write_error(error)
            sys.exit(1)
        from rag_infer.cli.crash_report import report_crash, report_system_error

        if not (isinstance(error, OSError) and report_system_error(error)):
            report_crash(error)
        sys.exit(1)


def _exit_code(error: RagError) -> int:
    """2 for values of options that cannot be, as where the parser refuses them; else its own."""
    from rag_infer.errors import InputError

    is_usage = isinstance(error, InputError) and (error.where or "").startswith("--")
    return 2 if is_usage else error.exit_code


def _command(arguments: list[str]) -> str | None:
    """The command that is called; None where all may be asked for: of the help, by a shell."""
    if "_RAG_COMPLETE" in os.environ:
        return None
    for argument in arguments:
        if not argument.startswith("-"):
            return argument
        if argument != "--private":
            return None
    return None
