"""Questions for a number or code that names a thing, and about a thing by its number."""

from __future__ import annotations

import pytest

from rag_infer import Index
from rag_infer.answering.identifiers import question_identifiers

FILES = {
    "lease.md": "# Lease of the boat house\n\nFile number BH/2207-19, confidential\n\nThe rent is "
    "640 euros a month and is paid in two parts.\n\nQuestions go to the office.\n",
    "claim.txt": "Storm claim\nName of the insured: Runa Vik\nPolicy number: STV-81120-K\n"
    "Amount claimed: 2,310.50 euros\nWhat happened: A tree fell on the shed.\n",
    "tools.md": "# Tools\n\n- 4.31.002 rasp, fits handle H-2\n- 4.31.020 file, fits handle H-20\n"
    "- 4.31.200 chisel, fits handle H-200\n",
    "orders.txt": "".join(
        f"Order PO-2025-{n}: customer {name}, amount {n - 3000}.00 EUR.\n\n"
        for n, name in ((3117, "Arne"), (3118, "Beate"), (3119, "Cleo"))
    ),
    "supply.md": "Supply contract QX-4410 between Halden Mills and Brix Transport\n\nThe parties "
    "meet once a quarter. Either party may end it with a notice period of seven months.\n",
}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the file number of the lease?", "BH/2207-19"),
        ("What is the policy number of Runa Vik?", "STV-81120-K"),
        ("What is the number of the supply contract with Brix Transport?", "QX-4410"),
    ],
)
def test_the_identifier_beside_its_label(index: Index, question: str, value: str) -> None:
    answer = index.ask(question)
    assert answer.short_answer is not None
    assert answer.short_answer.quote == value
    assert answer.citations[0].span.quote == answer.claims[0].text


def test_a_number_that_counts_is_none_that_names(index: Index) -> None:
    answer = index.ask("What is the number of parts in which the rent is paid?")
    assert "BH" not in answer.text


@pytest.mark.parametrize(
    ("question", "value", "other"),
    [
        ("What is tool 4.31.200?", "chisel", "rasp"),
        ("Which handle does 4.31.020 fit?", "H-20", "H-200"),
        ("Which order has the number 3118?", "Beate", "Arne"),
    ],
)
def test_the_line_with_the_identifier_and_no_other(
    index: Index, question: str, value: str, other: str
) -> None:
    answer = index.ask(question)
    assert answer.answered
    assert value in answer.text
    assert other not in answer.text.replace("H-20 ", "")


@pytest.mark.parametrize(
    ("question", "identifiers"),
    [
        ("What does INV-2024-17 cost?", ["INV-2024-17"]),
        ("What was sold in 2024 for 300 euros?", []),
        ("What happened on 7.10.2024?", []),
        ("Who signed no. 5521?", ["5521"]),
    ],
)
def test_identifiers_of_a_question(question: str, identifiers: list[str]) -> None:
    assert [question[a:b] for a, b in question_identifiers(question)] == identifiers
