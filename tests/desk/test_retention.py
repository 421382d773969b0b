"""What has passed its time is gone, also from the files of the database; figures stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kb.desk.account import Actor
from kb.desk.desk import Desk
from kb.desk.retention import forget
from kb.journal.sums import Sums, week_of
from kb.journal.tables import ApprovedAnswer, Sum
from tests.desk.test_mail import eml

ANTON = Actor("anton", "approver")
PLANTED = "Zebulon"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def base(base_on_each):
    return base_on_each


def test_l4_an_inquiry_that_has_passed_its_time_is_gone_and_its_approved_answer_stays(
    base, tmp_path
):
    desk = Desk(base, now=lambda: NOW)
    body = f"Dear all,\n\nwho leads the river partnership?\n\nKind regards,\nMaria {PLANTED}"
    mail = eml(body, From=f"Maria {PLANTED} <maria@{PLANTED.lower()}.eu>")
    number = desk.open(mail, ANTON)
    desk.approve(number, desk.read(number, ANTON).version, ANTON)
    forget(base, now=NOW + timedelta(days=89))
    assert [row.id for row in desk.inquiries()] == [number]
    forget(base, now=NOW + timedelta(days=91))
    assert desk.inquiries() == []
    with base.database.session() as session:
        (kept,) = session.scalars(select(ApprovedAnswer))
        assert kept.inquiry_id is None
        assert PLANTED not in kept.question + kept.text
        assert session.scalar(select(Sum.count).where(Sum.measure == "approved")) == 1
    files = [p for p in Path(tmp_path).glob("database.sqlite*") if p.is_file()]
    assert not any(PLANTED.encode() in p.read_bytes() for p in files)


def test_questions_are_counted_by_week_and_how_they_were_answered(base):
    sums = Sums(base.database)
    answer = base.ask("Who leads the river partnership?")
    nothing = base.ask("Which colour has the moon of Jupiter?")
    for counted in (answer, answer, nothing):
        sums.count(counted, "chat", now=NOW)
    assert sums.all() == []
    sums.flush()
    sums.count(answer, "chat", now=NOW)
    sums.flush()
    found = {row.measure: row for row in sums.all()}
    assert found[answer.status].count == 3
    assert found[nothing.status].count == 1
    assert {row.week for row in found.values()} == {week_of(NOW)}
    assert found[answer.status].topic == answer.citations[0].document_id


def test_what_cannot_be_written_is_counted_the_next_time(base):
    base.journal.keep(base.ask("Who leads the river partnership?"), surface="api")
    real = base.database.session

    def broken():
        raise RuntimeError

    base.database.session = broken
    with pytest.raises(RuntimeError):
        base.journal.write_counts()
    base.database.session = real
    base.journal.write_counts()
    assert [row.count for row in Sums(base.database).all()] == [1]
