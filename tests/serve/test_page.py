"""The page in a real browser: upload, ask, click a citation, see the mark.

Screenshots are kept in build/screenshots, for people to look at.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.serve.conftest import CORPUS, Server, Start, shot

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


@pytest.fixture(scope="module")
def fresh(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server without documents."""
    return start(tmp_path_factory.mktemp("page") / "home")


def test_upload_ask_and_see_the_source(fresh: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    wrong: list[Any] = []
    requests: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: requests.append(r.url))
    page.emulate_media(color_scheme="light")
    page.goto(fresh.url)
    expect = sync_api.expect
    expect(page.get_by_text("Nothing yet. Add a file to begin.")).to_be_visible()
    shot(page, "empty-light")

    broken = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"no PDF at all"}
    page.set_input_files("#files", files=[broken])
    expect(page.locator("#jobs .failed")).to_contain_text("not of type '.pdf'")
    page.set_input_files(
        "#files", [CORPUS / "retrieval-handbook.pdf", CORPUS / "kv-cache.md", CORPUS / "tokens.md"]
    )
    expect(page.locator("#documents .row")).to_have_count(3, timeout=60_000)

    page.get_by_label("Your question").fill("Which fusion method uses only the ranks?")
    page.keyboard.press("Enter")
    cite = page.locator(".answer .cite").first
    expect(cite).to_be_visible(timeout=60_000)
    expect(page.locator(".answer")).to_contain_text("Reciprocal rank fusion")
    shot(page, "answer-light")
    cite.click()
    expect(page.locator(".paper img")).to_be_visible(timeout=60_000)
    mark = page.locator(".paper i").first
    expect(mark).to_be_visible()
    paper, box = page.locator(".paper").bounding_box(), mark.bounding_box()
    assert paper is not None
    assert box is not None
    assert paper["x"] <= box["x"] <= box["x"] + box["width"] <= paper["x"] + paper["width"] + 1
    assert box["height"] < paper["height"] / 10
    shot(page, "source-light")
    page.emulate_media(color_scheme="dark")
    shot(page, "source-dark")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(cite).to_be_focused()

    page.get_by_label("Your question").fill("Who won the football world cup in 1998?")
    page.keyboard.press("Enter")
    expect(page.locator(".answer.none")).to_contain_text("do not answer", timeout=60_000)
    page.locator(".turn").last.get_by_text("Retrieved ·").click()
    page.locator(".answer.none").scroll_into_view_if_needed()
    shot(page, "refusal-dark")
    expect(page.locator("#history .row")).to_have_count(1)

    # What the browser itself logs of the refused upload is no fault of the page's.
    assert not [w for w in wrong if "400" not in str(w)]
    own = (fresh.url, "blob:", "data:")
    assert not [url for url in requests if not url.startswith(own)]
    page.close()


def test_an_answer_is_called_wrong_and_corrected(fresh: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.goto(fresh.url)
    expect = sync_api.expect
    page.get_by_label("Your question").fill("Which fusion method uses only the ranks?")
    page.keyboard.press("Enter")
    wrong = page.get_by_label("This answer is wrong")
    wrong.click(timeout=60_000)
    expect(wrong).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What would be right?").fill("RRF")
    shot(page, "feedback-light")
    page.keyboard.press("Enter")
    expect(page.get_by_label("What would be right?")).to_be_hidden()
    with fresh.client() as client:
        stored = client.get("/api/feedback").json()["feedback"]
        assert [(f["is_right"], f["correction"]) for f in stored] == [(False, "RRF")]
        (conversation, *_) = client.get("/api/conversations").json()["conversations"]
        client.delete(f"/api/conversations/{conversation['id']}")
    page.close()


def test_a_conversation_is_taken_up_again(fresh: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.emulate_media(color_scheme="dark")
    page.goto(fresh.url)
    expect = sync_api.expect
    expect(page.locator(".turn")).to_have_count(0)
    page.locator("#history .row button").first.click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn .card").first).to_contain_text("retrieval-handbook.pdf")
    page.locator(".turn .card").first.click()
    expect(page.locator(".paper i").first).to_be_visible(timeout=60_000)
    shot(page, "history-dark")
    page.keyboard.press("Escape")
    page.locator("#fresh").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.close()


def test_on_a_phone_everything_is_in_reach(fresh: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(fresh.url)
    expect = sync_api.expect
    page.get_by_label("Documents and history").first.click()
    expect(page.locator("#drop")).to_be_in_viewport()
    shot(page, "menu-phone")
    page.get_by_label("Documents and history").first.click()
    page.get_by_label("Your question").fill("Why is decoding limited by memory bandwidth?")
    page.get_by_label("Ask", exact=True).click()
    expect(page.locator(".cite").first).to_be_visible(timeout=60_000)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    shot(page, "answer-phone")
    page.locator(".cite").first.click()
    expect(page.locator(".words mark")).to_contain_text(re.compile("limited by"))
    shot(page, "source-phone")
    page.get_by_label("Close the source").click()
    page.close()


def test_words_of_documents_are_never_markup(
    fresh: Server, browser: BrowserContext, tmp_path: Path
) -> None:
    words = "The colour of the gate is <img src=x onerror=alert(1)> green <b>today</b>.\n"
    page = browser.new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(fresh.url)
    (tmp_path / "gate.txt").write_text(words)
    page.set_input_files("#files", tmp_path / "gate.txt")
    expect = sync_api.expect
    expect(page.locator("#documents .row")).to_have_count(4, timeout=60_000)
    page.get_by_label("Your question").fill("What is the colour of the gate?")
    page.keyboard.press("Enter")
    expect(page.locator(".card q").first).to_contain_text("<img src=x", timeout=60_000)
    assert page.locator("main img, main b:not(header b)").count() == 0
    assert not alerts
    page.close()


def test_what_was_computed_opens_like_a_source(fresh: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(fresh.url)
    expect = sync_api.expect
    page.get_by_label("Your question").fill("What is 15% of 2,400 / 7?")
    page.keyboard.press("Enter")
    cite = page.locator(".answer .cite").first
    expect(page.locator(".answer")).to_contain_text("= 51.4", timeout=60_000)
    cite.click()
    expect(page.locator("#sourcename")).to_have_text("calculator: 15% of 2,400 / 7")
    expect(page.locator("#sheet mark")).to_contain_text("15% of 2,400 / 7 = 51.4")
    page.get_by_text("Tool calls").click()
    shot(page, "computed-light")
    page.reload()
    page.locator("#history .row button").first.click()  # and again from the history
    page.locator(".turn .card").first.click()
    expect(page.locator("#sheet mark")).to_contain_text("= 51.4")
    page.close()


def test_the_page_speaks_the_language_of_the_browser(
    fresh: Server, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'languages', { value: ['de-DE'] })")
    page.goto(fresh.url)
    expect = sync_api.expect
    expect(page.get_by_role("heading", name="Fragen Sie Ihre Dokumente")).to_be_visible()
    expect(page.get_by_label("Ihre Frage")).to_have_attribute("placeholder", "Eine Frage stellen")
    assert page.locator("html").get_attribute("lang") == "de"
    page.close()


def test_a_suggested_question_is_asked_and_documents_are_selected(
    server: Server, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.goto(server.url)
    expect = sync_api.expect
    suggestion = page.locator("#suggestions button").first
    expect(suggestion).to_be_visible(timeout=30_000)
    question = suggestion.inner_text()
    suggestion.click()
    expect(page.locator(".asked")).to_have_text(question)
    expect(page.locator(".answer")).to_be_visible(timeout=60_000)
    page.locator("#documents .row", has_text="handbook.pdf").hover()
    page.get_by_label("Ask retrieval-handbook.pdf alone").check()
    expect(page.locator("#scope")).to_contain_text("Only retrieval-handbook.pdf")
    shot(page, "scope-light")
    page.get_by_label("Your question").fill("What does the key-value cache store?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").last.locator("details").last).to_be_visible(timeout=60_000)
    expect(page.locator(".turn").last).not_to_contain_text("kv-cache.md")
    page.get_by_role("button", name="Ask all documents").click()
    expect(page.locator("#scope")).to_be_hidden()
    page.close()
