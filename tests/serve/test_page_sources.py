"""Sources beside an answer, laid out as their documents are, the quote marked; nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.serve.conftest import CORPUS, Server, Start, hand_in, shot
from tests.serve.test_page_states import violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

FILES = {
    "prices.csv": "Zone,Place,Price\n1,Bern,6.90\n2,Lyon,14.20\n",
    "rooms.html": "<h1>Rooms</h1><script>alert(1)</script><p>Booked in the <b>calendar</b>.</p>"
    "<img src='http://example.org/x.png' onerror='alert(1)'>"
    "<table><tr><th>Room<th>Seats</tr><tr><td>Avon<td>6</tr></table>",
    "offer.eml": "From: Ann <ann@example.org>\nTo: Bo <bo@example.org>\nSubject: The offer\n\n"
    "The price of the lift is 1,780 francs.\n",
    "notes.md": "# Notes 😀\n\nThe **gate** is `green`, see [the plan](http://example.org).\n\n"
    "- first point\n- second point\n",
}


@pytest.fixture(scope="module")
def filled(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    home = tmp_path_factory.mktemp("sources") / "home"
    server = start(home)
    for name, text in FILES.items():
        (home / name).write_text(text)
    with server.client() as client:
        files = [home / name for name in FILES]
        hand_in(client, *files, CORPUS / "checking-answers.docx", CORPUS / "retrieval-handbook.pdf")
        assert {job["state"] for job in server.settled(client)} == {"done"}
    return server


@pytest.fixture
def page(browser: BrowserContext, filled: Server) -> Iterator[Page]:
    page = browser.new_page()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url))
    page.on("dialog", lambda d: (outside.append(f"dialog {d.message}"), d.dismiss()))
    yield page
    own = (filled.url, "blob:", "data:")
    assert not [url for url in outside if not url.startswith(own)]
    page.close()


def show(page: Page, server: Server, name: str, words: str = "") -> None:
    """Opens a document with these words quoted, by a link."""
    with server.client() as client:
        documents = client.get("/api/indexes/team/documents").json()["documents"]
        id_ = next(d["document_id"] for d in documents if d["name"] == name)
        place = {"document_id": id_, "page_number": 1}
        text = client.get("/api/indexes/team/page", params=place).json()["text"]
    start = text.index(words) if words else 0
    link = {"index": "team", **place, "start": start, "end": start + len(words)}
    page.goto("about:blank")
    page.goto(f"{server.url}/#{urlencode(link)}")


def test_a_cell_of_a_spreadsheet_is_marked(page: Page, filled: Server) -> None:
    show(page, filled, "prices.csv", "14.20")
    sheet = page.locator("#sheet")
    sync_api.expect(sheet.locator("td.marked")).to_have_text("14.20", timeout=30_000)
    sync_api.expect(sheet.locator("th")).to_have_text(["Zone", "Place", "Price"])
    sync_api.expect(sheet.locator("tr")).to_have_count(3)
    shot(page, "source-sheet-light")


def test_html_is_laid_out_and_nothing_of_it_runs(page: Page, filled: Server) -> None:
    show(page, filled, "rooms.html", "Avon")
    sheet = page.locator("#sheet")
    sync_api.expect(sheet.locator(".marked")).to_have_text("Avon", timeout=30_000)
    sync_api.expect(sheet.locator("h3")).to_have_text("Rooms")
    assert sheet.locator("script, img, b").count() == 0


def test_a_mail_has_its_head_and_its_words(page: Page, filled: Server) -> None:
    show(page, filled, "offer.eml", "The price of the lift")
    sheet = page.locator("#sheet")
    sync_api.expect(sheet.locator("mark")).to_have_text("The price of the lift", timeout=30_000)
    sync_api.expect(sheet.locator("dt").first).to_have_text("From")
    sync_api.expect(sheet.locator("dd").first).to_have_text("Ann <ann@example.org>")


def test_markdown_has_no_signs_left(page: Page, filled: Server) -> None:
    show(page, filled, "notes.md", "gate** is `green")
    sheet = page.locator("#sheet")
    sync_api.expect(sheet.locator("mark").first).to_have_text("gate", timeout=30_000)
    sync_api.expect(sheet.locator("h3")).to_have_text("Notes 😀")
    sync_api.expect(sheet.locator("p")).to_have_text("The gate is green, see the plan.")
    sync_api.expect(sheet.locator("code mark")).to_have_text("green")
    sync_api.expect(sheet.locator("li")).to_have_text(["first point", "second point"])


def test_word_has_headings(page: Page, filled: Server) -> None:
    show(page, filled, "checking-answers.docx")
    headings = page.locator("#sheet :is(h3, h4)")
    sync_api.expect(headings.first).to_be_visible(timeout=30_000)
    assert headings.count() > 2
    shot(page, "source-word-light")


def test_quotes_are_stepped_through_and_zoomed_to(page: Page, filled: Server) -> None:
    with filled.client() as client:
        documents = client.get("/api/indexes/team/documents").json()["documents"]
        handbook = next(d["document_id"] for d in documents if d["name"].endswith(".pdf"))
        question = {"question": "Which fusion method uses only the ranks?"}
        answer = client.post("/api/indexes/team/ask", json=question).json()
        prices = next(d["document_id"] for d in documents if d["name"] == "prices.csv")
        first = answer["citations"][0]
        assert first["document_id"] == handbook
        second = first | {
            "number": 2, "document_id": prices, "name": "prices.csv", "location": "prices.csv",
            "page_number": 1, "start": 0, "end": 4, "format": "csv", "quote": "Zone",
        }  # fmt: skip
    answer |= {"citations": [first, second], "conversation": None, "turn": None}
    events = f"event: answer\ndata: {json.dumps(answer)}\n\n"
    page.route("**/ask", lambda route: route.fulfill(body=events, content_type="text/event-stream"))
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(filled.url)
    page.get_by_label("Your question").fill(question["question"])
    page.keyboard.press("Enter")
    page.locator(".cards .card").first.click()
    mark = page.locator(".paper i").first
    sync_api.expect(mark).to_be_in_viewport(timeout=60_000)
    paper = page.locator(".paper").bounding_box()
    assert paper is not None
    assert paper["width"] > 1.5 * 390  # letters that one can read
    sync_api.expect(page.locator("#quoteplace")).to_have_text("1 of 2")
    page.keyboard.press("n")
    sync_api.expect(page.locator("#sheet .marked")).to_have_text("Zone", timeout=30_000)
    sync_api.expect(page.locator("#quoteplace")).to_have_text("2 of 2")
    page.get_by_label("Quote before").click()
    sync_api.expect(mark).to_be_in_viewport(timeout=60_000)
    page.get_by_label("Zoom to the quote").click()
    paper = page.locator(".paper").bounding_box()
    assert paper is not None
    assert paper["width"] <= 390


def test_a_conversation_is_renamed_exported_and_shared(page: Page, filled: Server) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(filled.url)
    page.get_by_label("Your question").fill("What is the price of the lift?")
    page.keyboard.press("Enter")
    sync_api.expect(page.locator(".turn .actions")).to_be_visible(timeout=60_000)
    title = page.get_by_label("Name of the conversation")
    sync_api.expect(title).to_have_value("What is the price of the lift?")
    title.fill("The lift")
    title.press("Enter")
    sync_api.expect(page.locator("#history .row").first).to_have_text("The lift✕")
    with page.expect_download() as download:
        page.get_by_label("Export as Markdown").click()
    assert download.value.suggested_filename == "The lift.md"
    assert "1,780 francs" in Path(download.value.path()).read_text("utf-8")
    page.get_by_role("button", name="Copy").click()
    sync_api.expect(page.locator("#toast")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[1] offer.eml" in copied
    page.get_by_role("button", name="Share").click()
    sync_api.expect(page.locator("#toast")).to_contain_text("The link is copied")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("about:blank")
    page.goto(link)
    sync_api.expect(page.locator(".shared")).to_contain_text("letter for letter", timeout=30_000)
    sync_api.expect(page.locator(".turn .answer")).to_contain_text("1,780 francs")
    shot(page, "shared-light")


def test_a_document_is_summarized_and_fields_are_a_table(page: Page, filled: Server) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(filled.url)
    page.locator("#documents .row button", has_text="checking-answers").click()
    page.get_by_role("button", name="Summarize").click()
    turn = page.locator(".turn").last
    sync_api.expect(turn.locator(".answer li").first).to_be_visible(timeout=60_000)
    turn.locator(".answer .cite").first.click()
    sync_api.expect(page.locator("#sheet mark").first).to_be_visible(timeout=30_000)
    assert violations(page) == []
    shot(page, "summary-light")
    page.get_by_label("Close the source").click()
    page.locator("#documents .row", has_text="offer").hover()
    page.get_by_label("Ask offer.eml alone").check()
    page.get_by_label("Fields of the table").fill("price")
    page.get_by_role("button", name="Extract a table").click()
    table = page.locator(".turn").last.locator("table")
    sync_api.expect(table).to_contain_text("1,780 francs", timeout=60_000)
    table.locator(".value").click()
    sync_api.expect(page.locator("#sheet mark")).to_contain_text("1,780")
    assert violations(page) == []
    shot(page, "extraction-light")
