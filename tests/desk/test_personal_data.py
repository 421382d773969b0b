"""Texts with planted personal data -> what is found, and what stays."""

from itertools import pairwise

import pytest

from kb.desk.mail import read_mail
from kb.desk.personal_data import find_personal_data, remove_personal_data
from tests.desk.test_mail import eml


def kinds(text: str, language: str = "") -> dict[str, str]:
    return {text[p.start : p.end]: p.kind for p in find_personal_data(text, language=language)}


@pytest.mark.parametrize(
    ("text", "found", "kind"),
    [
        ("Write to m.rossi@example.org please.", "m.rossi@example.org", "email"),
        ("Write to m.rossi (at) example.org please.", "m.rossi (at) example.org", "email"),
        ("Tel. +421 48 555 01 42", "+421 48 555 01 42", "phone"),
        ("Call +49 (0)711 / 555 01-20 now", "+49 (0)711 / 555 01-20", "phone"),
        ("tel: 0711 555 01 20", "0711 555 01 20", "phone"),
        ("Account DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", "iban"),
        ("Card 4111 1111 1111 1111", "4111 1111 1111 1111", "card"),
        ("Passport no. C01X00T47", "C01X00T47", "id_number"),
        ("PESEL 44051401359", "44051401359", "id_number"),
        ("my number is RSSMRA85T10A562S", "RSSMRA85T10A562S", "id_number"),
        (
            "We sit in\nKoivukatu 3 B 12, FI-80999 Järvelä\nsince May",
            "Koivukatu 3 B 12, FI-80999 Järvelä",
            "address",
        ),
        (
            "14 bis, quai des Tanneurs, 54999 Pont-sur-Aure",
            "14 bis, quai des Tanneurs, 54999 Pont-sur-Aure",
            "address",
        ),
        ("Hauptstraße 5\n70173 Stuttgart", "Hauptstraße 5\n70173 Stuttgart", "address"),
        (
            "You find us at Via Roma 1, 00100 Roma. Come soon, we have coffee and cakes.",
            "Via Roma 1, 00100 Roma",
            "address",
        ),
        ("Ask Mr Kettunen about it.", "Mr Kettunen", "name"),
        ("My name is Anna Kowalska and I ask.", "Anna Kowalska", "name"),
        ("Dear Jonas,\nthanks", "Jonas", "name"),
    ],
)
def test_what_is_found(text, found, kind):
    places = kinds(text)
    assert any(found.removeprefix("Mr ") in place and places[place] == kind for place in places), (
        places
    )


@pytest.mark.parametrize(
    "text",
    [
        "Article 2 of Regulation (EC) No 1049/2001 and Regulation (EU) 2021/1060",
        "The call 2021-2027 has EUR 250 000 000 and opens on 17 June 2025.",
        "In 2024, 13 regions had signed up; 20 had shown interest.",
        "Dear Sir or Madam,",
        "What does the partnership on hydrogen (project 101134869) do?",
        "Write to contact@s3-cop.eu.",
    ],
)
def test_what_is_nobodys(text):
    assert kinds(text) == {}


def test_a_mail_without_its_people():
    mail = read_mail(
        eml(
            "Dear Ms Aurelio,\n\nMaria here. Who may join the partnership?\n\nKind regards,\nMaria Rossi\n"
            "Via delle Zagare 104, 90999 Montelupo\n+39 091 555 0170\n\n"
            "On 25 June 2026, at 17:48, Chiara Aurelio <c@x.eu> wrote:\n> Dear Maria, hello",
        )
    )
    left = remove_personal_data(mail.text, mail=mail)
    for secret in ("Maria", "Rossi", "Aurelio", "Chiara", "Zagare", "0170", "c@x.eu"):
        assert secret not in left
    assert "Who may join the partnership?" in left
    assert "June" in left
    assert "[name]" in left


def test_places_are_in_order_and_apart():
    text = "Mr Rossi, m@x.eu, +39 091 555 0170, Via Roma 1, 00100 Roma"
    places = find_personal_data(text)
    assert all(one.end <= other.start for one, other in pairwise(places))


@pytest.mark.parametrize("piece", ["Ab 1, ", "1 ", "a@", "a.", "Dear Aa ", "+1 ", "x"])
def test_long_lines_take_no_long_time(piece):
    """Each pattern is linear; what is not would take minutes here, and the run has a limit."""
    remove_personal_data(piece * (60_000 // len(piece)))
