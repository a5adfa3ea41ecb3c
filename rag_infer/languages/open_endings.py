"""Words after which a sentence must go on: articles, prepositions, conjunctions, forms of "be".

A column or a page that ends with one of them cuts a sentence, whatever the next one begins with: a
figure, a name.
"""

from __future__ import annotations

_WORDS = {
    "en": "a an the of at by for from in into on onto to with within under over between per and or"
    " than that which whose is are was were be been has have had its their this these",
    "de": "der die das den dem des ein eine einen einem einer eines von vom zum zur bei beim im ins"
    " am für gegen ohne über unter zwischen und oder sowie als dass ist sind war waren wird werden",
    "fr": "le la les un une des du de à au aux en dans par pour sur sous avec sans entre et ou que"
    " qui dont est sont était étaient",
    "es": "el la los las un una unos unas de del al a en por para con sin sobre entre y o que es"
    " son era eran",
    "it": "il lo la gli le un uno una di del della dei delle da dal in nel nella per con su tra e o"
    " che è sono era erano",
    "pt": "o os as um uma de do da dos das em no na por para com sem sobre entre e ou que é são"
    " era",
    "nl": "de het een van voor met zonder tussen onder en of dat die is zijn was waren wordt",
    "sv": "en ett av för med till från på i och eller att som är var",
}
_OPEN = frozenset(word for words in _WORDS.values() for word in words.split())


def is_open_ended(text: str) -> bool:
    """Whether a text breaks off in the middle of a sentence, by its last word.

    As it is written: "Exhibit A" is whole.
    """
    words = text.rsplit(None, 1)
    return len(words) == 2 and words[-1] in _OPEN
