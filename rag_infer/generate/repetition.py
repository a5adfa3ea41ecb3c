"""Text that goes round in circles, as small models write it when they find no end."""

from __future__ import annotations

from dataclasses import dataclass

_MAX_PERIOD = 400  # characters of a passage that is repeated
_MIN_REPEATS = 4
_MIN_CHARACTERS = 80  # that the repeats must take together
_CHECK_EVERY = 32  # characters


@dataclass
class RepetitionGuard:
    """Hears a text piece by piece and says when its end is the same passage again and again.

    A run of one character (dots, dashes of a table's rule) counts only when it is long.
    """

    _tail: str = ""
    _unchecked: int = 0

    def is_looping(self, piece: str) -> bool:
        """Takes the next piece; True when the text should be stopped."""
        self._tail = (self._tail + piece)[-_MAX_PERIOD * _MIN_REPEATS :]
        self._unchecked += len(piece)
        if self._unchecked < _CHECK_EVERY:
            return False
        self._unchecked = 0
        return repeated_end(self._tail)


def repeated_end(text: str) -> bool:
    """Whether a text ends in four copies or more of one passage."""
    size = len(text)
    for period in range(1, min(_MAX_PERIOD, size // _MIN_REPEATS) + 1):
        length = max(period * _MIN_REPEATS, _MIN_CHARACTERS)
        if length > size or text[-1] != text[-1 - period]:
            continue
        tail = text[-length:]
        if tail[period:] == tail[:-period]:
            return period > 1 or length >= _MIN_CHARACTERS * 2 or tail[0] not in "-=_.|* \n"
    return False
