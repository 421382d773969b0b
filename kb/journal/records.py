"""Records: what is kept of answers; so far ratings, which hold no question and no person."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, DateTime, Engine, String, Text, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from kb.journal.database import open_database
from kb.types import Answer


class Base(DeclarativeBase):
    """Root of all tables."""


class Feedback(Base):
    """A rating of one answer."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(32), index=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    useful: Mapped[bool]
    comment: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float]
    generation: Mapped[str] = mapped_column(String(64))
    generator: Mapped[str] = mapped_column(String(200))
    passages: Mapped[list[str]] = mapped_column(JSON)


class Journal:
    """Writes and reads records; opens its database on first use."""

    def __init__(self, address: str) -> None:
        """Point at a database."""
        self._address = address
        self._opened: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The open database.

        Raises:
            JournalError: it cannot be opened.
        """
        if self._opened is None:
            self._opened = open_database(self._address)
        return self._opened

    def rate(self, answer: Answer, *, useful: bool, comment: str = "") -> None:
        """Keep a rating."""
        with Session(self.engine) as session, session.begin():
            session.add(
                Feedback(
                    answer_id=answer.id,
                    created=datetime.now(UTC),
                    useful=useful,
                    comment=comment,
                    status=answer.status,
                    confidence=answer.confidence,
                    generation=answer.generation,
                    generator=answer.generator,
                    passages=[citation.passage_id for citation in answer.citations],
                )
            )

    def ratings(self) -> list[Feedback]:
        """All ratings, oldest first."""
        with Session(self.engine) as session:
            return list(session.scalars(select(Feedback).order_by(Feedback.id)))
