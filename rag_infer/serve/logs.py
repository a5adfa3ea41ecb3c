"""The log of the server: warnings and errors on standard error, with credentials masked."""

from __future__ import annotations

import logging

from rag_infer.redaction import mask_secrets


class MaskedFormatter(logging.Formatter):
    """Formats a record with its traceback and masks credentials in both."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))


def configure_logging() -> None:
    """Sends warnings of the server and of the libraries under it to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(MaskedFormatter("%(levelname)s:     %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
