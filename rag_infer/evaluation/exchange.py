"""Evaluations in the formats of other evaluators, and questions from them.

``ragas``: JSON Lines of ``SingleTurnSample``. ``llama-index``: a ``LabelledRagDataset``.
``haystack``: the columns that its evaluators and ``EvaluationRunResult`` take. ``beir``: a folder
of corpus, queries and qrels. ``trec``: qrels and a run, as ``trec_eval`` reads them. The documents
of the last two are pages, named by document and number.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote, unquote

from rag_infer.errors import InputError
from rag_infer.evaluation.grading import GradedAnswer, names_document
from rag_infer.evaluation.matching import contains
from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import Evaluation

ExchangeFormat = Literal["ragas", "trec", "beir", "llama-index", "haystack"]
FORMATS: tuple[ExchangeFormat, ...] = get_args(ExchangeFormat)
_RUN_NAME = "rag-infer"
_PERSON = {"model_name": "", "type": "human"}
NO_ANSWER = "The documents do not answer this."
"""Reference of a question that must be declined; the formats have no field for it."""
_PAGE_ID = re.compile(r"(?P<document>.+)#(?P<page>[1-9]\d*)")
_MAX_FILE_BYTES = 512 * 2**20


def write_exchange(
    form: ExchangeFormat, path: Path, evaluation: Evaluation, pages: Sequence[SourcePage]
) -> list[Path]:
    """Writes an evaluation.

    Args:
        form: The format.
        path: The file; of ``beir`` and ``trec`` the folder.
        evaluation: What was asked and answered.
        pages: The pages of the index, as ``beir`` and ``trec`` judge them.

    Returns:
        The files that were written.

    Raises:
        InputError: There is such a file, it cannot be written, or no question has a page that
            ``beir`` and ``trec`` could judge.
    """
    if path.exists():
        raise InputError("there is such a file already", where=str(path))
    answers = evaluation.answers
    try:
        if form == "ragas":
            return [_write_lines(path, map(_ragas_sample, answers))]
        if form == "llama-index":
            return [_write_json(path, {"examples": [_llama_example(a) for a in answers]})]
        if form == "haystack":
            return [_write_json(path, _haystack_result(answers))]
        judged = _Judgments(answers, pages)
        if not judged.has_queries:
            raise InputError(
                "no question names a document or a quote, so nothing can be judged",
                where=str(path),
                hint="export them as ragas, or name documents",
            )
        return judged.write_beir(path) if form == "beir" else judged.write_trec(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error


def read_exchange(form: ExchangeFormat, path: Path) -> list[EvalQuestion]:
    """Reads questions with what their file says of the answers.

    Args:
        form: The format.
        path: The file; of ``beir`` and ``trec`` the folder.

    Raises:
        InputError: It cannot be read, or holds no question of this format.
    """
    readers = {
        "ragas": _read_ragas,
        "llama-index": _read_llama,
        "haystack": _read_haystack,
        "beir": _read_beir,
        "trec": _read_trec,
    }
    try:
        questions = readers[form](path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        raise InputError(f"is not valid for {form} ({error})", where=str(path)) from error
    if not questions:
        raise InputError(f"holds no question in the format of {form}", where=str(path))
    return questions


def _reference(question: EvalQuestion) -> str | None:
    if not question.answerable:
        return NO_ANSWER
    return question.answers[0] if question.answers else question.quote


def _contexts(question: EvalQuestion) -> list[str]:
    return [question.quote] if question.quote else []


def _ragas_sample(answer: GradedAnswer) -> dict[str, Any]:
    return {
        "user_input": answer.question.question,
        "retrieved_contexts": [passage.text for passage in answer.passages],
        "reference_contexts": _contexts(answer.question),
        "retrieved_context_ids": [passage.location for passage in answer.passages],
        "response": answer.text,
        "reference": _reference(answer.question) or "",
    }


def _llama_example(answer: GradedAnswer) -> dict[str, Any]:
    question = answer.question
    is_generated = question.id.startswith("generated-")
    author = {"model_name": _RUN_NAME, "type": "ai"} if is_generated else _PERSON
    return {
        "query": question.question,
        "query_by": author,
        "reference_contexts": _contexts(question),
        "reference_answer": _reference(question) or "",
        "reference_answer_by": author,
    }


def _haystack_result(answers: Sequence[GradedAnswer]) -> dict[str, Any]:
    """The arguments of ``EvaluationRunResult``: columns of one length, and scores of them."""
    scores: dict[str, list[float | None]] = {
        "answer": [float(answer.outcome == "right") for answer in answers],
        "retrieval": [
            None if a.passage_retrieved is None else float(a.passage_retrieved) for a in answers
        ],
    }
    results = {}
    for name, values in scores.items():
        present_values = [value for value in values if value is not None]
        if len(present_values) == len(values) and present_values:
            results[name] = {
                "score": sum(present_values) / len(present_values),
                "individual_scores": present_values,
            }
    return {
        "run_name": _RUN_NAME,
        "inputs": {
            "questions": [answer.question.question for answer in answers],
            "contexts": [[passage.text for passage in answer.passages] for answer in answers],
            "predicted_answers": [answer.text for answer in answers],
            "ground_truth_answers": [_reference(answer.question) or "" for answer in answers],
            "ground_truth_contexts": [_contexts(answer.question) for answer in answers],
        },
        "results": results,
    }


class _Judgments:
    """Queries, the pages that answer them, and the pages that were retrieved, by page id."""

    def __init__(self, answers: Sequence[GradedAnswer], pages: Sequence[SourcePage]) -> None:
        self._pages = pages
        relevant = {answer.question.id: self._relevant(answer.question) for answer in answers}
        # A query without a relevant page says nothing of a ranking.
        self._answers = [answer for answer in answers if relevant[answer.question.id]]
        self._qrels = {a.question.id: relevant[a.question.id] for a in self._answers}

    @property
    def has_queries(self) -> bool:
        """Whether a question has a page that answers it."""
        return bool(self._answers)

    def _relevant(self, question: EvalQuestion) -> list[str]:
        if not question.answerable or not (question.documents or question.quote):
            return []
        return [
            _page_id(page.document_id, page.number)
            for page in self._pages
            if (not question.documents or names_document(question, page.document_id))
            and question.page in (None, page.number)
            and (question.quote is None or contains(page.text, question.quote))
        ]

    def write_beir(self, folder: Path) -> list[Path]:
        """corpus.jsonl, queries.jsonl and qrels/test.tsv."""
        (folder / "qrels").mkdir(parents=True)
        corpus = (
            {"_id": _page_id(p.document_id, p.number), "title": p.title or "", "text": p.text}
            for p in self._pages
        )
        queries = ({"_id": a.question.id, "text": a.question.question} for a in self._answers)
        qrels = ["query-id\tcorpus-id\tscore"]
        qrels += [f"{query}\t{page}\t1" for query, ids in self._qrels.items() for page in ids]
        qrels_path = folder / "qrels" / "test.tsv"
        qrels_path.write_text("\n".join(qrels) + "\n", "utf-8")
        return [
            _write_lines(folder / "corpus.jsonl", corpus),
            _write_lines(folder / "queries.jsonl", queries),
            qrels_path,
        ]

    def write_trec(self, folder: Path) -> list[Path]:
        """queries.tsv, qrels.txt and run.txt."""
        folder.mkdir(parents=True)
        queries = [
            f"{_word(a.question.id)}\t{' '.join(a.question.question.split())}"
            for a in self._answers
        ]
        qrels = [f"{_word(q)} 0 {page} 1" for q, pages in self._qrels.items() for page in pages]
        run: list[str] = []
        for answer in self._answers:
            ids = dict.fromkeys(_page_id(p.document_id, p.page_number) for p in answer.passages)
            for rank, page in enumerate(ids, 1):
                query = _word(answer.question.id)
                run.append(f"{query} Q0 {page} {rank} {1 / rank:.6f} {_RUN_NAME}")
        contents = {"queries.tsv": queries, "qrels.txt": qrels, "run.txt": run}
        for name, lines in contents.items():
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return [folder / name for name in contents]


def _page_id(document_id: str, page: int) -> str:
    return f"{_word(document_id)}#{page}"


def _word(text: str) -> str:
    """As one word, since the formats part columns by blanks: ``my%20notes.md``."""
    return quote(text, safe="/:@!$&'()*+,;=~")


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    return path


def _write_json(path: Path, value: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise InputError(f"larger than {_MAX_FILE_BYTES // 2**20} MiB", where=str(path))
    return path.read_text("utf-8-sig")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _text(path).splitlines() if line.strip()]


def _labeled(number: int, text: str, reference: str | None, contexts: object) -> EvalQuestion:
    passages = [c for c in contexts if isinstance(c, str)] if isinstance(contexts, list) else []
    question = EvalQuestion(str(number), str(text).strip())
    if reference == NO_ANSWER:
        return replace(question, answerable=False)
    return replace(
        question,
        answers=(reference,) if reference else (),
        quote=passages[0] if len(passages) == 1 else None,
    )


def _read_ragas(path: Path) -> list[EvalQuestion]:
    return [
        _labeled(n, r["user_input"], r.get("reference"), r.get("reference_contexts"))
        for n, r in enumerate(_lines(path), 1)
    ]


def _read_llama(path: Path) -> list[EvalQuestion]:
    return [
        _labeled(n, r["query"], r.get("reference_answer"), r.get("reference_contexts"))
        for n, r in enumerate(json.loads(_text(path))["examples"], 1)
    ]


def _read_haystack(path: Path) -> list[EvalQuestion]:
    inputs = json.loads(_text(path))["inputs"]
    questions = inputs["questions"]
    empty = [None] * len(questions)
    references = inputs.get("ground_truth_answers", empty)
    contexts = inputs.get("ground_truth_contexts", empty)
    columns = zip(questions, references, contexts, strict=True)
    return [_labeled(n, *row) for n, row in enumerate(columns, 1)]


def _read_beir(path: Path) -> list[EvalQuestion]:
    texts = {str(record["_id"]): str(record["text"]) for record in _lines(path / "queries.jsonl")}
    folder = path / "qrels"
    files = sorted(folder.glob("*.tsv"), key=lambda file: (file.name != "test.tsv", file.name))
    rows = list(csv.reader(_text(files[0]).splitlines(), delimiter="\t"))[1:]
    return _judged(texts, [(row[0], row[1], float(row[2])) for row in rows if row])


def _read_trec(path: Path) -> list[EvalQuestion]:
    pairs = [line.split("\t", 1) for line in _text(path / "queries.tsv").splitlines() if line]
    rows = [line.split() for line in _text(path / "qrels.txt").splitlines() if line.strip()]
    texts = {pair[0]: pair[1] for pair in pairs}
    return _judged(texts, [(row[0], row[2], float(row[3])) for row in rows])


def _judged(
    texts: Mapping[str, str], judgments: Iterable[tuple[str, str, float]]
) -> list[EvalQuestion]:
    """Questions with the documents that were judged relevant, and the page where it is one."""
    places: dict[str, list[tuple[str, int | None]]] = {}
    for query, document, score in judgments:
        if score > 0 and query in texts:
            match = _PAGE_ID.fullmatch(document)
            document_page = (match["document"], int(match["page"])) if match else (document, None)
            places.setdefault(query, []).append((unquote(document_page[0]), document_page[1]))
    return [
        EvalQuestion(
            unquote(query),
            texts[query],
            documents=tuple(dict.fromkeys(document for document, _ in own)),
            page=own[0][1] if len(own) == 1 else None,
        )
        for query, own in places.items()
    ]
