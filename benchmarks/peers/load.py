"""Clients that ask a server of this machine, one question after the other each, and keep the time.

python load.py PORT PATH CLIENTS SECONDS KEY QUESTIONS.json

Each question is sent once, as ``{KEY: question, "k": 5}``; the run ends when all are answered or
when the time is over. Prints one JSON object: seconds that the run took, seconds of each answer,
how many were not answered with 200. Plain sockets, so that the clients cost as little as can be of
the processor that they share with the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path


async def client(port: int, path: str, key: str, questions: list[str], end: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    while questions and time.perf_counter() < end:
        body = json.dumps({key: questions.pop(), "k": 5}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        start = time.perf_counter()
        writer.write(head.encode() + body)
        answered = await reader.readuntil(b"\r\n\r\n")
        fields = dict(
            line.lower().split(b": ", 1) for line in answered.split(b"\r\n")[1:] if b": " in line
        )
        await reader.readexactly(int(fields[b"content-length"]))
        good = answered.split(b" ", 2)[1] == b"200"
        times.append(time.perf_counter() - start if good else -1.0)
    writer.close()
    return times


async def main() -> None:
    port, path, clients, seconds, key, file = sys.argv[1:]
    questions = json.loads(Path(file).read_text("utf-8"))
    start = time.perf_counter()
    end = start + float(seconds)
    runs = [client(int(port), path, key, questions, end) for _ in range(int(clients))]
    times = [one for many in await asyncio.gather(*runs) for one in many]
    elapsed = time.perf_counter() - start
    good = [one for one in times if one >= 0]
    print(json.dumps({"seconds": elapsed, "times": good, "failed": len(times) - len(good)}))


asyncio.run(main())
