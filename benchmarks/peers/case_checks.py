"""The right values of the visible cases, read off their `case.md`; cases.py applies them.

A check belongs to a command of its case, named by a part of it. Words of `answer` must be in the
answer itself (not in its quotes, not among the nearest passages of a refusal), words of `output`
anywhere in what was printed, words of `absent` nowhere (in the answer, where one is asked for).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What one command must print.

    Args:
        command: A part of the command, without the shell's backslashes.
        answer: Words that the answer must have.
        output: Words that must be printed.
        absent: Words that must not be printed.
        refused: The question must not be answered clearly.
        confident: The answer must not be called a nearest passage.
        occurrence: Which of the commands with that part, from 0.
    """

    command: str
    answer: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    refused: bool = False
    confident: bool = False
    occurrence: int = 0


def answers(command: str, *words: str, absent: tuple[str, ...] = (), at: int = 0) -> Check:
    """The question is answered clearly, with these words."""
    return Check(command, answer=words, absent=absent, confident=True, occurrence=at)


def prints(command: str, *words: str, absent: tuple[str, ...] = (), at: int = 0) -> Check:
    """The command prints these words."""
    return Check(command, output=words, absent=absent, occurrence=at)


def refuses(command: str, *absent: str) -> Check:
    """The question is not answered clearly, and none of these words is in the answer."""
    return Check(command, absent=absent, refused=True)


CHECKS: dict[str, tuple[Check, ...]] = {
    "01": (
        answers("How much is the budget", "set at 11,400 euros, of which the town pays a third"),
        answers("When does the seed swap", "12 March"),
        prints("read from in/newsletter.pdf", "set at 11,400 euros"),
    ),
    "02": (
        answers("policy number of Marit", "TRV-55120-K"),
        answers("What amount is claimed", "1,284.50 euros"),
        prints("search TRV-55120-K", "Policy number: TRV-55120-K"),
        prints(
            "read from in/claim-form.pdf",
            "Receipts attached: [x]",
            "Name of the insured: Marit Solheim",
        ),
    ),
    "04": (
        prints("How many passengers", "240", "p. 1"),
        prints("reserve anchor", "310 kilograms", "p. A-1"),
        prints("this edition replace", "one of 2019", "p. ii"),
        answers("on page 2 of the handbook", "Life jackets are kept under the benches"),
        answers("page A-1 say", "reserve anchor weighs 310 kilograms"),
        # Points name printed pages, the range counts those of the file: two words for two counts.
        prints("summarize in/handbook.pdf --pages 3-4", "(p. 2)", "sheets 3-4 read"),
    ),
    "05": (
        prints("index in", "p. 2: image", "p. 3: image"),
        refuses("monthly rent of the warehouse"),
        prints("summarize in/lease.pdf", "2 without text"),
    ),
    "06": (
        answers("When was Castle Hill", "2004"),
        answers("lift to each platform", "Castle Hill"),
        answers("night bus stop", "Brook Street and at Castle Hill"),
    ),
    "08": (
        answers("借书证的年费是多少", "四十五元"),
        answers("图书馆工作日开放到几点", "晚上十点"),
        answers("כמה", "3200"),
        prints("search המפתח", "המפתח נמצא אצל השכן"),
    ),
    "10": (
        answers("notice period for terminating", "notice period of seven months"),
        answers("number of the framework contract", "KX-7731"),
    ),
    "11": (
        answers("How much is the grant", "22,500"),
        answers("Above which distance", "700 kilometres"),
        answers("Ingeborg ask", "15 May"),
        answers("reference number", "GA-2207-Q"),
        answers("Where do questions go", "grants@lindqvist.example"),
        prints("read from in/agreement.docx", "22,500", absent=("18,000",)),
    ),
    "14": (
        prints("index in", "formulas without a stored result"),
        answers("total of the quote", "not computed", absent=("19.9", "12.5")),
        answers("sum for oak boards", "not computed", absent=("12.5",)),
        answers("code of the night tariff", "00418"),
        answers("share does the day tariff", "35%"),
        prints("search 00418", "rates.xlsx", "00418"),
        prints("read from in/rates.xlsx", "36:00", "00417"),
    ),
    "15": (
        answers("visitors did the museum have in 2023", "74", absent=("61", "83")),
        answers("wing for ceramics open", "9 October"),
        answers("responsible for school classes", "Birgit Thaler", absent=("Okonjo",)),
        refuses("How much would entry cost", "25 euros"),
        prints("index in", "hidden slide"),
    ),
    "17": (
        answers("倉庫の鍵はどこにありますか", "二階の受付"),
        answers("会議は何時に始まりますか", "午後三時"),
        prints("read from in/cp1251.txt", "Плата за стоянку составляет сорок рублей в час."),
        prints("read from in/euckr.txt", "주차 요금은 한 시간에 이천 원입니다."),
        prints("read from in/gbk.txt", "停车场每小时收费三元"),
        prints("read from in/jp.html", "倉庫の鍵は二階の受付にあります。", "お知らせ"),
        prints("read from in/kaigi.eml", "倉庫の鍵は二階の受付にあります。", "会議のご案内"),
        prints("read from in/koi8.txt", "Ключ от склада лежит у сторожа."),
        prints("read from in/latin2.txt", "leży u dozorcy", "święto gminy"),
        prints("read from in/note-sjis.txt", "駐車場の料金は一時間三百円です。"),
        prints("read from in/sjis.html", "倉庫の鍵は二階の受付にあります。"),
        prints("read from in/utf16.csv", "Müller", "Fürth"),
    ),
    "18": (
        answers("replaced the pump", "Sanne Kuiper"),
        answers("watering on odd days", "Tobias Lehn"),
        answers("litres do the beans", "18"),
        answers("bed 2 be covered", "15 May"),
        answers("grey dry", "eleven hours", absent=("Sold-by-Brandt",)),
        answers("sells the red lead", "Sold-by-Brandt-in-Kiel", absent=("eleven hours",)),
        answers("jobs does pg_restore", "6"),
        prints("search Sold-by-Brandt", "refs.md"),
        prints("search pump --since", "toml.md"),
        prints("search beans --meta", "obsidian.md", absent=("900 euros",)),
    ),
    "19": (
        answers("Who offered 12 lamps", "Rune Dahl", absent=("Ella Brandt",)),
        answers("lamps do we take", "15"),
        answers("hall booked", "14 March"),
        answers("stocktaking take place", "Warehouse 5"),
        answers("noise level", "71 decibels"),
        prints("search lamps --since", "forward.eml"),
        prints("read from in/forward.eml", "Offer for 12 lamps", "From: Rune Dahl", "03 Feb 2026"),
    ),
    "20": (
        prints("index in", "e-open.csv", "quote not closed in line 2"),
        answers("total Umsatz", "1,589.75"),
        answers("total Stock", "808"),
        answers("total Price in e-open", "140"),
        answers("shelf are rivets", "D2"),
        answers("length of the Boreas", "61"),
        answers("Betrag of Huber", "1.250,50"),
        prints(
            "read from in/c-title.csv",
            "Washer 8 | 1200 | D1",
            "Stock list of the workshop, made on 2",
        ),
        prints("read from in/d-quote.csv", "Valve | 2 in, brass | 31"),
        prints("read from in/f-multiline.csv", "Door sticks. Second floor, room 204."),
    ),
    "22": (
        answers("lighthouse keeper", "Ansgar Holm"),
        answers("drew the logo", "Petra Wolfram"),
        answers("club is the blob", "Moewe"),
        answers("phone number of the owner", "555-0144"),
        answers("page is chapter 12", "84"),
    ),
    "23": (
        prints("search Schlüsselübergabe Küche", "nfd.md", absent=("lexical 0.00",)),
        prints("search Jürgen Möller", "nfd.md", absent=("lexical 0.00",)),
        prints('search "Jürgen Möller"', "nfd.md"),
        prints("search Café Zürich Brücke", "nfc.md", absent=("lexical 0.00",)),
        prints("search watermeter", "zwsp.txt", absent=("lexical 0.00",)),
        prints("search pumphouse", "zwsp.txt", absent=("lexical 0.00",)),
        prints("search WM-204-7", "zwsp.txt", absent=("lexical 0.00",)),
        prints('search "gate code"', "zwsp.txt"),
        prints("search AB-1234", "fullwidth.txt", absent=("lexical 0.00",)),
        prints("search 305", "fullwidth.txt", absent=("lexical 0.00",)),
        prints("search naive facade", "emoji.md", absent=("lexical 0.00",)),
        prints("search Emile Dupres", "emoji.md", absent=("lexical 0.00",)),
        prints("search O'Brien contract", "smart.txt", absent=("lexical 0.00",)),
        prints("captain's cabin", "smart.txt"),
        answers("serial number of the water meter", "WM‑204‑7"),
        answers("Wer macht die Schlüsselübergabe", "Jürgen Möller"),
        answers("Who built the facade", "Émile Duprés"),
    ),
    "25": (
        prints("lunch in the canteen cost?", "5.20 euros. [1]", "newest version"),
        answers("cost in 2025", "5.20", absent=("4.10", "4.60")),
        answers("lunch cost in 2022", "4.10", absent=("5.20",)),
        answers("current price of a lunch", "5.20"),
        answers("next meeting", "13 May"),
        answers("colour is the fence", "blue"),
        answers("decided in the latest minutes", "blue", absent=("green",)),
        prints("search minutes-2025-04-08", "1. 1.000 in/2025/minutes-2025-04-08.md"),
        answers("minutes of 8 April 2025 say", "blue", absent=("green",)),
        prints("search canteen-copy", "1. 1.000 in/2025/archive/canteen-copy.md"),
        answers("documents are about the canteen", "canteen.md"),
    ),
    "29": (
        answers("red boat launched", "3 May"),
        answers("white boat launched", "9 June"),
        answers("brown shed have", "7"),
        answers("How deep is the well", "31 metres"),
        answers("How high is the tower", "44 metres"),
        answers("Where are the rods", "locker 6"),
        answers("persons does the raft", "nine"),
        answers("long is the pier", "210 metres"),
        refuses("kiosk sell"),
        answers("exits does the cave", "two"),
        prints("search sauna", "#1 50% off.md"),
        prints("search pier", "with [brackets] *.md"),
    ),
    "30": (
        prints("index in/share", "kept: 3 documents", "removed 0", at=1),
        answers("How high is the mast", "22 metres"),
        prints("index in/share", "unchanged 3", "removed 0", at=2),
        answers("How high is the mast", "22 metres", at=1),
        prints("(unprivileged) rag index", "kept: 1 document", "removed 0", at=1),
        answers("Who keeps the safe code", "Ulla"),
        prints("(unprivileged) rag index", "kept: 3 documents", "removed 0", at=4),
        answers("(unprivileged) rag ask --no-log How high", "22 metres"),
        answers("(unprivileged) rag ask --no-log How high", "22 metres", at=1),
    ),
    "31": (
        prints("index in/box", "indexed 2", absent=("Traceback",)),
        answers("How high is the tower", "44 metres"),
        answers("kiosk sell", "maps"),
        prints("index in/two", "indexed 2", absent=("Traceback",)),
        prints("rag summarize", "The kiosk sells maps.", absent=("Traceback",)),
    ),
    "33": (
        prints("owns the hut", "Mette Ravn", "Island guide > Vestrey"),
        prints("ferry need", "forty minutes", "Island guide > Sandoy"),
        prints("wind force does work stop", "wind force six", "Safety manual > Roof"),
        prints("shower tested", "Mondays", "Safety manual > Laboratory"),
        prints("--json At which wind force", '"Roof"', absent=('"Boiler room"',)),
        prints("search harness", "Safety manual > Roof"),
    ),
    "37": (
        answers("total of the offer for Okafor", "7,950", absent=("3,410",)),
        answers("amount due of invoice 2292", "845", absent=("612",)),
        answers("quartz invoice be paid", "5 May", absent=("9 May",)),
        prints("search Lindgren", "1. 1.000 in/Customers/Lindgren AB/offer.txt"),
        prints("search invoice_2291_quartz", "1. 1.000 in/invoice_2291_quartz.txt"),
        prints("search basalt", "1. 1.000 in/invoice_2292_basalt.txt"),
        answers("Whom did the board choose", "Firth and Sons"),
    ),
    "41": (
        prints("index in", "no reader for", ".gz", ".v2"),
        answers("lock code", "5518"),
    ),
    "46": (
        prints("index in", "line 5 is not JSON", "indexed 4"),
        answers("mean height of the tides", "3.72 metres"),
        answers("owner of ticket T-1", "Rasmus", absent=("open;",)),
        prints("wrong with the lamp", "The lamp in the yard flickers."),
        answers("degrees is the heating", "19"),
        answers("key opens the cellar", "square brass key"),
        answers("salt did a mule carry", "ninety kilograms"),
        answers("north gate walled up", "1661"),
        prints("read from in/book.epub", "north gate", absent=("gate1",)),
    ),
    "50": (
        prints("read from in/brief.pdf", "10⁶", "640 m²", absent=("1203", "854 ", "1,4122")),
        answers("membership fee", "120", absent=("1203",)),
        answers("people does the hall hold", "85", absent=("854",)),
        answers("members does the society", "1,412", absent=("1,4122",)),
        refuses("secret fee", "999"),
        prints("index in", "hidden text left out"),
    ),
    "51": (
        answers("phone number of the Larch Bakery", "555-0166"),
        answers("Larch Bakery open", "from six to two"),
        answers("special of the week", "plum cake"),
        answers("Who owns the oak", "Parish of Selby"),
        answers("oak at the church", "640"),
        answers("customer of order 5521", "Hanne Lorck"),
        answers("returns free", "60 days"),
    ),
    "62": (
        prints("upload v1", "202"),
        prints("upload v2", "202"),
        prints("ask 200", "in the porch"),
        prints("ask 200", "in the cellar now", at=1),
        prints("delete /uploads/notes.txt", "200"),
        prints("ask after delete", "do not answer this"),
        prints("delete an indexed folder's file", "200"),
    ),
}
