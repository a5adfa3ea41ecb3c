"""Where the questions of ``rag eval`` come from when no file holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rag_infer import settings
from rag_infer.cli.output import count_of, print_note
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Index
    from rag_infer.evaluation.exchange import ExchangeFormat
    from rag_infer.evaluation.judge import ModelJudge
    from rag_infer.evaluation.questions import EvalQuestion

_DEFAULT_COUNT = 40
_MAX_LOGGED = 10_000


def exchange_format(name: str | None, option: str) -> ExchangeFormat | None:
    """The format that an option names.

    Raises:
        BadParameter: There is no such format.
    """
    if name is None:
        return None
    from rag_infer.evaluation.exchange import FORMATS

    for form in FORMATS:
        if form == name:
            return form
    raise typer.BadParameter(
        f"there is no format '{name}'; use: {', '.join(FORMATS)}", param_hint=option
    )


def selected(
    index: Index,
    file: Path | None,
    make: int | None,
    limit: int | None,
    form: ExchangeFormat | None,
    *,
    from_feedback: bool,
    from_log: bool,
    seed: int,
) -> list[EvalQuestion]:
    """The questions that the options of ``rag eval`` name; without any, made from the documents.

    Raises:
        InputError: They name several sources, or the source has none.
    """
    if (file is not None) + from_feedback + from_log + (make is not None) > 1:
        raise InputError(
            "questions come from one place: a file, --make, --from-feedback or --from-log",
            hint="--out names the file that is written",
        )
    if file is not None and form is not None:
        from rag_infer.evaluation.exchange import read_exchange

        return read_exchange(form, file)
    if file is not None:
        from rag_infer.evaluation.questions import read_questions

        return read_questions(file)
    if from_feedback:
        return questions_of_feedback(index)
    if from_log:
        return questions_of_log(index)
    return from_documents(index, make or limit or _DEFAULT_COUNT, seed)


def from_documents(index: Index, count: int, seed: int) -> list[EvalQuestion]:
    """Questions generated from the documents of an index.

    Raises:
        InputError: No document gives one.
    """
    from rag_infer.evaluation.question_generation import generate_questions
    from rag_infer.evaluation.run import page_texts

    generated = generate_questions(page_texts(index), count, seed=seed)
    if not generated:
        raise InputError(
            "no question could be generated from these documents",
            hint="write some: see rag eval --help",
        )
    overlaps = [m.overlap for m in generated if m.question.answerable] or [0.0]
    unanswerable = sum(not m.question.answerable for m in generated)
    print_note(
        f"{len(generated)} questions made from the documents, {unanswerable} of them unanswerable; "
        f"they repeat {sum(overlaps) / len(overlaps):.0%} of the words of their passages (at most "
        f"{max(overlaps):.0%}), so people's own questions are harder",
        "plain",
    )
    return [m.question for m in generated]


def questions_of_feedback(index: Index) -> list[EvalQuestion]:
    """Questions whose answers the user called right or corrected, in chats and on the page.

    Raises:
        InputError: There are none.
    """
    from rag_infer.cli.serve import default_data_dir
    from rag_infer.evaluation import feedback_questions
    from rag_infer.serve.auth import OWNER_NAME
    from rag_infer.userdata.feedback import FeedbackStore
    from rag_infer.userdata.user_files import user_file_name

    of_server = FeedbackStore(default_data_dir() / "feedback" / user_file_name(OWNER_NAME))
    feedback = [
        *FeedbackStore().all(str(index.path.resolve())),
        *of_server.all(index.path.resolve().name),
    ]
    result = feedback_questions.questions_of_feedback(sorted(feedback, key=lambda one: one.at))
    if result.unlabeled:
        print_note(
            f"{count_of(len(result.unlabeled), 'wrong answer')} without a correction left out; "
            "/wrong TEXT in rag chat says what is right"
        )
    if not result.questions:
        raise InputError(
            "there is no feedback on answers of this index that tells what is right",
            hint="/right and /wrong in rag chat, or the buttons below an answer on the page",
        )
    return list(result.questions)


def questions_of_log(index: Index) -> list[EvalQuestion]:
    """Questions that were asked of an index, the most frequent first; their answers are unknown.

    Raises:
        InputError: None was logged.
    """
    from rag_infer.evaluation import feedback_questions
    from rag_infer.userdata.usage_log import UsageLog

    records = UsageLog().last(_MAX_LOGGED)
    questions = feedback_questions.questions_of_log(records, str(index.path.resolve()))
    if not questions:
        raise InputError("no question to this index was logged", hint="rag logs shows what was")
    print_note("their answers are not known yet: rag eval FILE --review asks for them", "plain")
    return questions


def labeled(questions: Sequence[EvalQuestion]) -> list[EvalQuestion]:
    """The questions of which something is known that is right; the others are counted.

    Raises:
        InputError: There are none.
    """
    usable = [question for question in questions if question.is_labeled]
    if not usable:
        raise InputError(
            "of no question an answer or a document is known", hint="rag eval FILE --review"
        )
    if omitted := len(questions) - len(usable):
        print_note(
            f"{count_of(omitted, 'question')} without an answer left out; "
            "rag eval FILE --review asks for them"
        )
    return usable


def judge(index: Index, model: str, configured: settings.Settings) -> ModelJudge:
    """A model as judge.

    Raises:
        InputError: Quotes cannot judge.
        ModelError: The model cannot be loaded.
    """
    from rag_infer.evaluation.judge import ModelJudge
    from rag_infer.generate import EXTRACTIVE

    if model == EXTRACTIVE:
        raise InputError("a judge is a language model", hint="rag models lists those at hand")
    profiles = settings.profiles(configured, model, None)
    return ModelJudge(index.engine.generator(model, profiles))
