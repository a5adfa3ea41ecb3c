"""What is written for other evaluators has the fields that they read, and is read again here."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from rag_infer import Answer, Chunk, Hit, InputError
from rag_infer.evaluation.exchange import FORMATS, ExchangeFormat, read_exchange, write_exchange
from rag_infer.evaluation.grading import grade
from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.questions import EvalQuestion
from rag_infer.evaluation.run import Evaluation

LEASE, ANNEX = "my docs/lease.pdf", "annex.md"
PAGES = [
    SourcePage(LEASE, "Lease", 1, "Nothing here."),
    SourcePage(LEASE, "Lease", 2, "The rent is 900 euros."),
    SourcePage(ANNEX, None, 1, "Keys are blue."),
]
RENT = EvalQuestion(
    "q 1", "What is the\nrent?", ("900 euros",), (LEASE,), 2, "The rent is 900 euros."
)
KEYS = EvalQuestion("2", "Which color are the keys?", ("blue",), (ANNEX,))
MOON = EvalQuestion("3", "Who built the moon base?", answerable=False)


def hit(document: str, page: int, text: str) -> Hit:
    return Hit(Chunk(document, page, 0, len(text), text), 0.5)


def evaluation(*questions: EvalQuestion) -> Evaluation:
    hits = (hit(ANNEX, 1, "Keys are blue."), hit(LEASE, 2, "The rent is 900 euros."),
            hit(LEASE, 2, "900 euros."))  # fmt: skip
    answers = [
        grade(q, Answer(q.question, "It is 900 euros. [1]", True, "extractive", hits=hits), ())
        for q in questions
    ]
    return Evaluation("/i", 3, "extractive", tuple(answers))


def written(form: ExchangeFormat, path: Path) -> Path:
    write_exchange(form, path / "out", evaluation(RENT, KEYS, MOON), PAGES)
    return path / "out"


def test_ragas_gets_single_turn_samples(tmp_path: Path) -> None:
    samples = [json.loads(x) for x in written("ragas", tmp_path).read_text().splitlines()]
    assert samples[0] == {
        "user_input": "What is the\nrent?",
        "retrieved_contexts": ["Keys are blue.", "The rent is 900 euros.", "900 euros."],
        "reference_contexts": ["The rent is 900 euros."],
        "retrieved_context_ids": ["annex.md", "my docs/lease.pdf", "my docs/lease.pdf"],
        "response": "It is 900 euros. [1]",
        "reference": "900 euros",
    }


def test_llama_index_gets_a_labelled_dataset(tmp_path: Path) -> None:
    examples = json.loads(written("llama-index", tmp_path).read_text())["examples"]
    person = {"model_name": "", "type": "human"}
    assert examples[1] == {
        "query": "Which color are the keys?", "query_by": person, "reference_contexts": [],
        "reference_answer": "blue", "reference_answer_by": person,
    }  # fmt: skip


def test_haystack_gets_columns_of_one_length(tmp_path: Path) -> None:
    result = json.loads(written("haystack", tmp_path).read_text())
    assert result.keys() == {"run_name", "inputs", "results"}
    assert {len(column) for column in result["inputs"].values()} == {3}
    scores = result["results"]["answer"]
    assert scores == {"score": 1 / 3, "individual_scores": [1, 0, 0]}
    assert "retrieval" not in result["results"]  # unknown of the question that must be declined


def test_trec_gets_judgments_and_a_run_of_six_columns(tmp_path: Path) -> None:
    folder = written("trec", tmp_path)
    assert (folder / "qrels.txt").read_text().splitlines() == [
        "q%201 0 my%20docs/lease.pdf#2 1", "2 0 annex.md#1 1",
    ]  # fmt: skip
    run = [line.split() for line in (folder / "run.txt").read_text().splitlines()]
    assert run[:2] == [
        ["q%201", "Q0", "annex.md#1", "1", "1.000000", "rag-infer"],
        ["q%201", "Q0", "my%20docs/lease.pdf#2", "2", "0.500000", "rag-infer"],
    ]
    assert len(run) == 4  # a page once for each query


def test_beir_gets_a_corpus_with_judgments(tmp_path: Path) -> None:
    folder = written("beir", tmp_path)
    corpus = [json.loads(x) for x in (folder / "corpus.jsonl").read_text().splitlines()]
    ids = {page["_id"] for page in corpus}
    assert len(ids) == 3
    with (folder / "qrels" / "test.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [list(row.values()) for row in rows] == [
        ["q 1", "my%20docs/lease.pdf#2", "1"], ["2", "annex.md#1", "1"],
    ]  # fmt: skip
    assert {row["corpus-id"] for row in rows} <= ids


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_read_again(form: ExchangeFormat, tmp_path: Path) -> None:
    questions = read_exchange(form, written(form, tmp_path))
    texts = [" ".join(q.question.split()) for q in questions]
    assert texts[:2] == ["What is the rent?", "Which color are the keys?"]
    if form in ("beir", "trec"):
        assert [(q.id, q.documents, q.page) for q in questions] == [
            ("q 1", (LEASE,), 2), ("2", (ANNEX,), 1),
        ]  # fmt: skip
    else:
        assert [(q.answers, q.answerable) for q in questions] == [
            (("900 euros",), True), (("blue",), True), ((), False),
        ]  # fmt: skip
        assert questions[0].quote == "The rent is 900 euros."
    with pytest.raises(InputError, match="such a file already"):
        written(form, tmp_path)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", ["", "[1", "[]", "{}", '{"examples": 1}', '{"inputs": {}}'])
def test_another_file_is_one_line(form: ExchangeFormat, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if form in ("beir", "trec"):
        (path / "qrels").mkdir(parents=True)
        (path / "qrels" / "test.tsv").write_text(text)
        for name in ("queries.jsonl", "queries.tsv", "qrels.txt"):
            (path / name).write_text(text)
    else:
        path.write_text(text)
    with pytest.raises(InputError):
        read_exchange(form, path)
    with pytest.raises(InputError):
        read_exchange(form, tmp_path / "missing")


@pytest.mark.parametrize("form", ["beir", "trec"])
def test_nothing_to_judge_is_said_and_nothing_written(form: ExchangeFormat, tmp_path: Path) -> None:
    evaluation = Evaluation("index", 1, "extractive", ())
    with pytest.raises(InputError, match="names a document"):
        write_exchange(form, tmp_path / "run", evaluation, ())
    assert not (tmp_path / "run").exists()
