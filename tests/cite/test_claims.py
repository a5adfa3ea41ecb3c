"""Claims of a text, and the words of passages that bear them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag_infer.cite.claim_verifier import FeatureVerifier
from rag_infer.cite.claims import EvidencePassage, attribute_claims, split
from rag_infer.embed import load_embedder

PAGE = (
    "The bridge over the Larn was opened in 1931 by Ingrid Voss. It is 412 metres long and carries "
    "two railway tracks. Heavy lorries are not allowed on it."
)
VERIFIER = FeatureVerifier(load_embedder())


def test_numbers_belong_to_their_sentence_wherever_they_stand() -> None:
    assert split("It is long [1]. It is old. [2][3] It is red [2, or so] .") == [
        ("It is long.", (1,)),
        ("It is old.", (2, 3)),
        ("It is red [2, or so].", ()),
    ]


def test_code_is_no_claim_and_a_heading_is_one_by_itself() -> None:
    assert split("Read `x[3]` [2].") == [("Read `x[3]`.", (2,))]
    text = "# The bridge\nIt is old.\n\n```\nx[1] = 2\n```\n\nIt is long."
    assert [claim for claim, _ in split(text)] == ["# The bridge", "It is old.", "It is long."]


def test_a_claim_finds_its_words_whether_or_not_it_cites_them() -> None:
    passages = [
        EvidencePassage(1, "tea.md", 1, 40, "Green tea is brewed at 80 degrees."),
        EvidencePassage(2, "larn.pdf", 3, 100, PAGE),
    ]
    text = "It is 412 metres long. It was built in 1875 [1]. Green tea is brewed at 80 degrees."
    long, built, tea = attribute_claims(text, passages, VERIFIER)
    assert (long.verdict, long.citations) == ("supported", (2,))
    assert long.evidence[0].quote.startswith("It is 412 metres long")
    assert (long.evidence[0].document_id, long.evidence[0].page_number) == ("larn.pdf", 3)
    assert PAGE[long.evidence[0].start - 100 : long.evidence[0].end - 100] == long.evidence[0].quote
    assert (built.verdict, built.citations) == ("unsupported", (1,))
    assert built.reason == "date not in the source: 1875"
    assert (tea.verdict, tea.citations) == ("supported", (1,))


def test_among_many_passages_the_bearing_one_is_found() -> None:
    passages = [
        EvidencePassage(
            n, f"{n}.md", 1, 0, f"Town number {n} has a market. Its mayor likes tea. " * 3
        )
        for n in range(1, 60)
    ]
    passages.append(EvidencePassage(60, "larn.pdf", 1, 0, PAGE))
    (claim,) = attribute_claims(
        "Lorries that are heavy may not use the bridge.", passages, VERIFIER
    )
    assert claim.evidence[0].document_id == "larn.pdf"


@given(st.lists(st.sampled_from(["It rose", "[1]", "[22]", ". ", "```", "\n", "# A", "? "])))
def test_splitting_loses_no_word_outside_of_code(parts: list[str]) -> None:
    text = " ".join(parts)
    sentences = split(text)
    assert all(claim.strip() for claim, _ in sentences)
    if "```" not in text:
        assert sum(c.count("rose") for c, _ in sentences) == text.count("rose")


def test_without_passages_nothing_is_borne() -> None:
    (claim,) = attribute_claims("The bridge is 412 metres long.", [], VERIFIER)
    assert (claim.verdict, claim.evidence) == ("unsupported", ())
