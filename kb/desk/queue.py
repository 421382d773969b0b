"""Queue: stored inquiries -> what officers see of them: age, what is due, why a reply is stale."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.desk.clock import Due, due, working_days
from kb.desk.mail import Mail, read_mail
from kb.desk.reply_work import Work, from_record
from kb.errors import NotFound
from kb.journal.tables import InquiryState, StoredInquiry

WAITING: tuple[InquiryState, ...] = ("open", "submitted")
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Row:
    """An inquiry in the queue.

    Attributes:
        version: that an action on it must name.
        age: in working days, until today or the approval.
        stale: why its draft or approved reply is out of date; empty where it is not.
    """

    id: int
    version: int
    state: InquiryState
    subject: str
    from_name: str
    language: str
    owner: str
    received: datetime
    age: int
    due: Due
    handover: str | None
    held: datetime | None
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """An inquiry as an officer sees it.

    Attributes:
        reason: why it was rejected or closed.
        editors: accounts that have changed its reply.
    """

    row: Row
    version: int
    mail: Mail
    work: Work
    reason: str
    approver: str
    approved: datetime | None
    editors: tuple[str, ...]


class Threads:
    """Which inquiries have a newer mail in their thread."""

    def __init__(self, session: Session) -> None:
        """Read the message ids of all inquiries."""
        self._last: dict[str, int] = {}
        for number, thread in session.execute(select(StoredInquiry.id, StoredInquiry.thread)):
            for message in thread:
                self._last[message] = max(number, self._last.get(message, 0))

    def newer(self, row: StoredInquiry) -> int | None:
        """Number of the newest inquiry of the same thread, if that is another one."""
        last = max((self._last[message] for message in row.thread), default=row.id)
        return last if last > row.id else None


def find(session: Session, number: int) -> StoredInquiry:
    """A stored inquiry.

    Raises:
        NotFound: there is none of this number.
    """
    row = session.get(StoredInquiry, number)
    if row is None:
        raise NotFound(f"There is no inquiry {number}, or it has been deleted.")
    return row


def rows(
    session: Session,
    indexed: Collection[str],
    now: datetime,
    *,
    state: InquiryState | None = None,
    owner: str | None = None,
    words: str = "",
) -> list[Row]:
    """The queue: those that wait longest first; after them the finished ones, the newest first.

    Args:
        indexed: ids of all passages that are indexed now.
        words: that stand in subject, sender or text, each of them.
    """
    query = select(StoredInquiry)
    if state:
        query = query.where(StoredInquiry.state == state)
    if owner is not None:
        query = query.where(StoredInquiry.owner == owner)
    for word in words.casefold().split():
        query = query.where(StoredInquiry.searched.contains(word, autoescape=True))
    waits = StoredInquiry.state.in_(WAITING)
    waiting = query.where(waits).order_by(StoredInquiry.received, StoredInquiry.id)
    done = query.where(~waits).order_by(StoredInquiry.changed.desc(), StoredInquiry.id.desc())
    found = [*session.scalars(waiting.limit(MOST_ROWS)), *session.scalars(done.limit(MOST_ROWS))]
    threads = Threads(session)
    return [row_of(row, from_record(row.work), threads, indexed, now) for row in found[:MOST_ROWS]]


def row_of(
    row: StoredInquiry, work: Work, threads: Threads, indexed: Collection[str], now: datetime
) -> Row:
    """An inquiry as the queue shows it."""
    age = working_days(row.received.date(), (row.approved or now).date())
    return Row(
        id=row.id,
        version=row.version,
        state=cast(InquiryState, row.state),
        subject=row.subject,
        from_name=row.from_name,
        language=row.language,
        owner=row.owner,
        received=row.received,
        age=age,
        due=due(age) if row.state in WAITING else "",
        handover=row.handover,
        held=row.held,
        stale=tuple(_stale(row, work, threads, indexed)),
    )


def opened(row: StoredInquiry, threads: Threads, indexed: Collection[str], now: datetime) -> Opened:
    """An inquiry with its mail and its reply."""
    work = from_record(row.work)
    return Opened(
        row=row_of(row, work, threads, indexed, now),
        version=row.version,
        mail=read_mail(row.mail),
        work=work,
        reason=row.reason,
        approver=row.approver,
        approved=row.approved,
        editors=tuple(row.editors),
    )


def changed_sources(work: Work, indexed: Collection[str]) -> list[str]:
    """Titles of documents of which a cited passage has changed or been withdrawn."""
    return sorted({c.title for c in work.citations() if c.passage_id not in indexed})


def _stale(
    row: StoredInquiry, work: Work, threads: Threads, indexed: Collection[str]
) -> Iterator[str]:
    if row.state == "closed":
        return
    if newer := threads.newer(row):
        yield f"A newer mail of this thread has arrived: inquiry {newer}."
    for title in changed_sources(work, indexed):
        yield f"A cited section of “{title}” has changed or been withdrawn."
