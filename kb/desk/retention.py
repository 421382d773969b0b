"""Retention: a knowledge base and today -> what has passed its time is deleted, also from the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, text

from kb.desk.accounts import Accounts
from kb.desk.faq import forget_proposals
from kb.journal.tables import StoredInquiry
from kb.knowledge import KnowledgeBase


def forget(base: KnowledgeBase, *, now: datetime | None = None) -> None:
    """Delete what is older than KB_RETENTION_DAYS, and ended sessions.

    That is questions, inquiries, comments, and what was proposed for the FAQ but never published.

    Approved answers stay, without personal data; figures stay as sums; the audit log holds no content.

    Raises:
        JournalError: the database cannot be written.
    """
    moment = now or datetime.now(UTC)
    days = base.settings.retention_days
    base.journal.forget(days, now=moment)
    with base.database.session() as session:
        limit = moment - timedelta(days=days)
        session.execute(delete(StoredInquiry).where(StoredInquiry.created < limit))
        forget_proposals(session, limit)
    Accounts(base.database, now=lambda: moment).forget_ended()
    if base.database.engine.dialect.name == "sqlite":
        with base.database.session() as session:  # the log still holds what was deleted
            session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
