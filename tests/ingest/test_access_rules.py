"""Who may read what, by a file in the folder, by the command line, and changed later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import Filter, Index, InputError
from rag_infer.ingest.access_rules import AccessRules

RULES = """\
# the last line that matches decides
*: staff
salaries/: board, hr
/canteen.md: everyone
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "salaries" / "old").mkdir(parents=True)
    (docs / "plan.md").write_text("The plan is to paint the hall.")
    (docs / "canteen.md").write_text("The canteen opens at noon.")
    (docs / "salaries" / "may.md").write_text("The pay of May is 900 euros.")
    (docs / "salaries" / "old" / "april.md").write_text("The pay of April is 800 euros.")
    (docs / ".ragaccess").write_text(RULES)
    (docs / "salaries" / "old" / ".ragaccess").write_text("april.md: auditors\n")
    return docs


def groups(index: Index) -> dict[str, set[str]]:
    return {row.id.rpartition("/")[2]: set(row.labels) for row in index.documents()}


def readable(index: Index, group: str) -> set[str]:
    """What a search for what all of them say finds as a member of a group."""
    hits = index.search("pay of May", 10, filter=Filter(groups=[group]))
    return {hit.document_id.rpartition("/")[2] for hit in hits}


EXPECTED = {
    "plan.md": {"staff"},
    "canteen.md": set(),
    "may.md": {"board", "hr"},
    "april.md": {"auditors"},
}


def test_rules_beside_the_files_hold_in_every_run(folder: Path, tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder, groups=["interns"])  # a rule is stronger than the command line
    assert groups(index) == EXPECTED
    (folder / "salaries" / "may.md").write_text("The pay of May is 950 euros.")
    report = index.add(folder)
    assert (len(report.indexed), report.regrouped) == (1, 0)
    assert groups(index) == EXPECTED
    assert readable(index, "staff") == {"plan.md", "canteen.md"}
    (hit,) = index.search("pay of May", 1, filter=Filter(groups=["hr"]))
    assert "950" in hit.chunk.text


def test_a_changed_rule_counts_for_files_that_did_not_change(folder: Path, tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder)
    (folder / ".ragaccess").write_text(RULES.replace("salaries/: board, hr", "salaries/: board"))
    report = index.add(folder)
    assert (report.regrouped, len(report.indexed), report.embedded) == (1, 0, 0)
    assert groups(index) == {**EXPECTED, "may.md": {"board"}}
    assert readable(index, "hr") == {"canteen.md"}
    assert readable(index, "board") == {"canteen.md", "may.md"}
    assert index.add(folder).regrouped == 0


def test_a_single_file_has_the_rules_of_its_folder(folder: Path, tmp_path: Path) -> None:
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder / "salaries" / "old" / "april.md")
    assert groups(index) == {"april.md": {"auditors"}}


def test_a_file_that_changes_stays_as_readable_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "docs" / "pay.md"
    file.parent.mkdir()
    file.write_text("The pay is 900 euros.")
    index = Index.open(tmp_path / "index", create=True)
    index.add(file.parent, groups=["hr"])
    file.write_text("The pay is 950 euros.")
    index.add(file.parent)
    assert groups(index) == {"pay.md": {"hr"}}
    index.add(file.parent, groups=["board"])  # said again, of an unchanged file
    assert groups(index) == {"pay.md": {"board"}}
    assert index.set_groups(["docs/pay.md"], ()) == ("docs/pay.md",)
    assert groups(index) == {"pay.md": set()}
    (hit,) = index.search("the pay", filter=Filter(groups=[]))
    assert "950" in hit.chunk.text
    with pytest.raises(InputError, match="not in the index"):
        index.set_groups("docs/nothing.md", ["hr"])


@pytest.mark.parametrize(
    "line",
    ["salaries", "salaries:", ": hr", "!salaries/: hr", "a: b:c#d,", "x: #hr", "a*b*c*d*e*f: hr"],
)
def test_a_line_that_is_not_understood_lets_nobody_in(folder: Path, line: str) -> None:
    (folder / ".ragaccess").write_text(f"*: staff\n{line}\n")
    index = Index.open(folder.parent / "index", create=True)
    with pytest.raises(InputError, match=r"line 2 .*|line 2: .*"):
        index.add(folder)
    assert not index.documents()


def test_a_file_that_cannot_be_read_lets_nobody_in(folder: Path) -> None:
    (folder / ".ragaccess").write_bytes(b"\xff\xfe*: staff")
    with pytest.raises(InputError, match="who may read what"):
        Index.open(folder.parent / "index", create=True).add(folder)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "everyone"]))))
def test_the_last_line_that_matches_decides(lines: list[tuple[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = "".join(f"{pattern}.md: {group}\n" for pattern, group in lines)
        (folder / ".ragaccess").write_text(text)
        rules = AccessRules().inside(folder, "", {".ragaccess"})
    for file in "abc":
        said = [group for pattern, group in lines if pattern == file]
        expected = {"everyone": frozenset()}.get(said[-1], frozenset(said[-1:])) if said else None
        assert rules.groups(f"{file}.md") == expected


def test_the_command_changes_who_may_read(folder: Path, tmp_path: Path) -> None:
    rag = str(Path(sys.executable).with_name("rag"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [rag, *arguments, "-i", str(tmp_path / "index")]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    run("index", "docs")
    done = run("access", "docs/salaries/", "--group", "board")
    assert done.stdout.splitlines() == [
        "docs/salaries/may.md [board]", "docs/salaries/old/april.md [board]",
    ]  # fmt: skip
    assert "docs/canteen.md\n" in run("ls").stdout
    assert run("access", "docs/plan.md", "--everyone").stdout == "docs/plan.md [everyone]\n"
    assert run("access", "docs/plan.md").returncode == 2
    again = run("index", "docs")  # what the folder itself says comes back
    assert "access         3  unchanged files that others may read now" in again.stdout
