"""Every state of the page at three sizes in both themes: accessible, nothing wider than the screen.

axe-core checks each of them, WCAG AA and its best practices. Screenshots are kept in
build/screenshots, for people to look at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.read.fixtures import pdf
from tests.serve.conftest import CORPUS, SHOTS, Server, Start, hand_in

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Route

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
SIZES = {"wide": (1360, 860), "tablet": (820, 1000), "phone": (390, 800)}
THEMES = ("light", "dark")
QUESTION = "Which fusion method uses only the ranks?"
LONG_NAME = "Minutes_of_the_extraordinary_general_meeting_of_shareholders_2025-02-13_final_v2.txt"
LONG_QUESTION = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 3
    + "which of the methods that were named at the meeting uses only the ranks? " * 6
)


@pytest.fixture(scope="module")
def filled(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with documents of several formats, one of them with a long name."""
    home = tmp_path_factory.mktemp("states") / "home"
    server = start(home)
    long_name = home / LONG_NAME
    long_name.write_text("The chair of the meeting was Nadia Okoro.\n")
    mail = home / "offer.eml"
    mail.write_text(
        "From: Ann <ann@example.org>\nTo: Bo <bo@example.org>\nSubject: The offer\n\n"
        "The price of the lift is 1,780 francs.\n"
    )
    with server.client() as client:
        hand_in(
            client, CORPUS / "retrieval-handbook.pdf", CORPUS / "kv-cache.md", long_name, mail
        )  # fmt: skip
        assert {job["state"] for job in server.settled(client)} == {"done"}
    return server


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.unroute_all(behavior="ignoreErrors")
    page.close()


def violations(page: Page) -> list[str]:
    """What axe finds: rule, element, why."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    failures: list[str] = page.evaluate(
        """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
           .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} (${n.failureSummary})`))"""
    )
    return failures


def check(page: Page, state: str) -> None:
    """Looks at a state at every size, in both themes."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert violations(page) == [], (state, size, theme)
            page.screenshot(path=SHOTS / f"state-{state}-{size}-{theme}.png")
        widest = page.evaluate("document.documentElement.scrollWidth")
        assert widest <= width, (state, size)


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def events(*pairs: tuple[str, Any]) -> str:
    """Server-sent events as the server writes them."""
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in pairs)


def on_ask(page: Page, handle: Callable[[Route], Any]) -> None:
    page.route("**/ask", handle)


def test_empty(start: Start, tmp_path_factory: pytest.TempPathFactory, page: Page) -> None:
    server = start(tmp_path_factory.mktemp("empty") / "home")
    page.goto(server.url)
    sync_api.expect(page.locator("#begin")).to_be_visible()
    check(page, "empty")


def test_first_screen(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    sync_api.expect(page.locator("#suggestions button").first).to_be_visible(timeout=30_000)
    sync_api.expect(page.locator("#indexed")).to_contain_text("4 documents are indexed")
    check(page, "first")
    page.get_by_label("Documents and history").first.click()  # a phone's menu, the last size
    sync_api.expect(page.locator("#drop")).to_be_in_viewport()
    assert violations(page) == []


def test_loading(filled: Server, page: Page) -> None:
    on_ask(page, lambda route: None)  # no answer yet
    page.goto(filled.url)
    ask(page, QUESTION)
    sync_api.expect(page.locator(".waits")).to_be_visible()
    check(page, "loading")


def test_partial(filled: Server, page: Page) -> None:
    text = events(("status", "writing"), ("text", "Reciprocal rank fusion uses "))
    on_ask(page, lambda route: route.fulfill(content_type="text/event-stream", body=text))
    page.goto(filled.url)
    ask(page, QUESTION)
    trouble = page.locator(".turn .trouble")
    sync_api.expect(trouble).to_contain_text("The answer broke off.")
    sync_api.expect(page.locator(".turn .answer")).to_have_text("Reciprocal rank fusion uses ")
    check(page, "partial")
    page.unroute("**/ask")
    page.get_by_role("button", name="Try again").click()
    sync_api.expect(page.locator(".answer .cite").first).to_be_visible(timeout=60_000)
    sync_api.expect(page.locator(".turn")).to_have_count(1)


def test_error(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    sync_api.expect(page.locator("#documents .row")).to_have_count(4)
    page.evaluate("document.getElementById('question').removeAttribute('maxlength')")
    ask(page, "x" * 20_001)  # the server's own refusal
    sync_api.expect(page.locator(".turn .trouble")).to_be_visible(timeout=30_000)
    check(page, "error")


def test_offline(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    sync_api.expect(page.locator("#documents .row")).to_have_count(4)
    on_ask(page, lambda route: route.abort())
    ask(page, QUESTION)
    sync_api.expect(page.locator(".trouble")).to_contain_text("The server cannot be reached.")
    check(page, "offline")
    page.route("**/api/**", lambda route: route.abort())
    page.reload()  # the files of the page come from elsewhere, the server is away
    sync_api.expect(page.locator(".trouble")).to_contain_text("The server cannot be reached.")
    page.unroute("**/api/**")
    page.get_by_role("button", name="Try again").click()
    sync_api.expect(page.locator("#documents .row")).to_have_count(4)


def test_refused(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    ask(page, "Who won the football world cup in 1998?")
    sync_api.expect(page.locator(".answer.none")).to_be_visible(timeout=60_000)
    check(page, "refused")


def test_answer_and_its_source(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    ask(page, QUESTION)
    sync_api.expect(page.locator(".answer .cite").first).to_be_visible(timeout=60_000)
    check(page, "answer")
    page.locator(".answer .cite").first.click()
    sync_api.expect(page.locator(".paper i").first).to_be_visible(timeout=60_000)
    check(page, "source")


def test_long(filled: Server, page: Page) -> None:
    page.goto(filled.url)
    ask(page, LONG_QUESTION)
    sync_api.expect(page.locator(".turn .actions")).to_be_visible(timeout=60_000)
    check(page, "long")


def test_token(start: Start, tmp_path_factory: pytest.TempPathFactory, page: Page) -> None:
    server = start(tmp_path_factory.mktemp("token") / "home", "--token", "a-token-of-16-letters")
    page.goto(server.url)
    sync_api.expect(page.locator("#login")).to_be_visible()
    check(page, "token")


def test_uploads_are_one_line_and_failures_stay(
    start: Start, tmp_path_factory: pytest.TempPathFactory, page: Page
) -> None:
    server = start(tmp_path_factory.mktemp("uploads") / "home")
    page.goto(server.url)
    texts = [
        {"name": f"note-{n}.txt", "mimeType": "text/plain", "buffer": f"Note {n}.".encode()}
        for n in range(5)
    ]
    broken = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"no PDF at all"}
    page.set_input_files("#files", files=[*texts, broken])
    line = page.locator("#progress")
    sync_api.expect(line).to_contain_text("5 of 6 files", timeout=60_000)
    sync_api.expect(line).to_contain_text("1 failed")
    failure = page.locator("#jobs .failed")
    sync_api.expect(failure).to_contain_text("not of type '.pdf'")
    check(page, "uploads")
    page.set_viewport_size({"width": 1360, "height": 860})
    sync_api.expect(line).to_be_hidden(timeout=20_000)
    sync_api.expect(failure).to_be_visible()
    page.get_by_label("Retry broken.pdf").click()
    sync_api.expect(failure).to_have_count(1)
    sync_api.expect(failure).to_contain_text("not of type '.pdf'")
    page.get_by_label("Dismiss broken.pdf").click()
    sync_api.expect(failure).to_have_count(0)

    secret = pdf("Lease", ["The rent is 900 euros."], password="grün 100%")
    locked = {"name": "lease.pdf", "mimeType": "application/pdf", "buffer": secret}
    page.set_input_files("#files", files=[locked])
    password = page.get_by_label("Password of lease.pdf")
    sync_api.expect(password).to_be_visible(timeout=60_000)
    assert violations(page) == []
    page.screenshot(path=SHOTS / "state-password-wide-dark.png")
    password.fill("wrong")
    password.press("Enter")
    sync_api.expect(failure).to_contain_text("This password does not open it", timeout=60_000)
    password.fill("grün 100%")
    password.press("Enter")
    sync_api.expect(page.locator("#documents .row")).to_have_count(6, timeout=60_000)
    sync_api.expect(failure).to_have_count(0)
    data = [f.read_bytes() for f in (server.home / "data").rglob("*") if f.is_file()]
    assert not any("grün 100%".encode() in content for content in data)
