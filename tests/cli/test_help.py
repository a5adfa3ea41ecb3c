"""Help texts of every command: complete in the lists, with examples, at 80 columns."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from rag_infer.cli.app import application

COMMANDS = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
VISIBLE = sorted(name for name, command in COMMANDS.items() if not command.hidden)
MAX_SUMMARY_CHARACTERS = 45  # what `typer utils docs` and narrow terminals show


@pytest.mark.parametrize("name", VISIBLE)
def test_a_summary_is_never_cut(name: str) -> None:
    help_text = COMMANDS[name].help
    first_sentence = re.split(r"(?<=\.)\s", help_text)[0]
    assert len(first_sentence) <= MAX_SUMMARY_CHARACTERS
    assert COMMANDS[name].get_short_help_str(MAX_SUMMARY_CHARACTERS) in (
        first_sentence,
        first_sentence.rstrip("."),
    )


@pytest.mark.parametrize("name", VISIBLE)
def test_every_option_is_described_by_a_sentence(name: str) -> None:
    for parameter in COMMANDS[name].params:
        text = getattr(parameter, "help", None)
        assert text, (name, parameter.name)
        assert text[0].isupper() or text.startswith("extractive"), (name, text)
        assert not re.search(r"\bbear|\bborne\b", text)


@pytest.mark.parametrize("name", VISIBLE)
def test_help_fits_80_columns_and_has_examples(name: str) -> None:
    printed = CliRunner().invoke(application(), [name, "--help"], terminal_width=80).stdout
    assert "Examples:" in printed
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_each_example_is_on_a_line_of_its_own() -> None:
    for name in VISIBLE:
        lines = (
            CliRunner()
            .invoke(application(), [name, "--help"], terminal_width=80)
            .stdout.splitlines()
        )
        examples = lines[lines.index("  Examples:") + 1 :]
        assert all(re.match(r"    (?:rag|cat) ", line) for line in examples if line.strip()), name


def test_old_names_still_work() -> None:
    for alias in ("check", "rm"):
        assert COMMANDS[alias].hidden
        assert CliRunner().invoke(application(), [alias, "--help"]).exit_code == 0
