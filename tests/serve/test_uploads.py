"""What was accepted is not lost, and the queue has an end."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

import pytest

from rag_infer.serve.limits import ConcurrencyLimiter, QueueFullError, ShuttingDownError
from rag_infer.serve.upload_ids import display_name
from tests.serve.conftest import Start, hand_in


def test_killed_after_it_accepted_it_goes_on_when_started_again(
    start: Start, tmp_path: Path
) -> None:
    files = []
    for number in range(30):
        text = (
            f"# Report {number}\n\n" + f"Station {number} measured {number * 7} mm of rain.\n" * 40
        )
        files.append(tmp_path / f"report-{number}.md")
        files[-1].write_text(text)
    server = start(tmp_path / "home")
    with server.client() as client:
        accepted = hand_in(client, *files)["accepted"]
    server.stop(signal.SIGKILL)
    states = [
        json.loads(job.read_text())["state"]
        for job in (tmp_path / "home/data/uploads").glob("*/job.json")
    ]
    assert len(states) == len(accepted) == 30
    assert "queued" in states or "running" in states  # it was killed in the middle
    (tmp_path / "home/data/uploads/.half").mkdir()  # an upload that was never acknowledged
    again = start(tmp_path / "home")
    with again.client() as client:
        jobs = again.settled(client)
        assert {job["id"] for job in jobs} == {job["id"] for job in accepted}
        assert {job["state"] for job in jobs} == {"done"}
        assert len(client.get("/api/indexes/team/documents").json()["documents"]) == 30
    assert not (tmp_path / "home/data/uploads/.half").exists()


def test_a_newer_version_takes_the_place_of_the_older(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    with server.client() as client:
        for words in ("The pump runs at 40 bar.", "The pump runs at 55 bar."):
            (tmp_path / "pump.md").write_text(words)
            hand_in(client, tmp_path / "pump.md")
            server.settled(client)
        (row,) = client.get("/api/indexes/team/documents").json()["documents"]
        assert row["name"] == "pump.md"
        request = {"question": "At what pressure does the pump run?"}
        response = client.post("/api/indexes/team/ask", json=request).json()
        assert "55 bar" in json.dumps(response["hits"])
        assert "40 bar" not in json.dumps(response["hits"])
        assert len(client.get("/api/jobs").json()["jobs"]) == 1


def test_a_file_that_cannot_be_read_costs_only_itself(start: Start, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing that follows is a PDF\n")
    (tmp_path / "good.md").write_text("Good notes are short.\n")
    server = start(tmp_path / "home")
    with server.client() as client:
        hand_in(client, tmp_path / "broken.pdf", tmp_path / "good.md")
        states = {job["name"]: job for job in server.settled(client)}
    assert states["broken.pdf"]["state"] == "failed"
    assert states["broken.pdf"]["error"]
    assert states["good.md"]["state"] == "done"


def test_a_stop_waits_for_what_is_being_answered(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    start_time = time.monotonic()
    server.stop(signal.SIGTERM)
    assert time.monotonic() - start_time < 30
    assert server.process.returncode in (0, -signal.SIGTERM)


def test_the_queue_has_an_end_for_all_and_for_each() -> None:
    async def run() -> None:
        gate = ConcurrencyLimiter(concurrency=1, queue_size=1, per_user=2)
        await gate.acquire("a")
        second = asyncio.create_task(gate.acquire("a"))
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError) as mine:
            await gate.acquire("a")
        assert mine.value.own_requests
        with pytest.raises(QueueFullError) as full:
            await gate.acquire("b")
        assert not full.value.own_requests
        gate.release("a")
        await second
        gate.release("a")
        assert gate.active == 0
        waiting = asyncio.create_task(gate.acquire("a"))
        await waiting
        gone = asyncio.create_task(gate.acquire("a"))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert gate.active == 1
        gate.closed = True
        with pytest.raises(ShuttingDownError):
            await gate.acquire("b")

    asyncio.run(run())


def test_a_body_that_breaks_keeps_what_came_before(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    headers = {"content-type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s.md"\r\n\r\nwords\r\n'
    here = "/api/indexes/team/documents"
    with server.client() as client:
        body = part % b"one" + part % b"two" + b"--b and no more"
        response = client.post(here, content=body, headers=headers)
        assert response.status_code == 202
        assert [job["name"] for job in response.json()["accepted"]] == ["one.md"]
        assert response.json()["rejected"][0]["name"] == "two.md"  # its end was not to be seen
        cut = client.post(here, content=part % b"cut", headers=headers)
        assert cut.status_code == 400
        assert "truncated" in cut.json()["rejected"][0]["error"]
        other = part.replace(b'"file"', b'"other"') % b"x" + b"--b--\r\n"
        assert "no part named" in client.post(here, content=other, headers=headers).text
        assert client.post(here, content=body).status_code == 400
        many = b"".join(part % str(n).encode() for n in range(103)) + b"--b--\r\n"
        response = client.post(here, content=many, headers=headers)
        assert len(response.json()["accepted"]) == 100
        assert "100 files" in response.json()["rejected"][0]["error"]
        server.settled(client)
    spool = tmp_path / "home" / "data" / "uploads"
    assert not list(spool.glob(".*"))
    assert len(list(spool.iterdir())) == 101


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\files\\report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        (".bashrc", "bashrc"),
        ("a\u202ecod.exe\x00.md", "acod.exe.md"),
        ("", "file"),
        ("..", "file"),
    ],
)
def test_a_name_is_made_fit_to_show(original: str, expected: str) -> None:
    assert display_name(original) == expected


def test_a_long_name_keeps_its_extension() -> None:
    assert display_name("a" * 500 + ".pdf").endswith("a.pdf")
    assert len(display_name("a" * 500 + ".pdf")) <= 120
    assert len(display_name("a." + "b" * 500)) <= 120
