"""After indexing: the questions of the last ``rag eval``, asked again where that is quick."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from rag_infer import settings
from rag_infer.cli import evaluation_view
from rag_infer.cli.evaluation_settings import eval_settings
from rag_infer.cli.output import count_of, print_note
from rag_infer.errors import RagError

if TYPE_CHECKING:
    from rag_infer import Index


def ask_last_questions(
    index: Index, configured: settings.Settings, changed: Collection[str] = ()
) -> None:
    """Says on standard error whether answers became worse, and which documents caused it.

    Nothing is asked where no evaluation of the index was kept, where a model answers, or where the
    questions took longer than the setting ``evaluation_seconds``. A failure costs the caller
    nothing.

    Args:
        index: The index as it is now.
        configured: The settings in effect.
        changed: Ids of the files that were indexed or removed.
    """
    from rag_infer.evaluation.history import EvaluationHistory

    if not configured.evaluation_seconds:
        return
    history = EvaluationHistory(index.path)
    if not history.path.exists():
        return
    from rag_infer.evaluation.regression import ask_again, regression
    from rag_infer.generate import EXTRACTIVE

    previous = history.last()
    if previous is None or {previous.evaluation.model, configured.llm} != {EXTRACTIVE}:
        return
    try:
        selected = eval_settings({}, configured)
        now = ask_again(index, previous.evaluation, selected, configured.evaluation_seconds)
        if now is None:
            return
        history.add(now)
    except RagError as error:
        print_note(f"the questions of the last rag eval could not be asked again: {error}")
        return
    change = regression(previous.evaluation, now, changed)
    better, worse = len(change.comparison.improved), len(change.comparison.worsened)
    questions = count_of(change.comparison.questions, "question")
    line = f"{questions} of the last rag eval asked again: {better} better, {worse} worse"
    print_note(line, "yellow" if change.is_fall else "dim")
    if change.is_fall:
        for detail in evaluation_view.regression_lines(change):
            print_note(detail, "plain")
