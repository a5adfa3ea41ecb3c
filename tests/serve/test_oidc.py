"""Sign-on at a real identity provider on loopback, by a client and in a real browser."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from rag_infer.errors import InputError
from rag_infer.serve.oidc import OidcProvider
from rag_infer.serve.users_file import add_user, block_user
from tests.serve.conftest import CORPUS, Server, Start, hand_in

mock = pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ALICE = {"email": "Alice@Example.com", "email_verified": True, "groups": ["finance", "/hr"]}
MALLORY = {"email": "alice@example.com", "email_verified": False}


@pytest.fixture(scope="module")
def signing(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    users = (mock.User(sub="1", claims=ALICE), mock.User(sub="2", claims=MALLORY))
    with mock.run_server_in_thread(user_claims=users, require_nonce=True) as provider:
        home = tmp_path_factory.mktemp("oidc")
        add_user(home / "users.toml", "program")
        yield start(
            home / "home", "--users", home / "users.toml",
            "--oidc-issuer", f"http://localhost:{provider.server_port}",
            "--oidc-client-id", "rag", "--oidc-client-secret", "not a secret",
        )  # fmt: skip


def signed_on(server: Server, sub: str) -> tuple[httpx.Client, httpx.Response]:
    """A client that went to the provider and came back as somebody."""
    client = httpx.Client(base_url=server.url, timeout=60, trust_env=False)
    to_provider = client.get("/sign-in")
    assert to_provider.status_code == 302
    assert "code_challenge_method=S256" in to_provider.headers["location"]
    back = client.post(to_provider.headers["location"], data={"sub": sub})
    assert back.status_code == 302, back.text
    return client, client.get(back.headers["location"])


def test_a_person_signs_on_and_out(signing: Server) -> None:
    client, reply = signed_on(signing, "1")
    with closing(client):
        assert (reply.status_code, reply.headers["location"]) == (303, f"{signing.url}/")
        cookie = reply.headers["set-cookie"]
        assert re.search("httponly.*samesite=lax", cookie, re.IGNORECASE)
        me = client.get("/api/me").json()
        assert (me["name"], me["groups"]) == ("alice@example.com", ["finance", "hr"])
        assert me["is_signed_on"] is True
        hand_in(client, CORPUS / "kv-cache.md")
        signing.settled(client)
        assert len(client.get("/api/indexes/team/documents").json()["documents"]) == 1
        evil = {"Origin": "https://evil.example"}
        assert client.post("/api/indexes/team/ask", json={}, headers=evil).status_code == 403
        assert client.post("/sign-out").status_code == 204
        refused = client.get("/api/me")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "sign_in")
    key = signing.home / "data" / "session.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_blocked_person_is_out_at_once_and_cannot_come_back(signing: Server) -> None:
    users = signing.home.parent / "users.toml"
    client, _ = signed_on(signing, "1")
    with closing(client):
        assert client.get("/api/me").status_code == 200
        block_user(users, "alice@example.com")
        try:
            assert _eventually_status(client, 401)
            again, reply = signed_on(signing, "1")
            again.close()
            assert (reply.status_code, "is blocked" in reply.text) == (403, True)
        finally:
            block_user(users, "alice@example.com", is_blocked=False)
        assert _eventually_status(client, 200)


def _eventually_status(client: httpx.Client, status: int) -> bool:
    deadline = time.monotonic() + 10
    while client.get("/api/me").status_code != status:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_an_address_that_was_not_verified_names_nobody(signing: Server) -> None:
    client, reply = signed_on(signing, "2")
    with closing(client):
        assert reply.status_code == 403
        assert "names nobody" in reply.json()["error"]["message"]
        assert client.get("/api/me").status_code == 401


def test_forged_sessions_and_foreign_answers_sign_nobody_on(signing: Server) -> None:
    client, _ = signed_on(signing, "1")
    with closing(client):
        value = client.cookies["rag_session"]
    forged = httpx.get(
        f"{signing.url}/api/me", cookies={"rag_session": f"x{value[1:]}"}, trust_env=False
    )
    assert forged.status_code == 401
    # The answer of another browser's sign-on: no such state in this session.
    stolen = httpx.get(
        f"{signing.url}/sign-in/callback?code=abc&state=def", trust_env=False, timeout=60
    )
    assert stolen.status_code == 403


def test_a_provider_that_is_not_there_is_named(start: Start, tmp_path_factory: object) -> None:
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    home = tmp_path_factory.mktemp("away") / "home"
    server = start(home, "--oidc-issuer", "http://localhost:9", "--oidc-client-id", "rag")
    reply = httpx.get(f"{server.url}/sign-in", trust_env=False, timeout=60)
    assert reply.status_code == 502
    assert "identity provider" in reply.json()["error"]["message"]


@pytest.mark.parametrize("issuer", ["http://idp.example.com", "idp.example.com", "https://"])
def test_an_issuer_has_an_https_address(issuer: str) -> None:
    with pytest.raises(InputError, match="no https address"):
        OidcProvider(issuer, "rag")


def test_the_page_signs_in_and_out(signing: Server, browser: BrowserContext) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    page.goto(signing.url)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.locator("#who")).to_have_text("alice@example.com")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.close()
