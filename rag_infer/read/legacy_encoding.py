"""Which of the encodings before UTF-8 a text is in, from its language and its letters.

Every encoding that can decode the bytes is a candidate. Its text gets a score: how sure fastText
is that it is in a language that was written in that encoding, times the share of its characters
beyond ASCII that this language uses. Both are needed: Polish read as Western European is still
Polish to a model of languages, but no Polish word has a superscript one; Russian in a wrong
Cyrillic encoding consists of Russian letters, but of no words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_infer.languages import language_probabilities

_DEFAULT = "cp1252"
_MIN_SCORE = 0.08
_SAMPLE_CHARS = 800
_WESTERN = "en de fr es it pt nl sv da no fi is ca af eu ga gl lb"
_CENTRAL = "pl cs sk hu hr sl ro sq sr"
# In order of preference where two make the same sense of a text.
_LANGUAGES = {
    "cp1252": _WESTERN,
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1251": "ru uk bg be sr mk",
    "koi8-r": "ru bg",
    "koi8-u": "uk ru",
    "cp1253": "el",
    "iso8859_7": "el",
    "cp1254": "tr az",
    "cp1257": "lt lv et",
    "iso8859_13": "lt lv",
    "cp1255": "he yi",
    "iso8859_8": "he",
    "cp1256": "ar fa ur",
    "iso8859_6": "ar",
    "cp874": "th",
    "iso8859_15": "fr fi et en de es pt it",
    "cp932": "ja",
    "euc_jp": "ja",
    "gb18030": "zh",
    "big5": "zh",
    "euc_kr": "ko",
    "cp949": "ko",
    "iso8859_5": "ru bg uk be sr mk",
    "cp866": "ru be",
    "cp852": _CENTRAL,
    "cp850": _WESTERN,
    "mac_roman": _WESTERN,
    "mac_latin2": _CENTRAL,
    "mac_cyrillic": "ru uk bg sr mk",
    "mac_greek": "el",
    "mac_turkish": "tr",
}
# Encodings of old Macs are rare: one that makes nearly as much sense of a text is likelier.
_PRIORS = {"mac_roman": 0.7, "mac_latin2": 0.7, "mac_turkish": 0.7}
# Letters beyond ASCII, with those of common loan words.
_LATIN_LETTERS = {
    "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü¿¡ºª", "it": "àèéìíîòóùú",
    "pt": "àáâãçéêíóôõúü", "nl": "áäéëíïóöúü", "sv": "åäöé", "da": "æøåé", "no": "æøåéò",
    "fi": "äöåšž", "is": "áðéíóúýþæö", "ca": "àçèéíïòóúü·", "en": "éèêëàâçñöüïôæœ",
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű",
    "hr": "čćđšž", "sl": "čšžćđ", "ro": "ăâîşţșț", "sq": "ëç", "tr": "çğıİöşüâî", "az": "çğıİöşüə",
    "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "et": "äõöüšž", "ga": "áéíóú", "gl": "áéíñóúü",
    "eu": "ñ", "lb": "äéëöü", "af": "áéêëîïôû",
}  # fmt: skip
_SCRIPTS = {
    "ru": "а-яё", "uk": "а-щьюяєіїґ", "bg": "а-ъьюя", "be": "а-зй-шыьэюяёіў",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "el": "α-ώάέήίόύϊϋΐΰ΄", "he": "א-ת\u05b0-\u05c7", "yi": "א-ת\u05b0-\u05c7", "th": "ก-๛",
    "ar": "ء-ي\u064b-\u0652،؛؟٠-٩", "fa": "ء-یپچژگک\u064b-\u0652،؛؟", "ur": "ء-ےٹپچڈڑژکگ،؛؟",
}  # fmt: skip
_SIGNS = "€£§©®°«»‘’‚“”„–—…•™·№½¼¾²³µ×±\u00a0\u00ad"
_EAST_ASIAN = frozenset(("ja", "zh", "ko"))
_IDEOGRAPHIC = ("ja", "zh", "wuu", "yue")
_EAST_ASIAN_SIGNS = re.compile(r"[\u3000-\u3020\u2010-\u2027\uff01-\uff5e・]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HANGUL = re.compile(r"[가-힣]")
_IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
# The syllables of endings and particles, about four in ten of those in Korean text.
_COMMON_HANGUL = frozenset(
    "이다는에의가을를은하지고기로도사한스리대자일그해인서어정시라나아부있제으수들보동상면"
    "구과원전장여비게위주관와만된니년습요안간적선성조게국때오것경없신람금까히계문"
)
# The commoner half of a character set stands in its first rows.
_COMMON_LEAD_BYTES = {
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "euc_jp": (0xB0, 0xCF),
    "cp932": (0x88, 0x98),
}
_C1 = re.compile(r"[\x80-\x9f]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
# Signs that no word begins with, before a letter, and any sign but an apostrophe within a word.
_STRAY_SIGN = re.compile(
    r"[®©±¼½¾²³×»”…™›](?=[^\W\d_])|(?<=[^\W\d_])[€£§®©«°±µ¼½¾²³×№‚„•™¤¦¨¯¸](?=[^\W\d_])"
)
_COMMON_SHARE = 0.7
_COMMON_LETTERS = {
    "el": frozenset("αοιετσςνηυρπκμλάέήίόώ"),
    "he": frozenset("יוהלאמרתבשנחםד"),
    "yi": frozenset("יוהלאמרתבשנחםדע"),
    "ar": frozenset("اليمنرتوبعدفهةسقح"),
    "fa": frozenset("اینردهومتبشسگخکز"),
    "ur": frozenset("اینردهومتبشسگکےںہی"),
    "th": frozenset("านรอกเงมย่ลวด้ิทีสต์ัคหไปขุะแจบพ"),
}
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e\u0e3f])+")


def guess_encoding(sample: bytes) -> str:
    """The encoding that makes most sense of bytes that are no UTF-8.

    Args:
        sample: Whole lines, some of them with bytes beyond ASCII.

    Returns:
        The name of a codec; Windows-1252 where nothing speaks for another.
    """
    best, best_score = _DEFAULT, _MIN_SCORE
    for encoding in _LANGUAGES:
        score = _score(sample, encoding) * _PRIORS.get(encoding, 1.0)
        if score > best_score:
            best, best_score = encoding, score
    return best


def _score(sample: bytes, encoding: str) -> float:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    if _C1.search(text):
        return 0.0
    text = _dense_lines(text)
    high = [character for character in text if character > "\x7f"]
    if not high:
        return 0.0
    probabilities = language_probabilities(text)
    # Without Kana the characters alone do not tell Japanese from Chinese and its dialects.
    ideographs = sum(probabilities.get(code, 0.0) for code in _IDEOGRAPHIC)
    probabilities |= dict.fromkeys(_IDEOGRAPHIC, ideographs)
    scores = (
        probabilities.get(language, 0.0) * _fitness(text, high, language, encoding)
        for language in _LANGUAGES[encoding].split()
    )
    return sum(scores)


def _dense_lines(text: str) -> str:
    """The lines with most characters beyond ASCII, as many as the model of languages reads."""
    lines = [line for line in text.splitlines() if not line.isascii()]
    lines.sort(key=lambda line: -sum(character > "\x7f" for character in line))
    return " ".join(lines)[:_SAMPLE_CHARS]


def _fitness(text: str, high: Sequence[str], language: str, encoding: str) -> float:
    """How well the characters beyond ASCII are those of a language, from 0 to 1."""
    if language in _EAST_ASIAN:
        return _east_asian_fitness(high, language, encoding)
    is_latin = language in _LATIN_LETTERS
    letters = _LATIN_LETTERS[language] if is_latin else _SCRIPTS[language]
    is_letter = re.compile(f"[{letters}]", re.IGNORECASE)
    strays = len(_STRAY_SIGN.findall(text))
    usual = sum(c in _SIGNS or is_letter.match(c) is not None for c in high)
    fitness = max(0, usual - strays) / len(high)
    words = _WORD.findall(text)
    odd = sum(_is_odd_word(word, is_latin) for word in words)
    fitness *= max(0.0, 1 - 2 * odd / max(1, len(words)))
    if common := _COMMON_LETTERS.get(language):
        # A model of languages knows these by their script alone, whatever the letters say.
        fitness *= min(1.0, sum(c.lower() in common for c in high) / (_COMMON_SHARE * len(high)))
    return fitness**2


def _is_odd_word(word: str, is_latin: bool) -> bool:
    """Whether a word has capitals within, or letters of two scripts, as in a wrong table."""
    if word.isascii():
        return False
    has_case = word.lower() != word.upper()
    if has_case and not (word.islower() or word.isupper() or word[1:].islower()):
        return True
    return not is_latin and _ASCII_LETTER.search(word) is not None


def _east_asian_fitness(high: Sequence[str], language: str, encoding: str) -> float:
    text = "".join(high)
    signs = len(_EAST_ASIAN_SIGNS.findall(text))
    kana, ideographs = len(_KANA.findall(text)), _IDEOGRAPH.findall(text)
    if language == "ko":
        syllables = _HANGUL.findall(text)
        common = sum(syllable in _COMMON_HANGUL for syllable in syllables)
        if common < 0.25 * len(syllables):
            return 0.0
        return (len(syllables) + signs) / len(text)
    first, last = _COMMON_LEAD_BYTES[encoding]
    common = sum(first <= character.encode(encoding)[0] <= last for character in ideographs)
    fitting = (
        (common + kana + signs) / len(text) if language == "ja" else (common + signs) / len(text)
    )
    if language == "ja" and not kana:
        fitting /= 2
    return fitting**2
