"""Drafts against the passages they name: what is cited, and why the rest is dropped."""

from __future__ import annotations

import numpy as np
import pytest

from kb.answering.generate import Draft
from kb.answering.ground import Support, Verdict, find_evidence, ground, read
from kb.reading.passages import split_document
from kb.types import Document, Passage, Section
from tests.conftest import CountingEmbedder

TEXT = """The harbour network has twelve members from nine regions. It was set up in Porto in 2031.

The harbour network pays for travel, and the office in Graz keeps its books.

Questions go to help@harbour.example or to the office in Graz.

- Recommendation: Visit the office in Graz before you apply, because it keeps the books."""
ORDINARY = frozenset("the questions visit it members you".split())


def passage(text: str = TEXT) -> Passage:
    section = Section(("Harbour network", "What it is"), 0, len(text))
    return split_document(
        Document("harbour", "Harbour network", "guidance", "source", text, (section,))
    )[0]


def checked(text: str, *numbers: int, passages: list[Passage] | None = None) -> Verdict:
    return ground(
        Draft(text, numbers or (1,)),
        passages or [passage()],
        CountingEmbedder(),
        idf=lambda stem: 1.0,
        ordinary=ORDINARY,
    )


def quoted(verdict: Verdict) -> list[str]:
    assert verdict.claim, verdict.reasons
    return [quote.text for quote in verdict.claim.quotes]


def test_a_sentence_rests_on_the_one_that_says_it() -> None:
    verdict = checked("The office in Graz keeps the books of the harbour network.")
    assert quoted(verdict) == [
        "The harbour network pays for travel, and the office in Graz keeps its books."
    ]
    assert verdict.claim
    assert verdict.claim.kind == "finding"


def test_quotes_are_exact_spans_of_the_passage() -> None:
    verdict = checked("The harbour network has twelve members and pays for travel.")
    assert verdict.claim
    for quote in verdict.claim.quotes:
        assert TEXT[quote.start : quote.end] == quote.text


def test_a_draft_may_rest_on_two_sentences() -> None:
    verdict = checked(
        "The harbour network has twelve members from nine regions and pays for travel."
    )
    assert quoted(verdict) == [
        "The harbour network has twelve members from nine regions.",
        "The harbour network pays for travel, and the office in Graz keeps its books.",
    ]


def test_a_draft_may_rest_on_two_passages() -> None:
    other = passage("The harbour network runs four ferries.\n\nIts ferries are blue.")
    verdict = checked(
        "The harbour network has twelve members from nine regions and runs four ferries.",
        1, 2, passages=[passage(), other],
    )  # fmt: skip
    assert verdict.claim
    assert {quote.passage.id for quote in verdict.claim.quotes} == {passage().id, other.id}


def test_a_list_is_cited_whole() -> None:
    text = """The harbour network has three tasks:

- Task one of the harbour network is ferries.
- Task two of the harbour network is docks.
- Task three of the harbour network is cranes."""
    verdict = checked(
        "The harbour network has three tasks: ferries, docks and cranes.", passages=[passage(text)]
    )
    assert all(word in " ".join(quoted(verdict)) for word in ("ferries", "docks", "cranes"))


def test_a_recommendation_stays_one() -> None:
    verdict = checked("You should visit the office in Graz before you apply.")
    assert verdict.claim
    assert verdict.claim.kind == "recommendation"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("The harbour network has **twelve** members.", "markup"),
        ("The harbour network has <b>twelve</b> members.", "markup"),
        ("Questions go to the office at info@harbour.example.", "address"),
        ("The harbour network at https://other.example has twelve members.", "address"),
        ("The harbour network has thirteen members.", "figure"),
        ("The harbour network was set up in Porto in 2032.", "figure"),
        ("The harbour network was set up in Lisbon.", "name"),
        ("The harbour network does not pay for travel.", "negation"),
        ("You must visit the office in Graz before you apply.", "modality"),
        ("The harbour network trains young captains every summer.", "coverage"),
    ],
)
def test_what_is_not_borne_out_is_dropped(text: str, reason: str) -> None:
    verdict = checked(text)
    assert verdict.claim is None
    assert reason in verdict.reasons


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_unknown_passage_number_is_dropped(number: int) -> None:
    assert checked("The harbour network has twelve members.", number).reasons == ("number",)


def test_a_draft_that_names_no_passage_is_dropped() -> None:
    verdict = ground(
        Draft("The harbour network has twelve members.", ()),
        [passage()], CountingEmbedder(), idf=lambda stem: 1.0, ordinary=ORDINARY,
    )  # fmt: skip
    assert verdict.reasons == ("empty",)


def test_an_address_that_is_quoted_may_be_told() -> None:
    assert checked("Questions go to help@harbour.example.").claim


def test_a_name_with_an_underscore_is_no_markup() -> None:
    other = passage("The tool dock_watch counts ferries.\n\nIt is free.")
    assert checked("The tool dock_watch counts ferries.", passages=[other]).claim


def test_support_is_the_mean_over_words_and_its_weakest_part() -> None:
    here = passage("Ferries carry goods and people.\n\nDocks are old.")
    evidence = find_evidence(
        "Ferries carry goods", [here], CountingEmbedder(), idf=lambda stem: 1.0
    )
    # All three words stand in the first sentence, none in the second.
    assert evidence.near.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    support = evidence.support([0])
    assert support.share == support.weakest == 1.0
    # Three of the four words of "ferries carry goods people" are said: 3 / sqrt(3 * 4).
    assert support.cosine == pytest.approx(3 / np.sqrt(12))


def test_more_support_never_makes_a_sentence_less_covered() -> None:
    steps = [Support(x, x, x).enough for x in (0.0, 0.3, 0.6, 0.8, 1.0)]
    assert steps == sorted(steps)
    assert not steps[0]
    assert steps[-1]


def test_what_was_read_is_kept() -> None:
    embedder = CountingEmbedder()
    first = read(embedder, ["Ferries carry goods."])[0]
    assert read(embedder, ["Docks are old.", "Ferries carry goods."])[1] is first
