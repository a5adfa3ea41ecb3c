"""What each reader makes of a real file of its format."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from rag_infer.errors import ReadError
from rag_infer.read import ReadOptions
from rag_infer.read.zip_safety import check_zip
from tests.read import fixtures
from tests.read.conftest import document, documents, error, outline

Write = Callable[[str, bytes | str], Path]


def test_html_keeps_the_content_and_leaves_the_menus(write: Write) -> None:
    page = """<html><head><title>Fees | The Bank</title></head><body>
    <header><nav><ul><li><a href=/>Home</a></li><li><a href=/jobs>Jobs</a></li></ul></nav></header>
    <main><h1>Fees</h1><p>An account costs 4 euros a month.</p>
    <table><tr><th>Card</th><th>Fee</th></tr><tr><td>Gold</td><td>9</td></tr></table>
    <script>alert('x')</script></main><footer>Imprint and privacy</footer></body></html>"""
    result = document(write("fees.html", page))
    text = result.pages[0].text
    assert "An account costs 4 euros a month." in text
    assert "Gold | 9" in text
    assert ("heading", 1, "Fees") in outline(result)
    assert "Jobs" not in text and "Imprint" not in text and "alert" not in text


def test_facts_of_a_frame_are_kept_and_its_menus_are_not(write: Write) -> None:
    source = """<html><body><header><p>Open from six to two: Monday to Friday.</p>
    <nav><a href=a>Route 66</a></nav></header>
    <main><h1>Larch Bakery</h1><p>We bake rye bread in a wood oven, every day.</p></main>
    <aside><p>Plum cake for 14 euros.</p><ul><li><a href=b>10 cakes to try</a></li></ul></aside>
    <div class="site-footer"><p>Mill Lane 3, phone 555-0166, <a
    href="mailto:x@y.example">x@y.example
    </a></p><p>© 2024 Larch</p><p>Follow us</p></div></body></html>"""
    text = document(write("a.html", source.encode())).pages[0].text
    for kept in ("Open from six", "Plum cake for 14", "Mill Lane 3, phone 555-0166, x@y.example"):
        assert text.count(kept) == 1
    for left in ("Route 66", "10 cakes", "2024", "Follow us"):
        assert left not in text
    assert text.index("rye bread") < text.index("Mill Lane 3")


@pytest.mark.parametrize(
    "frame",
    [
        "<footer>Opening hours: Tuesday to Sunday, 10:00 to 16:30. Quay Road 5</footer>",
        "<footer>Opening hours: Tuesday to Sunday, 10:00 to 16:30.<br>Quay Road 5</footer>",
        "<footer><span>Opening hours: Tuesday to Sunday, 10:00 to 16:30.</span> Quay Road 5"
        "<div>Follow us</div></footer>",
        "<footer><div>Follow us</div><b>Opening hours</b>: Tuesday to Sunday, 10:00 to 16:30."
        "<nav>Room 7</nav>Quay Road 5</footer>",
        "<aside>Opening hours: Tuesday to Sunday, 10:00 to 16:30.<p>Quay Road 5</p></aside>",
    ],
)
def test_facts_that_stand_bare_in_a_frame_are_kept(write: Write, frame: str) -> None:
    said = "The tower is a museum now, and its stair has 188 steps to the lamp."
    source = f"<html><body><main><h1>Visit</h1><p>{said}</p></main>{frame}</body></html>"
    text = document(write("a.html", source.encode())).pages[0].text
    assert text.count("Opening hours: Tuesday to Sunday, 10:00 to 16:30.") == 1
    assert text.count("Quay Road 5") == 1
    assert "Follow us" not in text and "Room 7" not in text


def test_quotations_of_a_page_keep_their_marks(write: Write) -> None:
    source = "<p>He wrote <q>no lamp, <q>as <b>she</b></q> said</q> on a wall.</p>"
    text = document(write("a.html", source.encode())).pages[0].text
    assert text.strip() == "He wrote “no lamp, ‘as she’ said” on a wall."


def test_what_is_filled_in_on_a_form_is_read(write: Write) -> None:
    source = """<html><body><h1>Order 5521</h1><form>
    <label>Customer <input name=c value="Hanne Lorck"></label>
    <label for=x>Country</label> <select id=x><option>Norway<option selected>Iceland</select>
    <input type=checkbox checked> Express <input type=checkbox> Gift
    <input type=password value=geheim><input type=hidden value=token><input type=submit value=Send>
    <textarea>Deliver after four.</textarea></form></body></html>"""
    text = document(write("a.html", source.encode())).pages[0].text
    for kept in ("Customer: Hanne Lorck", "Country: Iceland", "[x]", "[ ]", "Deliver after four."):
        assert kept in text
    for left in ("geheim", "token", "Send", "Norway"):
        assert left not in text


def test_word_files_keep_order_numbers_lists_and_tables(write: Write) -> None:
    import docx

    word_file = docx.Document()
    word_file.add_heading("Travel", 1)
    word_file.add_paragraph("Book by train.")
    word_file.add_paragraph("Ask first", style="List Number")
    word_file.add_paragraph("Pay later", style="List Number")
    table = word_file.add_table(2, 2)
    for row, cells in enumerate((("City", "Limit"), ("Oslo", "140"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    buffer = io.BytesIO()
    word_file.save(buffer)
    result = document(write("travel.docx", buffer.getvalue()))
    assert outline(result) == [
        ("heading", 1, "Travel"),
        ("paragraph", 0, "Book by train."),
        ("list", 0, "1. Ask first\n2. Pay later"),
        ("table", 0, "City | Limit\nOslo | 140"),
    ]


def test_a_slide_is_a_page_with_its_notes(write: Write) -> None:
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Results"
    slide.placeholders[1].text = "Up by 7 percent"
    slide.notes_slide.notes_text_frame.text = "Mention the weather."
    buffer = io.BytesIO()
    deck.save(buffer)
    (page,) = document(write("results.pptx", buffer.getvalue())).pages
    assert page.label == "Results"
    assert "Up by 7 percent" in page.text
    assert "Notes: Mention the weather." in page.text


@pytest.mark.parametrize("name", ["stock.csv", "stock.xlsx"])
def test_groups_of_rows_repeat_the_header(name: str, write: Write) -> None:
    rows = [f"A spare part with a long description, number {n}, for the pump" for n in range(40)]
    path = write(name, (fixtures.comma if name.endswith("csv") else fixtures.xlsx)("part", rows))
    tables = [text for kind, _, text in outline(document(path)) if kind == "table"]
    assert len(tables) > 5
    assert all(table.startswith("name | words\npart ") for table in tables)


def test_the_delimiter_is_what_the_first_line_has_most_of(write: Write) -> None:
    result = document(write("german.csv", "Stadt;Preis\nUlm;3,50\n"))
    assert "Ulm | 3,50" in result.pages[0].text


def test_a_book_has_its_title_and_writer(write: Write) -> None:
    result = document(write("book.epub", fixtures.epub("On Bees", ["They dance."])))
    assert result.title == "On Bees"
    assert result.metadata["author"] == "A. Writer"
    assert result.pages[0].text == "On Bees\n\nThey dance."


def test_mail_names_its_attachments_and_reads_html_where_there_is_no_text(write: Write) -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Invoice", "Ada <ada@example.org>"
    message.set_content("<p>Please <b>pay</b> by Friday.</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="i.pdf")
    result = documents(write("m.eml", message.as_bytes()))[0]
    assert result.title == "Invoice"
    assert "Please pay by Friday." in result.pages[0].text
    assert "- i.pdf" in result.pages[0].text
    assert result.metadata["from"] == "Ada <ada@example.org>"


def test_a_mailbox_is_a_document_for_each_message(write: Write) -> None:
    one, two = (fixtures.mail(f"Note {n}", [f"Body {n}"]) for n in (1, 2))
    box = b"From a\n" + one + b"\n\nFrom b\n" + two
    result = documents(write("box.mbox", box))
    assert [d.id for d in result] == ["box.mbox#1", "box.mbox#2"]
    assert "Body 2" in result[1].pages[0].text


def test_a_notebook_keeps_prose_code_and_short_outputs(write: Write) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Weather\n", "It rained."]},
        {"cell_type": "code", "source": "print(7 * 6)", "outputs": [{"text": ["42\n"]}]},
        {"cell_type": "code", "source": "dump()", "outputs": [{"text": "9" * 5000}]},
    ]
    result = document(write("n.ipynb", json.dumps({"cells": cells, "nbformat": 4})))
    text = result.pages[0].text
    assert "print(7 * 6)" in text and "42" in text
    assert "999" not in text


def test_code_is_cut_between_definitions(write: Write) -> None:
    body = "    x = 1  # a line of some length, so that the function is not a small one\n" * 8
    result = document(write("m.py", f"import os\n\n\ndef one():\n{body}\n\ndef two():\n{body}"))
    blocks = [text for _, _, text in outline(result)]
    assert any(text.startswith("def two") for text in blocks)
    assert result.metadata["language"] == "py"


def test_records_are_documents_with_metadata(write: Write) -> None:
    lines = '{"id": "a", "title": "T", "text": "One.", "year": 2024}\n{"text": "Two."}\n'
    first, second = documents(write("r.jsonl", lines))
    assert (first.id, first.title, dict(first.metadata)) == ("r.jsonl#a", "T", {"year": 2024})
    assert second.id == "r.jsonl#2"


def test_fields_of_records_are_read_by_name(write: Write) -> None:
    lines = (
        '{"key": "A-7", "text": "A stub.", "abstract": "The well is deep.", "notes": "Dry."}\n'
        '{"key": "A-8", "text": "No abstract here."}\n'
    )
    options = ReadOptions(text_fields=("abstract", "notes"), id_field="key")
    first, errors = documents(write("r.jsonl", lines), options)
    assert first.id == "r.jsonl#A-7"
    assert first.pages[0].text.startswith("The well is deep.\n\nDry.")
    assert "line 2 has no text field" in str(errors.pages[0].note)
    isolated = documents(write("s.jsonl", lines), replace(options, isolate=True))
    assert isolated[0].pages[0].text == first.pages[0].text


def test_a_bad_record_costs_that_record(write: Write) -> None:
    lines = '{"text": "One."}\n{"text"\n[1]\n{"body": "Two."}\n{"n": 3}\n'
    *good, errors = documents(write("r.jsonl", lines))
    assert [result.pages[0].text for result in good] == ["One.", "Two."]
    assert errors.pages[0].text == ""
    for line in ("line 2 is not JSON", "line 3 is not a JSON object", "line 5 has no text"):
        assert line in str(errors.pages[0].note)
    assert "line 1 is not JSON" in str(error(write("s.jsonl", "{broken\n")))
    (qa,) = documents(write("q.jsonl", '{"question": "Which key?", "answer": "The brass key."}'))
    assert qa.pages[0].text == "question: Which key?\nanswer: The brass key."


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('"Name, first";"Town"\n"Huber, Anna";Graz\n"Kern, Paul";Linz\n', "Huber, Anna | Graz"),
        ("Made on 2 March, by T. Olsen, in Oslo\n\nArt;Stock\nNut;12\nBolt;9\n", "Nut | 12"),
        ("sep=|\nArt|Stock\nNut, M8|12\n", "Nut, M8 | 12"),
        ("Art\tPrice\nNut\t1,50\nBolt\t2,75\n", "Nut | 1,50"),
        ("Produkt;Umsatz\nMehl;1.200,50\nSalz;89,00\n", "Mehl | 1.200,50"),
    ],
)
def test_the_separator_is_what_parts_most_rows_alike(write: Write, text: str, row: str) -> None:
    assert row in document(write("t.csv", text)).pages[0].text.split("\n")


def test_an_open_quote_swallows_no_rows(write: Write) -> None:
    text = 'Part,Note,Price\nSaw,"left unclosed,45\nHammer,steel,19\nPlane,"iron, old",62\n'
    page = document(write("t.csv", text)).pages[0]
    assert page.note == "quote not closed in line 2"
    assert 'Saw | "left unclosed | 45\nHammer | steel | 19\nPlane | iron, old | 62' in page.text
    page = document(write("u.csv", 'A,B\n1,"two\nlines"\n3,4\n')).pages[0]
    assert (page.note, "1 | two lines\n3 | 4" in page.text) == (None, True)


@pytest.mark.parametrize(
    "last",
    ['Plane,"iron, old",62\n', 'Pipe,2" wide,62\n', 'Plane,"",62\nFile,"x",3\nRasp,"y, z",4\n'],
)
def test_an_open_quote_ends_at_no_later_one(write: Write, last: str) -> None:
    text = f'Part,Note,Price\nSaw,"left unclosed,45\nHammer,steel,19\nDrill,small,70\n{last}'
    page = document(write("t.csv", text)).pages[0]
    assert page.note == "quote not closed in line 2"
    assert 'Saw | "left unclosed | 45\nHammer | steel | 19\nDrill | small | 70\nP' in page.text


def test_a_cell_of_several_lines_with_commas_is_one(write: Write) -> None:
    text = 'Part,Note\nSaw,"Sharp, new,\nbought in May, used once"\nNut,plain\n'
    page = document(write("t.csv", text)).pages[0]
    assert page.note is None
    assert "Saw | Sharp, new, bought in May, used once\nNut | plain" in page.text


@pytest.mark.parametrize("codec", ["iso2022_jp", "iso2022_kr", "hz", "utf-7"])
def test_encodings_in_ascii_bytes_are_read(write: Write, codec: str) -> None:
    sample = {
        "iso2022_jp": "日本語の図書館",
        "iso2022_kr": "도서관은 한 시에",
        "hz": "图书馆通知",
    }.get(codec, "Grüße aus Köln")
    page = f'<html><head><meta charset="{codec}"></head><body><p>{sample}</p></body></html>'
    assert sample in document(write("a.html", page.encode(codec))).pages[0].text
    if codec != "utf-7":  # without a declaration it looks like plain text
        assert document(write("a.txt", sample.encode(codec))).pages[0].text == sample


def test_a_mail_is_read_with_all_that_it_carries(write: Write) -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Rune Dahl <rune@north.example>", "Offer for 12 lamps"
    inner.set_content("We can deliver 12 lamps for 1,740 euros.")
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Ella <ella@south.example>", "Fwd: lamps"
    mail.set_content("This message needs a client that shows HTML.")
    mail.add_alternative("<p>The hall is booked for <b>14 March</b>.</p>", subtype="html")
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Stocktaking\nDTSTART:20260330T070000Z\n"
    event += "LOCATION:Warehouse\\, room 5\nEND:VEVENT\nEND:VCALENDAR\n"
    mail.add_attachment(event, subtype="calendar", filename="invite.ics")
    mail.add_attachment("The noise level is 71 decibels.\n", filename="report.txt")
    mail.add_attachment(b"%PDF-broken", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(inner)
    first, report, broken = documents(write("m.eml", mail.as_bytes()))
    text = first.pages[0].text
    for part in ("14 March", "Offer for 12 lamps", "From: Rune Dahl", "1,740 euros",
                 "Event: Stocktaking", "Start: 2026-03-30 07:00 UTC", "room 5"):  # fmt: skip
        assert part in text
    assert (report.id, report.format) == ("m.eml#1-report.txt", "text")
    assert "71 decibels" in report.pages[0].text
    assert "cannot be read" in str(broken.pages[0].note)


RUSSIAN = (
    "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и "
    "совестью и должны поступать в отношении друг друга в духе братства."
)
FRENCH = (
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de "
    "raison et de conscience et doivent agir les uns envers les autres en esprit de fraternité."
)
JAPANESE = (
    "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、"
    "理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。"
)


@pytest.mark.parametrize(
    ("encoding", "sample"),
    [
        *(
            (e, FRENCH)
            for e in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
        ),
        *((e, RUSSIAN) for e in ("cp1251", "koi8-r")),
        *((e, JAPANESE) for e in ("shift_jis", "euc_jp")),
    ],
)
def test_text_in_any_encoding(encoding: str, sample: str, write: Write) -> None:
    assert document(write("a.txt", sample.encode(encoding))).pages[0].text == sample


@pytest.mark.parametrize(
    "sample",
    [
        "The bridge over the Lune was opened in 1911. Brücke",
        "Café am Fluß",
        "São João não vem",
        "It’s “fine” – 5 €",
        "L'été à Besançon: 30 °C, Ñandú",
    ],
)
def test_short_western_texts_are_no_code_pages_of_dos(sample: str, write: Write) -> None:
    assert document(write("a.txt", sample.encode("cp1252"))).pages[0].text == sample


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx", "a.epub"])
def test_archives_that_are_none_are_told(name: str, write: Write) -> None:
    assert "0 bytes" in str(error(write(name, b"")))
    assert str(error(write(f"b{name}", b"PK\x03\x04 and then nothing")))


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_byte_in_an_archive_costs_at_most_the_file(seed: int) -> None:
    """Names, versions and sizes in a ZIP's directory can each be wrong in a way of its own."""
    chance = random.Random(seed)
    data = bytearray(fixtures.docx("Title", ["Some words."]))
    for _ in range(200):
        broken = data.copy()
        broken[-1 - chance.randrange(1200)] = chance.randrange(256)
        with suppress(ReadError):
            check_zip(bytes(broken)).close()


def test_binary_data_is_no_text(write: Write) -> None:
    assert "not text" in str(error(write("a.txt", bytes(range(256)) * 40)))


def test_html_beside_the_main_element_is_read_but_for_its_frame(write: Write) -> None:
    page = (
        "<body><div class=cookie-banner>We use cookies to serve 12 partners, accept them all.</div>"
        "<main><h1>Shop</h1><p>We sell rolls and bread from six to two on all days.</p></main>"
        "<section><h2>Returns</h2><p>Returns are free for 60 days.</p></section>"
        "<div><a href=/a>All the news of this week.</a> <a href=/b>More news of 2025.</a></div>"
        "</body>"
    )
    text = document(write("a.html", page)).pages[0].text
    assert text == (
        "Shop\n\nWe sell rolls and bread from six to two on all days.\n\n"
        "Returns\n\nReturns are free for 60 days."
    )


def test_pictures_of_a_page_are_named_and_its_items_keep_their_numbers(write: Write) -> None:
    page = (
        "<main><p>The way:</p><img src=a alt='Map of the way from the station'><img src=b alt=logo>"
        "<ol start=3><li>Turn left.<li>Cross the bridge.<li value=9>Ring twice.</ol></main>"
    )
    text = document(write("a.html", page)).pages[0].text
    assert text == (
        "The way:\n\n[Picture: Map of the way from the station]\n\n"
        "3. Turn left.\n4. Cross the bridge.\n9. Ring twice."
    )


def test_an_error_that_a_notebook_ended_with_is_read(write: Write) -> None:
    cell = {
        "cell_type": "code",
        "source": "open_gate()",
        "outputs": [{"output_type": "error", "ename": "ValueError", "evalue": "gate 44 is shut"}],
    }
    page = document(write("a.ipynb", json.dumps({"cells": [cell], "nbformat": 4}))).pages[0]
    assert page.text == "open_gate()\n\nValueError: gate 44 is shut"
