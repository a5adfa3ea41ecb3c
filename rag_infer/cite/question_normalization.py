"""Strips what a question says beside itself: greetings, thanks, "could you please tell me"."""

from __future__ import annotations

import re

_GREETING = (
    r"(?:(?:hello|hi|hey)(?: there| all| everyone| everybody| team)?|"
    r"dear (?:all|team|colleagues?)|good (?:morning|afternoon|evening|day)|"
    r"greetings|thanks?(?: you)?(?: (?:in advance|very much|so much|a lot))*|cheers|"
    r"sorry(?: to (?:bother|ask|disturb)(?: you)?)?|excuse me|quick question|one question|"
    r"many thanks|kind regards|best regards|please|pls|"
    r"i hope (?:that )?(?:you(?: are|'re)|all is|everything is|this) [^.!?]{1,40}(?=[.!]))"
)
_CLOSING = (
    r"(?:thanks?(?: you)?(?: (?:in advance|very much|so much|a lot))*|thx|cheers|many thanks|"
    r"(?:kind|best) regards|please|pls)"
)
_POLITE_VERB = (
    r"(?:tell me|let me know|find out(?: for me)?|look up|looking up|telling me|check|explain|"
    r"show me|help me(?: to)? (?:find(?: out)?|understand)|say|remind me)"
)
_REQUEST = (
    rf"(?:(?:can|could|would|will|may|might) (?:you|i|we|somebody|someone|anybody)"
    r"(?: please| kindly| perhaps| possibly| maybe)*(?: mind)? "
    rf"{_POLITE_VERB}(?: please)?(?: me)?"
    r"|(?:you|anyone|somebody|someone) (?:can|could|might|would)(?: please| kindly| perhaps"
    rf"| possibly| maybe)* {_POLITE_VERB}(?: please)?"
    rf"|(?:please |kindly )*(?:tell me|let me know|find out(?: for me)?|look up|remind me)"
    r"(?: please)?"
    r"|i(?: would|'d)(?: really)? (?:like|love|need|want) to (?:know|ask|find out)"
    r"|i (?:want|need) to (?:know|ask|find out)|i(?: am|'m) (?:looking for|trying to find(?: out)?)"
    r"|(?:i am|i'm) new here|i was wondering|i wonder|i (?:was|am) (?:just )?(?:curious|asking)"
    r"|(?:do you|does anyone|does anybody) (?:happen to )?know|do you have any idea"
    r"|i (?:can't|cannot|couldn't|could not) find(?: out)?|i don't know|may i ask|can i ask)"
)
_PREFIX = re.compile(
    rf"^(?:(?:{_GREETING}|{_REQUEST})(?:[\s,.!:;\u2013-]+|$)(?:(?:and|but|so|about|if|whether)\s+)?)+",
    re.IGNORECASE,
)
_SUFFIX = re.compile(
    rf"(?:(?<![\s,.!;\u2013-])[\s,.!;\u2013-]++(?:for me\s*+)?{_CLOSING}"
    rf"|(?<![\s,])[\s,]++for me)(?=[\s.!?]*$)",
    re.IGNORECASE,
)
# What holds now is what the newest version says; passages seldom say so.
_AT_PRESENT = re.compile(
    r"(?<=\bthe )current (?!account|asset|liabilit|ratio|year|month|quarter|flow|draw|in\b)(?=\w)"
    r"|(?<=\w) (?:currently|at present|at the moment|right now|nowadays)\b",
    re.IGNORECASE,
)
_MIN_WORDS_LEFT = 2
_MAX_STORY_CHARS = 240  # a longer text is a story with its question somewhere in it
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?]+|$)")


def normalize_question(question: str) -> str:
    """The question without politeness around it, and without "current" or "at the moment".

    The question itself when little else would be left.
    """
    typed = " ".join(question.replace("\u2019", "'").split())
    text = _without_story(typed)
    bare = _AT_PRESENT.sub("", _PREFIX.sub("", text))
    while True:
        shorter = _SUFFIX.sub("", bare)
        shorter = re.sub(r"(?<![\s.!])[\s.!]++(\?*)$", r"\1", shorter)
        if shorter == bare:
            break
        bare = shorter
    if len(bare.split()) < _MIN_WORDS_LEFT:
        return question
    return bare if bare != typed else question


def _without_story(text: str) -> str:
    """The questions of a long text alone; the text itself where all or none of it is a question."""
    if len(text) <= _MAX_STORY_CHARS:
        return text
    asked = [m[0].strip() for m in _SENTENCE.finditer(text) if m[0].rstrip().endswith("?")]
    return " ".join(asked) or text
