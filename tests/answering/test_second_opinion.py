"""A model's answer beside the quotes: refusals, disagreement, doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from rag_infer import AskOptions, Index
from rag_infer.answering.events import TextEvent

QUESTION = "What is the deposit for the flat?"
Chat = Callable[[Sequence[Mapping[str, str]]], str]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.open(tmp_path_factory.mktemp("second") / "index", create=True)
    index.add_text("The deposit for the flat is 900 euros. It is due on 1 May.", id="lease.md")
    index.add_text("The parrot of the office eats two mangoes a day.", id="parrot.md")
    return index


def saying(text: str) -> Chat:
    return lambda _: text


def test_quotes_replace_a_refusal_where_they_answer(index: Index) -> None:
    answer = index.ask(QUESTION, llm=saying("I'm sorry, the passages do not mention a deposit."))
    assert answer.answered
    assert "900 euros" in answer.text
    assert answer.citations[0].span.document_id == "lease.md"
    assert "quotes" in answer.warnings[0]


def test_a_refusal_stays_one_where_nothing_answers(index: Index) -> None:
    answer = index.ask("Who won the cup in 1998?", llm=saying("The documents do not say."))
    assert not answer.answered
    assert answer.reason == "the model finds no answer in the passages"
    assert not answer.claims
    assert answer.hits


def test_where_the_two_differ_both_are_shown(index: Index) -> None:
    answer = index.ask(QUESTION, llm=saying("The deposit for the flat is 450 euros [1]."))
    assert "450" in answer.text
    assert "The documents say: The deposit for the flat is 900 euros." in answer.text
    assert "differ" in answer.warnings[0]
    # What is quoted is no claim of the model, and does not make up for one.
    assert [claim.verdict for claim in answer.claims] == ["unsupported"]


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("The cello of Ms Ek was finished on 28 November 2025 [1].", True),
        ("The cello of Ms Ek is finished on 19 November 2025 [1].", True),
        ("The cello of Ms Ek is finished in 2025 [1].", True),
        ("The cello of Ms Ek is finished on 19 December [1].", False),
        ("The cello of Ms Ek is finished in December 2025 [1].", True),
    ],
)
def test_another_day_of_the_same_year_differs(tmp_path: Path, text: str, differs: bool) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("The cello of Ms Ek is finished on 19 December 2025.", id="cello.md")
        answer = index.ask("When is the cello of Ms Ek finished?", llm=saying(text))
    assert ("The documents say:" in answer.text) == differs


def test_where_they_agree_the_text_stays_and_its_source_is_named(index: Index) -> None:
    answer = index.ask(QUESTION, llm=saying("The deposit for the flat is 900 euros."))
    assert answer.text == "The deposit for the flat is 900 euros. [1]"
    assert not answer.warnings


def test_a_short_fact_that_no_passage_comes_near_is_declined(index: Index) -> None:
    events = list(index.stream("Who is the landlord?", llm=saying("The landlord is Mr Brown [1].")))
    answer = index.ask("Who is the landlord?", llm=saying("The landlord is Mr Brown [1]."))
    assert not answer.answered
    assert "Mr Brown" not in answer.text
    assert "Mr Brown" in answer.warnings[0]
    assert answer.model != "extractive"
    texts = [event for event in events if isinstance(event, TextEvent)]
    last = "".join(event.text for event in texts if event.step == texts[-1].step)
    assert last == answer.text


def test_an_answer_to_what_nothing_answers_comes_with_a_doubt(index: Index) -> None:
    answer = index.ask("Why is the flat let?", llm=saying("It is let to pay for its repair [1]."))
    assert answer.answered
    assert "plainly answers" in answer.warnings[0]


def test_the_streamed_pieces_of_the_last_step_are_the_text(index: Index) -> None:
    for text in ("The documents do not say.", "The deposit is 450 euros.", "It is 900 euros."):
        events = list(index.stream(QUESTION, llm=saying(text)))
        pieces = [event for event in events if isinstance(event, TextEvent)]
        last = "".join(piece.text for piece in pieces if piece.step == pieces[-1].step)
        assert last == events[-1].answer.text  # type: ignore[union-attr]


def test_it_can_be_left_out(index: Index, tmp_path: Path) -> None:
    options = AskOptions(second_opinion=False)
    answer = index.ask(QUESTION, llm=saying("The documents do not say."), options=options)
    assert not answer.answered


def test_sums_are_computed_and_not_guessed(index: Index) -> None:
    assert "409.5" in index.ask("What is 17.5% of 2,340?", llm=saying("About 400.")).text


def test_words_about_passages_are_no_claims(index: Index) -> None:
    text = "According to passage 1, the deposit for the flat is 900 euros. This is stated in [1]."
    answer = index.ask(QUESTION, llm=saying(text))
    assert len(answer.claims) == 1
    assert answer.claims[0].citations == (1,)
    assert "number not in the source" not in (answer.claims[0].reason or "")


@pytest.mark.parametrize(
    "prefix",
    [
        "Based on the passage that supports this question, ",
        "According to the provided documents, ",
        "The flat is let. This is stated in the first passage, which mentions that ",
    ],
)
def test_what_follows_a_word_about_passages_is_the_claim(index: Index, prefix: str) -> None:
    claims = index.ask(QUESTION, llm=saying(f"{prefix}the deposit is 900 euros.")).claims
    assert claims[-1].text == "The deposit is 900 euros."
    assert claims[-1].verdict == "supported"


def streamed_text(index: Index, question: str, text: str) -> str:
    """The text of the last step of a stream."""
    events = list(index.stream(question, llm=saying(text)))
    pieces = [event for event in events if isinstance(event, TextEvent)]
    return "".join(piece.text for piece in pieces if piece.step == pieces[-1].step)


@pytest.mark.parametrize("text", ["[1] [2]", "[1] lease.md", "lease.md [1]."])
def test_numbers_and_labels_alone_are_no_answer(index: Index, text: str) -> None:
    question = "Why is the flat let?"
    answer = index.ask(question, llm=saying(text))
    assert not answer.answered
    assert answer.text == "The documents do not answer this."
    assert answer.reason == "the model only named passages"
    assert not answer.warnings
    assert not answer.claims
    assert streamed_text(index, question, text) == answer.text


def test_a_refusal_is_read_in_the_language_of_the_question(index: Index) -> None:
    question = "Wie viele Urlaubstage haben die Auszubildenden im zweiten Jahr?"
    answer = index.ask(question, llm=saying("The documents do not say."))
    assert not answer.answered
    assert answer.text == "Die Dokumente beantworten das nicht."
    assert streamed_text(index, question, "The documents do not say.") == answer.text


def test_nothing_is_said_of_a_text_that_is_not_shown(index: Index) -> None:
    answer = index.ask("Who is the landlord?", llm=saying("It is Mr Brown of Leeds [1][7]."))
    assert not answer.answered
    assert len(answer.warnings) == 1
    assert "Mr Brown of Leeds" in answer.warnings[0]


def test_a_list_of_numbers_without_end_is_stopped(index: Index) -> None:
    counted: list[int] = []

    def numbers(_: Sequence[Mapping[str, str]]) -> Iterator[str]:
        yield "The deposit for the flat is 900 euros [1]. "
        for number in range(2, 400):
            counted.append(number)
            yield f"[{number}], "

    answer = index.ask(QUESTION, llm=numbers)
    assert len(counted) < 40
    assert answer.text.startswith("The deposit for the flat is 900 euros [1].")
    listed = next(w for w in answer.warnings if "without a passage" in w)
    assert listed.endswith("more")
    assert len(listed) < 100


@pytest.mark.parametrize(
    ("weeks", "differs"), [("six to eight weeks", False), ("four weeks", True)]
)
def test_each_part_of_a_question_is_quoted_by_itself(
    tmp_path: Path, weeks: str, differs: bool
) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("A set of hammers for a grand costs 612 euros.", id="prices.md")
        index.add_text("Delivery of hammers takes six to eight weeks.", id="delivery.md")
        question = "What does a set of hammers cost and how long does delivery take?"
        written = f"A set of hammers costs 612 euros, and delivery takes {weeks}."
        answer = index.ask(question, llm=saying(written))
    assert answer.answered
    assert answer.text.startswith(written)
    assert any("differ" in warning for warning in answer.warnings) == differs
    assert "Delivery of hammers takes six to eight weeks." in answer.text
    assert {c.span.document_id for c in answer.citations} == {"prices.md", "delivery.md"}


def test_a_value_of_an_older_version_is_shown_as_such(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        for year, days in (("2023", 25), ("2025", 28)):
            text = f"# Holidays\n\nEmployees have {days} days of paid holiday a year."
            index.add_text(text, id=f"handbook-{year}.md")
        written = "Employees have 25 days of paid holiday a year."
        answer = index.ask("How many days of paid holiday do employees have?", llm=saying(written))
    numbers = {c.span.document_id: c.number for c in answer.citations}
    newest, older = numbers["handbook-2025.md"], numbers["handbook-2023.md"]
    assert f"Employees have 28 days of paid holiday a year. [{newest}]" in answer.text
    note = f"[{newest}] is of the newest version of the document, [{older}] of an older one"
    assert note in answer.warnings


def test_what_stands_beside_a_model_is_in_the_language_of_the_question(tmp_path: Path) -> None:
    with Index.open(tmp_path / "index", create=True) as index:
        index.add_text("Das Cello von Frau Ek ist am 19. Dezember 2025 fertig.", id="cello.md")
        written = "Das Cello von Frau Ek ist am 19. November 2025 fertig."
        answer = index.ask("Wann ist das Cello von Frau Ek fertig?", llm=saying(written))
    assert "In den Dokumenten steht: Das Cello von Frau Ek ist am 19. Dezember" in answer.text
    assert any("weichen voneinander ab" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    ("text", "is_doubted"),
    [
        ("The deposit for the flat is 900 euros. It is due on 1 May.", False),
        ("The deposit for the flat is 450 euros. It is due on 1 May.", True),
    ],
)
def test_a_summary_need_not_be_in_one_sentence(index: Index, text: str, is_doubted: bool) -> None:
    question = "Summarize the agreement with Dr. Brown on the flat."
    answer = index.ask(question, llm=saying(text))
    assert any("plainly answers" in warning for warning in answer.warnings) == is_doubted


def test_sources_do_not_stand_behind_a_sentence_that_they_do_not_support(index: Index) -> None:
    true, made_up = "The deposit for the flat is 900 euros.", "The landlord of 1987 is Mr Brown."
    text = index.ask(QUESTION, llm=saying(f"{true} {made_up}")).text
    assert text == f"{true} {made_up}\n\nSources: [1]"
    assert index.ask(QUESTION, llm=saying(f"{made_up} {true}")).text.endswith(f"{true} [1]")
