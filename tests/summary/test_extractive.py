"""Summaries of a document's own sentences."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from rag_infer import Index, SummaryOptions, summarize
from rag_infer.errors import InputError, PasswordError, ReadError
from rag_infer.summary.extractive import select_sentences
from rag_infer.summary.sentence_filter import is_self_contained, statements
from rag_infer.types import Block, Page
from tests.command import run_command
from tests.factories import CORPUS

HANDBOOK = CORPUS / "retrieval-handbook.pdf"


@pytest.mark.parametrize(
    "sentence",
    [
        "The bridge over the Larn was opened in 1931 by Ingrid Voss after nine years of work.",
        "Net sales increased 18.2% to $3.2 billion compared to $2.7 billion in the prior year.",
        "Der Vertrag wurde im Mai von beiden Seiten unterschrieben und gilt für zehn Jahre.",
        "キーと値のキャッシュは、すでに読んだトークンの計算結果を保存する仕組みです。",
    ],
)
def test_sentences_that_say_something_stand(sentence: str) -> None:
    assert is_self_contained(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "However, it was not enough for all of the people who had come to see it that day.",
        "This is why the second approach is used in the rest of the document and elsewhere.",
        "Costs and Latency of Large Language Models in Production Settings Today.",
        "Introduction ........................................................ 4.",
        "See Note 12 for the details of the leases that were entered into during the year.",
        "This report contains forward-looking statements that involve risks and uncertainty.",
        "12,401 9,220 1,204 33,100 8,770 2,310 4,400 5,500 6,600 7,700 total of all.",
        "Too short to tell.",
        "What did the committee decide about the bridge over the Larn in the end?",
        "and carries two railway tracks over the river in both directions every day.",
    ],
)
def test_furniture_and_what_leans_on_something_else_do_not(sentence: str) -> None:
    assert not is_self_contained(sentence)


def test_references_and_running_heads_are_left_out() -> None:
    body = "The river was measured at {} places by the survey of the northern district office."
    head = "Report of the Northern District Office on the State of the River and its banks now."
    pages = [
        Page(n, f"{head}\n\n{body.format(n)}", blocks=(Block(0, len(head), "paragraph"),))
        for n in range(1, 6)
    ]
    refs = "References\n\nThe survey of rivers was published by the northern office in one volume."
    blocks = (Block(0, 10, "heading", 1), Block(12, len(refs), "paragraph"))
    pages.append(Page(6, refs, blocks=blocks))
    texts = [s.text for s in statements(pages)]
    assert texts == [body.format(n) for n in range(1, 6)]


def test_points_are_the_document_s_words_and_differ_from_each_other() -> None:
    result_summary = summarize(HANDBOOK, SummaryOptions(bullets=4))
    assert len(result_summary.points) == 4
    assert len({p.text for p in result_summary.points}) == 4
    assert [c.number for c in result_summary.citations] == [1, 2, 3, 4]
    assert all(p.verdict == "supported" for p in result_summary.points)
    order = [(c.span.page_number, c.span.start) for c in result_summary.citations]
    assert order == sorted(order)
    assert result_summary.coverage.pages == len(result_summary.coverage.read) == 10
    assert result_summary.coverage.sections >= result_summary.coverage.covered > 1
    assert not result_summary.coverage.skipped


def test_a_repeated_statement_is_told_once() -> None:
    from rag_infer.embed import load_embedder

    sentence = "The bridge over the Larn was opened in 1931 by Ingrid Voss, who had designed it."
    again = "The bridge over the Larn was opened in 1931 by Ingrid Voss, who had planned it."
    other = "Heavy lorries have not been allowed on the roads of the old town since last spring."
    pages = [Page(1, "\n\n".join([sentence, again, other]))]
    selected = select_sentences(statements(pages), load_embedder(), bullets=2)
    assert other in [s.text for s in selected]


def test_words_pages_question_and_outline() -> None:
    few = summarize(HANDBOOK, SummaryOptions(words=40))
    assert 0 < sum(len(p.text.split()) for p in few.points) <= 40
    part = summarize(HANDBOOK, SummaryOptions(pages=(3, 4)))
    assert {c.span.page_number for c in part.citations} <= {3, 4}
    assert part.coverage.skipped == (1, 2, 5, 6, 7, 8, 9, 10)
    focused = summarize(HANDBOOK, SummaryOptions(bullets=2, question="How are two lists fused?"))
    assert any("scores" in p.text or "rank" in p.text for p in focused.points)
    outline = summarize(HANDBOOK, SummaryOptions(outline=True))
    assert outline.coverage.covered == outline.coverage.sections == len(outline.points)


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        summarize(tmp_path / "nothing.pdf")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ReadError):
        summarize(tmp_path / "empty.txt")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnot at all")
    with pytest.raises(ReadError):
        summarize(tmp_path / "broken.pdf")
    with pytest.raises(InputError, match="has no pages 40-50"):
        summarize(HANDBOOK, SummaryOptions(pages=(40, 50)))


def test_an_encrypted_file_asks_for_its_password(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    writer.append(PdfReader(str(HANDBOOK)))
    writer.encrypt("sesame", algorithm="AES-256")
    writer.write(str(tmp_path / "locked.pdf"))
    with pytest.raises(PasswordError):
        summarize(tmp_path / "locked.pdf")
    assert summarize(tmp_path / "locked.pdf", SummaryOptions(passwords=("sesame",))).points


def test_a_thousand_pages_of_which_some_hold_no_text(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "long.pdf"
    canvas = Canvas(str(path))
    for n in range(1, 1002):
        if n not in (17, 90):
            text = f"District {n} reported that its {n} bridges were repaired before the winter."
            canvas.drawString(60, 700, text)
        canvas.showPage()
    canvas.save()
    result_summary = summarize(path, SummaryOptions(bullets=3))
    assert len(result_summary.points) == 3
    assert result_summary.coverage.pages == 1001
    assert [n for n, _ in result_summary.coverage.empty_pages] == [17, 90]
    assert len(result_summary.coverage.read) == 999


def test_the_command_tells_points_pages_and_what_was_read(tmp_path: Path) -> None:
    def rag(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        return run_command("summarize", *arguments, cwd=tmp_path, env=os.environ, text=text)

    output = rag(str(HANDBOOK), "-n", "2")
    assert output.stdout.count("•") == 2
    assert "(p. " in output.stdout
    assert "sheets 1-10 read, 0 without text, 0 skipped" in output.stdout
    assert max(map(len, output.stdout.splitlines())) <= 80
    note = (CORPUS / "kv-cache.md").read_text("utf-8")
    (result,) = json.loads(rag("-", "-n", "1", "--json", text=note).stdout)
    span = result["citations"][0]
    assert note.find(span["quote"]) >= 0
    index = str(tmp_path / "index")
    Index.open(index, create=True).add(CORPUS / "kv-cache.md")
    (stored,) = json.loads(rag("kv-cache.md", "-i", index, "-n", "1", "--json").stdout)
    assert stored["points"][0]["text"] == result["points"][0]["text"]
    two = rag(str(HANDBOOK), str(tmp_path / "gone.pdf"), "-n", "1")
    assert (two.returncode, "gone.pdf" in two.stderr, two.stdout) == (1, True, "")
    assert rag(str(HANDBOOK), "--pages", "x").returncode == 2


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("list.txt", "Nails, glue, 14 hinges\n", "hinges"),
        ("stock.csv", "Item,Pieces\nNails,120\nGlue,4\n", "Nails"),
        (
            "note.eml",
            "From: a@x.example\nTo: b@x.example\nSubject: Tiles\nDate: Mon, 02 Feb 2026 10:00:00 "
            "+0100\n\nHello Bo,\n\nthe tiler comes on Friday. Please move the van.\n\n"
            "Regards\nAl\n",
            "tiler",
        ),
    ],
)
def test_a_short_text_is_summed_up_by_its_own_lines(
    tmp_path: Path, name: str, text: str, word: str
) -> None:
    (tmp_path / name).write_text(text)
    summary = summarize(tmp_path / name)
    assert any(word in point.text for point in summary.points)
    assert not any(point.text.startswith("From:") for point in summary.points)
