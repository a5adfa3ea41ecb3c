"""What the invented rules of houses say. See ``office_fact.py`` for the form."""

from __future__ import annotations

from office_fact import Fact

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
