"""Sentences of real kinds of text, and the law that none of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_infer.sentences import sentences

CASES = {
    "abbreviations": ["Dr. Smith met Mr. J. R. Jones at 5 p.m. on Jan. 3.", "They left."],
    "acronym ends": ["It was made in the U.S.", "The rest came from Acme Inc.", "It failed."],
    "acronym goes on": ["The U.S. Senate met Acme Inc. Chairman Lee."],
    "decimals": ["It rose 3.5 percent to $4.20 in v2.1.", "Then it fell."],
    "citations": ["As shown (Hesse et al. 1987, see Fig. 3).", "This holds.[12]", "So it does."],
    "quotes": ["“It came back.”", "He said “Really?” and left."],
    "ellipsis": ["Wait… what is it?", "Nothing..."],
    "number": ["It is no. 5 of the list, not No. 6."],
    "chinese": ["今天下雨。", "你带伞了吗？", "「带了。」", "好"],
    "hindi": ["यह एक वाक्य है।", "यह दूसरा है।"],
    "arabic": ["هل هذا صحيح؟", "نعم."],
    "arabic titles": ["د. سامي هو المدير.", "تأسس عام 1990 م.", "النادي مغلق."],
    "hindi titles": ["डॉ. शर्मा सोमवार को आते हैं।", "प्रो. वर्मा नहीं आते।"],
    "turkish ordinals": [
        "Sultan II. Mehmed 21. yaşında geldi.",
        "Otel 2. Dünya Savaşı sırasında kapandı.",
        "Bahçe kapısı saat beşte kapanır.",
        "Akşam yemeği 9.90 lira.",
    ],
    "a turkish name makes no ordinals": ["Erdoğan arrived when he was 15.", "Then he left."],
    "german": ["Er zahlte z.B. 3 Euro, d.h. wenig.", "Das war gut."],
    "tokenised": ["Valkyria is a game .", "It was released in Japan ."],
    "no capitals": [
        "the tax expires in 2020.",
        "a deferred tax asset exists.",
        "see sec. 4 of it.",
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_cuts_where_a_reader_would(name: str) -> None:
    text = " ".join(CASES[name])
    assert [text[a:b] for a, b in sentences(text)] == CASES[name]


def test_full_width_marks_need_no_space() -> None:
    text = "".join(CASES["chinese"])
    assert [text[a:b] for a, b in sentences(text)] == CASES["chinese"]


def test_list_items_and_rows_stand_alone() -> None:
    text = "To do:\n- buy milk\n- call home\n1. First\n2. Second. And more\n| a | b |\n| 1 | 2 |"
    assert [text[a:b] for a, b in sentences(text)] == [
        "To do:",
        "- buy milk",
        "- call home",
        "1. First",
        "2. Second.",
        "And more",
        "| a | b |",
        "| 1 | 2 |",
    ]


def test_a_wrapped_line_goes_on_and_a_very_long_one_does_not() -> None:
    wrapped = "The rent is due on the first\nday of each month. It is 900."
    assert [wrapped[a:b] for a, b in sentences(wrapped)] == [
        "The rent is due on the first\nday of each month.",
        "It is 900.",
    ]
    long = "Results\n" + "word " * 60 + "and so it ended"
    assert [long[a:b] for a, b in sentences(long)] == ["Results", long[8:]]


@given(
    st.text(alphabet=st.sampled_from(list("aB1 .!?…。\n\t\"')]-|*[，\u3000\u0301")), max_size=200)
)
def test_spans_are_in_order_bare_and_leave_out_only_white_space(text: str) -> None:
    at = 0
    for a, b in sentences(text):
        assert at <= a < b
        assert not text[at:a].strip()
        assert not text[a].isspace() and not text[b - 1].isspace()
        at = b
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("ห้องซักผ้าเปิดตั้งแต่เจ็ดโมงเช้าถึงสามทุ่มของทุกวันยกเว้นวันอาทิตย์ "
         "ผู้ดูแลอาคารชื่อสมชายและสำนักงานของเขาอยู่ที่ชั้นล่างของอาคารแห่งนี้", 2),
        ("นายสมชาย ใจดี อยู่ชั้นล่าง", 1),
        ("Πώς λέγεται ο θυρωρός; Λέγεται Νίκος.", 2),
        ("ما اسم الحارس؟ اسمه سامر.", 2),
        ("የበር ጠባቂው ስም ማን ነው፧ አበበ ነው።", 2),
        ("चौकीदार का नाम रमेश है। कचरा गुरुवार को उठता है।", 2),
        ("押金是两个月的房租。垃圾每周四收走。", 2),
        ("Մուտքը բաց է։ Ելքը փակ է։", 2),
    ],
)  # fmt: skip
def test_sentences_of_other_scripts(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_paths_of_keys_are_units_of_their_own() -> None:
    text = "owner.name: Hedda Bruun\nowner.phone: 555-0144\nstaff[2].note: is ill.\nlist[0]: a"
    assert [text[a:b] for a, b in sentences(text)] == text.split("\n")
    prose = "The file config.yaml: it holds\nthe settings of the app"
    assert len(sentences(prose)) == 1


def test_a_point_that_makes_an_ordinal_ends_no_sentence() -> None:
    """German, Polish and Turkish write a day with a point."""
    text = "Mietbeginn: 1. April 2024. Die Versammlung vom 12. März war kurz. Er wohnt im 3. Stock."
    assert [text[a:b] for a, b in sentences(text)] == [
        "Mietbeginn: 1. April 2024.",
        "Die Versammlung vom 12. März war kurz.",
        "Er wohnt im 3. Stock.",
    ]


def test_a_number_at_the_end_of_an_english_sentence_ends_it() -> None:
    text = "He left on May 17. September was dry. It ended at 12. The rest is known."
    assert len(sentences(text)) == 4
