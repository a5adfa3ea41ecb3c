"""Text of HTML that nobody sees, or sees struck out: left out, counted, and the rest kept whole."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.read.conftest import document

Write = Callable[[str, bytes | str], Path]

SHEET = """<style>/* one sheet */
.ghost, p.zap { display: none } .white { color: #fff } .dark { background: black; color: white }
.wrap { font-size: 0 } .wrap span { font-size: 14px } .open { display: block }
@media print { .screen { display: none } } p:hover { display: none }
.old { text-decoration: line-through } .away { visibility: hidden } .away b { visibility: visible }
</style>"""


def page_of(write: Write, body: str, head: str = "") -> tuple[str, str | None]:
    page = document(write("a.html", f"<html><head>{head}</head><body>{body}</body></html>")).pages[
        0
    ]
    return page.text, page.note


@pytest.mark.parametrize(
    "hidden",
    [
        "<p class=ghost>It is 999.</p>",
        "<p class='zap it'>It is 999.</p>",
        "<p class=white>It is 999.</p>",
        "<p><font color=white>It is 999.</font></p>",
        "<p style='COLOR: rgb(255,255,254)'>It is 999.</p>",
        "<div style='background:#202020'><i style='color: #212121'>It is 999.</i></div>",
        "<p style='font-size:0px'>It is 999.</p>",
        "<p style='visibility: hidden'>It is 999.</p>",
        "<p style='opacity: 0.01'>It is 999.</p>",
        "<p style='color: rgb(255 255 255)'>It is 999.</p>",
        "<p style='color: rgb(255 255 255 / 1)'>It is 999.</p>",
        "<p style='opacity:0'>It is 999.</p>",
        "<p style='position:absolute; left:-9999px'>It is 999.</p>",
        "<p style='display:none !important'>It is 999.</p>",
    ],
)
def test_hidden_text_is_left_out_and_counted(write: Write, hidden: str) -> None:
    body = f"<p>The fee is 120 euros.</p>{hidden}<p>It is due in May.</p>"
    text, note = page_of(write, body, SHEET)
    assert text == "The fee is 120 euros.\n\nIt is due in May."
    assert note == "hidden text left out (10 characters)"


@pytest.mark.parametrize(
    "seen",
    [
        "<div class=dark><p>Open on Monday.</p></div>",
        "<table bgcolor=navy><tr><td><font color=white>Open on Monday.</font></td></tr></table>",
        "<div class=wrap><span>Open on Monday.</span></div>",
        "<div class=away><b>Open on Monday.</b></div>",
        "<p class=screen>Open on Monday.</p>",
        "<p class='ghost open'>Open on Monday.</p>",
        "<p style='font-size:0.9em'>Open on Monday.</p>",
    ],
)
def test_text_that_is_seen_after_all_is_kept(write: Write, seen: str) -> None:
    text, note = page_of(write, f"<p>Opening hours</p>{seen}", SHEET)
    assert "Open on Monday." in text
    assert note is None


def test_white_text_is_kept_where_a_sheet_elsewhere_may_color_what_is_behind(write: Write) -> None:
    sheet = "<link rel=stylesheet href=a.css>"
    text, _ = page_of(write, "<p style='color:white'>Open on Monday.</p>", sheet)
    assert text == "Open on Monday."


def test_what_a_script_shows_on_a_click_is_kept(write: Write) -> None:
    head = "<script src=a.js></script><style>.faq-answer { display: none }</style>"
    body = "<h2>When is it open?</h2><div class=faq-answer>On Monday.</div>"
    assert page_of(write, body, head) == ("When is it open?\n\nOn Monday.", None)


def test_words_that_a_sheet_strikes_out_are_left_out(write: Write) -> None:
    text, note = page_of(write, "<p>The fee is <i class=old>90</i> 120 euros.</p>", SHEET)
    assert text == "The fee is 120 euros."
    assert note == "struck-out text left out (2 characters)"


def test_the_hidden_first_line_of_a_mail_is_left_out(write: Write) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "shop@example.org", "Your order"
    message.set_content(
        "<div style='display:none;max-height:0'>Refund of 999 euros!</div>"
        "<p>The order costs 42 euros.</p>",
        subtype="html",
    )
    page = document(write("a.eml", message.as_bytes())).pages[0]
    assert "42 euros" in page.text
    assert "999" not in page.text
    assert page.note == "hidden text left out (20 characters)"


def test_ticks_stand_beside_their_labels(write: Write) -> None:
    body = (
        "<form><p><label><input type=checkbox checked> Insured</label><br>"
        "<input type=radio id=h><label for=h>Heated</label></p>"
        "<p>Paid <input type=checkbox checked></p></form>"
    )
    assert page_of(write, body) == ("[x] Insured\n[ ] Heated\n\nPaid [x]", None)
