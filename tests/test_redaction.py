"""Credentials planted in every place that takes them never reach a message, log or file."""

from __future__ import annotations

import json
import logging
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import redaction
from rag_infer.errors import InputError, ModelError
from rag_infer.redaction import MASK, mask_command, mask_secrets
from rag_infer.serve.logs import MaskedFormatter
from tests.generate.test_openai_chat import reply, server

CREDENTIALS = st.text(string.ascii_letters + string.digits + "-_.~", min_size=8, max_size=40).map(
    lambda text: f"Q7{text}"
)
PLACES = (
    "http://user:{}@host:8080/v1",
    "https://{}@host/v1#model",
    "https://host/v1?api_key={}&x=1",
    "https://host/mcp?access_token={}",
    "the server answered: Authorization: Bearer {}",
    "OPENAI_API_KEY={} was refused",
    "command --api-key={} --port 8",
    '{{"password": "{}", "user": "me"}}',
    "x-api-key: {}",
    "MY_SECRET='{}'",
)


@pytest.mark.parametrize("template", PLACES)
@given(credential=CREDENTIALS)
def test_a_credential_is_masked_in_every_place(template: str, credential: str) -> None:
    masked = mask_secrets(template.format(credential))
    assert credential not in masked
    assert MASK in masked
    assert mask_secrets(masked) == masked


@given(credential=CREDENTIALS)
def test_errors_and_their_copies_hold_no_credential(credential: str) -> None:
    import pickle

    error = InputError(
        f"refused token={credential}",
        where=f"http://u:{credential}@host",
        hint=f"https://h/?key={credential}",
    )
    assert credential not in str(error)
    assert credential not in repr(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@given(credential=CREDENTIALS)
def test_a_command_is_shown_without_what_follows_a_secret_flag(credential: str) -> None:
    command = ["npx", "server", "--token", credential, "-H", f"Authorization: {credential}", "-v"]
    command += [f"--password={credential}", f"API_KEY={credential}", "--port", "80"]
    masked = mask_command(command)
    assert credential not in " ".join(masked)
    assert [masked[i] for i in (0, 1, 2, 4, 6, 9, 10)] == [
        "npx", "server", "--token", "-H", "-v", "--port", "80",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "offer.pdf: encrypted, and the password is missing; give it with --password",
        "unexpected token: '}' at line 3",
        "the passphrase of token ring networks, see key figures: 12",
        "http://localhost:11434/v1: the server cannot be reached; is it running?",
        "set api_key_env in its [models] table",
        "20,000 tokens do not fit; the window has 8,192 tokens",
        "mail me@example.org about task-force-one",
    ],
)
def test_ordinary_messages_stay(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize(
    "key", ["sk-proj-abcdef123456", "ghp_" + "a1" * 18, "AKIA" + "ABCD1234" * 2]
)
def test_keys_of_known_shape_are_masked_anywhere(key: str) -> None:
    assert key not in mask_secrets(f"Incorrect API key provided: {key}.")


def test_a_known_value_is_masked_wherever_it_stands() -> None:
    assert (
        mask_secrets("you sent horse-battery", ["horse-battery", None, "you"]) == f"you sent {MASK}"
    )
    assert len("none") < redaction._MIN_KNOWN_CHARACTERS


def test_the_log_of_the_server_masks_messages_and_tracebacks() -> None:
    try:
        raise ValueError("https://me:Q7hunter22@host refused")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "at %s", ("http://h/?token=Q7hunter22",), sys.exc_info()
        )
    text = MaskedFormatter().format(record)
    assert "Q7hunter22" not in text
    assert "Traceback" in text


SECRET = "Q7correct-horse-battery"
CONFIG = f"""
llm = "mine"
[models.mine]
base_url = "%s"
api_key = "{SECRET}"
model = "m"
retries = 0
[models.other]
base_url = "http://me:{SECRET}@127.0.0.1:9/v1?api_key={SECRET}"
model = "m"
[mcp.files]
command = ["/nonexistent", "--token", "{SECRET}", "--header", "Authorization: {SECRET}"]
[mcp.web]
url = "http://me:{SECRET}@127.0.0.1:9/mcp?key={SECRET}"
"""


def test_no_command_prints_a_planted_secret(tmp_path: Path) -> None:
    def echo_key(to: object, body: dict[str, object]) -> None:
        reply(
            to,
            401,
            {"error": {"message": f"Incorrect key {SECRET}: {to.headers['Authorization']}"}},
        )  # type: ignore[attr-defined, arg-type]

    (tmp_path / "notes.txt").write_text("The rent is 900 euros a month.\n")
    with server(echo_key) as (url, requests):
        configs = tmp_path / "config" / "rag-infer"
        configs.mkdir(parents=True)
        (configs / "config.toml").write_text(CONFIG % url)
        environment = {
            **os.environ,
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "OPENAI_API_KEY": SECRET,
            "OPENAI_BASE_URL": f"http://me:{SECRET}@127.0.0.1:9/v1",
        }
        for arguments in (
            ["index", "notes.txt"],
            ["config"],
            ["config", "--json"],
            ["doctor"],
            ["doctor", "--json"],
            ["ask", "What is the rent?"],
            ["ask", "What is the rent?", "--json", "--llm", "openai:m"],
            ["ask", "What is the rent?", "--llm", f"http://me:{SECRET}@127.0.0.1:9/v1#m"],
            ["ask", "What is the rent?", "--llm", "other"],
            ["tools", "files"],
            ["tools", "web"],
            ["ask", "What is the rent?", "--tool", "files"],
            ["ask", "What is the rent?", "--llm", "extractive", "--receipt", "r.json"],
        ):
            done = subprocess.run(
                [Path(sys.executable).with_name("rag"), *arguments],
                check=False,
                capture_output=True,
                text=True,
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                timeout=120,
            )
            assert SECRET not in done.stdout + done.stderr, arguments
            assert "Traceback" not in done.stderr, done.stderr
            if arguments[0] in ("index", "config") or "--receipt" in arguments:
                assert done.returncode == 0, done.stderr
        assert any(SECRET in str(request["key"]) for request in requests)  # it was sent, and echoed
    written = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "config.toml"]
    assert (tmp_path / "r.json") in written
    assert json.loads((tmp_path / "r.json").read_text())["model"]["name"] == "extractive"
    assert not [p for p in written if SECRET.encode() in p.read_bytes()]


def test_a_server_that_quotes_the_key_is_not_quoted() -> None:
    from rag_infer.generate.openai_chat import OpenAIChat
    from rag_infer.settings import ModelProfile

    def refuse(to: object, body: dict[str, object]) -> None:
        reply(to, 401, {"detail": f"bad key {SECRET}"})  # type: ignore[arg-type]

    from rag_infer.context.plan import Budget, plan
    from rag_infer.generate import GenerateOptions

    with server(refuse) as (url, _):
        chat = OpenAIChat(ModelProfile("m", "m", base_url=url, api_key=SECRET, retries=0))
        prompt = plan(chat.template, Budget(chat.window, 64), "Say yes.")
        with pytest.raises(ModelError) as caught:
            list(chat.stream(prompt, GenerateOptions(max_tokens=4)))
    assert SECRET not in str(caught.value)
