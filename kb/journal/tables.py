"""Tables: what the database holds, a class each; migrations/ makes them, stores read and write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Date, DateTime, ForeignKey, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Surface = Literal["chat", "embed", "api"]
InquiryState = Literal["open", "submitted", "approved", "closed"]
Role = Literal["drafter", "approver", "administrator"]
FaqState = Literal["proposed", "published", "withdrawn"]


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite gives it back without its zone, which is put on again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, _dialect: Any) -> datetime | None:
        """Give every moment its zone."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Root of all tables."""


class Feedback(Base):
    """A rating of one answer."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(String(32), index=True)
    created: Mapped[datetime] = mapped_column(Moment)
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
    created: Mapped[datetime] = mapped_column(Moment, index=True)
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
    changed: Mapped[datetime] = mapped_column(Moment)


class StoredInquiry(Base):
    """A mail and the reply that is made of it.

    Attributes:
        version: counts the changes; who saves an older one is told.
        mail: its bytes as they came; empty once the inquiry's time is over.
        work: the reply's parts, as kb/desk/reply_work.py reads and writes them.
        searched: subject, sender and text in lower case.
        thread: message ids of the mail and of what it answers.
    """

    __tablename__ = "inquiry"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  SQLAlchemy declares it

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(16), index=True)
    owner: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment, index=True)
    received: Mapped[datetime] = mapped_column(Moment)
    changed: Mapped[datetime] = mapped_column(Moment)
    held: Mapped[datetime | None] = mapped_column(Moment)
    approved: Mapped[datetime | None] = mapped_column(Moment)
    approver: Mapped[str] = mapped_column(String(64))
    editors: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    from_name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    handover: Mapped[str | None] = mapped_column(String(32))
    thread: Mapped[list[str]] = mapped_column(JSON)
    searched: Mapped[str] = mapped_column(Text)
    mail: Mapped[bytes] = mapped_column(LargeBinary)
    work: Mapped[dict[str, Any]] = mapped_column(JSON)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy declares it


class ApprovedAnswer(Base):
    """A question of an approved reply with its answer, without personal data; it stays.

    Attributes:
        vector: of the question, float32 (dim,), unit length.
        model: name of the embedder; vectors of another one are not compared.
    """

    __tablename__ = "approved_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int | None] = mapped_column(
        ForeignKey("inquiry.id", ondelete="SET NULL"), index=True
    )
    question: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    approved: Mapped[datetime] = mapped_column(Moment)
    approver: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Base):
    """Who did what to which item; append-only by trigger, without content."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime] = mapped_column(Moment, index=True)
    account: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    item: Mapped[str] = mapped_column(String(80), index=True)


class Account(Base):
    """A person who may use the console.

    Attributes:
        password: argon2 hash; empty for one who signs in through a reverse proxy alone.
        failures: wrong passwords since the last right one.
    """

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(Moment)
    disabled: Mapped[bool]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class SignIn(Base):
    """A session of the console; only the hash of its token is kept."""

    __tablename__ = "sign_in"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.name", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime] = mapped_column(Moment)


class FaqEntry(Base):
    """An entry of the secretariat's own FAQ; its versions stand in ``faq_version``.

    Attributes:
        name: of its file, without suffix.
        version: counts the changes; who saves an older one is told.
        asked_as: ways in which people ask for it, a line each.
        sources: ids of catalogued sources that it rests on.
    """

    __tablename__ = "faq_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    question: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    asked_as: Mapped[list[str]] = mapped_column(JSON)
    sources: Mapped[list[str]] = mapped_column(JSON)
    author: Mapped[str] = mapped_column(String(64))
    approver: Mapped[str] = mapped_column(String(64))
    cleaned_by: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Moment)
    changed: Mapped[datetime] = mapped_column(Moment)
    expires: Mapped[date] = mapped_column(Date)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy declares it


class FaqVersion(Base):
    """An FAQ entry as it was after a change."""

    __tablename__ = "faq_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("faq_entry.id", ondelete="CASCADE"), index=True
    )
    version: Mapped[int]
    moment: Mapped[datetime] = mapped_column(Moment)
    account: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    question: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    asked_as: Mapped[list[str]] = mapped_column(JSON)
    sources: Mapped[list[str]] = mapped_column(JSON)
    expires: Mapped[date] = mapped_column(Date)


class Sum(Base):
    """A figure of a week, which outlives the texts it was counted from.

    Attributes:
        week: its Monday.
        measure: what was counted, as ``answered`` or ``approved``.
        topic: id of the document that the question was nearest to.
        total: sum of what was measured beside the count, as hours.
    """

    __tablename__ = "sum"

    week: Mapped[date] = mapped_column(Date, primary_key=True)
    measure: Mapped[str] = mapped_column(String(32), primary_key=True)
    surface: Mapped[str] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    topic: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    total: Mapped[float]
