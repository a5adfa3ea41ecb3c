from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import InputError
from rag_infer.evaluation.questions import EvalQuestion, read_questions, write_questions


def test_the_fields_of_other_evaluators_are_read(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(
        '{"user_input": "What is the rent?", "reference": "900"}\n\n'
        '{"_id": "x", "query": "Who?", "ground_truth": ["A", "B"], "document": "a.md", "page": 2}\n'
        '{"question": "Why?", "answerable": false, "type": "reason"}\n'
    )
    assert read_questions(file) == [
        EvalQuestion("1", "What is the rent?", ("900",)),
        EvalQuestion("x", "Who?", ("A", "B"), ("a.md",), 2),
        EvalQuestion("4", "Why?", answerable=False, kind="reason"),
    ]


def test_a_table_is_read_with_its_own_separator(tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    file.write_text("\ufeffQuestion;Answer;Answerable\nWhat, then?;1,5;yes\nWho?;;no\n")
    assert [(q.question, q.answers, q.answerable) for q in read_questions(file)] == [
        ("What, then?", ("1,5",), True),
        ("Who?", (), False),
    ]


def test_unanswerable_is_the_opposite_of_answerable(tmp_path: Path) -> None:
    table = tmp_path / "q.csv"
    table.write_text("question,answer,unanswerable\nWho?,,yes\nWhat?,5,no\nWhere?,here,\n")
    assert [q.answerable for q in read_questions(table)] == [False, True, True]
    lines = tmp_path / "q.jsonl"
    lines.write_text('{"question": "Who?", "unanswerable": true}\n')
    assert [q.answerable for q in read_questions(lines)] == [False]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    questions = [
        EvalQuestion("a", "What is «it»?", ("x", "y"), ("d.pdf",), 3, "a quote", True, "fact"),
        EvalQuestion("b", "Who?", answerable=False),
    ]
    write_questions(tmp_path / "q.jsonl", questions)
    assert read_questions(tmp_path / "q.jsonl") == questions


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("q.jsonl", "{bad", "q.jsonl:1: invalid JSON"),
        ("q.jsonl", '\n{"answer": "x"}', "q.jsonl:2: the field 'question' is missing"),
        ("q.jsonl", "[1]", "must be an object"),
        ("q.jsonl", '{"question": "a?", "page": 0}', "'page' must be a whole number"),
        ("q.jsonl", '{"question": "a?", "answerable": "perhaps"}', "'answerable' must be"),
        ("q.jsonl", '{"question": "a?", "unanswerable": "perhaps"}', "'unanswerable' must be"),
        ("q.jsonl", '{"question": "a?", "answerable": 1, "unanswerable": 1}', "contradict"),
        ("q.jsonl", '{"question": "a?", "answers": {"a": 1}}', "'answers' must be"),
        ("q.jsonl", '{"id": 1, "question": "a?"}\n{"id": 1, "question": "b?"}', "used twice"),
        ("q.jsonl", "", "holds no questions"),
        ("q.json", "{}", "must hold a list"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, name: str, text: str, part: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        read_questions(tmp_path / name)
    assert part in str(caught.value)
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "missing.jsonl")
