"""What the invented contracts say. See ``office_fact.py`` for the form."""

from __future__ import annotations

from office_fact import Fact

CONTRACT = [
    Fact(
        "money",
        "Remuneration|Charges|Payment|Money",
        "The {b} pays {v} per month, due within 14 days of the bill.|For each calendar month the {b} owes the {a} {v}.|A monthly sum of {v} is payable to the {a}.",
        "How much does {B} pay {A} each month?|What is the monthly price in {d}?|{A} monthly fee|What does {A} get per month?|What does {d} cost us a month?|How high is the monthly charge of {A}?",
    ),
    Fact(
        "duration",
        "Ending|Termination|Duration|How it ends",
        "It can be ended with {v} notice to the end of a quarter.|Each side may give up the contract, giving {v} notice in writing.|Either of them may withdraw by a letter sent {v} before.",
        "What is the notice period of {d}?|How long is the notice in {d}?|How far ahead must {d} be cancelled?|{A} notice period|What notice has to be given to leave {d}?|How long before must we tell {A} that we stop?",
    ),
    Fact(
        "date",
        "Ending|Duration|Term|Validity",
        "The contract runs out on {v}.|It is concluded until {v}.|It ends on {v} and may be renewed in writing.|It stays in force up to {v}.",
        "When does {d} end?|Until when does {d} run?|On which date does {d} expire?|{A} contract end date|When is {d} over?|How long is {d} valid?",
    ),
    Fact(
        "hours",
        "Faults|Service|Support|Repairs",
        "The {a} sends somebody within {v} of a call.|Faults are looked at within {v}.|Whoever reports a breakdown gets help within {v}.",
        "How fast does {A} have to react to a fault?|{A} response time|How soon must {A} come when something is broken?|Within what time are breakdowns dealt with in {d}?|How long may {A} take to respond?",
    ),
    Fact(
        "money",
        "Damage|Limits|Responsibility|Compensation",
        "The {a} is answerable for damage up to {v} a case.|Claims against the {a} end at {v}.|The {a} compensates losses to a total of {v}.|No more than {v} can be claimed from the {a}.",
        "What is the maximum liability of {A}?|Up to what amount is {A} liable?|liability limit {A}|What is the cap on damages in {d}?|How much can be claimed from {A} at most?|What is the most that {A} must pay for damage?",
    ),
    Fact(
        "city",
        "Courts|Disagreement|Disputes|Closing rules",
        "Quarrels are brought before the courts of {v}.|The courts of {v} decide.|A board of arbitrators sitting in {v} settles any dispute.",
        "Where are disputes under {d} settled?|Which court decides about {d}?|Where would a lawsuit about {d} be heard?|place of jurisdiction {A}",
    ),
    Fact(
        "land",
        "Applicable rules|Law|Closing rules|General",
        "{v} law applies.|The contract is subject to the law of {v}.|It is construed under the statutes of {v}.",
        "Which law governs {d}?|What law applies to {d}?|Under which country's law was {d} made?|applicable law {A}|By which law is the contract between {A} and {B} governed?",
    ),
    Fact(
        "money",
        "Security|Deposit|Guarantee",
        "The {b} leaves a deposit of {v} with the {a}.|As security {v} are paid when the keys are handed over.|A bank guarantee over {v} is lodged with the {a}.",
        "How much is the deposit in {d}?|What security did {B} give {A}?|How big a deposit has {B} paid?|{A} deposit amount|Which sum was put down as security in {d}?",
    ),
    Fact(
        "days",
        "Bills|Payment|Invoices",
        "Bills are settled {v} after they arrive.|The {b} has {v} to pay an invoice.|Payment is due {v} after the date of the bill.",
        "How many days does {B} have to pay?|What is the payment term in {d}?|{A} payment deadline|When are invoices of {A} due?|How soon does {B} have to settle a bill?",
    ),
    Fact(
        "pct",
        "Late payment|Default|Interest",
        "Sums paid late bear {v} interest a year.|Whoever pays late owes another {v} per annum.",
        "What interest is charged for late payment in {d}?|How much extra is due if {B} pays late?|default interest {A}|What happens when {B} does not pay on time?",
    ),
    Fact(
        "pct",
        "Discount|Terms of price|Prices",
        "The {b} gets {v} off the catalogue.|A reduction of {v} on the usual tariff is granted to the {b}.",
        "What discount does {B} get?|How much cheaper does {B} buy from {A}?|{B} rebate|By how much is the price reduced for {B}?",
    ),
    Fact(
        "pct",
        "Quality|Uptime|Level of service",
        "The system can be reached {v} of each month.|The {a} sees to it that the service runs {v} of the time.",
        "Which availability does {A} promise?|What uptime is agreed in {d}?|{A} availability guarantee|How much of the time must the service work?",
    ),
    Fact(
        "duration",
        "Secrecy|Silence|What is confidential",
        "What they learn of each other stays secret for {v} after the end.|The duty of silence goes on for another {v}.",
        "How long must secrets be kept after {d}?|For how long does confidentiality last in {d}?|{A} secrecy period|How long do the parties have to keep quiet?",
    ),
    Fact(
        "days",
        "Data|Return of data|Copies",
        "Everything stored is wiped {v} after the last day.|Copies are kept for {v} and then destroyed.",
        "How long does {A} keep our data after the end?|When are the data deleted in {d}?|After what time does {A} destroy copies?|data deletion {A}",
    ),
    Fact(
        "duration",
        "Trial|First months|Probation",
        "The first {v} are a trial during which either can stop at once.|There is a trial of {v}.",
        "How long is the trial period in {d}?|{A} trial period|For how long can {d} be tried out?",
    ),
    Fact(
        "num",
        "Scope|What is supplied|Subject",
        "The {a} supplies up to {v} places a day.|It covers {v} units at the site.|Included are {v} visits a year.",
        "How many are included in {d}?|What quantity does {d} cover?|How many does {A} have to supply?",
    ),
    Fact(
        "person",
        "Contacts|People|Who decides",
        "For the {a} {v} gives instructions.|Questions of the {b} are taken by {v}.|{v} signs for the {a}.",
        "Who is the contact person at {A}?|Who acts for {A}?|Whom do we turn to about {d}?|Who signed for {A}?",
    ),
    Fact(
        "pct",
        "Price changes|Adjustment|Increase",
        "Once a year prices may go up by {v} at most.|The {a} can raise its rates each spring, never by more than {v}.",
        "By how much may {A} raise its prices?|What is the highest increase that {d} allows?|price increase {A}|How much more expensive can it get per year?",
    ),
    Fact(
        "money",
        "Penalty|Delay|Breach",
        "For each day of delay {v} are deducted.|A breach costs {v} each time.|If it is late, the {a} forfeits {v} a day.",
        "What does {A} pay for each day of delay?|What is the penalty in {d}?|{A} penalty for delay|What happens if {A} delivers late?",
    ),
    Fact(
        "money",
        "Insurance|Cover",
        "The {a} is insured for {v} at least.|A policy over {v} is kept up by the {a}.",
        "For how much must {A} be insured?|What insurance does {d} require?|{A} insurance cover|How high must the insured sum of {A} be?",
    ),
    Fact(
        "place",
        "Area|Where|Territory",
        "It covers {v} and nothing else.|The {a} works for the {b} in {v} only.",
        "Where may {A} work for {B}?|Which region does {d} cover?|In which area does {d} apply?|territory {A}",
    ),
    Fact(
        "money",
        "Start|One-off costs|Setup",
        "Setting it up costs {v} once.|At the beginning {v} are due for installation.",
        "What does the setup by {A} cost?|How much is the one-time charge in {d}?|{A} installation cost|What did {B} have to pay at the start?",
    ),
    Fact(
        "weekday",
        "Delivery|Visits|Times",
        "The {a} comes every {v}.|Goods arrive on {v} before noon.",
        "On which day does {A} come?|When does {A} deliver?|{A} delivery day|Which weekday is agreed in {d}?",
    ),
]
