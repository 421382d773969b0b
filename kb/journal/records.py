"""Records: what is kept of answers (ratings, and questions where the settings allow) and switches."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from kb.errors import JournalError
from kb.journal.database import Database
from kb.journal.mask import mask
from kb.journal.sums import Counted, Sums, add, topic_of, week_of
from kb.journal.tables import Feedback, StoredQuestion, Surface, Switch
from kb.types import Answer

_log = logging.getLogger(__name__)


class Journal:
    """Writes and reads what concerns visitors."""

    def __init__(self, database: Database, *, keep_questions: bool = False) -> None:
        """Write to a database.

        Args:
            keep_questions: questions may be stored at all (KB_STORE_QUESTIONS).
        """
        self._session = database.session
        self._keep_questions = keep_questions
        self._sums = Sums(database)

    def rate(self, answer: Answer, *, useful: bool, comment: str = "") -> None:
        """Keep a rating; its comment is masked.

        Raises:
            JournalError: the database cannot be written.
        """
        with self._session() as session:
            measure = "useful" if useful else "not_useful"
            add(session, Counted(week_of(datetime.now(UTC)), measure, topic=topic_of(answer)))
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
        """Count a question and, where questions may be kept, keep it, masked.

        A failure costs no one the answer.
        """
        self._sums.count(answer, surface)
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

    def write_counts(self) -> None:
        """Write what was counted since the last time.

        Raises:
            JournalError: the database cannot be written; the counts are kept for the next time.
        """
        self._sums.flush()

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
