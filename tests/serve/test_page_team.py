"""The page of a team: folders, comparisons, who sees a document, links, paper, keys alone.

Each state is looked at by axe at three sizes in both themes; screenshots are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.command import run_command
from tests.serve.conftest import TOKENS, USERS, Server, Start
from tests.serve.test_page_states import ask, check

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

FILES = {
    "staff/handbook.md": "# Travel\n\nMeals on business trips are paid up to GBP 38 a day.\n",
    "staff/faq.md": "# Travel\n\nMeals on business trips are paid up to GBP 42 a day.\n",
    "shop/opening.md": "# Opening\n\nThe museum shop opens on Sundays at 10:00 in summer.\n",
    "readme.md": "# About\n\nThe museum was founded in 1908 by Ada Harrow.\n",
}
QUESTION = "When does the museum shop open on Sundays in summer?"
FOCUSABLE = """() => [...document.querySelectorAll(
  "button, input, select, textarea, a[href], summary, [tabindex='0']")]
  .filter((e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({
  visibilityProperty: true }) && !e.closest("dialog:not([open])"))"""
FOCUS = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  const form = e.closest("#ask"), around = form && getComputedStyle(form).boxShadow;
  const isMarked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
    || (e.id === "question" && around !== "none");
  const isInView = box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  return [isMarked, isInView, `${e.tagName} ${e.id} ${e.ariaLabel || e.textContent.slice(0, 30)}`];
}"""


@pytest.fixture(scope="module")
def team(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of a folder with folders in it; alice is an operator, carol of the same team."""
    home = tmp_path_factory.mktemp("team") / "home"
    for name, text in FILES.items():
        path = home / "museum" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = {**os.environ, "RAG_INDEXES": str(home / "indexes")}
    done = run_command("index", "museum", "-i", "team", cwd=home, env=environment)
    assert done.returncode == 0, done.stderr
    (home / "users.toml").write_text(USERS)
    return start(home, "--users", home / "users.toml")


@pytest.fixture
def page(browser: BrowserContext, team: Server) -> Iterator[Page]:
    """The page of alice."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1360, "height": 860})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.add_init_script("window.print = () => { window.printed = true; };")
    wrong: list[Any] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(team.url)
    page.locator("#token").fill(TOKENS["alice"])
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("#documents .row").first).to_be_visible(timeout=30_000)
    yield page
    assert wrong == []
    page.close()


def answered(page: Page, question: str = QUESTION) -> None:
    ask(page, question)
    sync_api.expect(page.locator(".turn .cite").first).to_be_visible(timeout=60_000)


def test_folders_are_opened_asked_alone_and_compared(page: Page) -> None:
    expect = sync_api.expect
    folder = page.get_by_role("button", name="museum/staff")
    expect(folder).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("handbook", exact=False).first).to_be_visible()
    page.get_by_role("button", name="museum/shop").click()
    expect(page.locator("#documents").get_by_text("opening")).to_be_hidden()
    page.get_by_label("Ask readme.md alone").check(force=True)
    expect(page.locator("#compare")).to_be_hidden()  # one alone has nothing to differ from
    page.get_by_label("Ask readme.md alone").uncheck(force=True)
    page.get_by_label("Ask museum/staff/ alone").check(force=True)
    with page.expect_request("**/ask") as sent:
        ask(page, QUESTION)
    (path,) = sent.value.post_data_json["paths"]
    assert path.endswith("staff/*")
    expect(page.locator(".turn .answer.none")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".differs")).to_contain_text("differs", timeout=30_000)
    table = page.locator(".turn .grid").last
    expect(table).to_contain_text("GBP 42")
    expect(table).to_contain_text("GBP 38")
    table.get_by_role("button", name="GBP 38").click()
    expect(page.locator("#sheet mark")).to_contain_text("GBP 38")
    page.keyboard.press("Escape")
    check(page, "compared")


def test_who_sees_a_document_is_told_and_changed(page: Page, team: Server) -> None:
    expect = sync_api.expect
    page.locator("#documents").get_by_role("button", name="readme").click()
    page.get_by_role("button", name="Who sees it").click()
    dialog = page.locator("#access")
    expect(dialog).to_contain_text("Everyone on this server")
    expect(dialog).to_contain_text("alice, bob, carol")
    check(page, "access")
    dialog.get_by_label("everyone").uncheck()
    dialog.get_by_label("team").check()
    dialog.get_by_role("button", name="Change").click()
    expect(dialog).to_be_hidden()
    with team.client(TOKENS["bob"]) as bob:
        listed = bob.get("/api/indexes/team/documents").json()["documents"]
        assert not [d for d in listed if d["name"].endswith("readme.md")]
    page.get_by_role("button", name="Who sees it").click()
    expect(dialog.locator("#readers")).to_contain_text("Group team")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#source")).to_be_visible()  # Escape closed the dialog alone


def test_links_are_listed_and_withdrawn_and_history_keeps_the_grade(page: Page) -> None:
    expect = sync_api.expect
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answered(page)
    grade = page.locator(".turn .legend .chip").first.inner_text()
    page.get_by_role("button", name="Share").click()
    expect(page.locator("#linkcount")).to_have_text("Shared links · 1")
    link = page.evaluate("navigator.clipboard.readText()")
    page.locator("#linkcount").click()
    check(page, "links")
    page.set_viewport_size({"width": 1360, "height": 860})
    page.get_by_label(f"Withdraw the link to {QUESTION}").click(force=True)
    expect(page.locator("#links")).to_be_hidden()
    page.goto(link)
    page.reload()
    expect(page.locator("#toast")).to_contain_text("o such shared answer", timeout=30_000)
    page.locator("#history .row button").first.click()
    expect(page.locator(".turn .legend .chip").first).to_have_text(grade)


def test_an_answer_is_printed_with_its_sources(page: Page, tmp_path: Path) -> None:
    import pypdfium2

    answered(page, "Who founded the museum?")
    answered_last = page.locator(".turn")
    ask(page, QUESTION)
    sync_api.expect(answered_last).to_have_count(2)
    sync_api.expect(answered_last.last.locator(".cite").first).to_be_visible(timeout=60_000)

    def printed() -> str:
        data = page.pdf(path=tmp_path / "printed.pdf", print_background=False)
        document = pypdfium2.PdfDocument(data)
        return " ".join(
            sheet.get_textpage().get_text_bounded().replace("\r\n", " ") for sheet in document
        )

    page.locator("#pdf").click()
    assert page.evaluate("window.printed")
    text = printed()
    assert "Who founded the museum?" in text
    assert "Ada Harrow" in text
    answered_last.last.get_by_role("button", name="Print, or save as PDF").click()
    text = printed()
    assert "Who founded the museum?" not in text
    assert QUESTION in text
    assert "[1]" in text
    assert "opening.md" in text
    assert "“The museum shop opens on Sundays at 10:00 in summer.”" in text
    assert not [word for word in ("Copy", "Share", "Add documents", "History") if word in text]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert "Who founded the museum?" in printed()


def test_everything_is_reached_by_keys_alone_and_seen_to_be(page: Page) -> None:
    answered(page)
    page.locator(".turn .cite").first.focus()
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("#sheet mark")).to_be_visible()
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    controls = page.evaluate_handle(FOCUSABLE)
    count = page.evaluate("(all) => all.length", controls)
    visited, order = set(), []
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        at = page.evaluate("(all) => all.indexOf(document.activeElement)", controls)
        if at in visited or page.evaluate("document.activeElement === document.body"):
            break
        is_marked, is_in_view, name = page.evaluate(FOCUS)
        assert is_marked, name
        assert is_in_view, name
        visited.add(at)
        order.append(at)
    missed = page.evaluate(
        "([all, seen]) => all.filter((_, n) => !seen.includes(n)).map((e) => e.outerHTML)",
        [controls, list(visited)],
    )
    assert missed == []
    assert order == sorted(order)  # as the page is read
    page.locator("#close").focus()
    page.keyboard.press("Escape")
    sync_api.expect(page.locator("#source")).to_be_hidden()
    sync_api.expect(page.locator(".turn .cite").first).to_be_focused()
    page.keyboard.press("/")
    sync_api.expect(page.locator("#question")).to_be_focused()
