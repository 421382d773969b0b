"""What can be checked in a sentence: small tables of words and what they come to."""

from __future__ import annotations

import pytest

from kb.answering import claims, roles
from kb.answering.claims import Date, Figure
from kb.answering.roles import Action

ORDINARY = frozenset({"the", "partners", "region", "account", "visit"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It has 12 members.", {Figure(12, "")}),
        ("It has twelve members.", {Figure(12, "")}),
        ("It coached thirty-five firms.", {Figure(35, "")}),
        ("It cost EUR 1,250,000.", {Figure(1_250_000, "euro")}),
        ("It cost 1.25 million euros.", {Figure(1_250_000, "euro")}),
        ("a 3-million-euro fund", {Figure(3_000_000, "euro")}),
        ("between 2 and 4 million euros", {Figure(2_000_000, ""), Figure(4_000_000, "euro")}),
        ("at a rate of 60 percent", {Figure(60, "percent")}),
        ("at a rate of 60 %", {Figure(60, "percent")}),
        ("three quarters of the sum", {Figure(75, "percent")}),
        ("half a dozen visits", {Figure(6, "")}),
        ("more than a thousand guests", {Figure(1000, "")}),
        ("two hundred guests", {Figure(200, "")}),
        ("It ends on 5 May 2031.", set()),
        ("one of them", set()),
    ],
)
def test_figures(text: str, expected: set[Figure]) -> None:
    assert claims.figures(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 3 March 2031", {Date(2031, 3, 3)}),
        ("on the 3rd of March 2031", {Date(2031, 3, 3)}),
        ("on March 3, 2031", {Date(2031, 3, 3)}),
        ("on 3-4 March 2031", {Date(2031, 3, 3), Date(2031, 3, 4)}),
        ("on the last day of April 2031", {Date(2031, 4, 30)}),
        ("in March 2031", {Date(2031, 3, 0)}),
        ("in March", {Date(0, 3, 0)}),
        ("it may rain", set()),
    ],
)
def test_dates(text: str, expected: set[Date]) -> None:
    assert claims.dates(text) == expected


def test_a_date_agrees_with_one_that_says_more() -> None:
    assert Date(2031, 3, 0).agrees(Date(2031, 3, 9))
    assert Date(0, 3, 9).agrees(Date(2031, 3, 9))
    assert not Date(2031, 3, 9).agrees(Date(2031, 3, 0))
    assert not Date(2030, 3, 0).agrees(Date(2031, 3, 0))


def test_ordinals_and_numbered_parts() -> None:
    assert claims.ordinals("the second step") == {2}
    assert claims.ordinals("phase II and strand 3") == {2, 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The partners met in Tartu with EIB staff.", ["Tartu", "EIB"]),
        ("Tartu hosted the visit.", ["Tartu"]),
        ("Partners met.", []),
        ("Accounts differ.", []),
        ("Although late, they met.", []),
        ("Reportedly they met in May.", []),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert list(claims.names(text, ORDINARY)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fund does not pay for travel.", [("pay", "travel")]),
        ("It cannot join and pays nothing else.", [("join",), ()]),
        ("Without a mandate it could join.", [("mandat",)]),
        ("There is little contact between them.", [("contact",)]),
        ("It pays for not only travel but food.", []),
        ("It has no less than five members.", []),
        ("The work never stops.", []),
        ("There is no lack of interest.", []),
    ],
)
def test_negations(text: str, expected: list[tuple[str, ...]]) -> None:
    found = claims.negations(text)
    assert [scope[: len(want)] for scope, want in zip(found, expected, strict=True)] == expected


def test_denying_words() -> None:
    assert claims.denies("Steering is missing.")
    assert claims.refuses("They avoid meetings.")
    assert not claims.denies("Steering is strong.")


@pytest.mark.parametrize(
    ("text", "obliges", "frees", "advises"),
    [
        ("A lead must come from two regions.", True, False, False),
        ("A form has to be sent.", True, False, False),
        ("A form is not required.", False, True, False),
        ("Members need not pay.", False, True, False),
        ("Members should pay.", False, False, True),
        ("Whether they pay is up to them.", False, True, False),
    ],
)
def test_modality(text: str, obliges: bool, frees: bool, advises: bool) -> None:
    assert claims.obliges(text, strictly=True) == obliges
    assert claims.frees(text) == frees
    assert claims.advises(text, strictly=True) == advises


def test_what_is_planned_and_what_is_left_open() -> None:
    assert list(claims.planned("Two fairs were planned for Porto.")) == [{"porto"}]
    assert not list(claims.planned("Two fairs took place in Porto."))
    assert claims.hedged("Two fairs are expected.")
    assert not claims.hedged("Two fairs took place in Porto.")
    assert not claims.hedged("The Plan B group met.")  # a name hedges nothing


def test_bounds() -> None:
    assert claims.bounds("at least five") == {"floor"}
    assert claims.bounds("up to five") == {"ceiling"}
    assert claims.bounds("No firm gets more than five.") == {"ceiling"}
    assert claims.bounds("more than five") == {"above"}


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Riga leads the network.", Action("lead", frozenset({"riga"}), frozenset({"network"}))),
        (
            "The network is led by Riga.",
            Action("lead", frozenset({"riga"}), frozenset({"network"})),
        ),
        (
            "The network is under the leadership of Riga.",
            Action("lead", frozenset({"riga"}), frozenset({"network"})),
        ),
        (
            "The office wrote a plan that the members approved.",
            Action("approv", frozenset({"member"}), frozenset({"plan"})),
        ),
        (
            "Riga, which hosts the office, pays the staff.",
            Action("host", frozenset({"riga"}), frozenset({"offic"})),
        ),
        (
            "The fund has to pay the staff.",
            Action("fund", frozenset({"fund"}), frozenset({"staff"})),
        ),
    ],
)
def test_who_does_what_to_whom(text: str, action: Action) -> None:
    assert action in roles.actions(text)


def test_nouns_are_no_verbs() -> None:
    assert roles.actions("The proposals of the organisations.") == []
