from __future__ import annotations

from rag_infer.evaluation.question_drafts import SourcePage
from rag_infer.evaluation.question_generation import MAX_OVERLAP, generate_questions

LEASE = SourcePage(
    "lease.md",
    "Lease of Mill Lane 4",
    1,
    "# Lease of Mill Lane 4\n\n"
    "Deposit: 1,800 euros\n"
    "Landlord: Ruth Okafor\n\n"
    "The monthly rent is 900 euros, due on the first day. The lease ends on 31 May 2027.\n"
    "It was opened on 3 May 2020. The door was painted in 2019.\n",
)
FAQ = SourcePage(
    "faq.txt",
    None,
    3,
    "Q: Can I bring my dog?\nA: Yes, small dogs are welcome.\n\n"
    "A quorum is the number of members who must be present for a vote to count.\n",
)


def texts(*pages: SourcePage, count: int = 50, seed: int = 0) -> dict[str, tuple[str, ...]]:
    generated = generate_questions(pages, count, seed=seed, unanswerable_share=0, rephrase=False)
    return {m.question.question: m.question.answers for m in generated}


def test_sentences_fields_and_pairs_become_questions_with_their_answers() -> None:
    assert texts(LEASE, FAQ) == {
        "What is the deposit?": ("1,800 euros",),
        "What is the landlord?": ("Ruth Okafor",),
        "What is the monthly rent?": ("900 euros",),
        "When does the lease end?": ("on 31 May 2027",),
        "When was the door painted?": ("2019",),
        "Can I bring my dog?": ("Yes, small dogs are welcome.",),
        "What is a quorum?": (
            "the number of members who must be present for a vote to count",
        ),
    }  # fmt: skip


def test_each_question_names_its_place() -> None:
    generated = generate_questions([LEASE, FAQ], 50, unanswerable_share=0)
    for one in generated:
        page = {"lease.md": LEASE, "faq.txt": FAQ}[one.question.documents[0]]
        assert one.question.page == page.number
        assert one.question.quote is not None
        assert one.question.quote in " ".join(page.text.split()) or one.question.quote in page.text
        assert 0 < one.overlap <= MAX_OVERLAP


def test_a_question_with_two_answers_names_the_document_that_is_meant() -> None:
    other = SourcePage("house/other_house.md", None, 1, "Deposit: 5 euros\n")
    answers = texts(LEASE, other)
    assert "What is the deposit?" not in answers
    assert answers["According to Lease of Mill Lane 4, what is the deposit?"] == ("1,800 euros",)
    assert answers["According to other house, what is the deposit?"] == ("5 euros",)


def test_a_label_of_several_sections_names_the_section() -> None:
    minutes = SourcePage(
        "minutes.md",
        "Minutes of May",
        1,
        "# Minutes of May\n\n## 1. Roof\n\nDecision: Two slates are replaced.\n\n"
        "## 2. Garden\n\nDecision: The hedge stays.\n\nDecision: A gardener is hired.\n",
    )
    assert texts(minutes) == {
        'According to Minutes of May, under "Roof", what is the decision?': (
            "Two slates are replaced",
        )
    }  # fmt: skip


def test_what_a_thing_is_like_is_not_what_it_is() -> None:
    page = SourcePage(
        "sla.md",
        None,
        1,
        "The service is available 99.7% of each month. The term is twelve (12) months. "
        "The mandate is valid until 2028.\n",
    )
    assert texts(page) == {"What is the term?": ("twelve (12) months",)}


def test_unanswerable_questions_are_near_misses() -> None:
    generated = generate_questions([LEASE, FAQ], 5, unanswerable_share=0.4)
    unanswerable = [m.question.question for m in generated if not m.question.answerable]
    assert len(unanswerable) == 2
    assert sum(text.startswith("According to faq, what is the ") for text in unanswerable) == 1


def test_a_copy_of_a_document_is_not_asked_twice() -> None:
    first = SourcePage("a.md", None, 1, "The yearly fee of the club is 50 euros.\n")
    copy = SourcePage("b.md", None, 1, "The yearly fee of our club is 50 euros.\n")
    assert len(texts(first, copy)) == 1
    other = SourcePage("b.md", None, 1, "The yearly fee of our club is 60 euros.\n")
    assert len(texts(first, other)) == 2


def test_rephrasing_repeats_fewer_words_and_keeps_the_label() -> None:
    plain = generate_questions([LEASE, FAQ], 50, unanswerable_share=0, rephrase=False)
    other = generate_questions([LEASE, FAQ], 50, unanswerable_share=0)
    labels = [(m.question.answers, m.question.documents, m.question.quote) for m in plain]
    assert [(m.question.answers, m.question.documents, m.question.quote) for m in other] == labels
    assert "How much is the deposit?" in [m.question.question for m in other]
    assert sum(m.overlap for m in other) <= sum(m.overlap for m in plain)


def test_the_same_seed_makes_the_same_questions_spread_over_documents() -> None:
    assert texts(LEASE, FAQ, count=3, seed=4) == texts(LEASE, FAQ, count=3, seed=4)
    generated = generate_questions([LEASE, FAQ], 2, unanswerable_share=0)
    assert {m.question.documents for m in generated} == {("lease.md",), ("faq.txt",)}


def test_a_verb_of_a_label_or_a_clause_is_asked_for_as_a_verb() -> None:
    page = SourcePage(
        "cup.md",
        None,
        1,
        "Registration closes: 7 November 2025\nEntry fee: 250 kronor for adults, 150 for juniors\n"
        "Safety officer: Marit Olofsdotter, extension 31\n\n"
        "A climber was lowered off the end of a rope of 50 meters. "
        "The water is shut off at the main valve in room K3.\n",
    )
    assert texts(page) == {
        "When does the registration close?": ("7 November 2025",),
        "What is the safety officer?": ("Marit Olofsdotter, extension 31",),
    }


def test_a_sentence_is_asked_once_for_the_same_words() -> None:
    page = SourcePage("a.md", None, 1, "The broker is Ove Palmgren, telephone 0470-555 377.\n")
    assert len(texts(page)) == 1
