"""Refusals in many words, and sentences that only look like one."""

from __future__ import annotations

import pytest

from rag_infer.answering.refusal import read_refusal, refuses


@pytest.mark.parametrize(
    "text",
    [
        "The documents do not say.",
        "The documents do not say how fast people read [1].",
        "No, the documents do not say.",
        "The passage does not say.",
        "I'm sorry, but the provided passages do not contain information about that.",
        "The salary of Ingrid Voss is not mentioned in the given passages.",
        "The CEO of Brightwater Estates is not mentioned in any of the provided passages.",
        "There is no information in the passages about the price.",
        "I don't know.",
        "I cannot answer this question based on the given context.",
        "None of the passages mention a dog policy.",
        "Unfortunately, I could not find an answer. Please provide more context.",
        "The provided text doesn't specify the date.",
        "It is not possible to determine this from the passages.",
        "The answer cannot be determined.",
        "Not specified.",
        "Unknown",
        "Based on the documents, the date is not specified.",
        "The information provided is not sufficient to answer the question.",
        "Die Dokumente enthalten dazu keine Angaben.",
        "Aus den Unterlagen geht das nicht hervor.",
        "Les documents ne le précisent pas.",
        "Los documentos no mencionan el precio.",
        "I documenti non lo dicono.",
    ],
)
def test_a_refusal_in_any_words(text: str) -> None:
    assert read_refusal(text).is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "The lease does not provide for a break option [1].",
        "No, the board rejected it.",
        "The deposit is not refundable.",
        "Training is not mentioned as a duty of the Consultant; validation is [2].",
        "Notice is not given in writing but by mail.",
        "The fee is 900 euros [1].",
        "The Avon room has no video equipment.",
        "The Employee may not disclose confidential information.",
        "There are no fees for late returns.",
        "You may not bring a dog.",
    ],
)
def test_a_statement_with_a_negation_is_none(text: str) -> None:
    assert not read_refusal(text).is_refusal


def test_half_a_refusal_is_an_answer_whose_other_half_is_checked() -> None:
    text = "The documents do not say how fast. People read about four words a second [1]."
    reading = read_refusal(text)
    assert not reading.is_refusal
    assert refuses("The documents do not say how fast.")
    assert len(reading.sentences) == 1
