# ruff: noqa: E501 - documents as they are written
"""Summaries of short and odd documents: each kind gives what a reader of it wants to know."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from rag_infer import Summary, SummaryOptions, summarize
from rag_infer.embed import Embedder, load_embedder


@functools.cache
def _embedder() -> Embedder:
    return load_embedder()


def _summary(folder: Path, name: str, text: str, **options: object) -> Summary:
    path = folder / name
    path.write_text(text.lstrip("\n"), "utf-8")
    return summarize(path, SummaryOptions(**options), embedder=_embedder())  # type: ignore[arg-type]


def _texts(summary: Summary) -> list[str]:
    """The points, each of them checked to consist of cited words of the document."""
    cited = {c.number: c.span for c in summary.citations}
    for point in summary.points:
        assert point.citations
        quotes = [" ".join(cited[number].quote.split()) for number in point.citations]
        assert any(quote in point.text for quote in quotes)
        assert [cited[number] for number in point.citations] == list(dict.fromkeys(point.evidence))
    return [point.text for point in summary.points]


SERVICE = """
SERVICE AGREEMENT

This Agreement is entered into on 7 January 2026 by and between Fernhill School ("Customer") and
Sparkle Cleaning Ltd ("Provider").

1. SERVICES
Provider cleans the classrooms of Customer every weekday evening.

2. TERM
This Agreement runs from 1 February 2026 for a period of eighteen months.

3. CHARGES
Customer pays Provider $2,300 per month, within 30 days of the invoice.

4. LIABILITY
Provider's liability is capped at $50,000. The limitation does not apply to wilful acts.

5. TERMINATION
Customer may terminate with sixty days' written notice.
"""
LEASE_DE = """
Mietvertrag

zwischen Frau Petra Lindner, Kassel (nachfolgend "Vermieterin") und Herrn Jonas Brandt, Kassel
(nachfolgend "Mieter").

§ 1 Mietgegenstand

Vermietet wird die Wohnung im zweiten Obergeschoss mit drei Zimmern und 78 m².

§ 2 Mietdauer

Das Mietverhältnis beginnt am 1. Mai 2025 und läuft auf unbestimmte Zeit.

§ 3 Miete

Die monatliche Grundmiete beträgt 840 Euro. Sie ist am dritten Werktag jedes Monats fällig.

§ 4 Kaution

Der Mieter zahlt eine Kaution von 2.520 Euro.

§ 5 Kündigung

Der Mieter kann mit einer Frist von drei Monaten kündigen.
"""
LABELED = """
# Freelance Contract

- **Client:** Blue Heron Studios, Leeds
- **Contractor:** Maya Osei

## Work

Maya Osei writes a podcast of six episodes for the Client. The obligation includes one revision.

## Duration

The work starts on 3 March 2026 and ends on 29 May 2026.

## Fee

The Client pays GBP 1,150 per episode. Invoices are paid within 14 days.

## Ending

Either side may end this contract with two weeks' notice in writing.
"""
EMPLOYMENT_DE = """
Arbeitsvertrag

Zwischen der Nordlicht Optik GmbH, Kiel (Arbeitgeberin) und Frau Selin Kaya (Arbeitnehmerin) wird
folgender Vertrag geschlossen:

1. Tätigkeit
Frau Kaya wird als Augenoptikerin eingestellt.

2. Beginn
Das Arbeitsverhältnis beginnt am 1. September 2025. Die Probezeit beträgt sechs Monate.

3. Vergütung
Das Bruttogehalt beträgt 3.150 Euro im Monat.

4. Urlaub
Der Urlaub beträgt 28 Tage im Jahr.

5. Kündigung
Nach der Probezeit beträgt die Kündigungsfrist drei Monate zum Monatsende.
"""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "service.txt",
            SERVICE,
            ("Fernhill School", "cleans the classrooms", "eighteen months", "$2,300", "sixty days"),
        ),
        (
            "miete.txt",
            LEASE_DE,
            ("Jonas Brandt", "zweiten Obergeschoss", "1. Mai 2025", "840 Euro", "drei Monaten"),
        ),
        (
            "freelance.md",
            LABELED,
            ("Maya Osei", "six episodes", "29 May 2026", "GBP 1,150", "two weeks' notice"),
        ),
        (
            "arbeit.txt",
            EMPLOYMENT_DE,
            ("Selin Kaya", "Augenoptikerin", "1. September 2025", "3.150 Euro", "drei Monate zum"),
        ),
    ],
)
def test_a_contract_gives_parties_subject_term_money_and_notice(
    tmp_path: Path, name: str, text: str, words: tuple[str, ...]
) -> None:
    points = _texts(_summary(tmp_path, name, text))
    assert len(points) == 5
    for point, word in zip(points, words, strict=True):
        assert word in point
    assert not any(point.startswith(("The obligation", "The limitation")) for point in points)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_number_of_points_and_words_is_never_exceeded(tmp_path: Path, count: int) -> None:
    assert len(_summary(tmp_path, "a.txt", SERVICE, bullets=count).points) <= count
    few = _texts(_summary(tmp_path, "a.txt", SERVICE, words=12 * count))
    assert sum(len(point.split()) for point in few) <= 12 * count


def test_a_report_about_an_agreement_is_no_contract(tmp_path: Path) -> None:
    text = """
The trade agreement between the two countries was signed in Bern on Monday after six years of
talks. Farmers on both sides of the border had asked for higher quotas on cheese and butter. The
ministers promised to publish the whole text of the treaty before the end of the summer.
"""
    points = _texts(_summary(tmp_path, "news.txt", text))
    assert any(point.startswith("Farmers on both sides") for point in points)


MINUTES = """
Minutes of the Allotment Committee, 4 March 2026

Present: Joan Pell, Ahmed Rashid, Tessa Lin
Apologies: Bob Carr

1. Water tank
The old tank leaks at the bottom.
It was agreed to buy a new tank for up to £900.
Ahmed Rashid will get three quotes by 20 March 2026.

2. Open day
The committee decided to hold the open day on 6 June 2026.
Tessa Lin to print 200 leaflets by 1 May 2026.

The next meeting is on 8 April 2026 at 7 pm.
"""
MINUTES_DE = """
# Protokoll der Teamsitzung vom 12. Januar 2026

Anwesend: Frau Roth, Herr Dahl

## TOP 1 Neue Software

Herr Dahl stellt zwei Angebote vor.

Beschluss: Das Team kauft Planwerk für 1.900 Euro.

Aufgabe: Herr Dahl bestellt die Lizenzen bis 30. Januar 2026.

Nächste Sitzung: 9. Februar 2026
"""
MEETING_NOTES = """
# Meeting notes: website relaunch

Date: 2026-02-10
Attendees: Kim, Omar, Lucia

## Decisions

- The shop moves to the new domain on 1 April.
- The blog stays where it is.

## Action items

| Owner | Task | Due |
|---|---|---|
| Kim | Write the redirect list | 2026-02-20 |

## Next meeting

24 February, 10:00, room 3.
"""


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [
        (
            "minutes.txt",
            MINUTES,
            (
                "It was agreed to buy a new tank for up to £900.",
                "Ahmed Rashid will get three quotes by 20 March 2026.",
                "The committee decided to hold the open day on 6 June 2026.",
                "Tessa Lin to print 200 leaflets by 1 May 2026.",
                "The next meeting is on 8 April 2026 at 7 pm.",
                "Minutes of the Allotment Committee, 4 March 2026",
            ),
        ),
        (
            "protokoll.md",
            MINUTES_DE,
            (
                "Beschluss: Das Team kauft Planwerk für 1.900 Euro.",
                "Aufgabe: Herr Dahl bestellt die Lizenzen bis 30. Januar 2026.",
                "Nächste Sitzung: 9. Februar 2026",
            ),
        ),
        (
            "notes.md",
            MEETING_NOTES,
            (
                "The shop moves to the new domain on 1 April.",
                "The blog stays where it is.",
                "Kim | Write the redirect list | 2026-02-20",
                "24 February, 10:00, room 3.",
                "Date: 2026-02-10",
            ),
        ),
    ],
)
def test_minutes_give_decisions_actions_and_dates(
    tmp_path: Path, name: str, text: str, points: tuple[str, ...]
) -> None:
    found = _texts(_summary(tmp_path, name, text))
    assert set(points) <= set(found)
    assert "Herr Dahl stellt zwei Angebote vor." not in found


def test_a_decision_on_him_goes_with_the_sentence_that_names_him(tmp_path: Path) -> None:
    text = """
# Board minutes, 10 April 2025

## Board

Imran Sethi leaves the board on 30 June 2025.

Decision: Nadia Okoro succeeds him.
"""
    points = _texts(_summary(tmp_path, "minutes.md", text))
    assert (
        "Imran Sethi leaves the board on 30 June 2025. Decision: Nadia Okoro succeeds him."
        in points
    )


def test_minutes_of_many_decisions_say_how_many_are_left_out(tmp_path: Path) -> None:
    decisions = "\n\n".join(f"Decision: Plan {n} is accepted." for n in range(1, 13))
    text = f"# Minutes, 3 May 2026\n\n{decisions}\n\nNext meeting: 7 June 2026\n"
    summary = _summary(tmp_path, "m.md", text)
    assert len(summary.points) == 8
    assert "Next meeting: 7 June 2026" in _texts(summary)
    assert "-n sets how many" in summary.warnings[0]
    assert len(_summary(tmp_path, "m.md", text, bullets=20).points) == 14


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [
        (
            "rechnung.txt",
            """
Malerbetrieb Kunze GmbH
Hafenstraße 9, 24103 Kiel

Rechnung an: Kita Sonnenblume, Kiel

Rechnung
Rechnungsnummer: 2026-0148
Rechnungsdatum: 18.02.2026

Pos  Leistung                   Betrag
1    Streichen von zwei Räumen  1.240,00 €
2    Material                     310,50 €

Nettobetrag   1.550,50 €
Gesamtbetrag  1.845,10 €

Zahlbar bis 4. März 2026 ohne Abzug.
""",
            (
                "Malerbetrieb Kunze GmbH",
                "Rechnung an: Kita Sonnenblume, Kiel",
                "Rechnungsnummer: 2026-0148",
                "Rechnungsdatum: 18.02.2026",
                "Gesamtbetrag 1.845,10 €",
                "Zahlbar bis 4. März 2026 ohne Abzug.",
            ),
        ),
        (
            "invoice.md",
            """
# Invoice 7781

**From:** Pixel & Thread LLC, Austin
**Bill to:** Cedar Clinic
**Invoice date:** March 9, 2026
**Due date:** April 8, 2026

| Item | Hours | Amount |
|---|---|---|
| Logo design | 12 | $1,080.00 |

**Total due:** $1,350.00
""",
            (
                "Invoice 7781",
                "**From:** Pixel & Thread LLC, Austin",
                "**Bill to:** Cedar Clinic",
                "**Invoice date:** March 9, 2026",
                "**Due date:** April 8, 2026",
                "**Total due:** $1,350.00",
            ),
        ),
        (
            "receipt.txt",
            """
Harbour Books
12 Quay Street

RECEIPT No. 55821
Date: 3 Jan 2026

Atlas of Tides      24.99
Pencil set           6.50

Total paid         $31.49
Thank you for your visit.
""",
            ("Harbour Books", "RECEIPT No. 55821", "Date: 3 Jan 2026", "Total paid $31.49"),
        ),
    ],
)
def test_an_invoice_gives_parties_number_dates_and_total(
    tmp_path: Path, name: str, text: str, points: tuple[str, ...]
) -> None:
    assert tuple(_texts(_summary(tmp_path, name, text))) == points
    (total,) = _texts(_summary(tmp_path, name, text, bullets=1))
    assert "total" in total.lower() or "Gesamt" in total


def _mail(subject: str, body: str) -> str:
    return (
        f"From: Adam Klee <a@x.example>\nTo: b@x.example\nSubject: {subject}\n"
        "Date: Mon, 02 Feb 2026 10:00:00 +0100\nContent-Type: text/plain; charset=utf-8\n"
        f"\n{body.lstrip()}"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            """
Hello Bea,

the roofer comes on Thursday at eight. Please move the cars from the yard.

Best regards
Adam

--\x20
Adam Klee, Office, phone 555-0101
This mail is confidential. If you are not the addressee, delete it.
""",
            ["the roofer comes on Thursday at eight.", "Please move the cars from the yard."],
        ),
        (
            """
Liebe Kolleginnen und Kollegen,

am Freitag ziehen wir in den dritten Stock um. Die Firma Hebel kommt um sieben Uhr.

Viele Grüße
Lena

Lena Vogt | Verwaltung | Tel. 0431 5550
Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt.
""",
            [
                "am Freitag ziehen wir in den dritten Stock um.",
                "Die Firma Hebel kommt um sieben Uhr.",
            ],
        ),
        (
            """
Hi Theo,

We accept the price of £2,150 for the boiler. It is lower than the one of last year.
Please bring the forms:
- the warranty card
- the gas certificate

Cheers,
Rosa

On Thu, 5 Mar 2026 at 11:02, Theo Marsh <theo@z.example> wrote:
> Dear Rosa,
> the boiler costs 2,150 pounds.
""",
            [
                "We accept the price of £2,150 for the boiler. It is lower than the one of last year.",
                "Please bring the forms: - the warranty card - the gas certificate",
            ],
        ),
    ],
)
def test_a_mail_gives_who_writes_and_what_without_its_signature(
    tmp_path: Path, body: str, said: list[str]
) -> None:
    header, *points = _texts(_summary(tmp_path, "mail.eml", _mail("Roof", body)))
    assert header.startswith("Roof; From: Adam Klee <a@x.example>; To: b@x.example; Date: Mon, 02")
    assert points == said
    (only,) = _texts(_summary(tmp_path, "mail.eml", _mail("Roof", body), bullets=1))
    assert any(only in point for point in said)


def test_a_letter_is_told_by_what_it_says(tmp_path: Path) -> None:
    text = """
Elm Road Dental Practice
4 Elm Road, Norwich

12 February 2026

Mr Peter Holt
9 Mill Lane, Norwich

Your appointment

Dear Mr Holt,

We have moved your check-up to 2 March 2026 at 9.30 am. Dr Shah is away that week.

Yours sincerely

Anne Field
Practice manager
"""
    assert _texts(_summary(tmp_path, "letter.txt", text)) == [
        "Your appointment; 12 February 2026",
        "We have moved your check-up to 2 March 2026 at 9.30 am.",
        "Dr Shah is away that week.",
    ]


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [
        (
            "sales.csv",
            "Month,Sales,Returns\nJanuary,120,4\nFebruary,138,9\nMarch,161,3\n",
            [
                "A table of 3 rows: Month, Sales, Returns",
                "Month: January, February, March",
                "Sales: lowest 120 (January), highest 161 (March)",
                "Returns: lowest 3 (March), highest 9 (February)",
            ],
        ),
        (
            "tiere.csv",
            "Tier;Gewicht (kg);Aufnahme\nMimi;4,2;03.01.2026\nRex;21,5;14.01.2026\n"
            "Flo;1,9;02.02.2026\n",
            [
                "A table of 3 rows: Tier, Gewicht (kg), Aufnahme",
                "Tier: Mimi, Rex, Flo",
                "Gewicht (kg): lowest 1,9 (Flo), highest 21,5 (Rex)",
                "Aufnahme: from 03.01.2026 to 02.02.2026",
            ],
        ),
        (
            "desks.tsv",
            "Name\tTeam\tDesk\nAda\tOps\t12\nBo\tOps\t14\nCy\tLab\t3\n",
            [
                "A table of 3 rows: Name, Team, Desk",
                "Name: Ada, Bo, Cy",
                "Team: Ops, Lab",
                "Desk: lowest 3 (Cy), highest 14 (Bo)",
            ],
        ),
    ],
)
def test_a_table_says_what_its_columns_hold(
    tmp_path: Path, name: str, text: str, points: list[str]
) -> None:
    summary = _summary(tmp_path, name, text)
    assert _texts(summary) == points
    quotes = {c.span.quote for c in summary.citations}
    assert all("," not in quote or quote in text for quote in quotes)


def test_a_total_is_not_the_highest_figure_of_a_column(tmp_path: Path) -> None:
    text = "Team,Cost\nOps,40\nLab,25\nShop,30\nTotal,95\n"
    points = _texts(_summary(tmp_path, "cost.csv", text))
    assert "Cost: lowest 25 (Lab), highest 40 (Ops)" in points
    assert "Total | 95" in points


@pytest.mark.parametrize(
    ("name", "text", "points"),
    [
        (
            "tides.py",
            '"""Counts tides."""\n\ndef tides(day):\n    """Gives the tides of a day."""\n    return 2\n',
            ["Counts tides.", "def tides(day): Gives the tides of a day."],
        ),
        (
            "shapes.py",
            "class Circle:\n    def area(self) -> float:\n        return 3.0\n\n\n"
            "def largest(circles):\n    return circles[0]\n",
            ["class Circle", "def area(self) -> float", "def largest(circles)"],
        ),
        (
            "cart.js",
            "// Prices of a cart.\n\n/**\n * Sums the prices.\n */\nexport function total(items) {\n"
            "  return 0;\n}\n",
            ["Prices of a cart.", "export function total(items): Sums the prices."],
        ),
        (
            "main.go",
            "package tides\n\n// Count gives the tides of a day.\nfunc Count(day int) int {\n"
            "\treturn 2\n}\n\ntype Station struct {\n\tName string\n}\n",
            ["func Count(day int) int: Count gives the tides of a day.", "type Station struct"],
        ),
    ],
)
def test_code_says_what_it_defines_and_where(
    tmp_path: Path, name: str, text: str, points: list[str]
) -> None:
    summary = _summary(tmp_path, name, text)
    assert _texts(summary) == points
    for citation in summary.citations:
        line = text[: citation.span.start].count("\n") + 1
        assert citation.heading[-1] == f"L{line}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "radiator.md",
            "# Bleeding a radiator\n\nTurn off the heating. Put a cloth under the valve. Open the valve. "
            "Wait until water comes. Close the valve. Check the pressure.\n",
        ),
        (
            "mixer.txt",
            "Switch off the mixer. Pull out the plug. Wash the bowl by hand. Dry all parts. "
            "Oil the shaft once a month.\n",
        ),
        (
            "filter.txt",
            "Schrauben Sie den Deckel ab. Nehmen Sie den Filter heraus. Lassen Sie alles trocknen. "
            "Setzen Sie den Filter wieder ein. Schließen Sie den Deckel.\n",
        ),
    ],
)
def test_a_guide_of_short_sentences_is_told_by_them_in_order(
    tmp_path: Path, name: str, text: str
) -> None:
    summary = _summary(tmp_path, name, text)
    assert len(_texts(summary)) == 5
    starts = [c.span.start for c in summary.citations]
    assert starts == sorted(starts)
    assert not summary.warnings


def test_questions_are_given_with_their_answers(tmp_path: Path) -> None:
    text = """
# Pool

## When is the pool open?

Every day from 7 to 21.

## Are there lockers?

Yes. They need a coin.

## May children swim alone?

From the age of ten.
"""
    points = _texts(_summary(tmp_path, "faq.md", text))
    assert points[0] == "When is the pool open? Every day from 7 to 21."
    assert len(points) == 3


def test_an_indexed_table_is_told_like_its_file(tmp_path: Path) -> None:
    from rag_infer import Index

    file = tmp_path / "sales.csv"
    file.write_text("Month,Sales\nJanuary,120\nFebruary,138\n")
    index = Index.open(tmp_path / "index", create=True)
    index.add(file)
    stored = [point.text for point in index.summarize("sales.csv").points]
    assert stored == [point.text for point in summarize(file, embedder=_embedder()).points]
