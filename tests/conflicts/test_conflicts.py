"""Statements that differ: found where they are of the same thing, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_infer import Filter, Index
from rag_infer.cli.app import application

FILES = {
    "handbook.md": (
        "# Staff handbook\n\n## Travel\n\nMeals on business trips are paid up to GBP 38 a day. "
        "Trains are booked in standard class.\n\n## Leave\n\nFull-time staff have 26 days of paid "
        "leave a year.\n\n## Reception\n\nThe reception is reached on extension 244.\n"
    ),
    "faq.md": (
        "# Frequent questions\n\n## Travel\n\nMeals on business trips are paid up to GBP 42 a day."
        "\n\n## Reception\n\nThe reception is reached on extension 244.\n"
    ),
    "2024/tariff.md": (
        "# Tariff\n\nService | Fee GBP\nNotarised copy | 95\nPower of attorney | 180\n\n"
        "Parking for visitors costs GBP 4 an hour.\n"
    ),
    "2025/tariff.md": (
        "# Tariff\n\nService | Fee GBP\nNotarised copy | 105\nPower of attorney | 180\n\n"
        "Parking for visitors costs GBP 5 an hour.\n"
    ),
    "leave-france.md": "# Leave policy\n\nEmployees have 25 days of paid leave a year.\n",
    "leave-spain.md": "# Leave policy\n\nEmployees have 23 days of paid leave a year.\n",
    "lease_a.txt": (
        'LEASE\n\n(1) Harrow Ltd (the "Landlord"); and\n\n(2) Pellin Ltd (the "Tenant").\n\n'
        "The yearly rent of the premises is GBP 24,000.\n"
    ),
    "lease_b.txt": (
        'LEASE\n\n(1) Orme Ltd (the "Landlord"); and\n\n(2) Sanda Ltd (the "Tenant").\n\n'
        "The yearly rent of the premises is GBP 31,500.\n"
    ),
    "leeds/opening.md": "# Opening\n\nThe museum shop opens on Sundays at 10:00 in summer.\n",
    "york/opening.md": "# Opening\n\nThe museum shop opens on Sundays at 11:00 in summer.\n",
    "cast_contract_idris.md": "# Contract\n\nAn eighth show is paid with an extra GBP 95 a week.\n",
    "cast_contract_mei.md": "# Contract\n\nAn eighth show is paid with an extra GBP 90 a week.\n",
    "links.md": "# Links\n\nSee cast_contract_mei.md, cast_contract_idris.md, leave-spain.md.\n",
    "invoice-101.txt": "INVOICE\n\nNo. 101\nDate: 3 May 2025\n\nTotal amount due 410.00\n",
    "invoice-102.txt": "INVOICE\n\nNo. 102\nDate: 9 May 2025\n\nTotal amount due 620.00\n",
    "minutes-2025-01-10.md": (
        "# Minutes of 10 January 2025\n\nThe next board meeting is on 7 March 2025.\n"
    ),
    "minutes-2025-03-07.md": (
        "# Minutes of 7 March 2025\n\nThe next board meeting is on 9 May 2025.\n"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in FILES.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder / "files")
    return index


def test_what_differs_is_side_by_side_and_nothing_else(index: Index) -> None:
    report = index.conflicts()
    shown = [
        (c.kind, [(Path(s.span.document_id).name, s.value) for s in c.statements])
        for c in report.conflicts
    ]
    assert shown[0] == ("conflict", [("faq.md", "GBP 42"), ("handbook.md", "GBP 38")])
    changed = [statements for kind, statements in shown if kind == "changed"]
    assert [("tariff.md", "GBP 4"), ("tariff.md", "GBP 5")] in changed
    assert [("tariff.md", "95"), ("tariff.md", "105")] in changed
    assert len(shown) == 3
    assert report.read == report.documents == len(FILES)


def test_versions_are_dated_and_values_stand_at_their_spans(index: Index) -> None:
    for conflict in index.conflicts().conflicts:
        dates = [s.date for s in conflict.statements]
        assert dates == (["2024", "2025"] if conflict.kind == "changed" else [None, None])
        for statement in conflict.statements:
            span, quote = statement.span, statement.citation.span
            page = index.engine.snapshot.page(span.document_id, span.page_number)
            assert page is not None
            assert page[1][span.start : span.end] == statement.value
            assert page[1][quote.start : quote.end] == quote.quote


def test_only_what_the_filter_allows_is_compared(index: Index) -> None:
    assert not index.conflicts(filter=Filter(paths=["*handbook*", "*2025/*"])).conflicts


def test_documents_are_bounded(index: Index) -> None:
    report = index.conflicts(max_documents=1)
    assert (report.read, report.documents) == (1, len(FILES))
    assert report.warnings


def test_the_command_prints_both_sides(index: Index) -> None:
    command = ["conflicts", "-i", str(index.path)]
    result = CliRunner().invoke(application(), command)
    assert result.exit_code == 0, result.output
    assert "GBP 38" in result.stdout
    assert "GBP 42" in result.stdout
    assert "1 conflict, 2 changed" in result.stdout
    assert CliRunner().invoke(application(), [*command, "--exit-code"]).exit_code == 1
    parsed = json.loads(CliRunner().invoke(application(), [*command, "--json"]).stdout)
    assert len(parsed["conflicts"]) == 3
