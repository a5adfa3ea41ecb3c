"""Makes the two Word documents of the corpus, byte for byte the same each time.

python corpus/.make/word.py [FOLDER]
"""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from docx import Document

CHECKLIST = [
    ("#", "Checking answers"),
    ("", "This checklist is for people who put a model's answer in front of customers. It does not ask "
     "whether the answer sounds right. It asks what it stands on."),
    ("##", "Claims first"),
    ("", "Split the answer into sentences that each say one thing. A sentence with two facts is two claims, "
     "since one of them may be true and the other not. Questions, greetings and headings are not claims and "
     "need no evidence."),
    ("##", "Evidence for each claim"),
    ("-", "Find the words in the source that bear the claim, and note document, page and the exact quotation."),
    ("-", "Compare numbers with their units, names, dates, and the direction of every comparison."),
    ("-", "Look for a missing negation: \"not approved\" shortened to \"approved\" is the costliest error of all."),
    ("-", "A claim that no passage bears is unsupported, even when you happen to know that it is true."),
    ("##", "Verdicts"),
    ("", "Use three verdicts and no more. Supported means that the quotation alone would convince a sceptical "
     "reader. Partly supported means that a reader would have to assume something. Unsupported means that "
     "there is no such quotation. Report the share of each; do not average them into a single score."),
    ("|", [["Verdict", "Shown to the customer", "Who decides"],
           ["Supported", "yes, with the citation", "nobody further"],
           ["Partly supported", "yes, marked", "the editor on duty"],
           ["Unsupported", "no", "the author of the prompt"]]),
    ("##", "How much to check by hand"),
    ("", "In the first month read every tenth answer. When fewer than two in a hundred hold an unsupported "
     "claim, read every fiftieth. Go back to every tenth after each change of model, prompt or index. Two "
     "people should judge the same fifty answers once a quarter; if they agree on fewer than 85 percent, the "
     "instructions are unclear, and not the readers."),
    ("##", "Judging with a model"),
    ("", "A second model may do the first reading. It prefers long answers, answers that come first, and answers "
     "in its own style, so swap the order and hide which system wrote what. Never let a model be the only judge "
     "of its own output."),
]  # fmt: skip

RUNBOOK = [
    ("#", "Larkfield answer service: runbook"),
    ("", "Larkfield is the internal service that answers staff questions from the policy library. This runbook "
     "is kept by the platform group. The service's internal code is LKF-207."),
    ("##", "Limits and defaults"),
    ("|", [["Setting", "Value", "Reason"],
           ["Context window", "16,384 tokens", "largest that fits beside 24 parallel requests"],
           ["Reserved for the answer", "1,200 tokens", "longest useful answer in the pilot was 1,050"],
           ["Passages per question", "6", "quality fell from the ninth passage on"],
           ["Request time-out", "45 seconds", "the proxy in front closes at 60"],
           ["Queue length", "80 requests", "a wait of about 30 seconds at normal pace"]]),
    ("##", "Alarms"),
    ("-", "LKF-A1: the 99th percentile of the time to first token is above 4 seconds for 10 minutes. Add a replica."),
    ("-", "LKF-A2: more than 3 percent of answers are refusals by guardrail in one hour. Call the content desk."),
    ("-", "LKF-A3: cache memory is above 92 percent. The scheduler has stopped admitting; look for one very long chat."),
    ("-", "LKF-A4: the index is older than 26 hours. The nightly sync has failed; see below."),
    ("##", "The nightly sync"),
    ("", "At 02:40 the sync copies changed policies from the library, splits and embeds them, and publishes a new "
     "generation of the index. It takes about 11 minutes. When it fails, the old generation keeps serving, so "
     "there is no hurry before office hours. Run it again with the command sync-policies --since yesterday."),
    ("##", "Restoring a broken index"),
    ("", "Never copy single files between index folders. Stop the sync, run the check, and go back to the last whole "
     "generation. If no generation is whole, build the index anew from the library; that takes 3 hours and "
     "20 minutes for all 41,000 policies."),
    ("##", "People"),
    ("", "Incidents are led by the person on call, who changes every Tuesday at noon. Ingrid Voss decides on changes "
     "to the prompt, Tomasz Lind on spending above 500 euros a day. Outside office hours call extension 7731."),
    ("##", "History"),
    ("", "The pilot began on 3 March 2025 with 60 people in two departments. On 19 June 2025 an unescaped end-of-turn "
     "marker in a policy text let a passage speak as the user; since then all markers in documents are read as plain "
     "text. The service was opened to all 5,200 staff on 1 September 2025."),
]  # fmt: skip


def write(parts: list[tuple[str, object]], title: str, path: Path) -> None:
    document = Document()
    for kind, content in parts:
        if kind == "|":
            rows = content
            assert isinstance(rows, list)
            table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif kind == "-":
            document.add_paragraph(str(content), style="List Bullet")
        elif kind:
            document.add_heading(str(content), level=len(kind))
        else:
            document.add_paragraph(str(content))
    properties = document.core_properties
    properties.title, properties.author = title, "rag-infer"
    properties.created = properties.modified = datetime(2025, 9, 1, tzinfo=UTC)
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(path, "w") as fixed:
        for name in sorted(made.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, (2025, 9, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(entry, made.read(name))


def main(folder: Path) -> None:
    write(CHECKLIST, "Checking answers", folder / "checking-answers.docx")
    write(RUNBOOK, "Larkfield answer service: runbook", folder / "larkfield-runbook.docx")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
