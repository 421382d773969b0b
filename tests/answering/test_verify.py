"""Each check, on examples of its own: what agrees passes, what disagrees is named."""

from __future__ import annotations

import pytest

from kb.answering.cited import Cited
from kb.answering.verify import disagreements, lexical_share

ORDINARY = frozenset(
    "the a members office fair fund regions partners visits every some most network two".split()
)
AGREE = [
    ("figure", "The fund has EUR 2.5 million.", "It has 2.5 million euros."),
    ("figure", "Forty percent goes to firms.", "Firms get 40 %."),
    ("figure", "Riga, Porto and Graz founded it.", "Three cities founded it."),
    ("date", "The fair opened on 4 May 2031.", "It opened in May 2031."),
    ("date", "Apply from 1 June to 9 July 2031.", "It closes on 9 July 2031."),
    ("name", "The European Investment Bank lent it.", "The EIB lent it."),
    ("name", "Portuguese firms joined.", "Firms from Portugal joined."),
    ("negation", "The fund does not pay for travel.", "Travel is not paid for by the fund."),
    ("negation", "Members lack staff.", "Members have no staff."),
    ("negation", "An earlier fair had already been held.", "It was not the first."),
    ("modality", "Members must pay a fee.", "Members have to pay a fee."),
    ("modality", "Members need not pay.", "Members are not required to pay."),
    ("modality", "Two fairs were planned.", "There were plans for two fairs."),
    ("modality", "Members may propose fairs.", "It is possible for members to propose fairs."),
    ("quantity", "All members pay.", "Every member pays."),
    ("quantity", "It gives up to 5 grants.", "It gives no more than 5 grants."),
    ("roles", "Riga leads the network.", "The network is led by Riga."),
    ("roles", "Riga leads the network.", "The network is under the leadership of Riga."),
    (
        "roles",
        "Graz pays, whereas Porto hosts the office.",
        "Porto hosts the office and Graz pays.",
    ),
    ("roles", "The office moved from Graz to Porto.", "The office went from Graz to Porto."),
    ("roles", "Riga invited Porto and Graz.", "Riga invited Graz and Porto."),
]
DISAGREE = [
    ("figure", "The fund has EUR 2.5 million.", "The fund has EUR 3.5 million."),
    ("figure", "Forty percent goes to firms.", "Forty euros go to firms."),
    ("figure", "It has 12 members and 30 projects.", "It has 30 members."),
    ("date", "The fair opened on 4 May 2031.", "The fair opened on 5 May 2031."),
    ("date", "The fair opened in May 2031.", "The fair opened on 5 May 2031."),
    ("date", "It opens on 4 May and closes on 9 July.", "It closes on 4 May."),
    ("name", "Members met in Porto.", "Members met in Graz."),
    ("name", "Harbour City in Portugal joined.", "Harbour City in Spain joined Portugal."),
    ("negation", "The fund pays for travel.", "The fund does not pay for travel."),
    ("negation", "The fund does not pay for travel.", "The fund pays for travel."),
    ("negation", "The work is open and does not end.", "The work is not open and ends."),
    ("negation", "Members use the office.", "Members avoid the office."),
    ("negation", "The cost is high for members.", "The cost is low for members."),
    ("modality", "Members should pay a fee.", "Members must pay a fee."),
    ("modality", "Members can pay a fee.", "Members must pay a fee."),
    ("modality", "Members must pay a fee.", "Members may pay a fee if they wish."),
    ("modality", "Members must pay a fee.", "It is recommended that members pay a fee."),
    ("modality", "Two fairs were planned in Porto.", "Two fairs took place in Porto."),
    ("modality", "The fund would replace two grants.", "The fund has replaced two grants."),
    ("modality", "The list may matter most to firms.", "The list matters most to firms."),
    ("quantity", "Most members pay the fee.", "All members pay the fee."),
    ("quantity", "Members pay the fee.", "Only members pay the fee."),
    ("quantity", "It gives up to 5 grants.", "It gives at least 5 grants."),
    ("quantity", "Small firms join.", "Small firms join faster than others."),
    ("roles", "Riga leads the network with Porto.", "Porto leads the network with Riga."),
    ("roles", "The office invited the members.", "The members invited the office."),
    ("roles", "The office was funded by Riga.", "Riga was funded by the office."),
    ("roles", "Riga is led by Ada and co-led by Bo.", "Riga is led by Bo and co-led by Ada."),
    ("roles", "The office moved from Graz to Porto.", "The office moved from Porto to Graz."),
    ("roles", "Graz hosts fairs, whereas Porto pays grants.", "Porto hosts fairs, whereas Graz pays grants."),
    ("roles", "Phase I maps needs and firms, and phase II funds tests.", "Phase II maps needs and firms."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "sentence"), AGREE)
def test_what_agrees_passes(kind: str, text: str, sentence: str) -> None:
    assert kind not in disagreements(sentence, Cited(text), ordinary=ORDINARY)


@pytest.mark.parametrize(("kind", "text", "sentence"), DISAGREE)
def test_owasp5_data_and_model_poisoning_what_disagrees_is_named(
    kind: str, text: str, sentence: str
) -> None:
    assert kind in disagreements(sentence, Cited(text), ordinary=ORDINARY)


def test_a_sentence_agrees_with_itself() -> None:
    for _, text, _ in AGREE + DISAGREE:
        assert disagreements(text, Cited(text), ordinary=ORDINARY) == []


def test_a_recommendation_may_be_told_as_should_and_not_as_must() -> None:
    cited = Cited("Invite the office early.", advice=True, advised=(True,))
    assert disagreements("You should invite the office early.", cited, ordinary=ORDINARY) == []
    assert "modality" in disagreements(
        "You must invite the office early.", cited, ordinary=ORDINARY
    )


def test_names_above_the_quote_may_be_used() -> None:
    cited = Cited("It has two members.", context="Harbour Network")
    assert disagreements("The Harbour Network has two members.", cited, ordinary=ORDINARY) == []


def test_a_word_that_means_the_same_stands_for_it() -> None:
    text = "The office picked the partners."
    swapped = "The partners selected the bureau."
    assert "roles" in disagreements(swapped, Cited(text, alike={"bureau": "offic"}))


def test_numbers_of_a_list_are_no_figures() -> None:
    cited = Cited("1. Plan. 2. Visit. 3. Report.", sentences=("Plan.", "Visit.", "Report."))
    assert "figure" in disagreements("It lasts 2 days.", Cited("Plan. Visit."), ordinary=ORDINARY)
    assert "figure" not in disagreements("There are three steps.", cited, ordinary=ORDINARY)


def test_share_of_words() -> None:
    # pay, fee, travel: two of three are held.
    assert lexical_share("They pay a fee for travel.", Cited("Pay the fee.")) == pytest.approx(
        2 / 3
    )
    assert lexical_share("", Cited("Pay the fee.")) == 1.0
