"""What invented minutes, mail, questions and answers, forms and lists say. See ``office_fact.py``."""

from __future__ import annotations

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
