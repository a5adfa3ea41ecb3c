"""Answers that a model writes are checked; texts are checked; answers can be asked again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag_infer import Index
from rag_infer.answering.receipts import load
from rag_infer.context.template import Template, TokenizerTemplate
from rag_infer.errors import InputError
from rag_infer.generate import GenerateOptions
from rag_infer.types import ContextPlan
from tests.ask_arguments import ask, ask_arguments
from tests.factories import tokenizer

LARN = """# The Larn bridge

The bridge over the Larn was opened in 1931 by Ingrid Voss. It is 412 metres long.
Heavy lorries are not allowed on it.
"""
TEA = "# Tea\n\nGreen tea is brewed at 80 degrees. Black tea takes boiling water.\n"
SAID = (
    "The bridge was opened in 1931 by Ingrid Voss [1]. It is painted green [7]. It cost 90 crowns."
)


class Scripted:
    """A generator of given words: what checking makes of them is tested here, not their making."""

    name = "scripted"
    window = 4096

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked = 0
        self.template: Template = TokenizerTemplate(tokenizer("chatml"), "scripted")

    def stream(self, plan: ContextPlan, options: GenerateOptions) -> Iterator[str]:
        self.asked += 1
        yield from (self.text[i : i + 3] for i in range(0, len(self.text), 3))


@pytest.fixture
def index(tmp_path: Path) -> Index:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "larn.md").write_text(LARN)
    (folder / "tea.md").write_text(TEA)
    index = Index.open(tmp_path / "index", create=True)
    index.add(folder)
    return index


def test_every_claim_stands_beside_the_stored_words(index: Index) -> None:
    answer = index.ask("When was the bridge opened?", llm=Scripted(SAID))
    assert [c.verdict for c in answer.claims] == ["supported", "unsupported", "unsupported"]
    for claim in answer.claims:
        for span in claim.evidence:
            result = index.engine.snapshot.page(span.document_id, span.page_number)
            assert result is not None
            assert result[1][span.start : span.end] == span.quote
    assert answer.citations[0].span.quote.startswith("The bridge over the Larn was opened in 1931")
    assert "[7]" in answer.warnings[0]


def test_strict_leaves_out_what_is_not_borne_and_says_so(index: Index) -> None:
    pieces: list[str] = []
    answer = ask(
        index,
        "When was the bridge opened?",
        llm=Scripted(SAID),
        drop_unsupported=True,
        on_text=pieces.append,
    )
    assert answer.text == "The bridge was opened in 1931 by Ingrid Voss. [1]"
    assert pieces == [answer.text]
    assert "unsupported claims left out: 2 of 3" in answer.warnings


def test_strict_is_silent_when_nothing_is_borne(index: Index) -> None:
    bees = Scripted("Bees sleep at night in wooden boxes.")
    question = "When was the bridge opened?"
    answer = ask(index, question, llm=bees, drop_unsupported=True, second_opinion=False)
    assert not answer.answered
    assert answer.hits
    assert "support none" in (answer.reason or "")


def test_a_model_that_would_see_nothing_is_not_asked(tmp_path: Path) -> None:
    from rag_infer import Filter

    index = Index.open(tmp_path / "index", create=True)
    (tmp_path / "a.md").write_text(TEA)
    index.add(tmp_path / "a.md")
    model = Scripted("Anything.")
    nobody = Filter(paths=("none/*",))
    answer = index.ask("Who?", llm=model, filter=nobody)
    assert (answer.answered, model.asked) == (False, 0)
    assert answer.reason == "no document that may be read matches the filter"


def test_sources_that_disagree_stand_side_by_side(index: Index, tmp_path: Path) -> None:
    (tmp_path / "notes" / "guide.md").write_text(
        "# A guide\n\nThe Larn bridge is 530 metres long.\n"
    )
    index.add(tmp_path / "notes")
    answer = index.ask("How long is the Larn bridge?")
    assert "the sources disagree" in (answer.reason or "")
    assert "412" in answer.text
    assert "530" in answer.text
    assert answer.short_answer is None
    assert len({c.span.document_id for c in answer.citations}) == 2
    assert index.ask("At how many degrees is green tea brewed?").reason is None


def test_a_text_is_checked_against_the_documents(index: Index) -> None:
    result = index.fact_check(
        "# About a bridge\nThe bridge over the Larn was opened in 1931 by Ingrid Voss. "
        'It is "530" metres -long. Is it green?'
    )
    assert [c.verdict for c in result.claims] == [
        "unchecked", "supported", "unsupported", "unchecked",
    ]  # fmt: skip
    assert result.claims[1].citations == (1,)
    assert result.citations[0].span.document_id.endswith("larn.md")
    assert result.count("unsupported") == 1
    with pytest.raises(InputError):
        index.fact_check("  \n ")


def test_what_the_asker_may_not_read_bears_nothing(index: Index, tmp_path: Path) -> None:
    from rag_infer import Filter

    secret = tmp_path / "secret.md"
    secret.write_text("# Plans\n\nThe tower of Brint will be sold to the Voss family in May.\n")
    index.add(secret, groups=["board"])
    text = "The tower of Brint will be sold to the Voss family."
    assert index.fact_check(text).claims[0].verdict == "supported"
    report = index.fact_check(text, filter=Filter(groups=frozenset({"staff"}))).claims[0]
    assert report.verdict == "unsupported"
    assert all("secret" not in s.document_id for s in report.evidence)


def test_a_receipt_is_asked_again_and_tells_what_changed(index: Index, tmp_path: Path) -> None:
    answer = index.ask("When was the bridge over the Larn opened?", top_k=4)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(index.receipt(answer, top_k=4)))
    receipt = load(file)
    assert receipt["claims"][0]["evidence"][0]["quote"] in LARN
    again = index.replay(receipt)
    assert (again.same, again.differences) == (True, ())

    larn = tmp_path / "notes" / "larn.md"
    larn.write_text(LARN.replace("1931", "1932"))
    untouched = index.replay(receipt)
    assert untouched.same
    assert [d.now for d in untouched.differences] == ["its file has changed since it was indexed"]

    index.add(tmp_path / "notes")
    changed = index.replay(receipt)
    assert not changed.same
    changes = {d.what: d.now for d in changed.differences}
    assert "1932" in changes["answer"]
    assert changes["generation of the index"] != str(receipt["index"]["generation"])
    assert "passages" in changes


def test_a_model_s_receipt_names_its_prompt_and_its_files(index: Index, tmp_path: Path) -> None:
    from tests.factories import save_model

    save_model(tmp_path / "model", window=1024)
    arguments = ask_arguments(llm=str(tmp_path / "model"), max_tokens=12)
    answer = index.ask("When was the bridge opened?", **arguments)
    receipt = index.receipt(answer, **arguments)
    assert index.replay(receipt).same
    config = tmp_path / "model" / "generation_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "top_k": 7}))
    assert [d.what for d in index.replay(receipt).differences] == ["model"]


@pytest.mark.parametrize("receipt", [[], {}, {"receipt": 99}, "x"])
def test_what_is_no_receipt_is_refused(tmp_path: Path, receipt: Any) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    with pytest.raises(InputError, match="not a"):
        load(file)


def test_half_a_receipt_is_refused(index: Index) -> None:
    receipt = index.receipt(index.ask("Tea?"))
    for part in ("question", "options", "passages", "documents", "claims"):
        with pytest.raises(InputError, match="receipt"):
            index.replay({k: v for k, v in receipt.items() if k != part})


def test_of_two_claims_of_a_passage_the_one_that_answers_is_quoted(index: Index) -> None:
    text = "The bridge was opened in 1931 by Ingrid Voss. Heavy lorries are not allowed on it. [1]"
    for question, quote in (
        ("When was the bridge opened?", "opened in 1931"),
        ("Are heavy lorries allowed on the bridge?", "Heavy lorries"),
    ):
        answer = index.ask(question, llm=Scripted(text))
        assert quote in answer.citations[0].span.quote
