"""Small files that cost much: a PDF that is slow to draw, archives of much text."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

from docx import Document


def slow_pdf(pages: int, operations: int) -> bytes:
    """A PDF whose pages each take long to draw: a shading that is computed for every pixel."""
    program = "{ " + "2 copy mul sin exch pop " * operations + "pop dup dup }"
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>",
        "<< /FunctionType 4 /Domain [0 600 0 800] /Range [0 1 0 1 0 1] "
        f"/Length {len(program)} >>\nstream\n{program}\nendstream",
    ]
    for number in range(pages):
        text = f"BT /F 12 Tf 20 20 Td (Page {number} of a slow file.) Tj ET /S sh"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << "
            "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> "
            "/Shading << /S << /ShadingType 1 /ColorSpace /DeviceRGB "
            "/Domain [0 600 0 800] /Function 3 0 R >> >> >> "
            f"/Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode())
    table = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for offset in offsets:
        out.write(f"{offset:010} 00000 n \n".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n".encode())
    out.write(f"startxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def bomb_docx(paragraphs: int) -> bytes:
    """A DOCX of empty paragraphs, a few kilobytes when compressed."""
    empty = io.BytesIO()
    Document().save(empty)
    out = io.BytesIO()
    with zipfile.ZipFile(empty) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip_:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * paragraphs)
            zip_.writestr(name, data)
    return out.getvalue()


def many_records(count: int) -> bytes:
    """A compressed JSONL file of many records."""
    lines = "".join(f'{{"text": "Record {n} of many."}}\n' for n in range(count))
    return gzip.compress(lines.encode())


def long_record(chars: int) -> bytes:
    """A compressed JSONL file of one record of very much text."""
    text = ("The pump runs at forty bar. " * (chars // 28 + 1))[:chars]
    return gzip.compress(json.dumps({"text": text}).encode())
