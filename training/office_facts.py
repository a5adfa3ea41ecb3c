"""What the invented documents of ``office_documents.py`` say: facts, their wordings and questions.

A fact is (headings, wordings, questions): ``|`` separates alternatives. Slots: ``{v}`` the answer,
of the kind named in its braces where the fact is made; ``{A}`` ``{B}`` parties by name, ``{a}``
``{b}`` by their role in the text, ``{d}`` the document as a question names it, ``{x}`` ``{y}`` other
values. Trades and wording are other ones than those of any benchmark.
"""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """Alternatives are separated by ``|``; ``value`` is the kind of its answer."""

    value: str
    headings: str
    wordings: str
    questions: str


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

RULES = [
    Fact(
        "duration",
        "Parental leave|New parents|Birth of a child",
        "Mothers and fathers stay at home for {v} with full pay.|The employer pays {v} to new parents.",
        "How long is parental leave{in}?|For how long are parents paid{in}?|parental leave{in}|How much time off do I get when my baby is born{in}?",
    ),
    Fact(
        "days",
        "Holiday|Vacation|Time off",
        "Each person takes {v} of holiday a year.|The yearly holiday is {v}.|There are {v} off each year.",
        "How many holidays do I get{in}?|How much vacation do people have{in}?|annual leave days{in}|How many days off does somebody get a year{in}?",
    ),
    Fact(
        "date0",
        "Leftover holiday|Days not taken|Transfer",
        "Days left over are lost after {v}.|What is not used can be taken until {v} of the next year.",
        "Until when can I use leftover holiday{in}?|When do unused days lapse{in}?|What happens to days that I did not take{in}?|carry over deadline{in}",
    ),
    Fact(
        "days",
        "Illness|When you are sick|Absence",
        "A doctor's note is needed after {v}.|Whoever is ill for {v} brings a certificate.",
        "When do I need a doctor's note{in}?|After how many days of illness must I bring a certificate{in}?|sick note{in}",
    ),
    Fact(
        "money",
        "Trips|Journeys|Business travel",
        "A night may cost up to {v}.|Lodging is refunded to {v} a night.",
        "What may a hotel cost{in}?|What is the limit for a night{in}?|hotel limit{in}|How expensive may my accommodation be{in}?",
    ),
    Fact(
        "cents",
        "Own car|Driving|Cars",
        "Whoever drives gets {v} for each kilometre.|{v} per kilometre are refunded for a private car.",
        "What do I get for using my own car{in}?|mileage rate{in}|How much is paid per kilometre{in}?",
    ),
    Fact(
        "clock",
        "Opening hours|Doors|Access",
        "The doors open at {v} on working days.|Nobody is let in before {v}.",
        "When does the building open{in}?|From what time can I enter{in}?|opening time{in}",
    ),
    Fact(
        "days",
        "Claims|Refunds|Expenses",
        "Receipts are handed in within {v}.|Costs are claimed no later than {v} after the journey.",
        "By when do I have to hand in receipts{in}?|How long do I have to claim expenses{in}?|expense deadline{in}",
    ),
    Fact(
        "num",
        "Guests|Visitors",
        "A member brings at most {v} guests.|Up to {v} visitors may be signed in.",
        "How many guests can I bring{in}?|What is the largest number of visitors{in}?",
    ),
    Fact(
        "person",
        "Keys|Lost property|Safety",
        "{v} keeps the spare keys.|Lost things are handed to {v}.|{v} is in charge of fire safety.",
        "Who has the spare keys{in}?|Whom do I ask about lost things{in}?|Who is responsible for fire safety{in}?",
    ),
    Fact(
        "money",
        "Fines|Fees|Late return",
        "A late return costs {v}.|Whoever brings it back late pays {v}.",
        "What do I pay when I am late{in}?|How high is the fine{in}?|late fee{in}|What does it cost to return something after the date{in}?",
    ),
    Fact(
        "duration",
        "Lending|Loans|Borrowing",
        "Things are lent for {v}.|Everything comes back after {v}.",
        "For how long can I borrow something{in}?|How long is the loan period{in}?|When do I have to bring it back{in}?",
    ),
    Fact(
        "age",
        "Children|Age|Minors",
        "Children of {v} and older may come alone.|Nobody under {v} is admitted.",
        "From which age may children come alone{in}?|How old must a visitor be{in}?|minimum age{in}",
    ),
    Fact(
        "num",
        "Passwords|Accounts|Security",
        "A password has at least {v} characters.|Sign-in words need {v} letters or more.",
        "How long must a password be{in}?|How many characters does my password need{in}?|password length{in}",
    ),
    Fact(
        "duration",
        "Devices|Phones|Laptops",
        "Laptops are exchanged every {v}.|A telephone is replaced after {v}.",
        "When do I get a new laptop{in}?|How often are devices replaced{in}?|How long does a phone have to last{in}?",
    ),
    Fact(
        "duration",
        "Records|Files|Storage of files",
        "Files are stored for {v} and then shredded.|We hold on to old papers for {v}.",
        "How long are files kept{in}?|After what time are papers destroyed{in}?|retention period{in}",
    ),
    Fact(
        "ext",
        "Emergency|Accidents|Help",
        "In an accident dial {v}.|The first aid desk has the number {v}.",
        "Which number do I call in an emergency{in}?|What is the extension of first aid{in}?|emergency number{in}|Whom do I phone when somebody is hurt{in}?",
    ),
    Fact(
        "duration",
        "Leaving|Resignation",
        "Whoever leaves says so {v} ahead.|A resignation is handed in {v} before the last day.",
        "How far ahead do I have to resign{in}?|What notice must staff give{in}?|How long is my notice period{in}?",
    ),
    Fact(
        "money",
        "Gifts|Presents",
        "Presents worth more than {v} are refused.|We accept nothing above {v}.",
        "What may a gift be worth{in}?|Up to which value can I accept presents{in}?|gift limit{in}",
    ),
    Fact(
        "weekday",
        "Meetings|Team day",
        "The whole team meets on {v}.|Every {v} all are in the house.",
        "On which day does the team meet{in}?|When is everybody in the house{in}?",
    ),
    Fact(
        "pct",
        "Pension|Retirement",
        "The employer adds {v} of the wage to the pension.|We put {v} of your pay into the retirement fund.",
        "How much does the employer pay into the pension{in}?|pension contribution{in}|What share of my pay goes to retirement{in}?",
    ),
    Fact(
        "money",
        "Courses|Training|Learning",
        "Each person has {v} a year for courses.|Up to {v} are paid for lessons.",
        "What is my training budget{in}?|How much can I spend on courses{in}?|How much is paid for further education{in}?",
    ),
    Fact(
        "num",
        "Remote work|Home office",
        "You may work at home {v} days a week.|At most {v} days in each week can be spent away from the desk.",
        "How many days can I work from home{in}?|home office days{in}|How often can I stay at home to work{in}?",
    ),
    Fact(
        "place2",
        "First aid box|Bandages|Equipment",
        "The first aid box hangs {v}.|Bandages lie {v}.",
        "Where is the first aid box{in}?|Where do I find bandages{in}?|Where are plasters kept{in}?",
    ),
]

YES_RULES = [
    (
        "Pets",
        "Dogs are not allowed.",
        "Can I bring my dog?|Are pets allowed?|May I come with a dog?",
        "no",
    ),
    (
        "Smoking",
        "Smoking is forbidden in all rooms.",
        "May I smoke inside?|Is smoking allowed?",
        "no",
    ),
    (
        "Photos",
        "Pictures may be taken without flash.",
        "Can I take photos?|Is photography allowed?",
        "yes",
    ),
    (
        "Food",
        "Drinks in closed bottles are permitted.",
        "May I bring a drink?|Can I have a bottle with me?",
        "yes",
    ),
    ("Cards", "We accept cards from ten euros.", "Can I pay by card?|Do you take cards?", "yes"),
    (
        "Refund",
        "Tickets are not taken back.",
        "Can I return a ticket?|Do I get my money back for a ticket?",
        "no",
    ),
    (
        "Parking",
        "Visitors park free of charge behind the house.",
        "Can guests park for free?|Is there parking for visitors?",
        "yes",
    ),
    (
        "Private calls",
        "Private calls are made outside working time only.",
        "May I phone privately during work?|Can I make private calls at work?",
        "no",
    ),
    (
        "Insurance",
        "The bicycles are insured against theft.",
        "Are the bikes insured?|Is theft of a bicycle covered?",
        "yes",
    ),
    (
        "Subletting",
        "The rooms must not be let to others.",
        "Can I sublet the rooms?|Is subletting permitted?",
        "no",
    ),
]

MINUTES = [
    (
        "{T}",
        "Decision: The {t} is renewed and may cost {money}.",
        "How much may the {t} cost?|What budget did the {t} get?|{t} budget|What was set aside for the {t}?|How much money was approved for the {t}?",
        "money",
    ),
    (
        "{T}",
        "Action: {person} asks three firms about the {t} by {date}.",
        "Who has to get offers for the {t}?|Who looks after the {t}?|Whose task is the {t}?|Who deals with the {t}?",
        "person",
    ),
    (
        "{T}",
        "To do: {person} reports on the {t} by {date}.",
        "By when is there news about the {t}?|When is the report on the {t} due?|deadline report {t}",
        "date",
    ),
    (
        "{T}",
        "It was agreed that {name} builds the {t}.",
        "Which firm builds the {t}?|Who got the order for the {t}?|Who was chosen for the {t}?",
        "name",
    ),
    (
        "{T}",
        "The proposal on the {t} was turned down by {num} votes to two.",
        "Was the {t} approved?|Did they agree to the {t}?|Did the {t} go through?",
        "no",
    ),
    (
        "{T}",
        "The {t} is put off until {date}.",
        "When will the {t} come?|To what date was the {t} moved?|Until when was the {t} postponed?",
        "date",
    ),
    (
        "{T}",
        "The offer of {name} for the {t} is {money}.",
        "What does {name} ask for the {t}?|How much does {name} want for the {t}?|{name} offer {t}",
        "money",
    ),
    (
        "{T}",
        "{person} takes the chair from {person2}.",
        "Who follows {person2}?|Who replaces {person2}?|Who takes over from {person2}?",
        "person",
    ),
    (
        "{T}",
        "The {t} failed because the pump had rusted.",
        "Why did the {t} fail?|What was the reason for the failure of the {t}?",
        "=the pump had rusted",
    ),
]
TOPICS = "roof|floodlights|minibus|website|boiler|playground|archive|kitchen|bridge|sauna|fountain|greenhouse|stage|lift shaft|flagpole|slipway".split(
    "|"
)

MAIL = [
    (
        "From the first of May the {t} costs {money} a year.",
        "What will the {t} cost?|How much is the {t} from May?|new price of the {t}",
        "money",
    ),
    (
        "We extend the deadline for the {t} to {date}.",
        "What is the new deadline for the {t}?|Until when do we have time for the {t}?|When is the {t} due now?",
        "date",
    ),
    (
        "{person} is your contact while I am away.",
        "Who stands in for {sender}?|Whom do I contact while {sender} is away?",
        "person",
    ),
    (
        "The delivery of the {t} is on {date}.",
        "When is the {t} delivered?|When does the {t} arrive?|delivery date {t}",
        "date",
    ),
    (
        "For the extra work on the {t} we charge a lump sum of {money}.",
        "What did they charge for the extra work on the {t}?|How much is the additional work on the {t}?",
        "money",
    ),
    (
        "Her coach is {person}, who picks her up at the gate.",
        "Who is the coach of {x}?|Who looks after {x}?",
        "person",
    ),
    ("{x} starts with us on {date}.", "When does {x} start?|On which day does {x} begin?", "date"),
]

FAQ = [
    (
        "How late can I cancel?",
        "Up to {v} before arrival. Afterwards we charge one night.",
        "Until when can a booking be cancelled?|How late can I cancel my room?",
        "days",
    ),
    (
        "When does the pool open?",
        "At {v}, on Sundays an hour later.",
        "From what time can I swim?|When does the swimming pool open?",
        "clock",
    ),
    (
        "Are pets welcome?",
        "Yes, up to {v} kg, but not in the dining room.",
        "How heavy may a pet be?|What is the weight limit for animals?",
        "num",
    ),
    (
        "Do you take a deposit for the bike?",
        "{v}. You get it back on return.",
        "How much is the deposit for a bike?|bike deposit",
        "money",
    ),
    (
        "Where do I leave the key?",
        "In the box {v}.",
        "What do I do with the key when I leave?|Where does the key go?",
        "place2",
    ),
    (
        "Who repairs the heating?",
        "Call {v} on extension 77.",
        "Whom do I call when the heating is broken?|Who mends the radiator?",
        "person",
    ),
    (
        "Can I check in late?",
        "Until {v}; afterwards ring the bell.",
        "How late can I arrive?|latest check-in",
        "clock",
    ),
    (
        "Is there a laundry?",
        "In the basement; a wash costs {v}.",
        "What does it cost to wash clothes?|price of laundry",
        "money",
    ),
    (
        "How big can a locker bag be?",
        "It takes {v} litres.",
        "How large may my bag be for the locker?|locker size",
        "num",
    ),
    (
        "My card does not work. What now?",
        "Hold it to the reader for {v} seconds. If that does not help, go to desk 4.",
        "What should I do if the card is rejected?|For how long do I hold the card to the reader?",
        "num",
    ),
]

FORM = [
    ("Date", "date", "When is {d}?|On which day is {d}?|date of {d}"),
    ("Venue", "hall", "Where does {d} take place?|Where is {d}?|{d} venue"),
    (
        "Capacity",
        "num",
        "How many people fit into {d}?|What is the capacity at {d}?|How many seats are there at {d}?",
    ),
    (
        "Ticket",
        "money",
        "What does a ticket for {d} cost?|How much is the entry to {d}?|{d} ticket price",
    ),
    (
        "Contact",
        "person",
        "Whom do I contact about {d}?|Who is responsible for {d}?|Who organises {d}?",
    ),
    ("Doors", "clock", "When do the doors open at {d}?|From what time can I get into {d}?"),
    ("Sponsor", "name", "Who sponsors {d}?|Which company supports {d}?|Who gives money to {d}?"),
    ("Length", "duration", "How long does {d} last?|duration of {d}"),
    ("Speaker", "person", "Who speaks at {d}?|Who gives the talk at {d}?"),
    ("Language", "tongue", "In which language is {d} held?|What language is spoken at {d}?"),
]
FORMS = "Summer concert|Chess open|Book fair|Charity run|Garden party|Open day|Wine tasting|Robotics cup|Poetry night|Harvest dinner".split(
    "|"
)

# Asked of a known party or person, and said nowhere.
UNKNOWN = "What is the phone number of {A}?|What is the tax number of {A}?|How many employees does {A} have?|When was {A} founded?|Who is the managing director of {A}?|Who runs {A}?|What was the turnover of {A} last year?|Where was {A} founded?|What is the share price of {A}?|How many vans does {A} own?|Who owns {A}?|How old is {A}?|Why was {A} chosen?|What did {A} earn in 2018?|Does {A} have an office in Rome?|Is {A} listed on a stock exchange?|How long has {A} been in business?|When did {A} move?|What is the IBAN of {A}?|How much tax does {A} pay?"

# Heading, lead-in, items, questions.
LISTS = [
    (
        "Equipment",
        "Every guest is lent:",
        "a towel|a lamp|two blankets|a whistle",
        "What is each guest lent?|Which things do guests get?|List the equipment of a guest.",
    ),
    (
        "Steps",
        "To leave, do the following:",
        "turn off the gas|close the shutters|take out the rubbish",
        "What do I have to do before I leave?|What are the steps when leaving?|checklist for leaving",
    ),
    (
        "Documents",
        "Applicants hand in the following papers:",
        "a letter|a photograph|two references",
        "Which papers do applicants hand in?|What documents are needed to apply?|What must I send to apply?",
    ),
    (
        "Sights",
        "Four places are worth a visit:",
        "the mill|the old bridge|the castle|the harbour",
        "Which places are worth a visit?|What are the sights?|Name the places that should be visited.",
    ),
    (
        "Prizes",
        "The winners get:",
        "a cup|a voucher|a day at sea",
        "What do the winners get?|What are the prizes?|List all prizes.",
    ),
    (
        "Banned things",
        "The following must stay outside:",
        "glass|drones|fireworks|umbrellas",
        "What must not be brought in?|Which things are banned?|What is forbidden to bring?",
    ),
    (
        "Team",
        "The crew has these posts:",
        "a skipper|a cook|two mates",
        "Who is in the crew?|Which posts does the crew have?|What roles are there?",
    ),
]

FILLER = [
    "Neither of the two may pass its duties on unless the other agrees in writing.",
    "If one part is void, the rest stays as it is; the parties then find a rule that comes close.",
    "Changes are valid only if both have signed them.",
    "Nobody is to blame for delay through storm, flood, strike or an order of a public body.",
    "The annexes belong to this text; where they differ from it, the text prevails.",
    "Letters go to the address above and count as received two days after they were posted.",
    "The {b} gives the {a} access to the rooms and the papers that the work needs.",
    "The {a} uses trained people and answers for them as for itself.",
    "Tools stay with whoever brought them, and each side looks after its own.",
    "Whoever learns of a fault says so without delay.",
]
