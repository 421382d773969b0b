"""Desk: what officers do with inquiries -> rows of the database; the console calls nothing else.

Every method is one transaction: it changes the inquiry and writes the audit log, or does nothing.
Methods that change an inquiry take the version that the officer has seen.

Raises (all methods that take a number):
    NotFound: there is no such inquiry.
    ChangedMeanwhile: somebody else has saved it since; nothing is changed.
    NotAllowed: the role does not allow it.
    DeskError: its state does not allow it; says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from kb.desk import approved, queue
from kb.desk.account import Actor
from kb.desk.change import changing, session_of
from kb.desk.inquiry import Asked, Inquiry, read_inquiry
from kb.desk.letter import Reply
from kb.desk.mail import MOST_TEXT, read_mail
from kb.desk.outgoing import holding_reply, reply_message
from kb.desk.reply import answer_inquiry
from kb.desk.reply_work import BY_CODE, Checked, Sentence, Work, begin, from_record, to_record
from kb.errors import DeskError, NotAllowed, NotFound
from kb.journal import audit, sums
from kb.journal.tables import AuditEntry, InquiryState, StoredInquiry
from kb.knowledge import KnowledgeBase
from kb.types import Citation

OPEN: tuple[InquiryState, ...] = ("open",)
EDITED: tuple[InquiryState, ...] = queue.WAITING
FINISHED: tuple[InquiryState, ...] = ("approved", "closed")
ANY: tuple[InquiryState, ...] = (*EDITED, *FINISHED)


@dataclass(frozen=True, slots=True)
class Edit:
    """The texts of a reply as an officer leaves them; parts by their id."""

    subject: str
    opening: str
    parts: Mapping[int, str]
    closing: str


class Desk:
    """The secretariat's desk over one knowledge base and its database."""

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        four_eyes: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set the rules.

        Args:
            four_eyes: who has edited a reply may not approve it.
        """
        self._base = base
        self._session = base.database.session
        self._four_eyes = four_eyes
        self._now = now

    def open(self, data: bytes, actor: Actor, name: str = "The mail") -> int:
        """Take in a mail or a pasted text, and draft its reply.

        Args:
            name: how messages call it.

        Returns:
            Number of the inquiry.

        Raises:
            SourceError: it cannot be read.
        """
        mail, now = read_mail(data, name), self._now()
        inquiry = read_inquiry(mail)
        received = datetime.fromisoformat(mail.received) if mail.received else now
        row = StoredInquiry(
            state="open",
            owner="",
            created=now,
            received=min(received, now),
            changed=now,
            approver="",
            editors=[],
            reason="",
            subject=mail.subject,
            from_name=mail.from_name,
            language=mail.language,
            handover=inquiry.handover,
            thread=[*dict.fromkeys(i for i in (mail.message_id, *mail.references) if i)],
            searched=f"{mail.subject} {mail.from_name} {mail.text}".casefold(),
            mail=data,
            work=to_record(self._draft(inquiry)),
        )
        with self._session() as session:
            session.add(row)
            session.flush()
            self._note(session, actor, "open", row.id)
        return row.id

    def inquiries(
        self, *, state: InquiryState | None = None, owner: str | None = None, words: str = ""
    ) -> list[queue.Row]:
        """Inquiries, those that wait longest first; finished ones after them."""
        with self._session() as session:
            return queue.rows(
                session, self._indexed(), self._now(), state=state, owner=owner, words=words
            )

    def read(self, number: int, actor: Actor) -> queue.Opened:
        """Show an inquiry; the reading is noted."""
        with self._session() as session:
            row = queue.find(session, number)
            self._note(session, actor, "read", number)
            return queue.opened(row, queue.Threads(session), self._indexed(), self._now())

    def offers(self, number: int) -> dict[int, list[approved.Offer]]:
        """For each part of an inquiry, approved answers to similar questions."""
        with self._session() as session:
            work = from_record(queue.find(session, number).work)
            return {
                part.id: approved.offers(
                    session, part.question, self._base.embedder, self._indexed(), without=number
                )
                for part in work.parts
            }

    def claim(self, number: int, version: int, actor: Actor) -> None:
        """Make the actor the owner."""
        with self._changing(number, version, actor, "claim", ANY) as row:
            row.owner = actor.name

    def save(self, number: int, version: int, edit: Edit, actor: Actor) -> None:
        """Keep the texts as edited; changed sentences lose their checks.

        Raises:
            DeskError: a text is longer than a mail may be.
        """
        if (
            max(map(len, (edit.subject, edit.opening, edit.closing, *edit.parts.values())))
            > MOST_TEXT
        ):
            raise DeskError(f"A text is longer than {MOST_TEXT:,} characters. Shorten it.")
        with self._editing(number, version, actor, "save") as row:
            work = from_record(row.work)
            parts = tuple(
                replace(part, body=part.body.changed(edit.parts.get(part.id, part.body.text)))
                for part in work.parts
            )
            work = replace(
                work,
                subject=" ".join(edit.subject.split()),
                opening=work.opening.changed(edit.opening),
                parts=parts,
                closing=work.closing.changed(edit.closing),
            )
            row.work = to_record(work)

    def set_questions(
        self, number: int, version: int, questions: Sequence[tuple[int | None, str]], actor: Actor
    ) -> None:
        """Merge, split, add and remove: the list of questions becomes the given one.

        Args:
            questions: in order, each with the id of the part it comes from, or None. A part whose question
                stays keeps its text; the others are drafted.
        """
        asked = [(part, " ".join(text.split())) for part, text in questions if text.strip()]
        if not asked:
            raise DeskError("A reply needs at least one question.")
        with self._editing(number, version, actor, "questions") as row:
            work = from_record(row.work)
            old = [(work.part(part) if part else None, text) for part, text in asked]
            wanted = tuple(Asked(text, part.before if part else "") for part, text in old)
            fresh = self._draft(replace(read_inquiry(read_mail(row.mail)), questions=wanted))
            row.work = to_record(work.with_questions(old, fresh))

    def check(self, number: int, version: int, actor: Actor) -> int:
        """Compare each unchecked sentence with the passages that it cites.

        Returns:
            Number of sentences that stay unchecked.
        """
        with self._editing(number, version, actor, "check") as row:
            work = from_record(row.work)
            for part in work.parts:
                body = part.body
                for sentence in body.unchecked():
                    if self._is_borne_out(sentence, part.citations):
                        body = body.with_check(sentence, BY_CODE)
                work = work.with_part(replace(part, body=body))
            row.work = to_record(work)
        return len(work.unchecked())

    def confirm(self, number: int, version: int, key: str, actor: Actor) -> None:
        """Put the actor's name to an unchecked sentence.

        Args:
            key: of the sentence.
        """
        with self._editing(number, version, actor, "confirm") as row:
            work = from_record(row.work)
            found = next((s for s in work.unchecked() if s.key == key), None)
            if found is None:
                raise NotFound("This sentence does not stand in the reply, or is checked already.")
            row.work = to_record(work.with_check(found, actor.name))

    def use(self, number: int, version: int, part: int, offer: int, actor: Actor) -> None:
        """Take an approved answer as the text of a part."""
        with self._editing(number, version, actor, "use") as row:
            work = from_record(row.work)
            old, found = work.part(part), approved.find(session_of(row), offer)
            if old is None or found is None:
                raise NotFound("This question or approved answer is not there any more.")
            body = Checked.by_code(found.text)
            row.work = to_record(work.with_part(replace(old, body=body, citations=found.citations)))

    def redraft(self, number: int, version: int, actor: Actor) -> None:
        """Draft the reply anew from what is indexed now, also where it was to be handed over."""
        with self._editing(number, version, actor, "redraft") as row:
            work = from_record(row.work)
            inquiry = replace(read_inquiry(read_mail(row.mail)), handover=None)
            if work.parts:
                asked = tuple(Asked(part.question, part.before) for part in work.parts)
                inquiry = replace(inquiry, questions=asked)
            row.handover, row.work = None, to_record(self._draft(inquiry))

    def submit(self, number: int, version: int, actor: Actor) -> None:
        """Hand a reply to an approver."""
        with self._changing(number, version, actor, "submit", OPEN) as row:
            self._ready(row)
            row.state, row.reason = "submitted", ""

    def approve(self, number: int, version: int, actor: Actor) -> None:
        """Approve the reply as it stands; its answers can be offered again from now on."""
        actor.require("approver")
        with self._changing(number, version, actor, "approve", EDITED) as row:
            if self._four_eyes and actor.name in row.editors:
                raise NotAllowed("You have edited this reply; another person must approve it.")
            work, now, session = self._ready(row), self._now(), session_of(row)
            row.state, row.approved, row.approver, row.reason = "approved", now, actor.name, ""
            row.work = to_record(replace(work, reply=work.written()))
            approved.keep(
                session, number, work, read_mail(row.mail), self._base.embedder,
                approver=actor.name, now=now,
            )  # fmt: skip
            _count_approved(session, row, work, now)

    def reject(self, number: int, version: int, reason: str, actor: Actor) -> None:
        """Give a reply back, with the reason."""
        actor.require("approver")
        if not reason.strip():
            raise DeskError("Say why the reply is rejected.")
        with self._changing(number, version, actor, "reject", EDITED) as row:
            row.state, row.reason = "open", reason.strip()

    def close(self, number: int, version: int, reason: str, actor: Actor) -> None:
        """End an inquiry that gets no reply from here, as one that was handed over."""
        if not reason.strip():
            raise DeskError("Say why the inquiry gets no reply from here.")
        with self._changing(number, version, actor, "close", EDITED) as row:
            row.state, row.reason = "closed", reason.strip()

    def reopen(self, number: int, version: int, actor: Actor) -> None:
        """Go on with an approved or closed inquiry; an approved reply is withdrawn."""
        with self._changing(number, version, actor, "reopen", FINISHED) as row:
            approved.forget(session_of(row), number)
            row.state, row.reason, row.approved, row.approver = "open", "", None, ""
            row.work = to_record(replace(from_record(row.work), reply=None))

    def hold(self, number: int, version: int, actor: Actor) -> None:
        """Note that the holding reply has been sent."""
        with self._changing(number, version, actor, "hold", EDITED) as row:
            row.held = self._now()

    def delete(self, number: int, actor: Actor) -> None:
        """Delete an inquiry at once; its approved answers stay, without personal data."""
        actor.require("administrator")
        with self._session() as session:
            session.delete(queue.find(session, number))
            self._note(session, actor, "delete", number)

    def log(self, number: int, actor: Actor) -> list[AuditEntry]:
        """Who has done what to an inquiry, newest first; also after it has been deleted."""
        actor.require("administrator")
        with self._session() as session:
            return audit.entries(session, item=f"inquiry {number}")

    def take(self, number: int, actor: Actor, *, holding: bool = False) -> tuple[Reply, bytes]:
        """The approved reply, or the holding reply, for copying and as a message for the mail program."""
        with self._session() as session:
            row = queue.find(session, number)
            mail, work = read_mail(row.mail), from_record(row.work)
            reply = holding_reply(mail, row.received) if holding else work.reply
            if reply is None:
                raise DeskError("The reply is not approved yet.")
            self._note(session, actor, "take", number)
        return reply, reply_message(reply, mail)

    def _draft(self, inquiry: Inquiry) -> Work:
        now = self._now()
        return begin(inquiry, answer_inquiry(inquiry, self._base, now=now), now)

    def _indexed(self) -> Collection[str]:
        return self._base.passages().keys()

    @contextmanager
    def _changing(
        self,
        number: int,
        version: int,
        actor: Actor,
        action: str,
        states: Collection[InquiryState],
    ) -> Iterator[StoredInquiry]:
        """A transaction on an inquiry that nobody else has changed since its version was read."""
        with self._session() as session:
            row = queue.find(session, number)
            name = f"inquiry {number}"
            with changing(
                row, version, name=name, item=name, action=action, actor=actor, now=self._now()
            ):
                if row.state not in states:
                    raise DeskError(
                        f"Inquiry {number} is {row.state}, so this cannot be done to it."
                    )
                yield row

    @contextmanager
    def _editing(
        self, number: int, version: int, actor: Actor, action: str
    ) -> Iterator[StoredInquiry]:
        with self._changing(number, version, actor, action, EDITED) as row:
            yield row
            row.editors = sorted({*row.editors, actor.name})

    def _note(self, session: Session, actor: Actor, action: str, number: int) -> None:
        audit.record(
            session, account=actor.name, action=action, item=f"inquiry {number}", now=self._now()
        )

    def _ready(self, row: StoredInquiry) -> Work:
        """The reply of an inquiry, if it may go out.

        Raises:
            DeskError: there is none, a sentence is not checked, or a source has changed.
        """
        work = from_record(row.work)
        if row.handover or not work.parts:
            raise DeskError("There is no reply to approve.")
        if unchecked := len(work.unchecked()):
            raise DeskError(f"Sentences not checked: {unchecked}. Check or confirm them first.")
        if titles := queue.changed_sources(work, self._indexed()):
            raise DeskError(f"Cited sections have changed: {', '.join(titles)}. Draft anew.")
        return work

    def _is_borne_out(self, sentence: Sentence, citations: Sequence[Citation]) -> bool:
        indexed = self._base.passages()
        cited = [c.passage_id for c in citations if c.number in sentence.citations]
        passages = [indexed[name] for name in dict.fromkeys(cited) if name in indexed]
        return bool(passages) and self._base.bears_out(sentence.text, passages)


def _count_approved(session: Session, row: StoredInquiry, work: Work, now: datetime) -> None:
    """Figures of an approval: hours since the mail came, distance from the draft, share unchanged."""
    distance = work.distance()
    week = sums.week_of(now)
    measured = {"approved": (now - row.received).total_seconds() / 3600, "edited": distance}
    if not distance:
        measured["unchanged"] = 0.0
    for measure, total in measured.items():
        sums.add(
            session, sums.Counted(week, measure, "console", row.language), count=1, total=total
        )
