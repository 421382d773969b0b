"""Change: a row and the version that somebody has seen -> one change of it, noted in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from kb.desk.account import Actor
from kb.errors import ChangedMeanwhile
from kb.journal import audit
from kb.journal.tables import FaqEntry, StoredInquiry


@contextmanager
def changing(
    row: StoredInquiry | FaqEntry,
    version: int,
    *,
    name: str,
    item: str,
    action: str,
    actor: Actor,
    now: datetime,
) -> Iterator[None]:
    """Change a row within the transaction that it was read in.

    Args:
        name, item: how messages and the audit log call it.

    Raises:
        ChangedMeanwhile: somebody else has saved it since ``version``.
    """
    if row.version != version:
        raise ChangedMeanwhile(f"Somebody else has saved {name} in the meantime.")
    session = session_of(row)
    with session.no_autoflush:  # one action is one version
        row.changed = now
        flag_modified(row, "changed")
        audit.record(session, account=actor.name, action=action, item=item, now=now)
        yield


def session_of(row: StoredInquiry | FaqEntry) -> Session:
    """The transaction that a row was read in."""
    session = Session.object_session(row)
    assert session
    return session
