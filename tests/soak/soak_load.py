"""The clients of the soak test: they ask, upload and remove, and remember what was promised."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
from soak_server import Server

MAX_DOCUMENTS, MIN_DOCUMENTS = 60, 30  # of uploads; so the index does not grow for ever
QUESTIONS = (
    "Why is decoding limited by memory bandwidth?",
    "What does LKF-A3 mean?",
    "Which town has the number 17?",
    "Who decides on spending above 500 euros a day?",
)


@dataclass
class Uploads:
    """What the server promised to keep, by document id, with a word that is only in that text."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    documents: dict[str, str] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)  # asked for removal when the server died
    removed: set[str] = field(default_factory=set)


def _without_words(error: object) -> str:
    """An error of an upload without the name of its file, so that equal ones are counted."""
    return re.sub(r"w[0-9a-f]{8,}", "...", str(error))[:120]


class Load:
    """Clients that ask, upload and remove until they are told to stop."""

    def __init__(self, server: Server, uploads: Uploads, seed: int, pause_s: float) -> None:
        self.server = server
        self.pause_s = pause_s
        self.uploads = uploads
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def run(self, number: int) -> None:
        jobs = (self.ask, self.ask, self.search, self.upload, self.upload, self.remove, self.abort)
        with self.server.client() as client:
            while not self.stop.is_set():
                job = self.random.choice(jobs)
                self.server.ready.wait()
                start = self.server.starts
                try:
                    job(client, number)
                    self.counts[job.__name__] += 1
                    self.stop.wait(self.pause_s)
                except (httpx.HTTPError, OSError) as error:
                    time.sleep(1)  # time for the thread that kills the server to say so
                    if start == self.server.starts and self.server.ready.is_set():
                        self.faults[f"{job.__name__}: {type(error).__name__}: {error}"] += 1
                    else:
                        self.counts["request ended by a kill of the server"] += 1

    def ask(self, client: httpx.Client, number: int) -> None:
        body = {"question": f"{self.random.choice(QUESTIONS)}"}
        self._count(client.post("/api/indexes/default/ask", json=body))

    def search(self, client: httpx.Client, number: int) -> None:
        body = {"query": self.random.choice(QUESTIONS)}
        self._count(client.post("/api/indexes/default/search", json=body))

    def upload(self, client: httpx.Client, number: int) -> None:
        if len(self.uploads.documents) > MAX_DOCUMENTS:
            self.remove(client, number)
            return
        word = f"w{self.random.getrandbits(40):x}"
        text = f"# Town {word}\n\nThe town of {word} has {self.random.randint(2, 99)} mills.\n"
        text += "It lies by the river. " * self.random.randint(1, 400)
        files = {"file": (f"{word}.md", text.encode())}
        reply = client.post("/api/indexes/default/documents", files=files)
        self._count(reply)
        if reply.status_code != 202:
            return
        (job,) = reply.json()["accepted"]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not self.stop.is_set():
            state = client.get(f"/api/jobs/{job['id']}").json()
            if state.get("state") == "failed":
                self.counts[f"upload failed: {_without_words(state.get('error'))}"] += 1
                return
            if state.get("state") == "done":
                document = state.get("document") or state.get("document_id")
                with self.uploads.lock:
                    self.uploads.documents[document] = word
                return
            time.sleep(0.3)

    def remove(self, client: httpx.Client, number: int) -> None:
        with self.uploads.lock:
            if len(self.uploads.documents) < MIN_DOCUMENTS:
                return
            document = self.random.choice(list(self.uploads.documents))
            word = self.uploads.documents.pop(document)
            self.uploads.unsettled.add(document)
        reply = client.request(
            "DELETE", "/api/indexes/default/documents", params={"document_id": document}
        )
        self._count(reply)
        with self.uploads.lock:
            if reply.status_code == 200:
                self.uploads.unsettled.discard(document)
                self.uploads.removed.add(document)
            elif reply.status_code in (409, 429, 503):
                self.uploads.unsettled.discard(document)
                self.uploads.documents[document] = word

    def abort(self, client: httpx.Client, number: int) -> None:
        """An upload whose sender goes away in the middle."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as connection:
            connection.sendall(
                b"POST /api/indexes/default/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\nhalf'
            )

    def problems(self) -> list[str]:
        """Internal errors and connections that the server closed while it ran."""
        return [f"{count} times: {fault}" for fault, count in self.faults.items()]

    def _count(self, reply: httpx.Response) -> None:
        if reply.status_code < 400:
            return
        self.counts[f"HTTP {reply.status_code}"] += 1
        if reply.status_code == 500:  # none is expected, a full disk is a 507
            path = reply.request.url.path.rsplit("/", 1)[-1]
            self.faults[f"HTTP 500, {reply.request.method} {path}: {reply.text[:160]}"] += 1
