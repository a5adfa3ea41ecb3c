"""The log of the server: warnings and errors on standard error, with credentials masked."""

from __future__ import annotations

import logging
import sys

from rag_infer.redaction import mask_secrets
from rag_infer.serve.access_log import ACCESS_LOGGER


class MaskedFormatter(logging.Formatter):
    """Formats a record with its traceback and masks credentials in both."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))


def configure_logging(*, has_access_log: bool = False) -> None:
    """Sends warnings of the server and of the libraries under it to standard error.

    Args:
        has_access_log: Whether lines of the access log go to standard output.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(MaskedFormatter("%(levelname)s:     %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    if has_access_log:
        access = logging.getLogger(ACCESS_LOGGER)
        lines = logging.StreamHandler(sys.stdout)
        lines.setFormatter(MaskedFormatter("%(message)s"))
        access.handlers[:] = [lines]
        access.propagate = False
        access.setLevel(logging.INFO)
