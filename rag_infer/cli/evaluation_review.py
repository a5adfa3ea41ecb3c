"""``rag eval FILE --review``: each question is kept, edited or dropped by a person.

A question whose answer is unknown is asked first: the person says whether the answer is right.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rag_infer.cli import evaluation_view
from rag_infer.cli.output import print_note, print_text
from rag_infer.cli.terminal import one_line, shortened, styled, width
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Answer, Index
    from rag_infer.evaluation.questions import EvalQuestion


def review(source: Path | None, out: Path | None, index: str) -> None:
    """Asks about each question and writes those that stay.

    Args:
        source: The file of questions.
        out: Where they are written; None: over the source.
        index: Asked where a question has no answer yet.

    Raises:
        InputError: There is no file, or it cannot be read.
    """
    from rag_infer.evaluation.questions import read_questions, write_questions

    if source is None:
        raise InputError("--review needs a file of questions", hint="make one with rag eval --make")
    questions = read_questions(source)
    retained: list[EvalQuestion] = []
    target: Index | None = None
    for number, question in enumerate(questions, 1):
        evaluation_view.render_question(question, number, len(questions))
        if question.is_labeled:
            is_last, reviewed = _reviewed(question)
        else:
            target = target or _opened(index)
            is_last, reviewed = _labeled(question, target.ask(question.question))
        if is_last:
            retained += questions[number - 1 :]
            break
        if reviewed is not None:
            retained.append(reviewed)
    write_questions(out or source, retained)
    print_note(f"{len(retained)} of {len(questions)} questions kept in {out or source}", "plain")


def _opened(index: str) -> Index:
    from rag_infer import Index

    return Index.open(index)


def _choice(choices: str, default: str) -> str:
    return str(typer.prompt(choices, default=default)).strip().lower()[:1]


def _reviewed(question: EvalQuestion) -> tuple[bool, EvalQuestion | None]:
    """Whether to stop, and the question as it stays; None where it is dropped."""
    choice = _choice("[k]eep, [e]dit, [d]rop, [q]uit", "k")
    if choice == "e":
        return False, _edited(question)
    return choice == "q", None if choice == "d" else question


def _labeled(question: EvalQuestion, answer: Answer) -> tuple[bool, EvalQuestion | None]:
    from rag_infer.evaluation.feedback_questions import confirmed

    text = shortened(one_line(answer.text), width() - 8)
    print_text(styled(f"now     {text}", "dim"))
    choice = _choice("[r]ight, [e]dit, [n]ot in the documents, [d]rop, [q]uit", "d")
    if choice == "r":
        return False, confirmed(question, answer)
    if choice == "n":
        return False, replace(question, answerable=False)
    return choice == "q", _edited(question) if choice == "e" else None


def _edited(question: EvalQuestion) -> EvalQuestion:
    text = typer.prompt("question", default=question.question)
    answer = typer.prompt("answer", default=" / ".join(question.answers))
    answers = tuple(a.strip() for a in answer.split(" / ") if a.strip())
    return replace(question, question=text, answers=answers)
