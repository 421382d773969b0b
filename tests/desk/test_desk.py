"""An officer's way with an inquiry, on both databases."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from kb.desk.account import Actor
from kb.desk.desk import Desk, Edit
from kb.errors import ChangedMeanwhile, DeskError, JournalError, NotAllowed, NotFound
from kb.journal import audit
from tests.desk.test_mail import eml

DORA = Actor("dora", "drafter")
ANTON = Actor("anton", "approver")
ADA = Actor("ada", "administrator")
BODY = """Dear all,

what can we do when partners go quiet? And who leads the river partnership?

Kind regards,
Maria Rossi"""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def base(base_on_each):
    return base_on_each


@pytest.fixture
def desk(base, clock):
    return Desk(base, now=clock)


@pytest.fixture
def number(desk):
    return desk.open(eml(BODY, Date="Mon, 01 Jun 2026 08:00:00 +0000"), DORA)


def edit_of(opened, **changes):
    work = opened.work
    values = {
        "subject": work.subject, "opening": work.opening.text, "closing": work.closing.text,
        "parts": {part.id: part.body.text for part in work.parts},
    }  # fmt: skip
    return Edit(**(values | changes))


def test_from_mail_to_reply(desk, number, base):
    opened = desk.read(number, DORA)
    assert [part.question for part in opened.work.parts] == [
        "what can we do when partners go quiet?", "And who leads the river partnership?",
    ]  # fmt: skip
    assert opened.work.unchecked() == []
    assert all(part.citations for part in opened.work.parts)
    desk.claim(number, opened.version, DORA)
    desk.submit(number, opened.version + 1, DORA)
    with pytest.raises(NotAllowed):
        desk.approve(number, opened.version + 2, DORA)
    desk.approve(number, opened.version + 2, ANTON)
    reply, message = desk.take(number, DORA)
    assert "Dear Maria Rossi," in reply.text
    assert reply == desk.read(number, DORA).work.reply
    read = message_from_bytes(message, policy=policy.default)
    mail = opened.mail
    assert read["In-Reply-To"] == mail.message_id
    assert read["References"].split()[-1] == mail.message_id
    assert read["To"] == mail.from_address
    assert read.get_body(("plain",)).get_content().split() == reply.text.split()
    with base.database.session() as session:
        log = audit.entries(session, item=f"inquiry {number}")
    assert [(e.account, e.action) for e in reversed(log)] == [
        ("dora", "open"), ("dora", "read"), ("dora", "claim"), ("dora", "submit"),
        ("anton", "approve"), ("dora", "take"), ("dora", "read"),
    ]  # fmt: skip


def test_a_changed_sentence_loses_its_check(desk, number):
    opened = desk.read(number, DORA)
    part = opened.work.parts[0]
    changed = part.body.text.replace(".", " on Tuesdays.", 1)
    desk.save(number, opened.version, edit_of(opened, parts={part.id: changed}), DORA)
    opened = desk.read(number, DORA)
    (open_sentence,) = opened.work.unchecked()
    assert "on Tuesdays." in open_sentence.text
    with pytest.raises(DeskError, match="not checked: 1"):
        desk.submit(number, opened.version, DORA)
    assert desk.check(number, opened.version, DORA) == 1
    desk.confirm(number, opened.version + 1, open_sentence.key, DORA)
    desk.submit(number, opened.version + 2, DORA)
    assert desk.read(number, DORA).work.parts[0].body.checks[open_sentence.key] == "dora"
    with pytest.raises(NotFound):
        desk.confirm(number, opened.version + 3, open_sentence.key, DORA)


def test_a_sentence_that_its_source_bears_out_is_checked_by_code(desk, number):
    opened = desk.read(number, DORA)
    part = opened.work.parts[0]
    words = part.citations[0].quote
    first = words.split(". ")[0].rstrip(".") + "."
    parts = {part.id: f"{first} {part.body.text} \n\n{first} [1]"}
    desk.save(number, opened.version, edit_of(opened, parts=parts), DORA)
    assert desk.check(number, opened.version + 1, DORA) == 0


def test_the_second_to_save_is_told(desk, number):
    opened = desk.read(number, DORA)
    desk.save(number, opened.version, edit_of(opened, closing="Regards, D."), DORA)
    with pytest.raises(ChangedMeanwhile):
        desk.save(number, opened.version, edit_of(opened, closing="Regards, A."), ANTON)
    assert desk.read(number, DORA).work.closing.text == "Regards, D."


def test_of_two_who_save_at_once_one_is_told(desk, number):
    opened = desk.read(number, DORA)
    start, told = Barrier(8), []

    def save(name: str) -> None:
        start.wait()
        try:
            desk.save(number, opened.version, edit_of(opened, closing=f"Regards, {name}."), DORA)
        except ChangedMeanwhile:
            told.append(name)

    threads = [Thread(target=save, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = desk.read(number, DORA)
    assert len(told) == 7
    assert after.version == opened.version + 1
    assert after.work.closing.text.split()[1].strip(".") not in told


def test_questions_are_merged_split_added_and_removed(desk, number):
    opened = desk.read(number, DORA)
    one, two = opened.work.parts
    desk.set_questions(
        number, opened.version, [(two.id, two.question), (None, "What is a partnership?")], DORA
    )
    work = desk.read(number, DORA).work
    assert [p.question for p in work.parts] == [two.question, "What is a partnership?"]
    assert work.parts[0] == two
    assert work.parts[1].id not in (one.id, two.id)
    with pytest.raises(DeskError):
        desk.set_questions(number, opened.version + 1, [(None, " ")], DORA)


def test_four_eyes(base, clock):
    desk = Desk(base, four_eyes=True, now=clock)
    number = desk.open(eml(BODY), ANTON)
    opened = desk.read(number, ANTON)
    desk.save(number, opened.version, edit_of(opened, closing=opened.work.closing.text), ANTON)
    with pytest.raises(NotAllowed, match="another person"):
        desk.approve(number, opened.version + 1, ANTON)
    desk.approve(number, opened.version + 1, ADA)


def test_rejected_with_a_reason_closed_and_opened_again(desk, number):
    version = desk.read(number, DORA).version
    with pytest.raises(DeskError, match="why"):
        desk.reject(number, version, " ", ANTON)
    desk.reject(number, version, "Too long.", ANTON)
    assert desk.read(number, DORA).reason == "Too long."
    desk.close(number, version + 1, "Handed over to DG COMM.", DORA)
    with pytest.raises(DeskError, match="closed"):
        desk.save(number, version + 2, edit_of(desk.read(number, DORA)), DORA)
    desk.reopen(number, version + 2, DORA)
    assert desk.read(number, DORA).row.state == "open"


def test_l4_an_approved_answer_is_offered_without_personal_data(desk, base):
    first = desk.open(eml("Who leads the river partnership?\n\nMaria Rossi"), DORA)
    opened = desk.read(first, DORA)
    part = opened.work.parts[0]
    added = f"{part.body.text}\n\nWrite to Maria Rossi, maria.rossi@example.eu."
    desk.save(first, opened.version, edit_of(opened, parts={part.id: added}), DORA)
    for sentence in desk.read(first, DORA).work.unchecked():
        desk.confirm(first, desk.read(first, DORA).version, sentence.key, DORA)
    desk.approve(first, desk.read(first, DORA).version, ANTON)

    second = desk.open(eml("Dear all,\n\nwho is it that leads the river partnership?"), DORA)
    opened = desk.read(second, DORA)
    part = opened.work.parts[0]
    (offer,) = desk.offers(second)[part.id]
    assert offer.inquiry_id == first
    assert not offer.stale
    assert "Rossi" not in offer.text
    assert "example.eu" not in offer.text
    desk.use(second, opened.version, part.id, offer.id, DORA)
    work = desk.read(second, DORA).work
    assert work.parts[0].body.text == offer.text
    assert work.unchecked() == []

    desk.delete(first, ADA)
    (offer,) = desk.offers(second)[part.id]
    assert offer.inquiry_id is None


def test_l5_an_approved_reply_goes_stale_with_its_source(desk, number, base):
    version = desk.read(number, DORA).version
    desk.approve(number, version, ANTON)
    document = desk.read(number, DORA).work.citations()[0].document_id
    assert desk.read(number, DORA).row.stale == ()
    base.ingest(withdraw=[document])
    (reason, *_) = desk.read(number, DORA).row.stale
    assert "changed or been withdrawn" in reason
    desk.reopen(number, version + 1, ANTON)
    with pytest.raises(DeskError, match="have changed"):
        desk.approve(number, version + 2, ANTON)
    desk.redraft(number, version + 2, ANTON)
    assert desk.read(number, DORA).row.stale == ()


def test_a_new_mail_of_the_thread_is_noted(desk, number):
    first = desk.read(number, DORA).mail
    again = eml("And who pays for it?", Message_ID="<2@x.eu>", In_Reply_To=first.message_id)
    later = desk.open(again, DORA)
    assert f"inquiry {later}" in desk.read(number, DORA).row.stale[0]
    assert desk.read(later, DORA).row.stale == ()


def test_l9_the_queue(desk, number, clock):
    clock.now += timedelta(days=1)
    second = desk.open(eml("What is a mission?", Subject="Mission", Message_ID="<3@x.eu>"), DORA)
    desk.claim(second, desk.read(second, DORA).version, DORA)
    assert [row.id for row in desk.inquiries()] == [number, second]
    assert [row.id for row in desk.inquiries(owner="dora")] == [second]
    assert [row.id for row in desk.inquiries(words="RIVER rossi")] == [number]
    assert desk.inquiries(words="100%_") == []
    # 1 June 2026 is a Monday; no holiday falls within the next three weeks.
    ages = {14: (10, "warning"), 17: (13, "holding"), 21: (15, "holding"), 22: (16, "overdue")}
    for days, expected in ages.items():
        clock.now = datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(days=days)
        row = next(row for row in desk.inquiries() if row.id == number)
        assert (row.age, row.due) == expected
    reply, _ = desk.take(number, DORA, holding=True)
    assert "1 June 2026" in reply.text
    desk.hold(number, desk.read(number, DORA).version, DORA)
    assert desk.read(number, DORA).row.held == clock.now


def test_l9_what_is_handed_over_gets_no_reply_unless_an_officer_asks_for_one(desk):
    body = "I make a formal complaint about your work. Who leads the river partnership?"
    number = desk.open(eml(body, Subject="Complaint"), DORA)
    opened = desk.read(number, DORA)
    assert opened.row.handover == "complaint"
    with pytest.raises(DeskError, match="no reply"):
        desk.approve(number, opened.version, ANTON)
    desk.redraft(number, opened.version, DORA)
    desk.approve(number, opened.version + 1, ANTON)


def test_the_number_of_a_deleted_inquiry_is_not_given_again(desk, number):
    desk.delete(number, ADA)
    assert desk.open(eml(BODY), DORA) > number


def test_the_audit_log_cannot_be_changed(desk, number, base):
    for statement in ("update audit set account = 'x'", "delete from audit"):
        with pytest.raises(JournalError), base.database.session() as session:
            session.execute(text(statement))
    with base.database.session() as session:
        assert [e.account for e in audit.entries(session)] == ["dora"]


def test_what_is_not_there_and_what_may_not_be_done(desk, number):
    with pytest.raises(NotFound):
        desk.read(number + 1, DORA)
    with pytest.raises(NotAllowed):
        desk.delete(number, ANTON)
    with pytest.raises(DeskError, match="not approved"):
        desk.take(number, DORA)
