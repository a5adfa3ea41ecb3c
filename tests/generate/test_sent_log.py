"""Every prompt to a model of another machine leaves a line; those of this machine leave none."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from rag_infer import AskOptions, GenerationOptions, Index
from rag_infer.generate.sent_log import SentLog
from tests.generate.model_server import server, well

pytest.importorskip("openai", reason="the extra openai is not installed")


def ask(index: Index, url: str) -> None:
    options = AskOptions(generation=GenerationOptions(max_tokens=16))
    index.ask("What is the yearly fee?", llm=f"{url}#m", options=options)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    opened = Index.open(tmp_path / "index", create=True)
    opened.add_text("The yearly fee is 900 euros.", id="fee")
    return opened


def test_what_was_sent_where_is_listed(index: Index, tmp_path: Path) -> None:
    with server(well) as (url, requests):
        ask(index, url)
        assert SentLog().last(5) == []  # it stayed on this machine
        # The same server by an address that is not known to be this machine's.
        remote = url.replace("127.0.0.1", "0.0.0.0")
        ask(index, remote)
        sent = SentLog().last(5)
        assert len(sent) == len(requests) - 1
    last = sent[0]
    assert (last.server, last.model) == (remote, "m")
    assert [(p.document_id, p.page_number, p.start, p.end) for p in last.passages] == [
        ("fee", 1, 0, 28)
    ]
    messages = requests[-1]["messages"]
    assert last.bytes == sum(len(m["content"].encode()) for m in messages)
    text = json.dumps(messages, ensure_ascii=False).encode()
    assert last.sha256 == hashlib.sha256(text).hexdigest()
    log = SentLog().path
    assert "900 euros" not in log.read_text("utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_costs_no_answer(index: Index) -> None:
    log = SentLog().path
    log.parent.mkdir(parents=True, exist_ok=True)
    log.mkdir()
    with server(well) as (url, _):
        ask(index, url.replace("127.0.0.1", "0.0.0.0"))


def test_damaged_lines_are_left_out(index: Index) -> None:
    with server(well) as (url, _):
        ask(index, url.replace("127.0.0.1", "0.0.0.0"))
    with SentLog().path.open("a", encoding="utf-8") as file:
        file.write('{"at": 1}\nno json\n')
    assert len(SentLog().last(1)) == 1
