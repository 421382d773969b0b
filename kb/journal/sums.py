"""Sums: what is counted -> figures by week, which hold no text and outlive the texts."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.journal.database import Database
from kb.journal.tables import Sum
from kb.types import Answer

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_KEY = ("week", "measure", "surface", "language", "topic")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a figure is about; see ``kb.journal.tables.Sum``."""

    week: date
    measure: str
    surface: str = ""
    language: str = ""
    topic: str = ""


def week_of(moment: datetime) -> date:
    """Monday of a moment's week, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def add(session: Session, what: Counted, *, count: int = 1, total: float = 0.0) -> None:
    """Add to a figure."""
    key = {name: getattr(what, name) for name in _KEY}
    dialect = session.get_bind().dialect.name
    insert = _INSERTS[dialect](Sum).values(**key, count=count, total=total)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=_KEY,
            set_={"count": Sum.count + count, "total": Sum.total + total},
        )
    )


class Sums:
    """Counts answers in memory and writes the figures from time to time."""

    def __init__(self, database: Database) -> None:
        """Write to a database."""
        self._database = database
        self._lock = threading.Lock()
        self._counts: defaultdict[Counted, int] = defaultdict(int)

    def count(self, answer: Answer, surface: str, *, now: datetime | None = None) -> None:
        """Count a question by week, language, topic and how it was answered."""
        what = Counted(
            week=week_of(now or datetime.now(UTC)),
            measure=answer.status,
            surface=surface,
            language=answer.language,
            topic=topic_of(answer),
        )
        with self._lock:
            self._counts[what] += 1

    def flush(self) -> None:
        """Write what was counted since the last time; what cannot be written is kept for the next.

        Raises:
            JournalError: the database cannot be written.
        """
        with self._lock:
            counts, self._counts = self._counts, defaultdict(int)
        if not counts:
            return
        try:
            with self._database.session() as session:
                for what, count in counts.items():
                    add(session, what, count=count)
        except BaseException:
            with self._lock:
                for what, count in counts.items():
                    self._counts[what] += count
            raise

    def all(self) -> list[Sum]:
        """Every figure that is written, oldest week first."""
        with self._database.session() as session:
            return list(session.scalars(select(Sum).order_by(*(getattr(Sum, n) for n in _KEY))))


def topic_of(answer: Answer) -> str:
    """Id of the document that a question is nearest to; empty where there is none."""
    if answer.citations:
        return answer.citations[0].document_id
    return answer.topics[0].document_id if answer.topics else ""
