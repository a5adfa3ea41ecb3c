"""Which written form of a value a question asks for, by its wording, in languages besides English.

Finer than its question word: "combien" asks for a sum, a duration or a number of things. Phrases
are lower case, ``*`` stands for any ending; what no phrase tells is told by the question word.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Literal

from rag_infer.languages.question_words import phrase_pattern

AskedValue = Literal["clock", "duration", "percent", "money", "contact"]

# In the order in which they are tried.
_PHRASES: Mapping[str, Mapping[AskedValue, str]] = {
    "de": {
        "contact": "telefonnummer, telefon, e-mail-adresse, mailadresse",
        "clock": "um wie viel uhr, wie viel uhr, öffnungszeiten",
        "duration": "wie lange, wie viele tage, wie viele wochen, wie viele monate, "
        "wie viele jahre, kündigungsfrist, frist, dauer",
        "percent": "prozent*, zinssatz, rabatt",
        "money": "wie teuer, kostet, kosten, preis*, gebühr*, betrag, miete, kaltmiete, kaution, "
        "gehalt, honorar, strafe, bußgeld, wie viel geld",
    },
    "fr": {
        "contact": "numéro de téléphone, adresse électronique, adresse e-mail, courriel",
        "clock": "à quelle heure, quelle heure, quelles heures, horaires",
        "duration": "combien de temps, combien de jours, combien de semaines, combien de mois, "
        "combien d'années, durée, délai, préavis",
        "percent": "pourcentage, pour cent, taux, remise",
        "money": "coûte*, prix, tarif*, montant, loyer, caution, salaire, frais, amende, budget, "
        "s'élève",
    },
    "es": {
        "contact": "número de teléfono, teléfono, correo electrónico",
        "clock": "a qué hora, qué hora, horario*",
        "duration": "cuánto tiempo, cuántos días, cuántas semanas, cuántos meses, cuántos años, "
        "cuánto dura*, plazo, preaviso",
        "percent": "porcentaje, por ciento, descuento, tasa",
        "money": "cuánto cuesta*, cuánto vale*, cuánto se paga, precio, importe, alquiler, fianza, "
        "tarifa, matrícula, multa, salario, sueldo, presupuesto, cuota",
    },
    "pt": {
        "contact": "número de telefone, telefone, e-mail, correio eletrónico",
        "clock": "a que horas, que horas, horário",
        "duration": "quanto tempo, quantos dias, quantas semanas, quantos meses, quantos anos, "
        "prazo, duração",
        "percent": "percentagem, porcentagem, por cento, desconto",
        "money": "quanto custa*, preço, renda, aluguel, caução, valor, taxa, multa, salário, "
        "orçamento",
    },
    "it": {
        "contact": "numero di telefono, telefono, indirizzo e-mail, posta elettronica",
        "clock": "a che ora, che ora, orario, orari",
        "duration": "quanto tempo, quanti giorni, quante settimane, quanti mesi, quanti anni, "
        "quanto dura*, preavviso, durata",
        "percent": "percentuale, per cento, sconto",
        "money": "quanto costa*, quanto paga, prezzo, importo, affitto, cauzione, tariffa, quota, "
        "multa, stipendio, contributo",
    },
    "nl": {
        "contact": "telefoonnummer, telefoon, e-mailadres",
        "clock": "hoe laat, openingstijden",
        "duration": "hoe lang, hoeveel dagen, hoeveel weken, hoeveel maanden, hoeveel jaar, "
        "opzegtermijn, termijn",
        "percent": "procent, percentage, korting",
        "money": "hoe duur, kost, kosten, prijs, bedrag, huur, borg, tarief, boete, salaris, "
        "bedraagt",
    },
    "pl": {
        "contact": "numer telefonu, telefon, adres e-mail",
        "clock": "o której, godzin*",
        "duration": "jak długo, ile dni, ile tygodni, ile miesięcy, ile lat, okres",
        "percent": "procent*, rabat",
        "money": "ile kosztuje, ile kosztują, cena, kwota, czynsz, kaucja, opłata, kara, pensja",
    },
    "ru": {
        "contact": "номер телефона, телефон, адрес электронной почты",
        "clock": "во сколько, который час, в котором часу, до скольких, со скольких, часы работы",
        "duration": "как долго, сколько времени, сколько дней, сколько недель, сколько месяцев, "
        "сколько лет, на сколько дней, срок*",
        "percent": "процент*, скидк*",
        "money": "сколько стоит, сколько стоят, цена, стоимость, сумма, плата, штраф*, зарплата, "
        "аренда, залог, сколько денег, во сколько обош*",
    },
    "tr": {
        "contact": "telefon numarası, telefonu, e-posta adresi",
        "clock": "saat kaçta, kaçta, saat kaç*, çalışma saatleri",
        "duration": "ne kadar süre*, kaç gün, kaç hafta, kaç ay, kaç yıl, süresi",
        "percent": "yüzde kaç, indirim*",
        "money": "kaç lira, kaç para, fiyat*, ücret*, kira*, depozito*, ceza*, maaş*, kaça",
    },
    "ar": {
        "contact": "رقم الهاتف, رقم هاتف, البريد الإلكتروني",
        "clock": "في أي ساعة, كم الساعة, متى يفتح, متى يغلق",
        "duration": "كم مدة, كم يوما, كم أسبوعا, كم شهرا, كم سنة, ما مدة",
        "percent": "كم نسبة, ما نسبة, خصم",
        "money": "كم سعر, ما سعر, ما ثمن, كم ثمن, كم يدفع, كم تكلفة, كم يكلف, رسوم, إيجار",
    },
    "hi": {
        "contact": "फ़ोन नंबर, फोन नंबर, दूरभाष, ईमेल",
        "clock": "कितने बजे, किस समय, समय क्या",
        "duration": "कितने दिन, कितने सप्ताह, कितने महीने, कितने साल, कितने वर्ष, कितनी देर, "
        "कितने समय",
        "percent": "कितने प्रतिशत, छूट",
        "money": "कितने रुपये, कितने का, कितने में, कीमत, शुल्क, किराया, मूल्य, जुर्माना, वेतन, "
        "कितने पैसे",
    },
    "zh": {
        "contact": "电话号码, 电话是, 電話號碼, 邮箱, 电子邮件",
        "clock": "几点, 幾點, 什么时间, 营业时间",
        "duration": "多久, 多长时间, 几天, 几个月, 几年, 多少天, 多少年, 幾天, 幾年",
        "percent": "百分之几, 百分之多少, 折扣",
        "money": "多少钱, 多少錢, 多少元, 价格, 價格, 费用, 押金, 租金, 工资, 罚款, 价钱",
    },
    "ja": {
        "contact": "電話番号, メールアドレス",
        "clock": "何時, 営業時間",
        "duration": "何日間, 何年間, 何か月, 何週間, 何時間, どのくらいの期間, どれくらいの期間, "
        "期間は",
        "percent": "何パーセント, 何割, 割引",
        "money": "いくら, 料金, 値段, 価格, 費用, 家賃, 敷金, 給料, 何円",
    },
    "ko": {
        "contact": "전화번호, 이메일",
        "clock": "몇 시, 영업시간",
        "duration": "얼마나 오래, 며칠, 몇 주, 몇 달, 몇 개월, 몇 년, 기간",
        "percent": "몇 퍼센트, 할인",
        "money": "얼마*, 가격*, 요금*, 비용*, 보증금*, 월세*",
    },
    "el": {
        "contact": "αριθμός τηλεφώνου, τηλέφωνο*, ηλεκτρονική διεύθυνση, email",
        "clock": "τι ώρα, ποια ώρα, ωράριο, ώρες λειτουργίας",
        "duration": "πόσο καιρό, πόση ώρα, πόσες μέρες, πόσες ημέρες, πόσες εβδομάδες, "
        "πόσους μήνες, πόσα χρόνια, πόσα έτη, πόσο διαρκεί, διάρκεια, προθεσμία",
        "percent": "ποσοστό, τοις εκατό, έκπτωση, επιτόκιο",
        "money": "πόσο κοστίζει, πόσο κοστίζουν, πόσο κάνει, πόσα χρήματα, κόστος, τιμή, "
        "ποσό, ενοίκιο, εγγύηση, τέλη, συνδρομή, πρόστιμο, μισθός, δαπάνη",
    },
    "ro": {
        "contact": "număr de telefon, numărul de telefon, telefon, e-mail",
        "clock": "la ce oră, ce oră, orar",
        "duration": "cât timp, câte zile, câte săptămâni, câte luni, câți ani, cât durează, "
        "durata, termen, preaviz",
        "percent": "procent*, la sută, reducere, dobândă",
        "money": "cât costă, preț*, sumă, suma, chirie, chiria, garanție, garanția, "
        "tarif*, taxă, taxa, amendă, amenda, salariu, salariul",
    },
    "sv": {
        "contact": "telefonnummer, telefonnumret, e-postadress, mejladress",
        "clock": "hur dags, vilken tid, öppettider*",
        "duration": "hur länge, hur lång tid, hur många dagar, hur många veckor, "
        "hur många månader, hur många år, uppsägningstid*",
        "percent": "procent*, rabatt*, ränta*",
        "money": "hur dyrt, kostar, kostnad*, pris*, belopp*, hyra*, deposition*, avgift*, "
        "böter, lön",
    },
    "cs": {
        "contact": "telefonní číslo, telefon, e-mail*",
        "clock": "v kolik hodin, kolik hodin, otevírací dob*",
        "duration": "jak dlouho, kolik dní, kolik dnů, kolik týdnů, kolik měsíců, kolik let, "
        "výpovědní lhůt*, lhůt*",
        "percent": "procent*, slev*, úrok*",
        "money": "kolik stojí, kolik se platí, cena, ceny, částk*, nájem*, kauc*, "
        "poplat*, pokut*, plat",
    },
    "uk": {
        "contact": "номер телефону, телефон, електронна адреса, електронну пошту",
        "clock": "о котрій, котра година, години роботи",
        "duration": "як довго, скільки часу, скільки днів, скільки тижнів, скільки місяців, "
        "скільки років, термін, строк",
        "percent": "відсот*, знижк*",
        "money": "скільки коштує, скільки коштують, ціна, вартість, сума, плата, оренда, застава, "
        "штраф*, зарплата",
    },
    "vi": {
        "contact": "số điện thoại, địa chỉ email, thư điện tử",
        "clock": "mấy giờ, lúc nào, giờ mở cửa",
        "duration": "bao lâu, bao nhiêu ngày, bao nhiêu tuần, bao nhiêu tháng, bao nhiêu năm, "
        "mấy ngày, mấy tuần, mấy tháng, mấy năm, thời hạn",
        "percent": "bao nhiêu phần trăm, tỷ lệ phần trăm, giảm giá, lãi suất",
        "money": "bao nhiêu tiền, giá bao nhiêu, giá vé, chi phí, tiền thuê, tiền cọc, "
        "tiền đặt cọc, học phí, tiền phạt, lương",
    },
    "th": {
        "contact": "เบอร์โทร, หมายเลขโทรศัพท์, อีเมล",
        "clock": "กี่โมง, เวลาใด, เวลาไหน",
        "duration": "นานเท่าไร, นานเท่าใด, กี่วัน, กี่สัปดาห์, กี่เดือน, กี่ปี",
        "percent": "กี่เปอร์เซ็นต์, ส่วนลด",
        "money": "ราคาเท่าไร, ราคา, กี่บาท, ค่าเช่า, เงินมัดจำ, ค่าปรับ, เงินเดือน",
    },
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def question_value(question: str, language: str) -> AskedValue | None:
    """The form that a question's wording tells, None where it tells none.

    Args:
        question: A question.
        language: The code of its language.
    """
    for kind, pattern in _patterns(language):
        if pattern.search(question):
            return kind
    return None


@functools.lru_cache(maxsize=4)
def _patterns(language: str) -> tuple[tuple[AskedValue, re.Pattern[str]], ...]:
    phrases = _PHRASES.get(language, {})
    return tuple((kind, phrase_pattern(text, language)) for kind, text in phrases.items())
