"""Where the questions of ``rag eval`` come from when no file holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rag_infer import settings
from rag_infer.cli import progress
from rag_infer.cli.output import count_of, print_note
from rag_infer.cli.terminal import one_line
from rag_infer.errors import InputError

if TYPE_CHECKING:
    from rag_infer import Index
    from rag_infer.evaluation.exchange import ExchangeFormat
    from rag_infer.evaluation.judge import ModelJudge
    from rag_infer.evaluation.question_drafts import SourcePage
    from rag_infer.evaluation.question_generation import GeneratedQuestion
    from rag_infer.evaluation.questions import EvalQuestion
    from rag_infer.generate import Generator

_DEFAULT_COUNT = 40
_MAX_LOGGED = 10_000
_MAX_NAMES_SHOWN = 3


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
    writer: str | None = None,
) -> list[EvalQuestion]:
    """The questions that the options of ``rag eval`` name; without any, made from the documents.

    With ``--make``, ``writer`` names the model that writes the questions.

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
    return from_documents(
        index, make or limit or _DEFAULT_COUNT, seed, writer if make is not None else None
    )


def note_absent_documents(index: Index, questions: Sequence[EvalQuestion]) -> None:
    """Says which documents of questions are not in the index: removed, or another name for one."""
    from rag_infer.evaluation.grading import names_document

    ids = [name for row in index.documents() for name in row.names]
    absent = [
        q for q in questions if q.documents and not any(names_document(q, id_) for id_ in ids)
    ]
    if absent:
        names = list(dict.fromkeys(name for q in absent for name in q.documents))
        listed = one_line(", ".join(names[:_MAX_NAMES_SHOWN]))
        more = f" and {len(names) - _MAX_NAMES_SHOWN} more" * (len(names) > _MAX_NAMES_SHOWN)
        print_note(
            f"the documents of {count_of(len(absent), 'question')} are not in the index: "
            f"{listed}{more}; rag ls lists those that are"
        )


def from_documents(
    index: Index, count: int, seed: int, writer: str | None = None
) -> list[EvalQuestion]:
    """Questions generated from the documents of an index, by a model where one is named.

    Raises:
        InputError: No document gives one.
        ModelError: The model fails.
    """
    from rag_infer.evaluation.question_generation import generate_questions
    from rag_infer.evaluation.run import document_tables, page_texts

    pages = page_texts(index)
    generated = generate_questions(pages, count, tables=document_tables(index), seed=seed)
    if writer is not None:
        near_misses = [m for m in generated if not m.question.answerable]
        generated = _written(index, pages, count - len(near_misses), writer, seed)
        generated += [_renumbered(m, n) for n, m in enumerate(near_misses, len(generated) + 1)]
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


def _written(
    index: Index, pages: Sequence[SourcePage], count: int, writer: str, seed: int
) -> list[GeneratedQuestion]:
    from rag_infer.evaluation.model_questions import model_questions

    model = _model(index, writer, settings.load(), "the writer of questions")
    with progress.counting("questions", True) as show:
        questions = model_questions(pages, count, model, seed=seed, on_progress=show)
    if len(questions) < count:
        print_note(
            f"{len(questions)} of {count} questions of the model have one answer that a sentence "
            "says in the same words; the others were dropped"
        )
    return questions


def _renumbered(one: GeneratedQuestion, number: int) -> GeneratedQuestion:
    return replace(one, question=replace(one.question, id=f"generated-{number}"))


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

    return ModelJudge(_model(index, model, configured, "a judge"))


def _model(index: Index, model: str, configured: settings.Settings, role: str) -> Generator:
    from rag_infer.generate import EXTRACTIVE

    if model == EXTRACTIVE:
        raise InputError(f"{role} is a language model", hint="rag models lists those at hand")
    return index.engine.generator(model, settings.profiles(configured, model, None))
