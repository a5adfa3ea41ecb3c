"""Refusals in many words, and sentences that only look like one."""

from __future__ import annotations

import pytest

from rag_infer.answering.refusal import read_refusal, refuses


@pytest.mark.parametrize(
    "text",
    [
        "The documents do not say.",
        "The documents do not say how fast people read [1].",
        "No, the documents do not say.",
        "The passage does not say.",
        "I'm sorry, but the provided passages do not contain information about that.",
        "The salary of Ingrid Voss is not mentioned in the given passages.",
        "The CEO of Brightwater Estates is not mentioned in any of the provided passages.",
        "There is no information in the passages about the price.",
        "I don't know.",
        "I cannot answer this question based on the given context.",
        "None of the passages mention a dog policy.",
        "Unfortunately, I could not find an answer. Please provide more context.",
        "The provided text doesn't specify the date.",
        "It is not possible to determine this from the passages.",
        "The answer cannot be determined.",
        "Not specified.",
        "Unknown",
        "Based on the documents, the date is not specified.",
        "The information provided is not sufficient to answer the question.",
        "Die Dokumente enthalten dazu keine Angaben.",
        "Aus den Unterlagen geht das nicht hervor.",
        "Les documents ne le précisent pas.",
        "Los documentos no mencionan el precio.",
        "I documenti non lo dicono.",
    ],
)
def test_a_refusal_in_any_words(text: str) -> None:
    assert read_refusal(text).is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "The lease does not provide for a break option [1].",
        "No, the board rejected it.",
        "The deposit is not refundable.",
        "Training is not mentioned as a duty of the Consultant; validation is [2].",
        "Notice is not given in writing but by mail.",
        "The fee is 900 euros [1].",
        "The Avon room has no video equipment.",
        "The Employee may not disclose confidential information.",
        "There are no fees for late returns.",
        "You may not bring a dog.",
    ],
)
def test_a_statement_with_a_negation_is_none(text: str) -> None:
    assert not read_refusal(text).is_refusal


def test_half_a_refusal_is_an_answer_whose_other_half_is_checked() -> None:
    text = "The documents do not say how fast. People read about four words a second [1]."
    reading = read_refusal(text)
    assert not reading.is_refusal
    assert refuses("The documents do not say how fast.")
    assert len(reading.sentences) == 1


IN_OTHER_WORDS = (
    "The documents do not say.",
    "I couldn't find this in the provided documents.",
    "There is no mention of a wifi password in the passages.",
    "The passages provided don't contain the wifi password.",
    "Based on the provided passages, the wifi password is not mentioned.",
    "I don't have enough information to answer that.",
    "The answer isn't in the sources.",
    "Nothing in the passages answers this question.",
    "The provided text does not include information about the wifi password.",
    "Sorry, but that information isn't available in the documents.",
    "It is not stated in the passages what the password is.",
    "The context doesn't specify the password.",
    "No answer is given in the passages.",
    "The question cannot be answered from the given passages.",
    "The documents make no mention of the wifi password.",
    "None of the passages mention a wifi password.",
    "Die Dokumente enthalten dazu keine Angaben.",
    "Die Dokumente sagen dazu nichts.",
    "Das geht aus den Dokumenten nicht hervor.",
    "In den Unterlagen steht nichts über das WLAN-Passwort.",
    "Dazu gibt es in den Passagen keine Information.",
    "Die Frage lässt sich anhand der Passagen nicht beantworten.",
    "Leider finde ich in den Dokumenten keine Antwort.",
    "Darüber geben die Dokumente keine Auskunft.",
    "Das WLAN-Passwort wird in den Dokumenten nicht erwähnt.",
    "Diese Information ist nicht enthalten.",
    "Ich kann diese Frage nicht beantworten.",
    "Les documents ne le précisent pas.",
    "Les documents n'indiquent pas le mot de passe.",
    "Le mot de passe n'est pas mentionné dans les documents.",
    "Aucun passage ne mentionne le mot de passe.",
    "Les passages ne contiennent aucune information à ce sujet.",
    "Je n'ai pas trouvé cette information dans les documents.",
    "Cette information ne figure pas dans les documents.",
    "Il n'y a aucune mention du mot de passe.",
    "Je ne peux pas répondre à cette question.",
    "Los documentos no lo dicen.",
    "Los documentos no mencionan la contraseña.",
    "La contraseña no se menciona en los documentos.",
    "No hay información sobre la contraseña en los pasajes.",
    "No encuentro esa información en los documentos.",
    "Esta información no aparece en los documentos.",
    "Ninguno de los pasajes menciona la contraseña.",
    "No puedo responder a esta pregunta.",
    "No se especifica en los documentos.",
    "I documenti non lo dicono.",
    "Os documentos não mencionam a senha.",
    "De documenten vermelden dit niet.",
)
ANSWERS = (
    "The lease does not mention a fee for late payment [1].",
    "Die Miete enthält keine Heizkosten [1].",
    "Der Vertrag kann nicht vor Ablauf von zwei Jahren gekündigt werden [1].",
    "Le loyer ne comprend pas les charges [1].",
    "Le contrat n'est pas renouvelé automatiquement [1].",
    "El alquiler no incluye la luz [1].",
    "El contrato no se renueva [1].",
    "The printer contract will not be renewed [1].",
    "Dogs are not allowed in the dining room [1].",
    "Keine Kündigung ist vor dem 1. Mai möglich [1].",
    "No hay descuento para grupos [1].",
    "Il n'y a pas de parking [1].",
    "Breakfast is not included.",
    "Staff cannot be asked to work on Sundays [2].",
    "Documents older than ten years are not kept [1].",
    "Die Unterlagen werden nicht zurückgegeben [1].",
)


@pytest.mark.parametrize("text", IN_OTHER_WORDS)
def test_refusals_of_several_languages_are_refusals(text: str) -> None:
    assert read_refusal(text).is_refusal


@pytest.mark.parametrize("text", ANSWERS)
def test_what_a_document_denies_is_an_answer(text: str) -> None:
    assert not read_refusal(text).is_refusal
