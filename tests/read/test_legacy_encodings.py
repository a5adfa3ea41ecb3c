"""Short texts in encodings of before UTF-8, declared and not."""

from __future__ import annotations

import pytest

from rag_infer.errors import ReadError
from rag_infer.read.encoding import decode
from rag_infer.read.html import decode_markup

CENTRAL, CYRILLIC = ("cp1250", "iso8859_2"), ("cp1251", "iso8859_5")
SHORT_TEXTS = [
    ("Żółta łódź stoi przy młynie.", (*CENTRAL, "mac_latin2")),
    ("Klíč od skladu leží u vrátného. Příští čtvrtek bude zavřeno.", CENTRAL),
    ("A raktár kulcsa a portásnál van. Jövő csütörtökön zárva tartunk.", CENTRAL),
    ("Ključ skladišta je kod čuvara. Sljedeći četvrtak je zatvoreno.", CENTRAL),
    ("Şedinţa începe la ora şase şi durează două ore.", CENTRAL),
    ("Ключ от склада у сторожа.", (*CYRILLIC, "koi8-r", "cp866", "mac_cyrillic")),
    ("Жовтий човен стоїть біля млина.", (*CYRILLIC, "koi8-u")),
    ("Жълтата лодка стои до мелницата.", CYRILLIC),
    ("Η κίτρινη βάρκα στέκεται στον μύλο.", ("cp1253", "iso8859_7", "mac_greek")),
    ("Deponun anahtarı bekçide duruyor.", ("cp1254", "iso8859_9")),
    ("המפתח של המחסן אצל השומר.", ("cp1255", "iso8859_8")),
    ("مفتاح المستودع عند الحارس.", ("cp1256", "iso8859_6")),
    ("กุญแจโกดังอยู่กับยาม", ("cp874",)),
    ("Sandėlio raktas yra pas sargą. Kitą ketvirtadienį bus uždaryta.", ("cp1257", "iso8859_13")),
    ("会議は六時に始まります。", ("cp932", "euc_jp", "iso2022_jp")),
    ("仓库的钥匙在门口保安那里，下周四休息。", ("gb18030", "hz")),
    ("倉庫的鑰匙在門口保安那裡，下週四休息。", ("big5",)),
    ("창고 열쇠는 경비실에 있습니다.", ("euc_kr", "iso2022_kr")),
    ("Der Schlüssel liegt beim Wärter.", ("cp1252", "iso8859_15")),
    ("La réunion commence à six heures.", ("cp1252", "mac_roman")),
    ("Die Lampe wurde von Jürgen Mäßig geprüft.", ("cp1252", "mac_roman", "cp850")),
    ("Le phare a été restauré à l’été 1967 ; la façade était abîmée.", ("cp1252", "mac_roman")),
    ("¿Cuándo llegó el señor Muñoz? El niño está aquí.", ("cp1252", "mac_roman")),
    ("“Hello,” she said – it’s naïve.", ("cp1252", "mac_roman")),
    ("The café costs £5.", ("cp1252", "iso8859_15")),
    ("© 2020 Smith’s", ("cp1252",)),
]


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, name) for text, names in SHORT_TEXTS for name in names]
)
def test_a_line_is_read_in_the_encoding_of_its_language(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("倉庫の鍵は二階です。", "iso-2022-jp"),
        ("창고 열쇠는 경비실에 있습니다.", "iso-2022-kr"),
        ("钥匙在门口。", "hz-gb-2312"),
        ("Schlüssel für Zürich – 5 €", "utf-7"),
        ("Leży, święto", "iso-8859-2"),
        ("Ключ", "koi8-r"),
        ("Ключ", "cp866"),
        ("Größe", "macroman"),
    ],
)
def test_a_declared_encoding_is_believed(text: str, encoding: str) -> None:
    codec = {"hz-gb-2312": "hz", "macroman": "mac_roman"}.get(encoding, encoding)
    assert decode(text.encode(codec), declared=codec) == text


@pytest.mark.parametrize("declared", ["iso8859_6", "utf-16", "cp874", "big5", "no-such-encoding"])
def test_a_declared_encoding_that_cannot_be_is_not_believed(declared: str) -> None:
    text = "Ключ от склада у сторожа, собрание начнётся в шесть часов."
    assert decode(text.encode("koi8-r"), declared=declared) == text


def test_utf_8_is_read_as_such_whatever_is_declared() -> None:
    page = '<meta charset="koi8-r"><p>Straße – 5 €</p>'
    assert "Straße – 5 €" in decode_markup(page.encode())


def test_bytes_around_a_cut_of_the_sample_do_not_change_the_encoding() -> None:
    line = "Ключ от склада у сторожа, а собрание начнётся в шесть часов.\n"
    text = "x" * 70_001 + "\n" + line * 3_000
    assert decode(text.encode("koi8-r")) == text


def test_binary_bytes_are_no_text() -> None:
    with pytest.raises(ReadError):
        decode(bytes(range(1, 256)) * 40)
