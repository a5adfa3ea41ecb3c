"""Where a space or a full stop in Thai text does not end a sentence.

Thai puts a space behind a sentence, but also behind a long clause, around the mark of repetition
and between the two parts of a name; a full stop stands behind abbreviations. CRFCut of PyThaiNLP,
fitted on subtitles of talks, would bring 23 MB of packages and the words of a dictionary with it.
"""

from __future__ import annotations

import re

_THAI = "\u0e01-\u0e4e"
# A shorter piece than this is joined to what follows it: a name, an item of a list, a clause.
MIN_UNMARKED_CHARS = 60
_MAX_CHARS = 240  # behind so many a space ends even what would go on
_MIN_PIECE_CHARS = 16  # a shorter one is a name, a place or an item
_MIN_LAST_CHARS = 25  # of what is left of a paragraph
_MAX_ABBREVIATION_CHARS = 4
_REPETITION = ("ๆ", "ฯ")
# What begins a clause that belongs to the one before it.
_GOES_ON = re.compile(
    "และ|หรือ|แต่(?!ละ)|ซึ่ง|โดย|เพราะ(?!ฉะนั้น)|เนื่องจาก|เพื่อ(?!น)|จึง|ทำให้|ก็|กับ|รวมทั้ง|รวมถึง|"
    "ตลอดจน|พร้อมทั้ง|พร้อมกับ|เช่น|ได้แก่|คือ|กล่าวคือ|อันเป็น|แม้|ยกเว้น|จนกระทั่ง|จนถึง|ก่อนที่|"
    "ถึง|จาก|สำหรับ|ตั้งแต่|ของ(?!เล่น|ขวัญ)|ด้วย|ในขณะที่|ขณะที่|อย่าง(?!ไรก็)|ที่(?!ดิน|พัก|ทำการ|จอด|นี่|นั่น|ปรึกษา)|"
    # of a verb whose subject stands before it
    "จะ|ต้อง|เคย|กำลัง|ยัง(?!ไง)|เป็น|ถูก|ได้|ให้"
)
# What a sentence cannot end with.
_IS_OPEN = re.compile(
    "(?:ได้แก่|เช่น|คือ|ว่า|และ|หรือ|โดย|ซึ่ง|ระหว่าง|ชื่อ|เพราะ|เนื่องจาก|ทั้ง|นาย|นาง|นางสาว|จังหวัด|อำเภอ|ตำบล|"
    "จาก|ถึง|สำหรับ|ของ|เพื่อ|เมื่อ|หาก|ถ้า|วันที่|ตั้งแต่|ประมาณ|จำนวน)$"
)
_NEXT_SPACE = re.compile(rf"(?<=[{_THAI}])[^\S\n]+(?=[{_THAI}])|\n")
# "ดร.", "พ.ศ.": few letters behind a space or a figure, or with a full stop between them.
_ABBREVIATION = re.compile(
    rf"(?P<unit>\d\s*)?(?:(?<![{_THAI}.])|(?<=[{_THAI}]\.))"
    rf"[{_THAI}]{{1,{_MAX_ABBREVIATION_CHARS}}}$"
)


def goes_on(text: str, start: int, space: tuple[int, int]) -> bool:
    """Whether a sentence goes on behind a space.

    Args:
        text: The text.
        start: Where the sentence begins.
        space: The span of the white space.
    """
    at, after = space
    before = text[max(start, at - 12) : at]
    if before.endswith(_REPETITION) or text.startswith(_REPETITION, after):
        return True
    if at - start > _MAX_CHARS:
        return False
    if _GOES_ON.match(text, after) or _IS_OPEN.search(before):
        return True
    piece = _NEXT_SPACE.search(text, after)
    if piece is not None and piece.start() - after < _MIN_PIECE_CHARS:
        return True
    line = text.find("\n", after, after + _MIN_LAST_CHARS)
    return line >= 0 or len(text) - after < _MIN_LAST_CHARS


def is_abbreviation(text: str, start: int, stop: tuple[int, int]) -> bool:
    """Whether a full stop only shortens a word and its sentence goes on.

    A unit behind a figure ("17.00 น.") may be the last word of a sentence.

    Args:
        text: The text.
        start: Where the sentence begins.
        stop: The span of the full stop and the white space behind it.
    """
    at, after = stop
    match = _ABBREVIATION.search(text, max(start, at - 12), at)
    if match is None:
        return False
    is_long = at - start >= MIN_UNMARKED_CHARS
    return not (match["unit"] and is_long) or goes_on(text, start, (at + 1, after))
