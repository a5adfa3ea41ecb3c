"""Summaries that a model writes: a real architecture with random weights, so that only its words
are noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_infer import SummaryOptions, summarize
from rag_infer.context.template import Template
from rag_infer.errors import ContextWindowError
from rag_infer.generate import GenerateOptions, Generator, load_generator
from rag_infer.types import ContextPlan
from tests.factories import CORPUS, save_model

HANDBOOK = CORPUS / "retrieval-handbook.pdf"


class Watched:
    """A generator whose plans are kept, and which can be stopped at a call."""

    def __init__(self, inner: Generator, stop_at: int | None = None) -> None:
        self._inner = inner
        self._stop_at = stop_at
        self.name, self.window = inner.name, inner.window
        self.template: Template = inner.template
        self.plans: list[ContextPlan] = []

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        if len(self.plans) == self._stop_at:
            raise KeyboardInterrupt
        self.plans.append(plan)
        yield from self._inner.stream(plan, options)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return load_generator(str(save_model(tmp_path_factory.mktemp("m") / "tiny", window=1024)))


def options(generator: Generator, **more: object) -> SummaryOptions:
    return SummaryOptions(bullets=2, llm=generator, max_tokens=60, **more)  # type: ignore[arg-type]


def pages_of(path: Path) -> dict[int, str]:
    from rag_infer.summary.pipeline import _read

    return {page.number: page.text for page in _read(path, (), None).pages}


def test_every_call_is_within_the_window_and_all_is_read(model: Generator) -> None:
    watched = Watched(model)
    result = summarize(HANDBOOK, options(watched))
    assert len(watched.plans) == result.coverage.calls > 3
    assert all(p.tokens + p.reserve <= p.window for p in watched.plans)
    assert result.coverage.prompt_tokens == sum(p.tokens for p in watched.plans)
    prompts = "".join(p.prompt for p in watched.plans)
    for text in pages_of(HANDBOOK).values():
        for line in text.split("\n"):
            if len(line.split()) > 6:
                assert " ".join(line.split()[1:6]) in " ".join(prompts.split())
    assert result.coverage.read == tuple(range(1, 11))
    assert len(result.points) <= 2


def test_every_citation_leads_to_the_words_of_its_page(model: Generator) -> None:
    pages = pages_of(HANDBOOK)
    result = summarize(HANDBOOK, options(model))
    assert result.points
    numbers = {c.number for c in result.citations}
    for point in result.points:
        assert point.citations
        assert set(point.citations) <= numbers
        for span in point.evidence:
            assert pages[span.page_number][span.start : span.end] == span.quote
    assert all(
        p.verdict in ("supported", "partial", "unsupported", "unchecked") for p in result.points
    )


def test_a_stopped_run_tells_what_it_has_and_goes_on_without_reading_twice(
    model: Generator,
) -> None:
    stopped = Watched(model, stop_at=3)
    part = summarize(HANDBOOK, options(stopped))
    assert part.interrupted
    assert part.points
    assert 0 < len(part.coverage.read) < 10
    assert {*part.coverage.read, *part.coverage.skipped} == set(range(1, 11))
    again = Watched(model)
    resumed = summarize(HANDBOOK, options(again))
    assert not resumed.interrupted
    assert resumed.coverage.cached_calls == 3
    prompts = {p.prompt for p in stopped.plans}
    assert not prompts & {p.prompt for p in again.plans}
    fresh = Watched(model)
    assert summarize(HANDBOOK, options(fresh)).points == resumed.points
    assert len(fresh.plans) == 3 + len(again.plans)  # nothing is kept of a run that is done


def test_a_short_text_is_read_in_one_call(model: Generator, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Bridge\n\nThe bridge was opened in 1931 by Ingrid Voss.\n")
    watched = Watched(model)
    result = summarize(tmp_path / "a.md", options(watched, question="Who opened it?"))
    assert result.coverage.calls >= 1
    assert "Who opened it?" in watched.plans[0].prompt


def test_what_a_page_bears_is_kept_and_the_rest_left_out(tmp_path: Path, model: Generator) -> None:
    class Says(Watched):
        def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
            self.plans.append(plan)
            yield "- The bridge was opened in 1931 by Ingrid Voss [1].\n- It cost 90 crowns [1].\n"

    (tmp_path / "a.md").write_text("# Bridge\n\nThe bridge was opened in 1931 by Ingrid Voss.\n")
    result = summarize(tmp_path / "a.md", options(Says(model), drop_unsupported=True))
    assert [p.verdict for p in result.points] == ["supported"]
    assert result.citations[0].span.quote == "The bridge was opened in 1931 by Ingrid Voss."
    assert result.warnings == ("left out as unsupported: 1 of 2 points",)


@pytest.mark.parametrize(
    ("written", "points"),
    [
        (
            "1. The bridge was opened in 1931 [1].\n2. It was paid by the crown of Larn [1].\n",
            ["The bridge was opened in 1931.", "It was paid by the crown of Larn."],
        ),
        (
            "12. May 1931 was the day of the opening [1].\nThe bridge was opened in 1931 [1].\n",
            ["12. May 1931 was the day of the opening.", "The bridge was opened in 1931."],
        ),
    ],
)
def test_numbers_of_a_list_are_no_part_of_its_points(
    written: str, points: list[str], tmp_path: Path, model: Generator
) -> None:
    class Says(Watched):
        def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
            yield written

    text = "# Bridge\n\nThe bridge was opened on 12 May 1931. It was paid by the crown of Larn.\n"
    (tmp_path / "a.md").write_text(text)
    result = summarize(tmp_path / "a.md", options(Says(model)))
    assert [point.text for point in result.points] == points


def test_a_window_without_room_is_an_error(tmp_path: Path) -> None:
    tiny = load_generator(str(save_model(tmp_path / "tiny", window=160)))
    with pytest.raises(ContextWindowError):
        summarize(HANDBOOK, options(tiny))
