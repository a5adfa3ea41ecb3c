"""Question words of other languages: what is asked for, and which words only ask."""

from __future__ import annotations

import pytest

from rag_infer.languages.question_words import question_words


@pytest.mark.parametrize(
    ("language", "question", "kind", "asking"),
    [
        ("de", "Wie hoch ist die Kaution?", "number", ["Wie hoch"]),
        ("de", "Wer ist der Vermieter?", "person", ["Wer"]),
        ("de", "In welchem Jahr wurde das Haus gebaut?", "time", ["In welchem Jahr"]),
        ("fr", "Combien coûte l'abonnement ?", "number", ["Combien"]),
        ("es", "¿Dónde está la llave?", "place", ["Dónde"]),
        ("ru", "Почему контракт расторгнут?", "reason", ["Почему"]),
        ("tr", "Depozito ne kadar?", "number", ["ne kadar"]),
        ("zh", "押金是多少？", "number", ["多少"]),
        ("ja", "保証金はいくらですか", "number", ["いくら", "ですか"]),
        ("th", "ค่ามัดจำเท่าไหร่", "number", ["เท่าไหร่"]),
        ("ko", "보증금은 얼마입니까?", "number", ["얼마입니까"]),
        ("ar", "كم تبلغ الكفالة؟", "number", ["كم"]),
        ("hi", "जमा राशि कितनी है?", "number", ["कितनी"]),
        ("hi", "किसान कब आता है?", "time", ["कब"]),
        ("hi", "कबीर का घर किनारे पर कहाँ है?", "place", ["कहाँ"]),
        ("hi", "कौन सा कमरा बड़ा है?", "thing", ["कौन सा"]),
        ("hi", "क्या रसोई खुली है?", "yes", ["क्या"]),
        ("hi", "रसोई में क्या मिलता है?", "thing", ["क्या"]),
        ("hi", "रसोई किस दिन बंद है?", "time", ["किस दिन"]),
        ("ar", "وكم عدد الأعضاء؟", "number", ["وكم"]),
        ("ar", "من أين تأتي المياه؟", "place", ["من أين"]),
        ("ar", "من يفتح البوابة؟", "person", ["من"]),
        ("ar", "هل الخروج من البوابة مسموح؟", "yes", ["هل"]),
        ("ar", "في أيّ يوم يغلق النادي؟", "time", ["في أيّ يوم"]),
        ("tr", "Otel nerededir?", "place", ["nerededir"]),
        ("tr", "Müdür kimdir?", "person", ["kimdir"]),
        ("tr", "Otel kaç yılında açıldı?", "time", ["kaç yılında"]),
        ("tr", "Havuz hangi gün kapalı?", "time", ["hangi gün"]),
        ("th", "ระเบียงยาวแค่ไหน", "number", ["แค่ไหน"]),
        ("th", "สวนหยุดวันอะไร", "time", ["วันอะไร"]),
        ("th", "สวนอยู่จังหวัดใด", "place", ["จังหวัดใด"]),
    ],
)
def test_question_words_say_what_is_asked_for(
    language: str, question: str, kind: str, asking: list[str]
) -> None:
    read = question_words(question, language)
    assert read is not None
    assert read.kind == kind
    assert [question[a:b] for a, b in read.spans] == asking


def test_question_words_are_whole_words_where_words_are_apart() -> None:
    assert question_words("Wohnung Werkstatt", "de") is None


@pytest.mark.parametrize(("text", "language"), [("", "de"), ("Kaution", "de"), ("Wer?", "xx")])
def test_texts_without_question_words_have_none(text: str, language: str) -> None:
    assert question_words(text, language) is None
