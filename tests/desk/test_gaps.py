"""Questions that were not answered well, grouped by meaning, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from kb.desk.desk import Desk
from kb.desk.faq import Faq
from kb.desk.gaps import Gaps
from kb.journal.tables import Feedback, StoredQuestion
from tests.desk.test_desk import DORA
from tests.desk.test_mail import eml

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def base(base_on_each):
    return base_on_each


@pytest.fixture
def gaps(base):
    return Gaps(base, now=lambda: NOW)


def ask(base, text, *, status="not_answered", surface="chat", weeks=0, answer_id="", useful=None):
    with base.database.session() as session:
        created = NOW - timedelta(weeks=weeks)
        session.add(
            StoredQuestion(
                answer_id=answer_id, created=created, surface=surface, text=text, language="en",
                status=status, reason=None, confidence=0.5, generation="g",
            )
        )  # fmt: skip
        if useful is not None:
            session.add(
                Feedback(
                    answer_id=answer_id, created=created, useful=useful, comment="", status=status,
                    confidence=0.5, generation="g", generator="extractive", passages=[],
                )
            )  # fmt: skip


def test_nothing_asked_is_no_gap(gaps):
    assert gaps.groups() == []


def test_questions_of_one_meaning_are_one_group(base, gaps):
    ask(base, "Who pays for the zebra?")
    ask(base, "who pays for the zebra")
    ask(base, "Who pays the zebra costs?", surface="api", status="partial", weeks=5)
    ask(base, "Who pays for zebra?", surface="embed", weeks=20)
    ask(base, "Which train goes to Lapland?")
    ask(base, "Answered well", status="answered")
    zebra, train = gaps.groups()
    assert zebra.central.casefold().startswith("who pays for the zebra")
    assert (zebra.count, train.count) == (4, 1)
    assert zebra.members[0] == ("who pays for the zebra", 2)
    assert zebra.channels == {"chat": 2, "api": 1, "embed": 1}
    assert zebra.reasons == {"not_answered": 3, "partial": 1}
    assert zebra.weeks == (0, 0, 1, 0, 0, 0, 0, 2)
    assert (zebra.recent, zebra.earlier) == (2, 1)
    assert train.members == (("Which train goes to Lapland?", 1),)


def test_an_answer_that_did_not_help_is_a_gap(base, gaps):
    ask(base, "Is it helpful?", status="answered", answer_id="a", useful=False)
    ask(base, "Another matter altogether", status="answered", answer_id="b", useful=True)
    (group,) = gaps.groups()
    assert group.central == "Is it helpful?"
    assert group.reasons == {"unhelpful": 1}


def test_questions_of_mails_come_without_personal_data(base, gaps):
    desk = Desk(base, now=lambda: NOW)
    body = "Dear all,\n\nwhich zebra may Maria Rossi of +49 30 901820 ride?\n\nBest,\nMaria Rossi"
    desk.open(eml(body), DORA)
    desk.open(eml("Who leads the river partnership?"), DORA)
    (group,) = gaps.groups()
    assert group.channels == {"mail": 1}
    assert "which zebra may [name] of [phone] ride?" in group.central


def test_a_group_starts_an_entry_and_knows_it_afterwards(base, gaps):
    ask(base, "Who pays for the zebra?")
    ask(base, "who pays for zebra")
    (group,) = gaps.groups()
    assert group.entry == ""
    faq = Faq(base)
    name = faq.propose(group.central, "", DORA, asked_as=[text for text, _ in group.members])
    assert len(faq.read(name).wording.asked_as) == 2
    assert gaps.groups()[0].entry == name


@pytest.mark.parametrize("database_address", ["sqlite"], indirect=True)
def test_five_thousand_questions_are_enough(base, gaps, monkeypatch):
    monkeypatch.setattr("kb.desk.gaps.MOST_QUESTIONS", 2)
    for number in range(3):
        ask(base, f"Question {number}", weeks=-number)
    assert sum(group.count for group in gaps.groups()) == 2
