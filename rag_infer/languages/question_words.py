"""The question words of languages other than English, and what they ask for.

A statement that answers does not repeat them, so they must not count as words that it lacks: "wer"
is rare in documents and would weigh like a name. Phrases are lower case; the longest at a place
counts, of equal ones the first. ``*`` stands for any ending, ``^`` for the beginning of the
question. English is read by ``cite.question_type``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag_infer.languages.clusters import WORD_MARKS

QuestionKind = Literal["number", "time", "reason", "place", "person", "manner", "thing", "yes"]

_PHRASES: Mapping[str, Mapping[QuestionKind, str]] = {
    "de": {
        "number": "wie viel*, wieviel*, wie hoch, wie lange, wie oft, wie alt, wie groß, "
        "wie weit, "
        "wie teuer, wie schnell, wie schwer",
        "time": "wann, in welche* jahr*, welches jahr, an welchem tag, welches datum, "
        "in welche* monat*, um wie viel uhr",
        "reason": "warum, weshalb, wieso, wozu, aus welche* grund",
        "place": "wo, wohin, woher, in welche* stadt, in welche* land",
        "person": "wer, wem, wen, wessen",
        "manner": "wie, auf welche weise, wodurch",
        "thing": "was für ein*, was, welche*, womit, worin, wofür, worauf, woran, wovon, woraus",
    },
    "fr": {
        "number": "à combien s'élève*, à combien se monte*, combien*, quelle quantité, "
        "quel nombre, quel montant, quel âge",
        "time": "quand, en quelle année, quelle année, quelle date, à quelle heure, quel jour",
        "reason": "pourquoi, pour quelle raison",
        "place": "où, dans quelle ville, dans quel pays",
        "person": "à qui, de qui, par qui, qui",
        "manner": "comment, de quelle manière",
        "thing": "qu'est-ce que, qu'est-ce qui, qu'est, que, quoi, quel*, lequel, "
        "laquelle, lesquel*, qu",
        "yes": "est-ce que, est-ce qu",
    },
    "es": {
        "number": "a cuánto asciende*, cuánto*, cuánta*, cuanto*, cuanta*, qué cantidad, "
        "qué porcentaje, qué número",
        "time": "cuándo, cuando, en qué año, qué año, en qué fecha, qué día, a qué hora",
        "reason": "por qué, por que, para qué",
        "place": "dónde, adónde, donde, en qué ciudad, en qué país",
        "person": "quién*, quien*",
        "manner": "cómo, como, de qué manera",
        "thing": "qué, que, cuál*, cual*",
    },
    "it": {
        "number": "a quanto ammonta*, quanto, quanta, quanti, quante, quant",
        "time": "quando, in che anno, in quale anno, che giorno, a che ora",
        "reason": "perché, per quale motivo, come mai",
        "place": "dove, dov, in quale città, in quale paese",
        "person": "chi",
        "manner": "come, in che modo",
        "thing": "che cosa, cosa, cos, che, quale, quali, qual",
    },
    "pt": {
        "number": "a quanto ascende*, de quanto é, quanto*, quanta*, qual o número, "
        "qual a quantidade",
        "time": "quando, em que ano, que ano, em que dia, a que horas",
        "reason": "por que, porque, por quê, porquê",
        "place": "onde, aonde, em que cidade, em que país",
        "person": "quem",
        "manner": "como, de que maneira",
        "thing": "o que, que, qual, quais",
    },
    "nl": {
        "number": "hoeveel, hoe lang, hoe vaak, hoe groot, hoe oud, hoe hoog, hoe ver, hoe duur",
        "time": "wanneer, in welk jaar, welk jaar, op welke dag, hoe laat",
        "reason": "waarom, waardoor",
        "place": "waar, waarheen, waarvandaan, in welke stad, in welk land",
        "person": "wie, wiens",
        "manner": "hoe, op welke manier",
        "thing": "wat voor, wat, welk*, waarmee, waarvan, waarin",
    },
    "sv": {
        "number": "hur många, hur mycket, hur länge, hur stor*, hur ofta, hur gammal*, hur hög*",
        "time": "när, vilket år, vilken dag",
        "reason": "varför",
        "place": "var, vart, varifrån, i vilken stad, i vilket land",
        "person": "vem, vems, vilka",
        "manner": "hur",
        "thing": "vad, vilken, vilket",
    },
    "da": {
        "number": "hvor mange, hvor meget, hvor længe, hvor stor*, hvor ofte, hvor gammel*",
        "time": "hvornår, hvilket år",
        "reason": "hvorfor",
        "place": "hvor, hvorhen, hvorfra",
        "person": "hvem, hvis",
        "manner": "hvordan",
        "thing": "hvad, hvilken, hvilket, hvilke",
    },
    "no": {
        "number": "hvor mange, hvor mye, hvor lenge, hvor stor*, hvor ofte, hvor gammel*",
        "time": "når, hvilket år",
        "reason": "hvorfor",
        "place": "hvor, hvorfra",
        "person": "hvem",
        "manner": "hvordan",
        "thing": "hva, hvilken, hvilket, hvilke",
    },
    "pl": {
        "number": "ile, ilu, jak długo, jak często, jak duż*, jak wysok*, jak daleko",
        "time": "kiedy, w którym roku, jakiego dnia, o której",
        "reason": "dlaczego, czemu, po co",
        "place": "gdzie, dokąd, skąd, w jakim mieście, w jakim kraju",
        "person": "kto, kogo, komu, kim",
        "manner": "w jaki sposób, jak",
        "thing": "co, czego, czym, jaki*, jaka, jakie*, który, która, które*",
        "yes": "czy",
    },
    "cs": {
        "number": "kolik, jak dlouho, jak často, jak velk*, jak vysok*",
        "time": "kdy, ve kterém roce, v jakém roce",
        "reason": "proč",
        "place": "kde, kam, odkud",
        "person": "kdo, koho, komu, kým",
        "manner": "jakým způsobem, jak",
        "thing": "co, čeho, čím, jaký, jaká, jaké*, který, která, které*",
    },
    "ro": {
        "number": "cât, câtă, câți, câte, cat, cati, cate, ce număr",
        "time": "când, cand, în ce an, ce an, în ce dată",
        "reason": "de ce, din ce cauză",
        "place": "unde, în ce oraș, în ce țară",
        "person": "cine, cui, a cui",
        "manner": "cum, în ce fel",
        "thing": "ce, care, căru*, căre*",
    },
    "ru": {
        "number": "какой размер, каков размер, сколько, как долго, как часто, как велик*, "
        "какое количество, какова сумма",
        "time": "когда, в каком году, какого числа, в каком веке, какого года",
        "reason": "почему, зачем, по какой причине, отчего",
        "place": "где, куда, откуда, в каком городе, в какой стране",
        "person": "кто, кого, кому, кем, чей, чья, чьё, чьи",
        "manner": "каким образом, как",
        "thing": "что, чего, чему, чем, как*, котор*",
    },
    "uk": {
        "number": "скільки, як довго, як часто",
        "time": "коли, в якому році, якого року",
        "reason": "чому, навіщо",
        "place": "де, куди, звідки, в якому місті, в якій країні",
        "person": "хто, кого, кому, ким",
        "manner": "яким чином, як",
        "thing": "що, чого, чим, як*, котр*",
    },
    "tr": {
        "number": "kaç*, ne kadar*, kaçta kaç*",
        "time": "ne zaman*, ne vakit, hangi yıl*, hangi tarih*, hangi gün*, hangi ay, hangi ayda, "
        "hangi ayın, hangi aylar*, hangi saat*, hangi yüzyıl*, hangi dönem*, hangi mevsim*, "
        "kaç yılında, "
        "kaç yılından, kaç yılına, kaç tarihinde, saat kaç*, kaçıncı yüzyıl*",
        "reason": "neden*, niçin*, niye*",
        "place": "nere*, hangi şehir*, hangi şehr*, hangi ülke*, hangi kent*, hangi il, "
        "hangi ilde",
        "person": "kim, kimin, kime, kimi, kimde, kimden, kimle, kiminle, kimler*, kimdir, kimdi, "
        "kimindir, hangi kişi*",
        "manner": "nasıl*, ne şekilde, ne gibi",
        "thing": "nedir, neydi, nelerdir, neyi, neyin, neye, neyle, nelere, neleri, nelerin, "
        "nelerden, neler, ne, hangi*",
        "yes": "mi, mı, mu, mü, miyim, mıyım, muyum, müyüm, miyiz, mıyız, muyuz, müyüz, "
        "misin, mısın, "
        "musun, müsün, misiniz, mısınız, musunuz, müsünüz, midir, mıdır, mudur, miydi, mıydı, "
        "muydu, müydü",
    },
    "el": {
        "number": "πόσο*, πόση*, πόσα, πόσες, πόσων",
        "time": "πότε, ποια χρονιά, ποιο έτος, σε ποιο έτος",
        "reason": "γιατί",
        "place": "πού, που",
        "person": "ποιος, ποιοι, ποιον",
        "manner": "πώς, πως",
        "thing": "τι, ποια, ποιο, ποιες, ποιου, ποιας",
    },
    "hu": {
        "number": "hány*, mennyi*, milyen hossz*, milyen magas*, milyen gyakran",
        "time": "mikor, melyik évben",
        "reason": "miért",
        "place": "hol, hová, honnan",
        "person": "ki, kit, kinek, kik",
        "manner": "hogyan, hogy",
        "thing": "mi, mit, mik, melyik*, milyen*",
    },
    "fi": {
        "number": "kuinka mon*, kuinka paljon, kuinka kauan, kuinka usein, montako, paljonko",
        "time": "milloin, koska, minä vuonna",
        "reason": "miksi",
        "place": "missä, mihin, mistä",
        "person": "kuka, ketkä, kenen, kenelle",
        "manner": "miten, kuinka",
        "thing": "mikä, mitä, mitkä, minkä, millainen",
    },
    "id": {
        "number": "berapa*",
        "time": "kapan, tahun berapa",
        "reason": "mengapa, kenapa",
        "place": "di mana, dimana, ke mana, dari mana",
        "person": "siapa*",
        "manner": "bagaimana*",
        "thing": "apakah, apa, yang mana",
    },
    "vi": {
        "number": "bao nhiêu, bao lâu, bao xa, mấy",
        "time": "khi nào, năm nào, ngày nào, bao giờ, lúc nào",
        "reason": "tại sao, vì sao, do đâu",
        "place": "ở đâu, đâu, thành phố nào, nước nào",
        "person": "ai",
        "manner": "như thế nào, thế nào, làm sao, bằng cách nào",
        "thing": "là gì, cái gì, gì, nào",
    },
    "ar": {
        "number": "كم, بكم, ما عدد, ما هو عدد, ما مقدار, ما هو مقدار, ما نسبة, ما هي نسبة",
        "time": "متى, منذ متى, حتى متى, إلى متى, في أي عام, في أي سنة, في أي يوم, في أي شهر, "
        "في أي تاريخ, في أي قرن, في أي وقت, في أي ساعة, أي عام, أي سنة, أي يوم, أي تاريخ, أي شهر, "
        "أي قرن, ما تاريخ, ما هو تاريخ",
        "reason": "لماذا, ^لم, لأي سبب, ما سبب, ما هو سبب, ما السبب, ما هو السبب",
        "place": "أين, اين, من أين, إلى أين, في أي مدينة, في أي بلد, في أي دولة, في أي مكان, "
        "أي مدينة, أي بلد, أي دولة",
        "person": "من هو, من هي, من هم, من الذي, من التي, من الذين, لمن, بمن, ممن, مع من, ^من",
        "manner": "كيف",
        "thing": "ماذا, ما هو, ما هي, ما هما, ما هم, ماهو, ماهي, ما الذي, ما التي, ما, أي, "
        "أية, بماذا, بما, "
        "بأي, لأي, فيم, مم",
        "yes": "هل",
    },
    "fa": {
        "number": "چند, چقدر, چه تعداد",
        "time": "چه زمانی, کی, چه سالی",
        "reason": "چرا",
        "place": "کجا",
        "person": "چه کسی, چه کسانی",
        "manner": "چگونه, چطور",
        "thing": "چیست, چه, کدام",
        "yes": "آیا",
    },
    "he": {
        "number": "כמה",
        "time": "מתי, באיזו שנה",
        "reason": "למה, מדוע",
        "place": "איפה, היכן, לאן",
        "person": "מי",
        "manner": "איך, כיצד",
        "thing": "מהו, מהי, מה, איזה, איזו, אילו",
        "yes": "האם",
    },
    "hi": {
        "yes": "^क्या",
        "number": "कितने, कितना, कितनी, कितनों",
        "time": "कब, कबसे, किस वर्ष, किस साल, किस सन, किस दिन, किस तारीख, किस महीने, किस माह, "
        "किस समय, किस सदी, किस शताब्दी",
        "reason": "क्यों, किसलिए, किस कारण, किस वजह",
        "place": "कहाँ, कहां, किधर, किस शहर, किस देश, किस जगह, किस स्थान, किस राज्य",
        "person": "कौन, कौन-कौन, किसने, किसके, किसकी, किसका, किसे, किसको, किससे, किनके, "
        "किनकी, किनका, "
        "किन्होंने, किन्हें, किस व्यक्ति",
        "manner": "कैसे, किस प्रकार, किस तरह",
        "thing": "क्या, क्या-क्या, कौन सा, कौन सी, कौन से, कौन-सा, कौन-सी, कौन-से, कौनसा, "
        "कौनसी, कौनसे, "
        "कैसा, कैसी, किसमें, किसपर, किस, किन",
    },
    "zh": {
        "number": "多少, 几个, 几次, 多久, 多长, 多大, 多高, 多远, 百分之几, 幾個, 幾次",
        "time": "什么时候, 何时, 哪一年, 哪年, 几月, 哪天, 星期几, 周几, 几点, 何時, 什麼時候",
        "reason": "为什么, 为何, 為什麼, 為何",
        "place": "在哪里, 哪里, 哪儿, 何处, 哪个城市, 哪个国家, 在哪, 哪裡",
        "person": "是谁, 谁, 誰, 哪位",
        "manner": "怎么样, 怎么, 如何, 怎样, 怎麼",
        "thing": "什么, 哪些, 哪个, 哪种, 哪一个, 何, 什麼",
        "yes": "吗, 嗎, 能不能, 可不可以, 是不是, 有没有",
    },
    "ja": {
        "number": "いくつ, いくら, 何人, 何個, 何回, 何日, 何時間, 何パーセント, どのくらい, "
        "どれくらい",
        "time": "いつ, 何年, 何時, 何月, 何曜日",
        "reason": "なぜ, どうして, 何故",
        "place": "どこ",
        "person": "誰が, 誰, だれ",
        "manner": "どのように, どうやって, どう",
        "thing": "何ですか, 何, どの, どれ, どんな, どちら",
        "yes": "ですか, ますか, でしょうか",
    },
    "ko": {
        "number": "몇*, 얼마*",
        "time": "언제*, 몇 년*, 어느 해*",
        "reason": "왜, 무엇 때문에",
        "place": "어디*",
        "person": "누가, 누구*",
        "manner": "어떻게",
        "thing": "무엇*, 무슨, 어떤, 어느, 뭐*",
    },
    "th": {
        "number": "เป็นจำนวนเท่าใด, เป็นจำนวนเท่าไร, จำนวนเท่าใด, จำนวนเท่าไร, เท่าไหร่, "
        "เท่าไร, เท่าใด, "
        "แค่ไหน, เพียงใด, กี่",
        "time": "เมื่อไหร่, เมื่อไร, เมื่อใด, ตอนไหน, ช่วงไหน, ปีใด, ปีไหน, ปีอะไร, ปีเท่าไร, "
        "วันใด, วันไหน, วันอะไร, วันที่เท่าไร, วันที่เท่าไหร่, เดือนใด, เดือนไหน, เดือนอะไร, "
        "เวลาใด, เวลาไหน, กี่โมง, ศตวรรษใด, ศตวรรษที่เท่าไร, ศตวรรษที่เท่าใด",
        "reason": "ทำไม, เพราะอะไร, เพราะเหตุใด, เหตุใด, ด้วยเหตุใด, สาเหตุใด, สาเหตุอะไร",
        "place": "ที่ไหน, ที่ใด, แห่งใด, แห่งไหน, ตรงไหน, ประเทศใด, ประเทศไหน, ประเทศอะไร, "
        "เมืองใด, เมืองไหน, "
        "เมืองอะไร, จังหวัดใด, จังหวัดไหน, จังหวัดอะไร",
        "person": "ใครบ้าง, ใคร, ผู้ใด, คนไหน",
        "manner": "อย่างไร, ยังไง, วิธีใด, วิธีไหน",
        "thing": "คืออะไร, อะไรบ้าง, อะไร, ใดบ้าง, ไหนบ้าง, ไหน, ใด",
        "yes": "หรือไม่, ใช่หรือไม่, ได้หรือไม่, ได้ไหม, ใช่ไหม, ไหม, มั้ย, หรือเปล่า, หรือยัง",
    },
}  # fmt: skip
_WITHOUT_SPACES = frozenset(("zh", "ja", "th"))
# A character of a word; the re module counts no vowel sign of Hindi or Arabic as one.
_WORD = rf"[\w{WORD_MARKS}]"
_BEFORE_WORD = {"ar": "[وف]?"}  # "and" is written together with what follows
_VOWEL_SIGNS = "[\u064b-\u0652]*+"  # of Arabic, mostly left out


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """What a question asks for by its question words, and where these stand in it."""

    kind: QuestionKind
    spans: tuple[tuple[int, int], ...]


def question_words(text: str, language: str) -> QuestionWords | None:
    """The question words of a text, None where it has none or the language is not known here.

    Args:
        text: A question.
        language: The code of its language.
    """
    occurrences = [(match, kind) for kind, p in _patterns(language) for match in p.finditer(text)]
    matches: list[tuple[int, int, QuestionKind]] = []
    for match, kind in sorted(occurrences, key=lambda pair: len(pair[0][0]), reverse=True):
        if not any(a < match.end() and match.start() < b for a, b, _ in matches):
            matches.append((match.start(), match.end(), kind))
    if not matches:
        return None
    matches.sort()
    return QuestionWords(matches[0][2], tuple((start, end) for start, end, _ in matches))


@functools.lru_cache(maxsize=4)
def _patterns(language: str) -> tuple[tuple[QuestionKind, re.Pattern[str]], ...]:
    """Of each kind its phrases: whole words, but in languages that are written without spaces."""
    phrases = _PHRASES.get(language, {})
    return tuple((kind, phrase_pattern(text, language)) for kind, text in phrases.items())


def knows_question_words(language: str) -> bool:
    """Whether the question words of a language are known here."""
    return language in _PHRASES


def phrase_pattern(phrases: str, language: str) -> re.Pattern[str]:
    """What finds any of some phrases apart by commas, the longest at a place.

    ``*`` stands for any ending, ``^`` for the beginning of the text.
    """
    longest_first = sorted(map(str.strip, phrases.split(",")), key=len, reverse=True)
    pattern = f"(?:{'|'.join(map(_pattern, longest_first))})"
    if language not in _WITHOUT_SPACES:
        before = _BEFORE_WORD.get(language, "")
        pattern = f"(?<!{_WORD}){before}{pattern}{_VOWEL_SIGNS}(?!{_WORD})"
    return re.compile(pattern, re.IGNORECASE)


def _pattern(phrase: str) -> str:
    begins = r"\A" if phrase.startswith("^") else ""
    plain = re.escape(phrase.removeprefix("^"))
    return begins + plain.replace(r"\ ", rf"{_VOWEL_SIGNS}\s+").replace(r"\*", f"{_WORD}*")
