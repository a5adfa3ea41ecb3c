"""Writes folders of invented everyday documents, each with questions and their answers.

    python training/office_documents.py FOLDER [SEED]

For fitting answer selection to documents whose subject stands in the file name or the opening only.
The folder has the shape that ``benchmarks/office.py --data`` reads; each question also names the
template that it is from, so that figures can be of templates that a model has not seen. What the
documents say is in ``office_facts.py``, ``office_contract_facts.py`` and ``office_rule_facts.py``.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from office_contract_facts import CONTRACT
from office_fact import Fact
from office_facts import FAQ, FILLER, FORM, FORMS, LISTS, MAIL, MINUTES, TOPICS, UNKNOWN
from office_rule_facts import RULES, YES_RULES

_SYLLABLES = "bra vel tor mi kan lo ser dun fa rix hol ten gar pli sto wen nor ul esk am".split()
_FIRST = "Anna Boris Carla Dario Edith Farid Greta Hugo Ines Jonas Karin Lars Mona Nils".split()
_LAST = "Abel Brandt Castro Dufour Egger Falk Grimm Hauser Ivers Jansen Kowal Lind Moser".split()
_CITIES = "Ghent Porto Graz Turin Lyon Bergen Aarhus Leiden Basel Split Gdansk Tartu".split()
_LANDS = "Belgium Portugal Austria Norway Denmark Croatia Poland Estonia Ireland Greece".split()
_MONTHS = "January March April May June August September October November".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday".split()
_WORDS = "two three four five six seven eight nine ten twelve fifteen twenty".split()
_NUMBER_OF = dict(zip(_WORDS, (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20), strict=True))
_GREETINGS = (
    "Hello, could you please tell me {}? Thanks!", "Hi, I would like to know {}, please.",
    "Sorry to ask, but {}?", "Please, {}?", "Good morning, can you tell me {}?", "Hey, {}? thx",
)  # fmt: skip
_TRADES = [
    ("Car rental agreement", "Lessor", "Lessee", "leases three vans to"),
    ("Cleaning contract", "Cleaner", "School", "cleans the rooms of"),
    ("Catering contract", "Caterer", "Hotel", "supplies meals to"),
    ("Storage agreement", "Keeper", "Depositor", "stores the goods of"),
    ("Training agreement", "Trainer", "Club", "trains the teams of"),
    ("Hosting contract", "Provider", "Subscriber", "hosts the sites of"),
    ("Gardening contract", "Gardener", "Owner", "tends the grounds of"),
    ("Translation framework", "Translator", "Principal", "translates the papers of"),
    ("Security service contract", "Guard", "Site Holder", "watches the gates of"),
    ("Printing agreement", "Printer", "Publisher", "prints the journals of"),
]


@dataclass
class World:
    """Files and questions under construction."""

    rng: random.Random
    files: dict[str, str] = field(default_factory=dict)
    questions: list[dict[str, object]] = field(default_factory=list)

    def name(self) -> str:
        return "".join(self.rng.choice(_SYLLABLES) for _ in range(2)).capitalize()

    def pick(self, alternatives: str) -> str:
        return self.rng.choice(alternatives.split("|"))

    def value(self, kind: str) -> str:
        r = self.rng
        count = r.choice(_WORDS)
        spelled = r.choice([count, str(_NUMBER_OF[count]), f"{count} ({_NUMBER_OF[count]})"])
        match kind:
            case "money":
                amount = r.choice([1, 3, 7, 12, 25, 48, 90, 250, 4000]) * r.randint(11, 99)
                return f"{r.choice(['EUR', 'GBP', 'CHF', 'USD'])} {amount:,}"
            case "cents":
                return f"{r.randint(20, 70)} {r.choice(['cents', 'pence'])}"
            case "pct":
                return f"{r.choice([r.randint(2, 40), r.randint(10, 390) / 10])}%"
            case "duration":
                return f"{spelled} {r.choice(['days', 'weeks', 'months', 'years'])}"
            case "days":
                return f"{spelled} {r.choice(['days', 'days', 'working days'])}"
            case "hours":
                return f"{spelled} {r.choice(['hours', 'minutes'])}"
            case "date":
                return f"{r.randint(1, 28)} {r.choice(_MONTHS)} {r.randint(2019, 2027)}"
            case "date0":
                return f"{r.randint(1, 28)} {r.choice(_MONTHS)}"
            case "clock":
                return f"{r.randint(6, 11)}{r.choice(['.30 am', ' am', ' pm', '.15 pm'])}"
            case "num" | "age":
                return str(r.randint(3, 900) if kind == "num" else r.randint(5, 18))
            case "ext":
                return str(r.randint(100, 999))
            case "person":
                return f"{r.choice(_FIRST)} {r.choice(_LAST)}"
            case "name":
                return self.name()
            case "city" | "place":
                return r.choice(_CITIES)
            case "hall":
                return f"{self.name()} Hall"
            case "place2":
                return r.choice(
                    [
                        "beside the lift",
                        "behind the counter",
                        "in room 12",
                        "under the stairs",
                        "at the back door",
                    ]
                )
            case "land":
                return r.choice(_LANDS)
            case "weekday":
                return r.choice(_WEEKDAYS)
            case "tongue":
                return r.choice(["French", "Polish", "Danish", "Greek", "Dutch"])
        raise ValueError(kind)

    def ask(
        self, template: str, file: str | None, wordings: str, answer: str = "", kind: str = "plain"
    ) -> None:
        wording = self.pick(wordings)
        roll = self.rng.random()
        if roll < 0.1:
            lowered = wording.rstrip("?")
            wording = self.rng.choice(_GREETINGS).format(lowered[0].lower() + lowered[1:])
        elif roll < 0.16:
            letters = list(wording)
            at = self.rng.randrange(len(letters) // 2, len(letters) - 2)
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
            wording = "".join(letters)
        self.questions.append(
            {
                "id": f"Q{len(self.questions):03}", "question": wording, "template": template,
                "kind": kind if file else "unanswerable", "answers": answer.split("|") if file else [],
                "must_not": [], "documents": [file] if file else [], "answerable": file is not None,
                "after": None, "complete": None,
            }
        )  # fmt: skip


def contracts(w: World) -> None:
    r = w.rng
    for title, one, other, verb in r.sample(_TRADES, 7):
        supplier, client, start = w.name(), w.name(), w.value("date")
        selected = r.sample(CONTRACT, r.randint(7, 11))
        style = r.choice(["md", "txt", "flat"])
        file = f"{w.pick(f'{title.split()[0]}_{supplier}|{supplier}_{client}|{title.replace(chr(32), chr(95))}')}_{r.randint(1, 99)}.{'md' if style == 'md' else 'txt'}"
        refs = [
            f"the contract with {supplier}",
            f"the {title.lower()}",
            f"the agreement between {supplier} and {client}",
            f"the {supplier} contract",
        ]
        slots = {"A": supplier, "B": client, "a": one, "b": other}
        form = r.choice(["Ltd", "GmbH", "SA", "& Co", "plc"])
        opening = f'{"Signed on" if r.random() < 0.5 else "This contract is made on"} {start} {r.choice(["by", "between"])}:\n\n(1) {supplier} {form}, {r.choice(_CITIES)} (the "{one}"){r.choice([" and", "; and"])}\n\n(2) {client} Group (the "{other}").'
        parts = [(r.choice(["Subject", "What it is about"]), [f"The {one} {verb} the {other}."])]
        for fact in selected:
            value = w.value(fact.value)
            heading = w.pick(fact.headings)
            own = [w.pick(fact.wordings).format(v=value, **slots)]
            if r.random() < 0.4:
                own.insert(r.randint(0, 1), r.choice(FILLER).format(**slots))
            parts.append((heading, own))
            for _ in range(r.randint(1, 2)):
                w.ask(
                    "contract " + fact.headings,
                    file,
                    fact.questions.format(d=r.choice(refs), **slots),
                    value,
                )
        parts += [("General", r.sample([f for f in FILLER if "{" not in f], 2))]
        text = f"# {title}\n\n{opening}\n" if style == "md" else f"{title.upper()}\n\n{opening}\n"
        for n, (heading, own) in enumerate(parts, 1):
            numbered = [f"{n}.{m} {s}" for m, s in enumerate(own, 1)] if style == "flat" else own
            text += f"\n{'## ' if style == 'md' else ''}{n}. {heading}\n\n{(chr(10) if style == 'flat' else ' ').join(numbered)}\n"
        w.files[file] = text
        d = r.choice(refs)
        w.ask(
            "contract parties",
            file,
            f"Who is the {one.lower()} of {client}?|Who is the {one.lower()} in {d}?|Who is {one.lower()} under {d}?",
            supplier,
        )
        w.ask(
            "contract parties",
            file,
            f"Who is the {other.lower()} in the contract with {supplier}?|Who are the parties to {d}?|With whom did {supplier} sign the contract?",
            client,
        )
        w.ask("contract signed", file, f"When was {d} signed?|On which day was {d} made?", start)
        absent = [f for f in CONTRACT if f not in selected]
        for fact in r.sample(absent, 5):
            if not any(fact.headings.split("|")[0] in f.headings for f in selected):
                w.ask("contract " + fact.headings, None, fact.questions.format(d=d, **slots))
        for fact in r.sample(CONTRACT, 4):
            stranger = {"A": w.name(), "B": w.name()}
            question_text = fact.questions.format(
                d=f"the contract with {stranger['A']}", **stranger
            )
            named = [
                q for q in question_text.split("|") if stranger["A"] in q or stranger["B"] in q
            ]
            w.ask("contract " + fact.headings, None, "|".join(named))
        for context in (supplier, client, supplier):
            w.ask("unknown", None, UNKNOWN.format(A=context))


def rules(w: World) -> None:
    """The same headings for several places; and one guide by itself."""
    r = w.rng
    places = r.sample(_CITIES + _LANDS, 4)
    shared = r.sample(RULES, 9)
    rest = [f for f in RULES if f not in shared]
    stem = r.choice(["House_rules", "Staff_terms", "Member_rules", "Site_guide"])
    for site in places[:3]:
        _rule_file(
            w,
            f"{stem}_{site}.md",
            stem.replace("_", " "),
            shared,
            f" in {site}",
            r.choice([" in {}", " for {}", " at the {} branch"]).format(site),
        )
    for fact in r.sample(shared, 6):
        w.ask("rule " + fact.headings, None, fact.questions.replace("{in}", f" in {places[3]}"))
    own = [f for f in rest if "{in}" in f.questions][:12]
    title = r.choice(["Volunteer guide", "Handbook for tenants", "Camp manual", "Crew booklet"])
    _rule_file(w, title.replace(" ", "_") + ".txt", title, own, "", "")
    context = [f.headings for f in (*own, *shared)]
    for fact in RULES:
        if fact.headings not in context:
            w.ask("rule " + fact.headings, None, fact.questions.replace("{in}", ""))
    w.ask(
        "rule other",
        None,
        "Is there a choir?|How much is breakfast?|Do I get a Christmas bonus?|Who waters the plants?|What does a copy cost?",
    )
    w.ask(
        "rule other",
        None,
        "Where can I charge my electric car?|When was the house built?|How many people work here?|Which bank do we use?",
    )


def _rule_file(
    w: World, file: str, title: str, facts: list[Fact], site: str, question_text: str
) -> None:
    r = w.rng
    md = file.endswith(".md")
    text = f"# {title}\n" if md else f"{title}\n"
    numbered = r.random() < 0.5
    for n, fact in enumerate(facts, 1):
        value = w.value(fact.value)
        heading = w.pick(fact.headings)
        body = [w.pick(fact.wordings).format(v=value)]
        if r.random() < 0.4:
            body.append(
                r.choice(
                    [
                        "Exceptions are decided by the office.",
                        "This also holds for guests.",
                        "Ask the desk if you are not sure.",
                        "The rule is reviewed every year.",
                    ]
                )
            )
        text += (
            f"\n{'## ' if md else ''}{f'{n}. ' if numbered else ''}{heading}\n\n{' '.join(body)}\n"
        )
        w.ask("rule " + fact.headings, file, fact.questions.replace("{in}", question_text), value)
        if not site:
            w.ask("rule " + fact.headings, file, fact.questions.replace("{in}", ""), value)
    if not site:
        for heading, sentence, questions, _ in r.sample(YES_RULES, 4):
            text += f"\n{'## ' if md else ''}{heading}\n\n{sentence}\n"
            w.ask("yes " + heading, file, questions, sentence, "yesno")
        for heading, lead_in, items, questions in r.sample(LISTS, 3):
            marks = r.choice(["- {}", "* {}", "{n}. {}", "({n}) {}"])
            lines = [marks.format(item, n=n) for n, item in enumerate(items.split("|"), 1)]
            text += f"\n{'## ' if md else ''}{heading}\n\n{lead_in}\n\n" + "\n".join(lines) + "\n"
            for _ in range(2):
                w.ask("list " + heading, file, questions, items, "list")
        context = text
        for heading, _, questions, _ in YES_RULES:
            if f"{heading}\n" not in context and heading not in ("Insurance",):
                w.ask("yes " + heading, None, questions)
    w.files[file] = text


def minutes(w: World) -> None:
    r = w.rng
    topics = r.sample(TOPICS, 12)
    body = r.choice(["Club committee", "Parish council", "Works council", "Building group"])
    for n in range(4):
        day = w.value("date")
        file = f"{body.replace(' ', '_')}_{day.replace(' ', '_')}.md"
        people = [w.value("person") for _ in range(4)]
        text = f"# {body}, meeting of {day}\n\nPlace: Room {r.randint(1, 30)}\n\nPresent: {', '.join(people)}\n"
        for m, topic in enumerate(topics[3 * n : 3 * n + 3], 1):
            text += f"\n## {m}. {topic.capitalize()}\n"
            for _, line, questions, kind in r.sample(MINUTES, 2):
                slots = {k: w.value(k) for k in ("money", "date", "num", "name")}
                slots |= {"person": people[m % 4], "person2": w.value("person"), "t": topic}
                sentence = line.format(**slots)
                bold = sentence.replace("Decision:", "**Decision:**").replace(
                    "Action:", "**Action:**"
                )
                text += f"\n{r.choice(['- ', ''])}{bold}\n"
                answer = sentence if kind == "no" else kind[1:] if kind[0] == "=" else slots[kind]
                for _ in range(2):
                    w.ask(
                        "minutes " + line[:20],
                        file,
                        questions.format(**slots),
                        answer,
                        "yesno" if kind == "no" else "plain",
                    )
        w.files[file] = text
        w.ask(
            "minutes other",
            None,
            f"What did the {body.lower()} decide about the statutes?|How high is the membership fee?|Who is the treasurer?|What did the cinema cost?|Who audits the accounts?",
        )
        for context in people[:2]:
            w.ask(
                "unknown person",
                None,
                f"What is the salary of {context}?|When was {context} born?|Where does {context} live?|How can I reach {context}?|What is the phone number of {context}?",
            )
        w.ask(
            "minutes other",
            None,
            f"Who was absent from the meeting of {w.value('date')}?|When is the next summer party?|What does the orchestra cost?|Why was the chimney torn down?",
        )


def mails(w: World) -> None:
    r = w.rng
    for n in range(3):
        sender, receiver, x = w.value("person"), w.value("person"), w.value("person")
        topic = r.choice(TOPICS) + r.choice([" licence", " permit", " order", " rental"])
        host = w.name().lower()
        day = f"{r.randint(10, 28)} Mar 2025"
        slots = {k: w.value(k) for k in ("money", "date", "person")}
        slots |= {"t": topic, "sender": sender, "x": x}
        lines = r.sample(MAIL, 3)
        file = f"{topic.replace(' ', '_')}_{n}.eml"
        text_ = " ".join(line.format(**slots) for line, _, _ in lines)
        w.files[file] = (
            f"From: {sender} <{sender.split()[0].lower()}@{host}.example>\nTo: {receiver} <{receiver.split()[1].lower()}@{w.name().lower()}.example>\n"
            f"Date: Thu, {day} 09:00:00 +0100\nSubject: {topic.capitalize()}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
            f"Dear {receiver.split()[0]},\n\n{text_}\n\nKind regards\n{sender.split()[0]}\n"
        )
        for line, questions, kind in lines:
            w.ask("mail " + line[:20], file, questions.format(**slots), slots[kind])
        w.ask(
            "mail sender",
            file,
            f"Who wrote about the {topic}?|Who sent the mail about the {topic}?|From whom is the mail about the {topic}?",
            sender,
        )
        w.ask(
            "mail other",
            None,
            f"What is the phone number of {sender}?|How old is {x}?|Where does {sender} live?|What does {receiver} earn?",
        )


def questions_and_answers(w: World) -> None:
    r = w.rng
    selected = r.sample(FAQ, 7)
    text = "# Questions of guests\n\n"
    marks = r.choice([("Q: ", "A: "), ("**", ""), ("### ", "")])
    for question, answer, wordings, kind in selected:
        value = w.value(kind)
        closing = "**" if marks[0] == "**" else ""
        gap = "\n" if marks[0] == "Q: " else "\n\n"
        text += f"{marks[0]}{question}{closing}{gap}{marks[1]}{answer.format(v=value)}\n\n"
        for _ in range(2):
            w.ask("faq " + question, "Questions_of_guests.md", f"{wordings}|{question}", value)
    w.files["Questions_of_guests.md"] = text
    for question, _, wordings, _ in FAQ:
        if question not in text:
            w.ask("faq " + question, None, wordings)
    w.ask(
        "faq other",
        None,
        "Is there a sauna?|Can I charge my electric car?|Who owns the hotel?|When was the hotel built?",
    )


def forms(w: World) -> None:
    r = w.rng
    for title in r.sample(FORMS, 4):
        file = f"{title.replace(' ', '_')}_{r.randint(2023, 2026)}.txt"
        selected = r.sample(FORM, 6)
        values = [w.value(kind) for _, kind, _ in selected]
        lines = "\n".join(
            f"{key}: {value}" for (key, _, _), value in zip(selected, values, strict=True)
        )
        w.files[file] = (
            f"{title}\n\n{lines}\n\nTickets are sold at the box office. Bags larger than a sheet of paper stay in the cloakroom.\n"
        )
        for (key, _, questions), value in zip(selected, values, strict=True):
            w.ask("form " + key, file, questions.format(d=f"the {title.lower()}"), value)
        for key, _, questions in FORM:
            if key not in [c[0] for c in selected]:
                w.ask("form " + key, None, questions.format(d=f"the {title.lower()}"))


def tables(w: World) -> None:
    r = w.rng
    boats = ["Rowing boat", "Canoe", "Pedal boat", "Sailing dinghy", "Kayak"]
    prices = {b: (r.randint(8, 30), r.randint(31, 90), r.randint(1, 6)) for b in boats}
    w.files["Boat_hire_prices.csv"] = "Boat,Hour EUR,Day EUR,Persons\n" + "".join(
        f"{b},{x},{y},{z}\n" for b, (x, y, z) in prices.items()
    )
    for b, (x, y, z) in prices.items():
        file, name = "Boat_hire_prices.csv", b.lower()
        w.ask("table boats", file, f"What does a {name} cost per hour?", str(x), "table")
        w.ask(
            "table boats",
            file,
            f"How much is a {name} for a day?|{name} day price",
            str(y),
            "table",
        )
        w.ask("table boats", file, f"How many persons fit into a {name}?", str(z), "table")
    w.ask(
        "table boats",
        None,
        "What does a motor boat cost per hour?|How much is a surfboard for a day?",
    )
    people = {
        w.value("person"): (r.choice(["Kitchen", "Reception", "Garden", "Laundry"]), w.value("ext"))
        for _ in range(6)
    }
    w.files["Staff_directory.html"] = (
        "<html><body><h1>Staff directory</h1><table><tr><th>Name</th><th>Department</th><th>Extension</th></tr>"
        + "".join(f"<tr><td>{n}</td><td>{d}</td><td>{e}</td></tr>" for n, (d, e) in people.items())
        + "</table></body></html>"
    )
    for n, (d, e) in people.items():
        w.ask(
            "table staff",
            "Staff_directory.html",
            f"What is the extension of {n}?|How can I phone {n}?|extension {n}",
            e,
            "table",
        )
        w.ask(
            "table staff",
            "Staff_directory.html",
            f"In which department does {n} work?|{n} department",
            d,
            "table",
        )
    w.ask("table staff", None, f"What is the extension of {w.name()}?|When was {w.name()} born?")


def invoices(w: World) -> None:
    r = w.rng
    for _ in range(4):
        number, customer, x, y = (
            f"R-{r.randint(100, 999)}",
            w.name(),
            r.randint(3, 40),
            r.randint(20, 90),
        )
        net, due, issued = x * y + 35, w.value("date"), w.value("date")
        tax, total = f"{net * 0.2:,.2f}", f"{net * 1.2:,.2f}"
        file = f"Bill_{number}_{customer}.txt"
        w.files[file] = (
            f"BILL\n\nNumber {number}\nIssued: {issued}\nWorkshop Marlow, 3 Mill Lane\nItem Quantity Price Amount\nPlanks of oak {x} {y}.00 {x * y:,}.00\n"
            f"Delivery 1 35.00 35.00\nSum without tax {net:,}.00\nTax 20% {tax}\nTo be paid {total}\nPayable until {due}.\n"
        )
        w.ask(
            "bill total",
            file,
            f"How much is bill {number}?|What does {customer} have to pay to the workshop?|total of bill {number}",
            total,
        )
        w.ask(
            "bill due",
            file,
            f"When is bill {number} due?|Until when must {customer} pay?|When does the bill for {customer} have to be paid?",
            due,
        )
        w.ask(
            "bill issued",
            file,
            f"When was bill {number} issued?|date of the bill for {customer}",
            issued,
        )
        w.ask("bill item", file, f"How many planks of oak did {customer} get?", str(x), "table")
        w.ask("bill item", file, f"How much tax is on the bill of {customer}?", tax, "table")
        w.ask(
            "bill other",
            None,
            f"What discount does {customer} get?|How much is bill R-{r.randint(1000, 1999)}?|What is the phone number of {customer}?",
        )


TEMPLATES = (contracts, rules, minutes, mails, questions_and_answers, forms, tables, invoices)


def build(folder: Path, seed: int) -> None:
    """Writes ``files/`` and ``questions.jsonl`` into a folder."""
    w = World(random.Random(seed))
    for template in TEMPLATES:
        template(w)
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for name, text in w.files.items():
        (folder / "files" / name).write_text(text, "utf-8")
    lines = (json.dumps(q, ensure_ascii=False) + "\n" for q in w.questions)
    (folder / "questions.jsonl").write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
