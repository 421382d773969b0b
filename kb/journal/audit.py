"""Audit: who did what to which item -> an entry of the append-only log, without content."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.journal.tables import AuditEntry


def record(session: Session, *, account: str, action: str, item: str, now: datetime) -> None:
    """Add an entry in the transaction of the action itself.

    Args:
        item: kind and number, as ``inquiry 12``.
    """
    session.add(AuditEntry(moment=now, account=account, action=action, item=item))


def entries(session: Session, *, item: str = "", most: int = 500) -> list[AuditEntry]:
    """The last entries, newest first, of one item or of all."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(most)
    return list(session.scalars(query.where(AuditEntry.item == item) if item else query))
