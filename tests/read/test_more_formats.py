"""OpenDocument, RTF, subtitles, calendars, archives, light markup, key paths and pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_infer.errors import PasswordError
from rag_infer.read import is_supported
from tests.read.conftest import document, documents, error, outline

Write = Callable[[str, bytes | str], Path]

_ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("presentation", "presentation"), ("svg", "svg-compatible"), ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
)  # fmt: skip


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_x", "."), content)
    return buffer.getvalue()


def odf(body: str, styles: str = "") -> bytes:
    content = (
        f'<office:document-content {_ODF} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body>{body}</office:body></office:document-content>"
    )
    return zipped(content_xxml=content)


def test_opendocument_text_with_notes_tables_lists_and_pictures(write: Write) -> None:
    body = """<office:text>
    <text:h text:outline-level="1">Travel</text:h>
    <text:p>Trains<text:s text:c="2"/>are<text:tab/>booked<text:note><text:note-citation>1
    </text:note-citation><text:note-body><text:p>By the office.</text:p></text:note-body>
    </text:note>
    early.</text:p>
    <text:p><office:annotation><dc:creator>Ana Ruiz</dc:creator><text:p>Check this.</text:p>
    </office:annotation>Hotels are paid later.</text:p>
    <text:list><text:list-item><text:p>Passport</text:p><text:list><text:list-item>
    <text:p>Visa</text:p></text:list-item></text:list></text:list-item></text:list>
    <table:table table:name="Limits"><table:table-row><table:table-cell><text:p>City</text:p>
    </table:table-cell><table:table-cell><text:p>Limit</text:p></table:table-cell></table:table-row>
    <table:table-row><table:table-cell><text:p>Oslo</text:p></table:table-cell><table:table-cell>
    <text:p>140</text:p></table:table-cell></table:table-row></table:table>
    <text:p><draw:frame><svg:desc>A map of Oslo</svg:desc></draw:frame></text:p></office:text>"""
    result = document(write("travel.odt", odf(body)))
    text = result.pages[0].text
    assert (result.title, result.format) == ("Travel", "odt")
    assert "Trains  are booked" in text and "By the office." in text
    assert "Comment (Ana Ruiz): Check this." in text
    assert "Oslo | 140" in text
    assert "- Passport\n  - Visa" in text
    assert "[Picture: A map of Oslo]" in text
    assert outline(result)[0] == ("heading", 1, "Travel")


def test_opendocument_slides_with_notes_and_hidden_ones(write: Write) -> None:
    styles = """<style:style style:name="h"><style:drawing-page-properties
    presentation:visibility="hidden"/></style:style>"""
    body = """<office:presentation><draw:page draw:name="page1">
    <draw:frame presentation:class="title"><draw:text-box><text:p>Plans</text:p></draw:text-box>
    </draw:frame><draw:frame><draw:text-box><text:p>A new wing</text:p></draw:text-box></draw:frame>
    <presentation:notes><draw:frame><draw:text-box><text:p>It opens on 9 October.</text:p>
    </draw:text-box></draw:frame></presentation:notes></draw:page>
    <draw:page draw:name="page2" draw:style-name="h"><draw:frame><draw:text-box>
    <text:p>Entry costs 25 euros.</text:p></draw:text-box></draw:frame></draw:page>
    </office:presentation>"""
    result = document(write("plans.odp", odf(body, styles)))
    shown, hidden = result.pages
    assert shown.text == "Plans\n\nA new wing\n\nNotes: It opens on 9 October."
    assert (hidden.text, hidden.note) == ("", "hidden slide, left out")


def test_rich_text(write: Write) -> None:
    source = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 The fee is 45 \'80, "
        r"{\b due} on 3 May.\par Pay to M\u252?ller.\par}"
    )
    text = document(write("fee.rtf", source)).pages[0].text
    assert text == "The fee is 45 €, due on 3 May.\n\nPay to Müller."
    assert "not RTF" in str(error(write("bad.rtf", "no such thing")))


def test_what_is_said_after_a_long_pause_has_its_own_time(write: Write) -> None:
    cues = (
        "1\n00:00:01,000 --> 00:00:04,000\nI was born\n\n"
        "2\n00:00:04,000 --> 00:00:06,000\nin the tower\n\n"
        "3\n00:12:04,500 --> 00:12:09,000\nMy brother fell in 1949.\n"
    )
    text = document(write("talk.srt", cues)).pages[0].text
    assert text == "[00:00:01] I was born in the tower\n\n[00:12:04] My brother fell in 1949."


@pytest.mark.parametrize("name", ["talk.srt", "talk.vtt"])
def test_subtitles_become_paragraphs_with_times(write: Write, name: str) -> None:
    comma = "," if name.endswith("srt") else "."
    cues = [
        ("00:00:01", "00:00:03", "The gate <i>opens</i>"),
        ("00:00:03", "00:00:05", "at seven in the morning."),
        ("00:00:05", "00:00:06", "at seven in the morning."),
        ("01:02:06", "01:02:08", "Bring &amp; show the ticket."),
    ]
    source = "".join(
        f"{n}\n{a}{comma}000 --> {b}{comma}000\n{words}\n\n" for n, (a, b, words) in enumerate(cues)
    )
    result = document(write(name, ("WEBVTT\n\n" if name.endswith("vtt") else "") + source))
    assert result.pages[0].text == (
        "[00:00:01] The gate opens at seven in the morning.\n\n[01:02:06] Bring & show the ticket."
    )
    assert "no subtitles" in str(error(write("none.srt", "nothing")))


def test_calendars_and_address_books(write: Write) -> None:
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Stocktaking\r\nDTSTART:20260330T070000Z\r\n"
        "LOCATION:Warehouse\r\n  5\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    text = document(write("a.ics", event)).pages[0].text
    assert text == "Event: Stocktaking\nStart: 2026-03-30 07:00 UTC\nLocation: Warehouse 5"
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=work:+47 22 11\r\nFN:Ola Berg\r\n"
        "ORG:Fjord\\, Sons;Sales\r\nADR;TYPE=home:;;Kai 4;Oslo;;0150;Norway\r\nEND:VCARD\r\n"
    )
    text = document(write("b.vcf", card)).pages[0].text
    assert text.split("\n") == [
        "Name: Ola Berg", "Telephone: +47 22 11", "Organization: Fjord, Sons, Sales",
        "Address: Kai 4, Oslo, 0150, Norway",
    ]  # fmt: skip
    assert "no events" in str(error(write("c.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")))
    assert "no contacts" in str(error(write("d.vcf", "x")))


def test_an_archive_is_a_folder(write: Write) -> None:
    data = zipped(notes__a_xtxt="The gate opens at seven.", b_xmd="# Rules\n\nNo smoking.",
                  c_xbin="??", inner_xzip="PK", d_xrtf="broken")  # fmt: skip
    results = documents(write("pack.zip", data))
    assert [(r.id, r.format) for r in results] == [
        ("pack.zip#notes/a.txt", "text"),
        ("pack.zip#b.md", "markdown"),
        ("pack.zip#inner.zip", "zip"),
        ("pack.zip#d.rtf", "rtf"),
        ("pack.zip#errors", "zip"),
    ]
    assert results[-1].pages[0].note == "members left out: c.bin (no reader)"
    assert results[0].pages[0].text == "The gate opens at seven."
    assert "within another archive" in str(results[2].pages[0].note)
    assert results[3].pages[0].note == "member cannot be read: not RTF"


def test_archives_that_are_bombs_damaged_or_locked(write: Write) -> None:
    bomb = zipped(**{f"z{n}_xtxt": "0" * 3_000_000 for n in range(10)})
    assert "unpack to" in str(error(write("bomb.zip", bomb)))
    good = zipped(a_xtxt="word " * 50, b_xtxt="The key is blue.")
    damaged = good.replace(b"PK\x03\x04", b"PK\x03\x04", 1)
    at = damaged.index(b"a.txt") + 8
    damaged = damaged[:at] + b"\xff\xff" + damaged[at + 2 :]
    *rest, note = documents(write("torn.zip", damaged))
    assert [r.id for r in rest] == ["torn.zip#b.txt"]
    assert "a.txt (damaged or encrypted)" in str(note.pages[0].note)
    locked = bytearray(zipped(a_xtxt="secret"))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[bytes(locked).index(signature) + offset] |= 1
    assert isinstance(error(write("locked.zip", bytes(locked))), PasswordError)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.rst", "Guide\n=====\n\nWelcome.\n\nCosts\n-----\n\nEntry is free.\n"),
        ("a.org", "#+TITLE: Guide\n* Guide\nWelcome.\n** Costs\nEntry is free.\n"),
        ("a.adoc", "= Guide\n\nWelcome.\n\n== Costs\n\nEntry is free.\n"),
    ],
)
def test_light_markup_knows_its_headings(write: Write, name: str, source: str) -> None:
    result = document(write(name, source))
    assert result.pages[0].text == source  # letter for letter
    assert result.title == "Guide"
    headings = [(level, text) for kind, level, text in outline(result) if kind == "heading"]
    first, second = headings
    assert (first[1], second[1]) == ("Guide", "Costs") and first[0] < second[0]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.json", '{"db": {"port": 5432, "hosts": ["a", "b"], "users": [{"name": "Ada"}]}}'),
        ("a.yaml", "db:\n  port: 5432\n  hosts: [a, b]\n  users:\n    - name: Ada\n"),
        ("a.toml", '[db]\nport = 5432\nhosts = ["a", "b"]\n[[db.users]]\nname = "Ada"\n'),
        (
            "a.xml",
            "<db><port>5432</port><hosts>a, b</hosts><users><name>Ada</name></users>"
            "<users><name>Bo</name></users></db>",
        ),
    ],
)
def test_values_stand_under_their_key_paths(write: Write, name: str, source: str) -> None:
    lines = document(write(name, source)).pages[0].text.split("\n")
    assert lines[:2] == ["db.port: 5432", "db.hosts: a, b"]
    assert lines[2] == "db.users[0].name: Ada"


def test_settings_files_and_broken_ones(write: Write) -> None:
    assert document(write("a.ini", "[db]\nport = 5432\n")).pages[0].text == "db.port: 5432"
    for name, source in (
        ("b.json", '{"db": '),
        ("b.yaml", "a: &x [1]\nb: *x\n"),
        ("b.toml", "= 3"),
        ("b.xml", "<a><b></a>"),
        ("c.json", "[" * 5000 + "]" * 5000),
        ("c.yaml", "[" * 60_000),  # hours for its parser
        ("d.yaml", "- " * 20_000),
        ("c.toml", ".".join("a" * 20_000) + " = 1"),  # gigabytes for its parser
        ("d.toml", "a = {" + ".".join("a" * 20_000) + " = 1}"),
    ):
        result = document(write(name, source))
        assert (result.format, result.pages[0].text) == ("code", source)
    evil = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    assert "hostname" in document(write("d.xml", evil)).pages[0].text  # the source, not the file


def test_pictures_are_read_or_named(write: Write) -> None:
    from PIL import Image, ImageDraw, ImageFont

    from rag_infer.read.pdf.ocr import is_available

    picture = Image.new("RGB", (900, 160), "white")
    font = ImageFont.load_default(48)
    ImageDraw.Draw(picture).text((30, 50), "The gate opens at seven", "black", font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    path = write("gate.png", buffer.getvalue())
    if not is_available():
        assert not is_supported(path)  # counted among the files that are left out
        return
    assert "gate opens" in document(path).pages[0].text
    assert "no picture" in str(error(write("bad.png", b"\x89PNG\r\n\x1a\nxx")))


_PICTURE = "<draw:frame><draw:image/><svg:title>%s</svg:title></draw:frame>"
_BARE = "<draw:frame><draw:image/></draw:frame>"
_TABLE = "<draw:frame><table:table/><draw:image/></draw:frame>"


def test_pictures_of_opendocument_texts_and_slides_are_named(write: Write) -> None:
    plan = _PICTURE % "A plan of the yard"
    text = odf(f"<office:text>{plan}<text:p>Boats.{_BARE}</text:p></office:text>")
    assert document(write("a.odt", text)).pages[0].text == (
        "[Picture: A plan of the yard]\n\nBoats.\n\n[Picture]"
    )
    deck = odf(f"<office:presentation><draw:page>{plan}{_TABLE}</draw:page></office:presentation>")
    assert document(write("a.odp", deck)).pages[0].text == "[Picture: A plan of the yard]"


def test_pictures_of_opendocument_sheets_are_named(write: Write) -> None:
    cells = "".join(
        f'<table:table-row><table:table-cell office:value-type="string"><text:p>{words}</text:p>'
        f"{picture}</table:table-cell></table:table-row>"
        for words, picture in (("Boats", _BARE), ("Rafts", ""))
    )
    shapes = f"<table:shapes>{_PICTURE % 'A plan'}</table:shapes>"
    data = odf(
        f'<office:spreadsheet><table:table table:name="Fleet">{shapes}{cells}</table:table>'
        "</office:spreadsheet>"
    )
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    pages = document(write("a.ods", buffer.getvalue())).pages
    assert [(page.label, page.text) for page in pages] == [
        ("Fleet", "Fleet\n\nBoats\nRafts"),
        ("Fleet, drawings", "[Picture: A plan]\n\n[Picture]"),
    ]


_UNSEEN_STYLES = "".join(
    f'<style:style style:family="{family}" style:name="{name}"><style:text-properties {look}/>'
    "</style:style>"
    for family, name, look in (
        ("text", "White", 'fo:color="#ffffff"'),
        ("text", "Tiny", 'fo:font-size="1pt"'),
        ("text", "Band", 'fo:color="#ffffff" fo:background-color="#102050"'),
        ("text", "Plain", 'style:text-line-through-style="none"'),
        ("paragraph", "Ghost", 'text:display="none"'),
        ("paragraph", "Old", 'style:text-line-through-style="solid"'),
    )
)


def test_unseen_and_struck_words_of_opendocument_texts_are_left_out(write: Write) -> None:
    body = """<office:text><text:p>The fee is 120.<text:span text:style-name="White"> Or 999?
    </text:span><text:span text:style-name="Tiny"> Or 998?</text:span></text:p>
    <text:p text:style-name="Ghost">It was 997.</text:p>
    <text:p text:style-name="Old">It was 996.<text:span text:style-name="Plain"> Now 125.
    </text:span></text:p><text:p><text:span text:style-name="Band">Prices</text:span></text:p>
    <table:table><table:table-row><table:table-cell><text:p><text:span text:style-name="White">
    Boats</text:span></text:p></table:table-cell></table:table-row></table:table></office:text>"""
    page = document(write("a.odt", odf(body, _UNSEEN_STYLES))).pages[0]
    assert page.text == "The fee is 120.\n\nNow 125.\n\nPrices\n\nBoats"
    assert page.note is not None
    assert page.note.startswith("struck-out text left out (11 characters); hidden text left out")


def test_white_words_of_opendocument_slides_are_kept(write: Write) -> None:
    """What is behind them is drawn in many ways."""
    body = (
        "<office:presentation><draw:page><draw:frame><draw:text-box><text:p>"
        '<text:span text:style-name="White">Prices</text:span></text:p></draw:text-box>'
        "</draw:frame></draw:page></office:presentation>"
    )
    assert document(write("a.odp", odf(body, _UNSEEN_STYLES))).pages[0].text == "Prices"


@pytest.mark.parametrize("name", ["a.odt", "a.odp", "a.zip", "a.rtf"])
def test_bad_files_give_one_clear_line(write: Write, name: str) -> None:
    for content in (b"", b"PK\x03\x04 torn", b"words"):
        assert "\n" not in str(error(write(name, content)))
    if name.startswith("a.od"):
        assert "no content.xml" in str(error(write(name, zipped(x="y"))))


@pytest.mark.parametrize("suffix", [".docm", ".dotx"])
def test_word_files_with_macros_and_templates(write: Write, suffix: str) -> None:
    import docx

    word_file = docx.Document()
    word_file.add_paragraph("The lock code is 5518.")
    buffer = io.BytesIO()
    word_file.save(buffer)
    kind = {
        ".docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
        ".dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    }[suffix]
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    changed = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(changed, "w") as target:
        for member in source.namelist():
            target.writestr(member, source.read(member).replace(plain, kind.encode()))
    result = document(write(f"letter{suffix}", changed.getvalue()))
    assert result.pages[0].text == "The lock code is 5518."
