"""The page's doors: a token that is asked for, and collections that are kept apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.serve.conftest import CORPUS, TOKENS, USERS, Start, shot

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


def test_a_token_opens_the_page_and_a_group_gets_what_is_shared(
    start: Start, browser: BrowserContext, tmp_path: Path
) -> None:
    (tmp_path / "users.toml").write_text(USERS)
    server = start(tmp_path / "home", "--users", tmp_path / "users.toml")
    page = browser.new_page()
    expect = sync_api.expect
    page.emulate_media(color_scheme="light")
    page.goto(server.url)
    expect(page.locator("#login")).to_be_visible()
    page.get_by_label("Token").fill("not-a-token-of-anybody")
    page.keyboard.press("Enter")
    expect(page.locator("#loginsaid")).to_have_text("Invalid token.")
    shot(page, "token-light")
    page.get_by_label("Token").fill(TOKENS["alice"])
    page.keyboard.press("Enter")
    expect(page.locator("#who")).to_have_text("alice")
    expect(page.locator("#login")).to_be_hidden()
    page.locator("#share").select_option("team")
    page.set_input_files("#files", CORPUS / "kv-cache.md")
    expect(page.locator("#documents")).to_contain_text("kv-cache.md", timeout=60_000)
    shot(page, "shared-light")
    page.close()
    with server.client(TOKENS["carol"]) as carol, server.client(TOKENS["bob"]) as bob:
        here = "/api/indexes/team/documents"
        assert [d["name"] for d in carol.get(here).json()["documents"]] == ["kv-cache.md"]
        assert bob.get(here).json() == {"documents": []}


def test_collections_are_kept_apart(start: Start, browser: BrowserContext, tmp_path: Path) -> None:
    server = start(tmp_path / "home", "-i", "archive")
    page = browser.new_page()
    expect = sync_api.expect
    page.goto(server.url)
    page.set_input_files("#files", CORPUS / "kv-cache.md")
    expect(page.locator("#documents .row")).to_have_count(1, timeout=60_000)
    page.get_by_label("Collection").select_option("archive")
    expect(page.locator("#documents .row")).to_have_count(0)
    page.get_by_label("Your question").fill("Why is decoding limited by memory bandwidth?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("The index is empty")
    page.get_by_label("Collection").select_option("team")
    expect(page.locator("#documents .row")).to_have_count(1)
    expect(page.locator(".turn")).to_have_count(0)
    page.get_by_label("Your question").fill("Why is decoding limited by memory bandwidth?")
    page.keyboard.press("Enter")
    expect(page.locator(".cite").first).to_be_visible(timeout=60_000)
    page.close()
