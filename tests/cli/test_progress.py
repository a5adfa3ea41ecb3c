"""Long work whose output goes to a log says once a minute how far it is."""

from __future__ import annotations

import pytest

from rag_infer.cli import progress


def test_a_line_a_minute_where_no_terminal_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock)
    with progress.counting("questions", True) as show:
        assert show is not None
        for done in range(1, 201):
            clock += 1.0
            show(done, 12_000)
    lines = ["60 of 12,000 questions", "120 of 12,000 questions", "180 of 12,000 questions"]
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()) == ("", lines)
    with progress.counting("questions", False) as silent:
        assert silent is None
