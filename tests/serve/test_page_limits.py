"""The page where a limit is reached, an operator would lose a document, a token is put away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfWriter

from tests.command import run_command
from tests.serve.conftest import CORPUS, TOKENS, Server, Start
from tests.serve.test_page_states import ask

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

USERS = f"""
[users.alice]
token = "{TOKENS["alice"]}"
groups = ["operators"]
[users.carol]
token = "{TOKENS["carol"]}"
groups = ["team"]
"""
DECISIONS = """# Decisions of the harbor

| no. | date | decision |
|---|---|---|
| 3 | 2026-04-14 | The lift shaft moves by 40 cm to the north |
| 4 | 2026-05-12 | The completion moves to 31 January 2028 |
"""


@pytest.fixture(scope="module")
def team(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Each of its users has two questions a day."""
    home: Path = tmp_path_factory.mktemp("limits") / "home"
    home.mkdir()
    (home / "decisions.md").write_text(DECISIONS)
    environment = {**os.environ, "RAG_INDEXES": str(home / "indexes")}
    done = run_command("index", "decisions.md", "-i", "team", cwd=home, env=environment)
    assert done.returncode == 0, done.stderr
    (home / "users.toml").write_text(USERS)
    return start(home, "--users", home / "users.toml", "--questions-per-day", "2")


@pytest.fixture
def page(browser: BrowserContext, team: Server) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(team.url)
    yield page
    page.close()


def sign_in(page: Page, name: str) -> None:
    page.locator("#token").fill(TOKENS[name])
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("#documents .row").first).to_be_visible(timeout=30_000)


def test_a_row_has_no_bars_and_a_spent_quota_says_until_when(page: Page) -> None:
    expect = sync_api.expect
    sign_in(page, "carol")
    ask(page, "When is the completion?")
    expect(page.locator(".turn .card").first).to_contain_text("31 January 2028", timeout=60_000)
    assert "|" not in page.locator(".turn").inner_text()
    for question in ("Where does the lift shaft move?", "When is the completion?"):
        expect(page.locator("#stop")).to_be_hidden(timeout=60_000)
        ask(page, question)
    expect(page.locator(".turn").last).to_contain_text("You can ask again from", timeout=60_000)
    assert "rate limit" not in page.locator("#thread").inner_text().lower()


def test_an_operator_is_warned_before_losing_a_document(page: Page) -> None:
    expect = sync_api.expect
    sign_in(page, "alice")
    page.locator("#documents").get_by_role("button", name="decisions").click()
    page.get_by_role("button", name="Who sees it").click()
    note = page.locator("#accessnote")
    expect(note).to_contain_text(".ragaccess")
    page.locator("#accessgroups").get_by_label("everyone").uncheck()
    page.locator("#accessgroups").get_by_label("team").check()
    expect(note).to_contain_text("you will not see it any more")
    page.locator("#accessgroups").get_by_label("operators").check()
    expect(note).to_contain_text(".ragaccess")


def test_a_token_is_put_away_by_signing_out(page: Page) -> None:
    expect = sync_api.expect
    sign_in(page, "alice")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#login")).to_be_visible()
    page.reload()
    expect(page.locator("#login")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('token')") is None


def test_failed_uploads_are_told_in_the_language_of_the_page(
    browser: BrowserContext, team: Server, tmp_path: Path
) -> None:
    expect = sync_api.expect
    writer = PdfWriter(clone_from=CORPUS / "retrieval-handbook.pdf")
    writer.encrypt("geheim", algorithm="AES-256")
    writer.write(tmp_path / "closed.pdf")
    for name, data in (("broken.docx", b"PK\x03\x04broken"), ("none.txt", b""), ("x.xyz", b"x")):
        (tmp_path / name).write_bytes(data)
    page = browser.new_page()
    languages = "Object.defineProperty(navigator, 'languages', { get: () => ['de-DE'] })"
    page.add_init_script(languages)
    page.goto(team.url)
    sign_in(page, "carol")
    page.locator("#files").set_input_files(sorted(tmp_path.iterdir()))
    for words in (
        "Die Datei ist beschädigt.", "Die Datei ist leer.",
        "Dateien dieser Art können nicht gelesen werden.", "Wie lautet das Passwort?",
    ):  # fmt: skip
        expect(page.locator("#jobs")).to_contain_text(words, timeout=60_000)
    expect(page.locator("#jobs .failed").first).to_contain_text("closed.pdf")  # it asks something
    page.locator("#jobs input[type=password]").fill("falsch")
    page.keyboard.press("Enter")
    expect(page.locator("#jobs")).to_contain_text("Passwort öffnet sie nicht", timeout=60_000)
    page.locator("#jobs input[type=password]").fill("geheim")
    page.keyboard.press("Enter")
    expect(page.locator("#documents")).to_contain_text("closed", timeout=60_000)
    page.close()
