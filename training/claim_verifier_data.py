"""Claims with their sources, true and false, for fitting the verifier.

Only from text whose licence lets a fitted model be shipped: SQuAD dev (CC BY-SA 4.0), QED
(CC BY-SA 3.0), PolicyQA (MIT), COVID-QA (Apache-2.0), CLAP-NQ and MTRAG-UN (Apache-2.0).

True: what people wrote as answers from the passages; questions with their answers; sentences of
the source, shortened. False: the same with a number, a name or the polarity changed, halves of two
sentences put together, a detail from elsewhere put in, the answer of another question, a sentence
from elsewhere on the same subject, questions that SQuAD's writers made unanswerable.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_infer.cite.claim_features import figures, opposites
from rag_infer.cite.text_normalization import key, words
from rag_infer.sentences import sentences

DATA = Path(os.environ.get("RAG_EVAL_DATA", "../shared/data"))
TRUE = ("written", "asked", "shortened", "verbatim")
FALSE = ("number", "name", "polarity", "splice", "detail", "other answer", "unanswerable",
         "elsewhere", "other written")  # fmt: skip
PARTLY = ("number", "name", "splice", "detail")  # some of it is there
_LONGEST = 40  # sentences of a source


@dataclass
class Example:
    """``text`` claimed of ``source``; ``group`` is what must not be on both sides of a split."""

    kind: str
    text: str
    source: list[str]
    group: str

    @property
    def true(self) -> bool:
        return self.kind in TRUE


@dataclass
class Passage:
    id: str
    subject: str
    sentences: list[str]


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


def lines(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open() as file:
        yield from (json.loads(line) for line in file)


def examples(rng: random.Random, scale: float = 1.0) -> list[Example]:
    """All of them, in a fixed order for a fixed seed."""
    generated: list[Example] = []
    squad = [
        Passage(p["id"], p["id"].rsplit("#", 1)[0], split(p["text"]))
        for p in lines(DATA / "squad/corpus.jsonl.gz")
    ]
    plain = [
        Passage(p["id"], p["title"], window(rng, split(untokenised(p["text"]))))
        for p in lines(DATA / "reader_train/contexts.jsonl.gz")
        if p["id"].startswith(("qed", "policyqa", "covidqa"))
    ]
    questions_by_id = defaultdict(list)
    for q in lines(DATA / "squad/queries.jsonl"):
        questions_by_id[q["context_id"]].append(q)
    with_questions = [p for p in squad if p.id in questions_by_id]
    generated += from_questions(
        rng, rng.sample(with_questions, int(450 * scale)), squad, questions_by_id
    )
    generated += from_sentences(rng, rng.sample(squad, int(400 * scale)), squad)
    generated += from_sentences(rng, rng.sample(plain, int(600 * scale)), plain)
    generated += from_writing(rng, written_answers(), squad + plain)
    return generated


def untokenised(text: str) -> str:
    """Treebank spacing undone: ``Canada 's head , say`` as people write it."""
    text = re.sub(r" ([.,;:?!%)]|'s\b|n't\b|'')", r"\1", text)
    return re.sub(r"(``|\() ?", lambda m: '"' if m[1] == "``" else "(", text).replace("''", '"')


def window(rng: random.Random, all_of: list[str]) -> list[str]:
    start = rng.randrange(max(1, len(all_of) - _LONGEST + 1))
    return all_of[start : start + _LONGEST]


def around(rng: random.Random, passage: Passage, others: Sequence[Passage]) -> list[str]:
    """A passage with some of its subject's others before and after it, as sources are found."""
    related = [p for p in others if p.subject == passage.subject and p.id != passage.id]
    sources = [passage, *rng.sample(related, min(len(related), rng.choice((0, 0, 1, 2, 4))))]
    rng.shuffle(sources)
    return [s for p in sources for s in p.sentences][: 2 * _LONGEST]


def by_subject(passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    matches = defaultdict(list)
    for p in passages:
        matches[p.subject].append(p)
    return matches


def from_questions(
    rng: random.Random,
    passages: Sequence[Passage],
    everything: Sequence[Passage],
    questions_by_id: dict[str, list[dict]],  # type: ignore[type-arg]
) -> Iterator[Example]:
    subjects = by_subject(everything)
    for p in passages:
        source = around(rng, p, subjects[p.subject])
        questions = questions_by_id[p.id]
        answers = [a for q in questions for a in q["answers"][:1]]
        for q in rng.sample(questions, min(4, len(questions))):
            mine = {a.lower() for a in q["answers"]}
            others = [a for a in answers if not any(a.lower() in m or m in a.lower() for m in mine)]
            alike = [a for a in others if shape(a) == shape((q["answers"] or ["A"])[0])] or others
            if q["impossible"]:
                if answers:
                    text = declared(q["text"], rng.choice(answers))
                    yield Example("unanswerable", text, source, p.subject)
                continue
            yield Example("asked", declared(q["text"], q["answers"][0]), source, p.subject)
            if alike:
                text = declared(q["text"], rng.choice(alike))
                yield Example("other answer", text, source, p.subject)


def shape(answer: str) -> str:
    return "number" if re.search(r"\d", answer) else "name" if answer[:1].isupper() else "other"


def declared(question: str, answer: str) -> str:
    """A question with its answer where it asks; not always grammatical, and need not be."""
    asks = r"\b(?:what|which|who|whom|whose|when|where|why|how (?:many|much)|how)\b"
    text, matches = re.subn(asks, lambda _: answer, question.rstrip(" ?"), count=1, flags=re.I)
    text = text if matches else f"{text} {answer}"
    text = re.sub(r"\b(?:did|does|do) ", "", text)
    return f"{text[:1].upper()}{text[1:]}."


def from_sentences(
    rng: random.Random, passages: Sequence[Passage], everything: Sequence[Passage]
) -> Iterator[Example]:
    subjects = by_subject(everything)
    for p in passages:
        long = [s for s in p.sentences if 8 <= len(s.split()) <= 45]
        if len(long) < 2:
            continue
        source = around(rng, p, subjects[p.subject])
        elsewhere = [o for o in subjects[p.subject] if o.id != p.id] or list(
            rng.sample(list(everything), 3)
        )
        strange = [
            s for o in elsewhere for s in o.sentences if s not in source and len(s.split()) > 7
        ]
        one, other = rng.sample(long, 2)
        yield Example("shortened", shortened(rng, one), source, p.subject)
        if rng.random() < 0.3:
            yield Example("verbatim", other, source, p.subject)
        yield from changed(rng, shortened(rng, other), source, p.subject)
        yield Example("splice", spliced(one, other), source, p.subject)
        if strange:
            yield Example("elsewhere", shortened(rng, rng.choice(strange)), source, p.subject)
            detail = with_detail(rng, shortened(rng, one), rng.choice(strange))
            yield Example("detail", detail, source, p.subject)


def written_answers() -> Iterator[tuple[str, list[str], list[str]]]:
    """(group, sentences written by people, sentences of what they read)."""
    for q in lines(DATA / "clapnq/questions.jsonl.gz"):
        if q["answerable"]:
            source = [
                s for p in q["passages"] for s in split(untokenised(p["title"] + ". " + p["text"]))
            ]
            yield q["id"], [s for a in q["answers"] for s in split(untokenised(a))], source
    for t in lines(DATA / "mtrag_un/tasks.jsonl.gz"):
        if t["answerability"] == ["ANSWERABLE"] and t["contexts"]:
            source = [s for c in t["contexts"] for s in split(c["text"])][: 3 * _LONGEST]
            yield t["conversation"], [s for a in t["targets"] for s in split(a)], source


def from_writing(
    rng: random.Random,
    answers: Iterator[tuple[str, list[str], list[str]]],
    passages: Sequence[Passage],
) -> Iterator[Example]:
    remaining = list(answers)
    strange = [s for p in passages for s in p.sentences if 8 <= len(s.split()) <= 30]
    for group, statement, source in remaining:
        claims = [s for s in statement if 5 <= len(s.split()) <= 45]
        for claim in rng.sample(claims, min(4, len(claims))):
            yield Example("written", claim, source, group)
            yield from changed(rng, claim, source, group)
            if rng.random() < 0.5:
                yield Example("detail", with_detail(rng, claim, rng.choice(strange)), source, group)
        related = nearest(statement, [k for k in remaining if k[0] != group])
        for claim in rng.sample(related, min(2, len(related))):
            yield Example("other written", claim, source, group)


def nearest(
    statement: Sequence[str], others: Sequence[tuple[str, list[str], list[str]]]
) -> list[str]:
    """What was written on the subject nearest to this one, by shared words."""
    own = {w.key for s in statement for w in words(s) if not w.stop}

    def shared(other: tuple[str, list[str], list[str]]) -> float:
        theirs = {w.key for s in other[1] for w in words(s) if not w.stop}
        return len(own & theirs) / (len(own | theirs) or 1)

    return [s for s in max(others, key=shared)[1] if len(s.split()) >= 5]


# What may be done to a sentence


def shortened(rng: random.Random, text: str) -> str:
    """A sentence with less in it that is still true, most of the time."""
    remaining = re.sub(r"\s*\([^)]*\)", "", text)
    ways = [r"^[^,]{5,60}, ", r", (?:which|who|including|such as|where|with)[^,.]*(?:,|(?=\.))",
            r"; [^;]*(?=\.$)", r" \w+ly\b", r", (?:and|but) [^,]*(?=\.$)"]  # fmt: skip
    for way in rng.sample(ways, 2):
        fresh = re.sub(way, "", remaining, count=1).strip()
        if len(fresh.split()) >= 6:
            remaining = fresh[:1].upper() + fresh[1:]
    return remaining


def changed(rng: random.Random, text: str, source: list[str], group: str) -> Iterator[Example]:
    """The sentence made false, in each way that it offers."""
    for kind, generated in (
        ("number", other_number(rng, text, source)),
        ("name", other_name(rng, text, source)),
        ("polarity", other_polarity(rng, text)),
    ):
        if generated and generated != text:
            yield Example(kind, generated, source, group)


def other_number(rng: random.Random, text: str, source: Sequence[str]) -> str | None:
    matches = list(re.finditer(r"\d+(?:[.,]\d+)*", text))
    if not matches:
        return None
    match = rng.choice(matches)
    own = match[0]
    there = {f.shown for s in source for f in figures(s) if f.shown[0].isdigit()} - {own}
    like = [n for n in sorted(there) if len(n) == len(own)]
    if like and rng.random() < 0.5:
        fresh = rng.choice(like)
    else:
        at = rng.randrange(len(own))
        while not own[at].isdigit():
            at = rng.randrange(len(own))
        fresh = own[:at] + str((int(own[at]) + rng.randint(1, 8)) % 10 or 1) + own[at + 1 :]
    return None if fresh == own else text[: match.start()] + fresh + text[match.end() :]


_NAME = re.compile(r"(?<=[\w,;] )[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}")


def other_name(rng: random.Random, text: str, source: Sequence[str]) -> str | None:
    matches = list(_NAME.finditer(text))
    if not matches:
        return None
    match = rng.choice(matches)
    statement = {w.key for w in words(text)}
    there = sorted({m[0] for s in source for m in _NAME.finditer(s)})
    others = [n for n in there if not {w.key for w in words(n)} & statement]
    fresh = rng.choice(others) if others and rng.random() < 0.7 else rng.choice(_STRANGERS)
    return text[: match.start()] + fresh + text[match.end() :]


_STRANGERS = """Alder Bexley Corvane Dunmore Ellery Farrow Garrick Hollis Ingram Jessop Kerrigan
    Lowell Marston Norvell Orton Pemberton Quillan Rosten Selwyn Tarrant Upton Verrall Winslow
    Yarrow Zeller""".split()
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|has|had|have|may|should)\b(?! not)"
)


def other_polarity(rng: random.Random, text: str) -> str | None:
    antonyms = opposites()
    surface = list(re.finditer(r"[A-Za-z]+", text))
    turned = [(m, sorted(antonyms[key(m[0])])) for m in surface if key(m[0]) in antonyms]
    if turned and rng.random() < 0.6:
        match, others = rng.choice(turned)
        return text[: match.start()] + rng.choice(others) + text[match.end() :]
    if re.search(r"\bnot\b", text):
        return re.sub(r"\s*\bnot\b", "", text, count=1)
    match_ = _AUXILIARY.search(text)
    return f"{text[: match_.end()]} not{text[match_.end() :]}" if match_ else None


def spliced(one: str, other: str) -> str:
    first, second = one.split(), other.split()
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def with_detail(rng: random.Random, text: str, strange: str) -> str:
    parts = strange.rstrip(".").split()
    length = rng.randint(5, 9)
    start = max(0, rng.randint(0, max(0, len(parts) - length)))
    return f"{text.rstrip('.')} {rng.choice(('and', 'as', 'after', 'with', 'when'))} " + (
        " ".join(parts[start : start + length]) + "."
    )
