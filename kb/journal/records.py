"""Records: what is kept of answers (ratings, and questions where the settings allow) and switches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import JSON, DateTime, Engine, String, Text, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from kb.errors import JournalError
from kb.journal.database import open_database
from kb.journal.mask import mask
from kb.types import Answer

Surface = Literal["chat", "embed", "api"]
_log = logging.getLogger(__name__)


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


class StoredQuestion(Base):
    """A question, masked, and how it was answered."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(32), index=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    surface: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))
    confidence: Mapped[float]
    generation: Mapped[str] = mapped_column(String(64))


class Switch(Base):
    """A surface that is turned off; one that is on has no row."""

    __tablename__ = "switch"

    surface: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Journal:
    """Writes and reads records; opens its database on first use."""

    def __init__(self, address: str, *, keep_questions: bool = False) -> None:
        """Point at a database.

        Args:
            keep_questions: questions may be stored at all (KB_STORE_QUESTIONS).
        """
        self._address = address
        self._keep_questions = keep_questions
        self._opened: Engine | None = None
        self._lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The open database.

        Raises:
            JournalError: it cannot be opened.
        """
        with self._lock:
            if self._opened is None:
                self._opened = open_database(self._address)
            return self._opened

    def rate(self, answer: Answer, *, useful: bool, comment: str = "") -> None:
        """Keep a rating; its comment is masked.

        Raises:
            JournalError: the database cannot be written.
        """
        with self._session() as session:
            session.add(
                Feedback(
                    answer_id=answer.id,
                    created=datetime.now(UTC),
                    useful=useful,
                    comment=mask(comment),
                    status=answer.status,
                    confidence=answer.confidence,
                    generation=answer.generation,
                    generator=answer.generator,
                    passages=[citation.passage_id for citation in answer.citations],
                )
            )

    def ratings(self) -> list[Feedback]:
        """All ratings, oldest first."""
        with self._session() as session:
            return list(session.scalars(select(Feedback).order_by(Feedback.id)))

    def keep(self, answer: Answer, *, surface: Surface) -> None:
        """Keep a question, masked, where questions may be kept; a failure costs no one the answer."""
        if not self._keep_questions:
            return
        question = StoredQuestion(
            answer_id=answer.id,
            created=datetime.now(UTC),
            surface=surface,
            text=mask(answer.question),
            language=answer.language,
            status=answer.status,
            reason=answer.reason,
            confidence=answer.confidence,
            generation=answer.generation,
        )
        try:
            with self._session() as session:
                session.add(question)
        except JournalError as error:
            _log.warning("A question could not be kept: %s", error)

    def questions(self) -> list[StoredQuestion]:
        """All stored questions, oldest first."""
        with self._session() as session:
            return list(session.scalars(select(StoredQuestion).order_by(StoredQuestion.id)))

    def forget(self, days: int, *, now: datetime | None = None) -> int:
        """Delete questions older than so many days and empty the comments of ratings.

        Returns:
            Number of questions deleted.

        Raises:
            JournalError: the database cannot be written.
        """
        limit = (now or datetime.now(UTC)) - timedelta(days=days)
        with self._session() as session:
            session.execute(update(Feedback).where(Feedback.created < limit).values(comment=""))
            old = select(StoredQuestion.id).where(StoredQuestion.created < limit)
            found = list(session.scalars(old))
            session.execute(delete(StoredQuestion).where(StoredQuestion.created < limit))
        return len(found)

    def switch_off(self, surface: Surface, reason: str) -> None:
        """Turn a surface off for all processes.

        Raises:
            JournalError: the database cannot be written.
        """
        with self._session() as session:
            session.merge(Switch(surface=surface, reason=reason, changed=datetime.now(UTC)))

    def switch_on(self, surface: Surface) -> None:
        """Turn a surface on again.

        Raises:
            JournalError: the database cannot be written.
        """
        with self._session() as session:
            session.execute(delete(Switch).where(Switch.surface == surface))

    def switched_off(self) -> dict[str, str]:
        """Surfaces that are off, each with the reason.

        Raises:
            JournalError: the database cannot be read.
        """
        with self._session() as session:
            return {switch.surface: switch.reason for switch in session.scalars(select(Switch))}

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A transaction; what is read from it stays usable after it."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            # The statement's values stay out of the message: they may hold what a person typed.
            reason = type(getattr(error, "orig", None) or error).__name__
            raise JournalError(
                f"The journal cannot be used just now ({reason}). Check KB_DATABASE_URL."
            ) from error
