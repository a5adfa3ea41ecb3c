"""Accounts with spending in brackets, prices of two years, names and numbers of rows."""

from __future__ import annotations

import pytest

from rag_infer.table_qa.planner import best_plan
from rag_infer.table_qa.query_table import QueryTable, query_table
from rag_infer.table_qa.selection import choose


def table(text: str, name: str = "") -> QueryTable:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return query_table(rows, 1, name=name, document=name, context=name)


ACCOUNT = table("""
 | 2022 | 2023 | 2024
Income | | |
Donations | 412 | 455 | 498
Total income | 730 | 732 | 854
Expenditure | | |
Programmes | (505) | (548) | (590)
Fundraising | (61) | (70) | (66)
Total expenditure | (640) | (697) | (739)
Net result | (90) | (35) | (115)
Other items | (4) | (9) | (6)
""", "account")  # fmt: skip
SWAPS = table("""
 | 2022 | 2023 | 2024
Forward | 4 | 9 | 6
Swap | (4) | (9) | (6)
""", "swaps")  # fmt: skip
SHOP = table("""
Quarter | Books | Clothes
Q1 | 4,120 | 9,870
Q2 | 3,880 | 10,240
Q3 | 4,410 | 8,660
Q4 | 5,990 | 14,030
Year | 18,400 | 42,800
Average | 4,600 | 10,700
""", "shop takings")  # fmt: skip
OLD = table("""
Beer | Keg 20 l | Keg 50 l
Old Mill | 48.00 | 101.00
Sunrise | 44.00 | 92.50
Bock | 66.00 | 139.00
""", "price-list-2023")  # fmt: skip
NEW = table("""
Beer | Keg 20 l | Keg 50 l
Old Mill | 50.50 | 105.00
Sunrise | 43.50 | 95.00
Bock | 69.00 | 145.00
""", "price-list-2024")  # fmt: skip
CUSTOMERS = table("""
customer id | name | town | tier
00017 | Zum Anker | Bremen | gold
00018 | The Crow | Leeds | silver
00023 | Bar Nove | Brno | gold
""", "customers")  # fmt: skip
REAGENTS = table("""
CAS | Reagent | Amount (g) | Room
0064-17-5 | Ethanol | 2500 | K12
0067-64-1 | Acetone | 1000 | K12
7647-14-5 | Sucrose | 5000 | K14
""", "reagents")  # fmt: skip
STAFF = table("""
Staff no | Name | Department | Start | Age group | Hours
00031 | Mira Kos | Spa | 2019-05-01 | W30 | 30
00044 | Anton Pal | Spa | 2021-02-15 | M40 | 40
00052 | Lea Graf | Reception | 2018-09-01 | W40 | 40
00071 | Nia Evans | Reception | 2022-11-20 | W30 | 25
""", "staff")  # fmt: skip
SPA = table("""
Treatment | Minutes | Price | Therapist
Hot stone massage | 50 | € 85 | Mira
Foot massage | 25 | € 40 | Mira
Mud wrap | 60 | € 95 | Anton
""", "spa")  # fmt: skip
FLEET = table("""
Vehicle | Plate | Country | Serial no
Land Cruiser | KDA 014X | Kenya | 00041
Hilux | UAX 552B | Uganda | 00100
Drill rig | KDB 007T | Kenya | 00007
""", "fleet")  # fmt: skip


@pytest.mark.parametrize(
    ("question", "sources", "values"),
    [
        ("In which year was the total expenditure highest?", [ACCOUNT], ["2024"]),
        ("In which year was the total expenditure lowest?", [ACCOUNT], ["2022"]),
        ("In which year was the net result highest?", [ACCOUNT], ["2023"]),
        ("In which year were the other items highest?", [ACCOUNT], ["2023"]),
        ("In which year was the swap highest?", [SWAPS], None),
        ("Difference between total income and total expenditure in 2023", [ACCOUNT], ["35"]),
        ("By how much did fundraising grow from 2022 to 2023?", [ACCOUNT], ["9"]),
        ("Growth of programmes from 2022 to 2023 in percent", [ACCOUNT], ["8.5149 %"]),
        ("By how much did the net result change from 2022 to 2023?", [ACCOUNT], ["55"]),
        ("What is the average of books?", [SHOP], ["4,600"]),
        ("In which quarter were clothes highest?", [SHOP], ["Q4"]),
        ("By how much did the Keg 20 l of Bock go up from 2023 to 2024?", [OLD, NEW], ["3"]),
        ("By how much did the Keg 20 l of Sunrise go down from 2023 to 2024?", [OLD, NEW], ["-0.5"]),  # noqa: E501
        ("What was the price of a Keg 50 l of Bock in 2022?", [OLD, NEW], None),
        ("Which customers have gold tier?", [CUSTOMERS], ["Zum Anker", "Bar Nove"]),
        ("What is the customer id of The Crow?", [CUSTOMERS], ["00018"]),
        ("Which customer ids have gold tier?", [CUSTOMERS], ["00017", "00023"]),
        ("What is the CAS number of acetone?", [REAGENTS], ["0067-64-1"]),
        ("What is the number of reagents in room K12?", [REAGENTS], ["2"]),
        ("What was the biggest expense in 2024?", [ACCOUNT, SHOP], ["Programmes"]),
        ("Which was the smallest expenditure in 2023?", [ACCOUNT], ["Fundraising"]),
        ("What was the biggest expense in 2021?", [ACCOUNT], None),
        ("What percentage of total income came from donations in 2024?", [ACCOUNT], ["58.3138 %"]),
        ("What share of total expenditure was fundraising in 2023?", [ACCOUNT], ["10.043 %"]),
        ("What share of total expenditure was fundraising in 2021?", [ACCOUNT], None),
        ("What share of total income was lottery in 2023?", [ACCOUNT], None),
        ("What was the biggest surprise in 2024?", [ACCOUNT], None),
        ("Who works in reception?", [STAFF], ["Lea Graf", "Nia Evans"]),
        ("Who started most recently?", [STAFF], ["Nia Evans"]),
        ("What is the staff number of Lea Graf?", [STAFF], ["00052"]),
        ("How many hours does the spa staff work in total?", [STAFF], ["70"]),
        ("How old is Lea Graf?", [STAFF], None),
        ("What is the age group of Lea Graf?", [STAFF], ["W40"]),
        ("What is the most expensive treatment?", [SPA], ["Mud wrap"]),
        ("Where is the vehicle with plate UAX 552B?", [FLEET], ["Uganda"]),
        ("What is the serial number of the Drill rig?", [FLEET], ["00007"]),
    ],
)  # fmt: skip
def test_questions(question: str, sources: list[QueryTable], values: list[str] | None) -> None:
    choice = choose(best_plan(question, sources))
    assert (None if choice is None else list(choice[1].values)) == values


def test_spending_is_said_to_be_read_as_its_size() -> None:
    choice = choose(
        best_plan("Difference between total income and total expenditure in 2023", [ACCOUNT])
    )
    assert choice is not None
    assert choice[1].formula == "732 - 697"
    assert any("amounts spent" in note for note in choice[1].notes)
