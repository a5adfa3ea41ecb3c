"""The page with a chat model: claims by verdict, the window's ledger, what a wait is for, stop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from tests.generate.test_openai_chat import event
from tests.generate.test_openai_chat import server as spoken
from tests.serve.conftest import CORPUS, Server, Start, hand_in, shot

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("openai", reason="the extra openai is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

WRITTEN = (
    "For each of them all weights are read from memory to be multiplied with a single vector, so "
    "decoding is limited by memory bandwidth [1]. ",
    "The cache was patented by a shipyard in Trondheim in 1723 [1].",
)
LEFT: list[int] = []


def model(to: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    """Writes two sentences; to a question that says so it goes on until nobody listens.

    What goes on never repeats itself: text that goes round in circles is stopped by the product.
    """
    to.send_response(200)
    to.send_header("Content-Type", "text/event-stream")
    to.end_headers()
    endless = "endlessly" in str(body["messages"][-1])
    pieces = [f"step {number} follows, " for number in range(1200)] if endless else list(WRITTEN)
    try:
        for number, piece in enumerate(pieces):
            to.wfile.write(event(piece))
            to.wfile.flush()
            if endless:
                time.sleep(0.05)
                LEFT[:] = [number]
        to.wfile.write(event(None, "stop") + b"data: [DONE]\n\n")
    except OSError:
        LEFT.append(-1)
    to.close_connection = True


@pytest.fixture(scope="module")
def written(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two models: one behind a server, one that is loaded."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tests.factories import save_model

    home = tmp_path_factory.mktemp("models")
    tiny = save_model(home / "tiny", window=2048)
    with spoken(model) as (url, _), pytest.MonkeyPatch.context() as patch:
        (home / "rag-infer").mkdir()
        (home / "rag-infer" / "config.toml").write_text(
            f"[models.served]\nmodel = 'm'\nbase_url = '{url}'\nwindow = 4096\n"
            f"[models.loaded]\nmodel = '{tiny}'\n"
        )
        patch.setenv("XDG_CONFIG_HOME", str(home))
        server = start(home / "home", "--llm", "served")
        with server.client() as client:
            hand_in(client, CORPUS / "kv-cache.md")
            server.settled(client)
        yield server


def test_claims_are_coloured_and_the_window_is_shown(
    written: Server, browser: BrowserContext
) -> None:
    page = browser.new_page()
    expect = sync_api.expect
    page.emulate_media(color_scheme="light")
    page.goto(written.url)
    expect(page.get_by_label("Model")).to_have_value("served")
    page.get_by_label("Your question").fill("Why is decoding limited by memory bandwidth?")
    page.keyboard.press("Enter")
    good, bad = page.locator(".claim.supported"), page.locator(".claim.unsupported")
    expect(good).to_contain_text("all weights are read from memory", timeout=60_000)
    expect(bad).to_contain_text("shipyard in Trondheim")
    looks = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).boxShadow].join()"
    assert good.evaluate(looks) != bad.evaluate(looks)
    assert bad.get_attribute("title")
    expect(page.locator(".chip.supported")).to_contain_text("1 supported")
    expect(page.locator(".chip.unsupported")).to_contain_text("1 not supported")
    page.get_by_text("Context ·").click()
    ledger = page.locator(".ledger")
    expect(ledger).to_be_visible()
    # Pieces are as wide as their share of the window, and what is free is left free.
    box = ledger.bounding_box()
    assert box is not None
    pieces = [b for i in page.locator(".ledger i").all() if (b := i.bounding_box()) is not None]
    assert len(pieces) >= 3
    summary = page.locator("summary", has_text="Context ·").inner_text()
    tokens, window = (int(t) for t in summary.split("·")[1].split("tokens")[0].split("of"))
    filled = sum(piece["width"] for piece in pieces) / box["width"]
    assert filled == pytest.approx(tokens / window, abs=0.03)
    expect(page.locator(".keys")).to_contain_text("passages")
    shot(page, "model-light")
    page.emulate_media(color_scheme="dark")
    shot(page, "model-dark")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "model-phone")
    page.close()


def test_the_stop_button_stops_the_model(written: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    expect = sync_api.expect
    page.goto(written.url)
    page.get_by_label("Your question").fill("How does decoding go on endlessly in memory?")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("step 2 follows", timeout=60_000)
    expect(page.locator("#send")).to_be_hidden()
    shot(page, "writing-light")
    page.get_by_label("Stop").click()
    expect(page.locator(".turn")).to_contain_text("Stopped.")
    expect(page.locator("#send")).to_be_visible()
    for _ in range(200):
        if LEFT[-1] == -1:
            break
        time.sleep(0.05)
    assert LEFT[-1] == -1  # nobody listens to the model any more
    page.close()


def test_a_person_sees_what_the_wait_is_for(written: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    expect = sync_api.expect
    page.goto(written.url)
    page.get_by_label("Model").select_option("loaded")
    page.get_by_label("Your question").fill("Why is decoding limited by memory bandwidth?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Loading the model")
    shot(page, "loading-light")
    expect(page.locator(".answer")).to_be_visible(timeout=60_000)
    page.get_by_label("Stop").click()
    page.close()


def test_files_are_dropped_and_each_is_told_of(written: Server, browser: BrowserContext) -> None:
    page = browser.new_page()
    expect = sync_api.expect
    page.goto(written.url)
    expect(page.locator("#documents .row")).to_have_count(1)
    dropped = page.evaluate_handle(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(["The tide table hangs in the hall."], "tide.md"));
          dropped.items.add(new File(["MZ"], "tool.exe"));
          return dropped;
        }"""
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    expect(page.locator("#jobs .failed")).to_contain_text("Files of this kind cannot be read")
    expect(page.locator("#documents")).to_contain_text("tide.md", timeout=60_000)
    page.close()
