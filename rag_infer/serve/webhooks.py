"""Word of finished uploads, sent to one address that the operator names.

Messages and signatures are those of Standard Webhooks (https://www.standardwebhooks.com), so that
receivers check them with its libraries. No other address is ever asked: none comes from a request,
and redirects are not followed. A message is sent again, later each time, until the receiver takes
it; what a stopping server has not sent is lost, as ``GET /api/jobs`` has it all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import logging
import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rag_infer.errors import InputError, MissingDependencyError
from rag_infer.serve.rest_responses import JobResponse

logger = logging.getLogger(__name__)

_BASE64_MARK = "whsec_"  # what a secret begins with whose rest is base64
RETRY_DELAYS_S = (0.0, 2.0, 10.0, 60.0, 300.0)
_MAX_WAITING = 1000  # messages; the oldest are dropped
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Where messages go. ``secret`` signs them; None: they are not signed."""

    url: str
    secret: str | None = None

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InputError("a webhook begins with http:// or https://", where=self.url)
        try:
            import httpx2  # noqa: F401
        except ImportError:
            raise MissingDependencyError(
                "webhooks need an optional package", extra="client"
            ) from None

    @property
    def key(self) -> bytes | None:
        """The bytes that sign: of ``whsec_`` and base64 what that holds, else the secret itself."""
        if self.secret is None:
            return None
        try:
            if self.secret.startswith(_BASE64_MARK):
                return base64.b64decode(self.secret.removeprefix(_BASE64_MARK), validate=True)
        except binascii.Error as error:
            raise InputError(
                f"what follows {_BASE64_MARK} is not base64", where="webhook secret"
            ) from error
        return self.secret.encode()


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature`` of a message."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class WebhookSender:
    """Sends messages from a thread of its own, in order of the uploads.

    Args:
        target: Where they go.
    """

    def __init__(self, target: WebhookTarget) -> None:
        self._target = target
        self._key = target.key
        self._messages: queue.Queue[JobResponse | None] = queue.Queue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
        self._thread.start()

    def send(self, job: Any) -> None:
        """Lets word of a job wait to be sent.

        Args:
            job: An ``UploadJob`` that is done or has failed.
        """
        while self._messages.qsize() >= _MAX_WAITING:
            dropped = self._messages.get_nowait()
            logger.warning("a webhook was dropped: %s", dropped and dropped.id)
        self._messages.put(JobResponse.model_validate(job))

    def close(self, timeout: float) -> None:
        """Ends the thread; a message that waits is given up.

        Args:
            timeout: Most seconds to wait for one that is being sent.
        """
        self._closed.set()
        self._messages.put(None)
        self._thread.join(timeout)

    def _work(self) -> None:
        import httpx2

        with httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False) as http:
            while (job := self._messages.get()) is not None and not self._closed.is_set():
                self._deliver(http, job)

    def _deliver(self, http: Any, job: JobResponse) -> None:
        """Sends a message until it is taken, a few times."""
        message = {
            "type": f"upload.{job.state}",
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "data": job.model_dump(mode="json"),
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        for delay in RETRY_DELAYS_S:
            if self._closed.wait(delay):
                return
            reason = self._post(http, f"msg_{job.id}", body)
            if reason is None:
                return
            logger.warning("webhook of upload %s: %s", job.id, reason)
        logger.error("webhook of upload %s was given up", job.id)

    def _post(self, http: Any, message_id: str, body: bytes) -> str | None:
        """Sends a message once; returns why it was not taken, or None."""
        import httpx2

        timestamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
        }
        if self._key is not None:
            headers["webhook-signature"] = signature(self._key, message_id, timestamp, body)
        try:
            response = http.post(self._target.url, content=body, headers=headers)
        except (httpx2.HTTPError, OSError) as error:
            return f"cannot be reached: {error}"
        return None if response.is_success else f"HTTP status {response.status_code}"
