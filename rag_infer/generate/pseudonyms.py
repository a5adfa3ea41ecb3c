"""Personal data in a prompt under other names: mail addresses, phone and bank numbers, names.

A model of another machine sees ``<MAIL_1>`` where the document has an address; what it writes gets
the address back. Phone numbers are found by the rules of their countries (``phonenumbers``),
account and card numbers by their check digits (``python-stdnum``), names by a list: nothing here
guesses who is a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from rag_infer.errors import MissingDependencyError
from rag_infer.settings.profiles import PersonalData

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{1,4}){3,8}\b")
_CARD = re.compile(r"\b\d(?:[ -]?\d){11,18}\b")
_PSEUDONYM = re.compile(r"<(?:MAIL|PHONE|BANK|NAME)_\d+>")
_UNFINISHED = re.compile(r"<[A-Z]{0,5}_?\d{0,6}$")

Spans = Iterator[tuple[int, int]]


class Pseudonyms:
    """The pseudonyms of one prompt: equal data has equal ones.

    Args:
        kinds: What is looked for.
        names: Names of people, or whatever else is to be hidden, as they stand in the documents.
        region: The country, by two letters, whose phone numbers stand without its code.

    Raises:
        MissingDependencyError: The extra ``pseudonyms`` is not installed.
    """

    def __init__(
        self, kinds: Iterable[PersonalData], names: Sequence[str] = (), region: str | None = None
    ) -> None:
        finders: dict[PersonalData, Callable[[str], Spans]] = {
            "mail": lambda text: (match.span() for match in _MAIL.finditer(text)),
            "phone": _phone_finder(region),
            "bank": _bank_finder(),
        }
        self._finders = [(kind.upper(), finders[kind]) for kind in sorted(set(kinds))]
        if names:
            longest_first = "|".join(re.escape(n) for n in sorted(names, key=len, reverse=True))
            of_names = re.compile(rf"(?i)\b(?:{longest_first})\b")
            self._finders.append(
                ("NAME", lambda text: (match.span() for match in of_names.finditer(text)))
            )
        self._pseudonyms: dict[str, str] = {}
        self._originals: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """The text with pseudonyms in place of personal data."""
        spans = sorted(
            (start, -end, kind) for kind, finder in self._finders for start, end in finder(text)
        )
        pieces: list[str] = []
        position = 0
        for start, negative_end, kind in spans:
            if start < position:  # within what is hidden already, as a number in an address
                continue
            pieces += (text[position:start], self._pseudonym(kind, text[start:-negative_end]))
            position = -negative_end
        return "".join((*pieces, text[position:]))

    def _pseudonym(self, kind: str, original: str) -> str:
        if original not in self._pseudonyms:
            number = sum(name.startswith(f"<{kind}_") for name in self._originals) + 1
            pseudonym = f"<{kind}_{number}>"
            self._pseudonyms[original] = pseudonym
            self._originals[pseudonym] = original
        return self._pseudonyms[original]

    def reveal(self, text: str) -> str:
        """The text with the data back; a pseudonym that nothing has stays."""
        return _PSEUDONYM.sub(lambda match: self._originals.get(match[0], match[0]), text)

    def revealed(self, pieces: Iterable[str]) -> Iterator[str]:
        """Likewise of a text that comes in pieces; what may be half a pseudonym waits for more."""
        waiting = ""
        for piece in pieces:
            waiting += piece
            unfinished = _UNFINISHED.search(waiting)
            end = unfinished.start() if unfinished else len(waiting)
            yield self.reveal(waiting[:end])  # an empty one too: it may tell that a model thinks
            waiting = waiting[end:]
        if waiting:
            yield waiting


def _phone_finder(region: str | None) -> Callable[[str], Spans]:
    try:
        import phonenumbers
    except ImportError:
        raise _missing() from None

    def spans(text: str) -> Spans:
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            yield match.start, match.end

    return spans


def _bank_finder() -> Callable[[str], Spans]:
    try:
        from stdnum import iban, luhn
    except ImportError:
        raise _missing() from None

    def spans(text: str) -> Spans:
        for match in _ACCOUNT.finditer(text):
            # What follows a number may look like more of it: the longest valid beginning counts.
            ends = [m.end() for m in re.finditer(r"[A-Z0-9](?=[ ]|$)", match[0])]
            valid = [end for end in ends if iban.is_valid(match[0][:end])]
            if valid:
                yield match.start(), match.start() + max(valid)
        for match in _CARD.finditer(text):
            if luhn.is_valid(re.sub(r"[ -]", "", match[0])):
                yield match.span()

    return spans


def _missing() -> MissingDependencyError:
    return MissingDependencyError(
        "hiding personal data needs optional packages", extra="pseudonyms"
    )
