# ruff: noqa: PLW0108 - the values are functions, so that one file is made at a time
"""Does any small file cost the reader of documents more than a file of its size may?

    python benchmarks/attacks_files.py              all files, about 5 minutes
    python benchmarks/attacks_files.py yaml-aliases one of them

Each file is at most 64 KB, or 1 MB of a format that has a process of its own, and made to cost
much: nesting, entities and aliases, long lines, repeated marks, references in circles, members that
unpack to much. It is indexed by a new process, as a person would; the table has the processor time,
the most memory of that process, and what came of it. A file fails that takes over 30 s of processor
time (a file of plain text is in the first line), over 1 GB, or ends the process. Nothing is
embedded: that takes as long as for any text of the same length.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

LIMIT_S = 30.0
LIMIT_MB = 1_000
LIGHT = 64_000
HEAVY = 1_000_000

INDEX = """
import json, resource, sys
from pathlib import Path
import numpy as np
from rag_infer import Index
def cpu():
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)

def embed(texts):
    return np.tile(np.float32([1, 0]), (len(texts), 1))

started = cpu()
report = Index.open(Path(sys.argv[2]), create=True, embedder=embed).add(Path(sys.argv[1]))
print(json.dumps({
    "seconds": cpu() - started,
    "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "chunks": report.chunks,
    "failed": [f.reason for f in report.failed],
}))
"""


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def repeated(unit: str, size: int = LIGHT) -> bytes:
    return (unit * (size // len(unit.encode())))[:size].encode()


def docx(body: str) -> bytes:
    from docx import Document

    empty = io.BytesIO()
    Document().save(empty)
    with zipfile.ZipFile(empty) as source:
        members = {name: source.read(name) for name in source.namelist()}
    document = members["word/document.xml"].decode()
    head, _, tail = document.partition("<w:body>")
    members["word/document.xml"] = (
        head + "<w:body>" + body + tail[tail.rindex("</w:body>") :]
    ).encode()
    return zipped(members)


def xlsx(sheet: str, shared: str = "", names: int = 1) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped({
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override '
        f'PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>'
        "".encode(),
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": (f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>' + "".join(
            f'<sheet name="A{n}" sheetId="{n + 1}" r:id="r1"/>' for n in range(names)
        ) + "</sheets></workbook>").encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/>'
        f"</Relationships>".encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>'.encode(),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>'.encode(),
    })  # fmt: skip


def pptx(count: int) -> bytes:
    """One slide that the presentation names many times."""
    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    slide.shapes.title.text = "The same slide again"
    out = io.BytesIO()
    presentation.save(out)
    with zipfile.ZipFile(out) as source:
        members = {name: source.read(name) for name in source.namelist()}
    text = members["ppt/presentation.xml"].decode()
    head, _, tail = text.partition("<p:sldIdLst>")
    one, _, tail = tail.partition("</p:sldIdLst>")
    members["ppt/presentation.xml"] = (
        head + "<p:sldIdLst>" + one * count + "</p:sldIdLst>" + tail
    ).encode()
    return zipped(members)


def pdf(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()


def stream(data: bytes, entries: bytes = b"", filters: int = 1) -> bytes:
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = b"/FlateDecode " * filters
    return b"<< %b /Filter [%b] /Length %d >>\nstream\n%b\nendstream" % (
        entries, names, len(data), data,
    )  # fmt: skip


def page_pdf(content: bytes, resources: bytes = b"", filters: int = 1) -> bytes:
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font "
        b"<< /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> %b >> >>" % resources,
        stream(content, filters=filters),
    ])  # fmt: skip


def text_pdf(lines: int) -> bytes:
    ops = "".join(f"1 0 0 1 {n * 7 % 560} {n * 13 % 790} Tm (w{n}) Tj\n" for n in range(lines))
    return page_pdf(f"BT /F 4 Tf {ops} ET".encode())


def lines_pdf(lines: int) -> bytes:
    strokes = "".join(
        f"{n % 600} 0 m {n % 600} 800 l S 0 {n % 800} m 600 {n % 800} l S\n" for n in range(lines)
    )
    return page_pdf(f"BT /F 9 Tf 20 20 Td (a grid) Tj ET {strokes}".encode())


def circular_pdf() -> bytes:
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R 2 0 R] /Parent 2 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << "
        b"/XObject << /X 6 0 R >> >> /Annots 7 0 R >>",
        stream(b"/X Do " * 50),
        b"<< /First 5 0 R /Next 5 0 R /Last 5 0 R /Title (loop) /Parent 5 0 R >>",
        stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << "
               b"/XObject << /X 6 0 R >> >>"),
        b"[7 0 R 7 0 R]",
    ])  # fmt: skip


def forms_pdf(depth: int) -> bytes:
    """Forms that each draw the next one twice: 2^depth texts from a kilobyte."""
    forms = [
        stream(
            b"/X Do /X Do" if n < depth - 1 else b"BT /F 9 Tf (boom) Tj ET",
            b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /Font << /F << /Type "
            b"/Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /X %d 0 R >> >>"
            % (n + 6),
        )
        for n in range(depth)
    ]
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << "
        b"/XObject << /X 5 0 R >> >> >>",
        stream(b"/X Do"),
        *forms,
    ])  # fmt: skip


def many_pages_pdf(count: int) -> bytes:
    """One page object that the tree names many times."""
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%b] >>" % (count, b"3 0 R " * count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font "
        b"<< /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        stream(b"BT /F 9 Tf 20 20 Td (The same page again.) Tj ET"),
    ])  # fmt: skip


def mail_nested(depth: int) -> bytes:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    return ("From: a@b.c\nSubject: nested\n" + head + "Content-Type: text/plain\n\nend\n").encode()


def mail_in_mail(depth: int) -> bytes:
    return ("From: a@b.c\nSubject: s\nContent-Type: message/rfc822\n\n" * depth + "\nend").encode()


def mail_headers() -> bytes:
    words = base64.b64encode(b"word").decode()
    return (
        "Subject: " + f"=?utf-8?b?{words}?= " * 3_000 + "\nTo: " + "a <a@b.c>, " * 2_000
        + "\n\nbody\n"
    ).encode()  # fmt: skip


def xml_entities() -> bytes:
    entities = '<!ENTITY a0 "word ">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    return f"<!DOCTYPE r [{entities}]><r>&a11;</r>".encode()


def yaml_aliases() -> bytes:
    rows = ["a0: &a0 [word, word]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(rows).encode()


def epub(chapters: dict[str, str]) -> bytes:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="i{n % len(chapters)}"/>' for n in range(20_000))
    return zipped({
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
        b'container"><rootfiles><rootfile full-path="c.opf"/></rootfiles></container>',
        "c.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest>'
        f"<spine>{spine}</spine></package>".encode(),
        **{name: text.encode() for name, text in chapters.items()},
    })  # fmt: skip


def odt(body: str) -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    return zipped({
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": f'<office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:text="{office}:text:1.0" xmlns:table="{office}:table:1.0"><office:body>'
        f"<office:text>{body}</office:text></office:body></office:document-content>".encode(),
    })  # fmt: skip


def tiny_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return len(data).to_bytes(4, "big") + kind + data + crc.to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    row = b"\0" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(min(height, 40_000))) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def notebook() -> bytes:
    cell = {"cell_type": "markdown", "source": ["[" * 50_000]}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    ).encode()


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "plain": ("a.txt", lambda: "".join(
        f"Pump {n} of hall {n * 7 % 91} runs at {n * 13 % 80} bar. "
        for n in range(1_700)).encode()),
    "text-one-line": ("a.txt", lambda: repeated("a")),
    "text-dots": ("a.txt", lambda: repeated(". ")),
    "text-newlines": ("a.txt", lambda: repeated("\n \n")),
    "text-quotes": ("a.txt", lambda: repeated('"(\'')),
    "text-numbers": ("a.txt", lambda: repeated("1,")),
    "text-combining": ("a.txt", lambda: repeated("e\u0301\u0302")),
    "text-capitals": ("a.txt", lambda: repeated("A.B.")),
    "text-dashes": ("a.txt", lambda: repeated("- ")),
    "text-pipes": ("a.txt", lambda: repeated("| a ")),
    "text-columns": ("a.txt", lambda: repeated("a  b   c    d\n")),
    "markdown-brackets": ("a.md", lambda: repeated("[")),
    "markdown-links": ("a.md", lambda: repeated("[a](<b")),
    "markdown-stars": ("a.md", lambda: repeated("*a **a ")),
    "markdown-ticks": ("a.md", lambda: "".join(f"`{'`' * n} a " for n in range(350)).encode()),
    "markdown-quotes": ("a.md", lambda: repeated("> " * 300 + "a\n")),
    "markdown-lists": ("a.md", lambda: "".join("  " * n + "- a\n" for n in range(240)).encode()),
    "markdown-table": ("a.md", lambda: (
        "|a" * 8_000 + "|\n" + "|-" * 8_000 + "|\n" + "|b" * 8_000 + "|\n").encode()),
    "markdown-entities": ("a.md", lambda: repeated("&a;&#1;")),
    "markdown-references": ("a.md", lambda: "".join(
        f"[r{n}]: /u\n[r{n}]\n" for n in range(3_500)).encode()),
    "rst-marks": ("a.rst", lambda: repeated("=-\n")),
    "tex-braces": ("a.tex", lambda: repeated("\\a{")),
    "html-nesting": ("a.html", lambda: repeated("<div>", HEAVY)),
    "html-attributes": ("a.html", lambda: b"<p " + b" ".join(
        b"a%d=1" % n for n in range(90_000)) + b">x</p>"),
    "html-tables": ("a.html", lambda: repeated("<table><tr><td>", HEAVY)),
    "html-span": ("a.html", lambda: b"<table>" + b"".join(
        b'<tr><td rowspan=65534 colspan=1000>x' for _ in range(2_000)) + b"</table>"),
    "html-entities": ("a.html", lambda: repeated("&lt;&#x41;", HEAVY)),
    "html-unclosed": ("a.html", lambda: repeated("<a <b <c ", HEAVY)),
    "html-comments": ("a.html", lambda: repeated("<!-- <!-- ", HEAVY)),
    "html-forms": ("a.html", lambda: repeated("<select><option>a", HEAVY)),
    "xml-entities": ("a.xml", xml_entities),
    "xml-nesting": ("a.xml", lambda: b"<a>" * 9_000 + b"x" + b"</a>" * 9_000),
    "xml-external": ("a.xml", lambda: (
        b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>')),
    "yaml-aliases": ("a.yaml", yaml_aliases),
    "yaml-merge": ("a.yaml", lambda: ("a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: v}}\n"
        for n in range(1, 9))).encode()),
    "yaml-nesting": ("a.yaml", lambda: repeated("[")),
    "yaml-tag": ("a.yaml", lambda: b'!!python/object/apply:os.system ["touch /tmp/owned"]'),
    "yaml-number": ("a.yaml", lambda: b"a: " + b"9" * 60_000),
    "yaml-sexagesimal": ("a.yaml", lambda: b"a: 1" + b":59" * 20_000),
    "yaml-keys": ("a.yaml", lambda: b"".join(b"? [%d]\n: 1\n" % n for n in range(5_000))),
    "json-nesting": ("a.json", lambda: b"[" * 32_000 + b"]" * 32_000),
    "json-number": ("a.json", lambda: b'{"a": ' + b"9" * 60_000 + b"}"),
    "json-paths": ("a.json", lambda: (
        '{"k' + 'k" : {"k' * 8_000 + '": 1' + "}" * 8_001).encode()),
    "json-escapes": ("a.json", lambda: b'{"a": "' + rb"\ud800" * 9_000 + b'"}'),
    "toml-keys": ("a.toml", lambda: (".".join(["a"] * 20_000) + " = 1\n").encode()),
    "toml-tables": ("a.toml", lambda: "".join(
        f"[{'.'.join(['a'] * n)}]\nb = 1\n" for n in range(1, 240)).encode()),
    "ini-interpolation": ("a.ini", lambda: ("[a]\nk0 = word\n" + "".join(
        f"k{n} = {f'%(k{n - 1})s' * 9}\n" for n in range(1, 9))).encode()),
    "jsonl-nesting": ("a.jsonl", lambda: b'{"text": ' + b"[" * 60_000),
    "jsonl-ids": ("a.jsonl", lambda: b'{"id": "same", "text": "x y z"}\n' * 2_000),
    "csv-quote": ("a.csv", lambda: b'a,b\n"' + repeated("x,y\n")),
    "csv-columns": ("a.csv", lambda: repeated("a,")),
    "csv-rows": ("a.csv", lambda: b"a,b\n" + repeated(",\n")),
    "csv-ragged": ("a.csv", lambda: "".join(
        "a," * (n % 300) + "\n" for n in range(400)).encode()),
    "srt-times": ("a.srt", lambda: repeated("1\n00:00:00,000 --> 00:00:01,000\n\n")),
    "ics-nesting": ("a.ics", lambda: repeated("BEGIN:VEVENT\n")),
    "ics-rule": ("a.ics", lambda: (
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nDTSTART:00010101T000000Z\n"
        b"RRULE:FREQ=SECONDLY;COUNT=999999999999\nEND:VEVENT\nEND:VCALENDAR\n")),
    "ics-folding": ("a.ics", lambda: b"BEGIN:VCALENDAR\nSUMMARY:" + repeated("x\n ")),
    "vcf-long": ("a.vcf", lambda: b"BEGIN:VCARD\nFN:" + repeated("a;b,") + b"\nEND:VCARD\n"),
    "rtf-groups": ("a.rtf", lambda: b"{\\rtf1 " + repeated("{", HEAVY)),
    "rtf-words": ("a.rtf", lambda: b"{\\rtf1 " + repeated("\\u-1 \\'ff", HEAVY) + b"}"),
    "rtf-bin": ("a.rtf", lambda: b"{\\rtf1 \\bin999999999999 x}"),
    "python-nesting": ("a.py", lambda: repeated("(")),
    "python-defs": ("a.py", lambda: "".join(
        " " * n + f"def f{n}():\n" for n in range(340)).encode()),
    "code-line": ("a.js", lambda: repeated("function(){")),
    "sql-comments": ("a.sql", lambda: repeated("/* -- ")),
    "notebook-brackets": ("a.ipynb", notebook),
    "mail-nested": ("a.eml", lambda: mail_nested(2_000)),
    "mail-in-mail": ("a.eml", lambda: mail_in_mail(2_000)),
    "mail-headers": ("a.eml", mail_headers),
    "mail-boundary": ("a.eml", lambda: b"Content-Type: multipart/mixed; boundary=a\n\n"
                      + b"--a\n\n" * 150_000),
    "mbox-froms": ("a.mbox", lambda: repeated("From a\n\n", HEAVY)),
    "docx-nesting": ("a.docx", lambda: docx(
        "<w:tbl><w:tr><w:tc>" * 200 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 200)),
    "docx-span": ("a.docx", lambda: docx("<w:tbl>" + "<w:tr>" + (
        '<w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p>'
        "</w:tc>") * 4 + "</w:tr></w:tbl>")),
    "docx-runs": ("a.docx", lambda: docx(
        "<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 300_000 + "</w:p>")),
    "xlsx-far-cell": ("a.xlsx", lambda: xlsx(
        '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')),
    "xlsx-merges": ("a.xlsx", lambda: xlsx(
        '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells>'
        + '<mergeCell ref="A1:XFD1048576"/>' * 2_000 + "</mergeCells>")),
    "xlsx-strings": ("a.xlsx", lambda: xlsx(
        "<sheetData>" + "".join(
            f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_000))
        + "</sheetData>", f"<si><t>{'word ' * 6_000}</t></si>")),
    "xlsx-sheets": ("a.xlsx", lambda: xlsx(
        "<sheetData>" + "".join(
            f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 2_000))
        + "</sheetData>", names=20_000)),
    "pptx-slides": ("a.pptx", lambda: pptx(20_000)),
    "odt-repeat": ("a.odt", lambda: odt(
        '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>")),
    "odt-spaces": ("a.odt", lambda: odt('<text:p>a<text:s text:c="2000000000"/>b</text:p>')),
    "odt-nesting": ("a.odt", lambda: odt(
        "<text:list><text:list-item>" * 3_000 + "<text:p>x</text:p>"
        + "</text:list-item></text:list>" * 3_000)),
    "epub-spine": ("a.epub", lambda: epub({"c.xhtml": "<p>" + "word " * 9_000 + "</p>"})),
    "zip-in-zip": ("a.zip", lambda: zipped({"b.zip": zipped({"c.txt": b"x" * 9_000_000})})),
    "zip-members": ("a.zip", lambda: zipped({f"{n}.txt": b"x y z" for n in range(9_000)})),
    "zip-names": ("a.zip", lambda: zipped(
        {"../../../../tmp/owned.txt": b"up", "/etc/owned.txt": b"root", "C:\\owned.txt": b"c"})),
    "zip-yaml": ("a.zip", lambda: zipped({"b.yaml": yaml_aliases()})),
    "pdf-words": ("a.pdf", lambda: text_pdf(40_000)),
    "pdf-grid": ("a.pdf", lambda: lines_pdf(20_000)),
    "pdf-circles": ("a.pdf", circular_pdf),
    "pdf-forms": ("a.pdf", lambda: forms_pdf(26)),
    "pdf-filters": ("a.pdf", lambda: page_pdf(b" " * 400_000_000, filters=3)),
    "pdf-pages": ("a.pdf", lambda: many_pages_pdf(100_000)),
    "pdf-huge-page": ("a.pdf", lambda: page_pdf(b"BT /F 9 Tf (x) Tj ET").replace(
        b"[0 0 600 800]", b"[0 0 9e9 9e9]")),
    "png-large": ("a.png", lambda: tiny_png(60_000, 60_000)),
}  # fmt: skip


def run(name: str) -> tuple[str, bool]:
    """Indexes one file in a process of its own; a row of the table, and whether it is good."""
    file_name, make = FILES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "files" / file_name
        path.parent.mkdir()
        path.write_bytes(make())
        command = [sys.executable, "-P", "-c", INDEX, str(path), str(Path(folder) / "index")]
        started = time.monotonic()
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=300, check=False, text=True,
                env={**os.environ, "HF_HUB_OFFLINE": "1"},
            )  # fmt: skip
            result = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            result = {"seconds": 300.0, "memory_mb": 0, "chunks": 0, "failed": ["STILL AT WORK"]}
        except ValueError:
            last = done.stderr.strip().splitlines()[-1:]
            seconds = time.monotonic() - started
            failed = [f"ENDED {done.returncode}: {' '.join(last)}"]
            result = {"seconds": seconds, "memory_mb": 0, "chunks": 0, "failed": failed}
        size = path.stat().st_size
    outcome = " ".join(result["failed"]) or f"{result['chunks']} chunks"
    is_small = result["seconds"] < LIMIT_S and result["memory_mb"] < LIMIT_MB
    is_good = is_small and not outcome.startswith("ENDED")
    line = f"{name:20} {size:9,} {result['seconds']:7.1f} {result['memory_mb']:8.0f}   {outcome}"
    return line[:150], is_good


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", help="names of files, all by default")
    arguments = parser.parse_args()
    if unknown := set(arguments.files) - set(FILES):
        parser.error(f"no such file: {', '.join(sorted(unknown))}")
    print(f"{'file':20} {'bytes':>9} {'seconds':>7} {'MB':>8}   outcome")
    bad = []
    for name in arguments.files or FILES:
        line, is_good = run(name)
        print(line, flush=True)
        if not is_good:
            bad.append(name)
    owned = [*Path("/tmp").glob("owned*"), *Path("/etc").glob("owned*")]
    print(f"\n{len(bad)} files cost too much: {', '.join(bad) or 'none'}")
    print(f"files written outside: {len(owned)}")
    if bad or owned:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
