"""A model of a server never reads what its profile hides; its answer has the data again."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer import GenerationOptions, Index, ModelProfile
from rag_infer.answering.options import AskOptions
from rag_infer.generate import load_generator
from rag_infer.generate.pseudonyms import Pseudonyms
from tests.generate.model_server import event, server

NOTE = (
    "Contact for the boiler: Maren Oltmanns, maren.oltmanns@heizung-nord.example, phone "
    "+49 441 36116-0. Invoices go to DE89 3704 0044 0532 0130 00 by the 14th. The annual service "
    "costs 240 euros, order 4410-22.\n"
)
HIDDEN = ("Maren Oltmanns", "maren.oltmanns@heizung-nord.example", "36116", "3704 0044")
KINDS = ("mail", "phone", "bank")


def test_what_is_hidden_and_what_is_not() -> None:
    pseudonyms = Pseudonyms(KINDS, ["Maren Oltmanns"])
    hidden = pseudonyms.hide(NOTE)
    assert hidden == (
        "Contact for the boiler: <NAME_1>, <MAIL_1>, phone <PHONE_1>. Invoices go to <BANK_1> by "
        "the 14th. The annual service costs 240 euros, order 4410-22.\n"
    )
    assert pseudonyms.reveal(hidden) == NOTE
    assert pseudonyms.hide("Write to maren.oltmanns@heizung-nord.example") == "Write to <MAIL_1>"
    assert pseudonyms.hide("and to other@heizung-nord.example.") == "and to <MAIL_2>."
    assert pseudonyms.reveal("<MAIL_9> is of nobody") == "<MAIL_9> is of nobody"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Card 4111 1111 1111 1111, valid", "Card <BANK_1>, valid"),
        ("Card 4111 1111 1111 1112 is none", "Card 4111 1111 1111 1112 is none"),
        ("GB29 NWBK 6016 1331 9268 19 and", "<BANK_1> and"),
        ("GB29 NWBK 6016 1331 9268 18 and", "GB29 NWBK 6016 1331 9268 18 and"),
        ("Invoice 2024-001 of 2024-03-31, 12,500.00", "Invoice 2024-001 of 2024-03-31, 12,500.00"),
    ],
)
def test_numbers_are_told_by_their_check_digits(text: str, hidden: str) -> None:
    assert Pseudonyms(KINDS).hide(text) == hidden


def test_numbers_without_a_country_need_a_region() -> None:
    assert Pseudonyms(["phone"]).hide("Call 0441 36116-0 now") == "Call 0441 36116-0 now"
    assert Pseudonyms(["phone"], region="DE").hide("Call 0441 36116-0 now") == "Call <PHONE_1> now"


@given(st.lists(st.sampled_from([*HIDDEN, " ", "<", "MAIL_1>", "a@b.example", "x"])), st.data())
def test_a_text_in_pieces_is_revealed_as_one(words: list[str], data: st.DataObject) -> None:
    pseudonyms = Pseudonyms(["mail"], ["Maren Oltmanns"])
    hidden = pseudonyms.hide("".join(words))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(hidden)), max_size=5)))
    bounds = [0, *cuts, len(hidden)]
    pieces = [hidden[start:end] for start, end in pairwise(bounds)]
    assert "".join(pseudonyms.revealed(pieces)) == pseudonyms.reveal(hidden)


def test_an_answer_has_the_data_that_the_model_never_saw(tmp_path: Path) -> None:
    (tmp_path / "boiler.txt").write_text(NOTE)
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "boiler.txt")

    def contact(to: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        to.send_response(200)
        to.send_header("Content-Type", "text/event-stream")
        to.end_headers()
        for piece in ("The contact is <NA", "ME_1>, phone <PHONE", "_1> [1]."):
            to.wfile.write(event(piece))
        to.wfile.write(event(None, "stop") + b"data: [DONE]\n\n")

    with server(contact) as (url, requests):
        profile = ModelProfile(
            "remote", "m", base_url=url, hide=("mail", "phone", "bank"),
            hide_names=("Maren Oltmanns",),
        )  # fmt: skip
        generation = GenerationOptions(model_profiles={"remote": profile})
        question = "Who is the contact for the boiler, Maren Oltmanns?"
        answer = index.ask(question, llm="remote", options=AskOptions(generation=generation))
    assert "The contact is Maren Oltmanns, phone +49 441 36116-0" in answer.text
    assert answer.claims[0].verdict == "supported"
    assert requests
    for request in requests:
        sent = json.dumps(request, ensure_ascii=False)
        assert not [text for text in HIDDEN if text in sent]
        assert "240 euros" in sent


def test_a_profile_without_it_is_asked_as_before() -> None:
    with server(lambda to, body: None) as (url, _):
        plain = load_generator("m", {"m": ModelProfile("m", "m", base_url=url)})
        hiding = load_generator("m", {"m": ModelProfile("m", "m", base_url=url, hide=("mail",))})
    assert hiding.window == plain.window - plain.window // 32
    assert hiding.template is not None
