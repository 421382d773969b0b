"""Approved: approved replies -> answers to be offered again to a similar question, without personal data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kb.desk.mail import Mail
from kb.desk.personal_data import remove_personal_data
from kb.desk.reply_work import Work
from kb.index.embedder import Embedder
from kb.journal.tables import ApprovedAnswer
from kb.types import Citation

SIMILAR_FROM = 0.6  # cosine of two questions
MOST_OFFERED = 3
_CITATIONS = TypeAdapter(tuple[Citation, ...])


@dataclass(frozen=True, slots=True)
class Offer:
    """An approved answer to a similar question.

    Attributes:
        similarity: cosine of the two questions.
        stale: a passage that it cites is not indexed any more as it was.
    """

    id: int
    inquiry_id: int | None
    question: str
    text: str
    citations: tuple[Citation, ...]
    approved: datetime
    approver: str
    similarity: float
    stale: bool


def keep(
    session: Session,
    inquiry_id: int,
    work: Work,
    mail: Mail,
    embedder: Embedder,
    *,
    approver: str,
    now: datetime,
) -> None:
    """Keep the parts of an approved reply that rest on sources, in place of its earlier ones."""
    forget(session, inquiry_id)
    for part in work.parts:
        if not part.used():
            continue
        question = remove_personal_data(part.question, mail=mail, language=work.language)
        session.add(
            ApprovedAnswer(
                inquiry_id=inquiry_id,
                question=question,
                text=remove_personal_data(part.body.text, mail=mail),
                citations=_CITATIONS.dump_python(part.citations, mode="json"),
                language=work.language,
                approved=now,
                approver=approver,
                model=_model(embedder),
                vector=embedder.embed_query(question).astype(np.float32).tobytes(),
            )
        )


def forget(session: Session, inquiry_id: int) -> None:
    """Delete what was kept of an inquiry that is opened again."""
    session.execute(delete(ApprovedAnswer).where(ApprovedAnswer.inquiry_id == inquiry_id))


def offers(
    session: Session,
    question: str,
    embedder: Embedder,
    indexed: Collection[str],
    *,
    without: int | None = None,
) -> list[Offer]:
    """Approved answers to similar questions: fresh ones first, then the most similar.

    Args:
        indexed: ids of all passages that are indexed now.
        without: an inquiry whose own answers are not offered.
    """
    query = select(ApprovedAnswer).where(ApprovedAnswer.model == _model(embedder))
    rows = [row for row in session.scalars(query) if without is None or row.inquiry_id != without]
    if not rows:
        return []
    vectors = np.stack([np.frombuffer(row.vector, dtype=np.float32) for row in rows])
    similarities = vectors @ embedder.embed_query(question)
    found = list(_near(rows, similarities, indexed))
    return sorted(found, key=lambda offer: (offer.stale, -offer.similarity))[:MOST_OFFERED]


@dataclass(frozen=True, slots=True)
class Kept:
    """Text of an approved answer, and the citations that its marks name."""

    text: str
    citations: tuple[Citation, ...]


def find(session: Session, number: int) -> Kept | None:
    """An approved answer."""
    row = session.get(ApprovedAnswer, number)
    return Kept(row.text, _CITATIONS.validate_python(row.citations)) if row else None


def _near(
    rows: list[ApprovedAnswer], similarities: np.ndarray, indexed: Collection[str]
) -> Iterator[Offer]:
    for row, similarity in zip(rows, similarities, strict=True):
        if similarity < SIMILAR_FROM:
            continue
        citations = _CITATIONS.validate_python(row.citations)
        yield Offer(
            row.id, row.inquiry_id, row.question, row.text, citations, row.approved, row.approver,
            float(similarity), any(c.passage_id not in indexed for c in citations),
        )  # fmt: skip


def _model(embedder: Embedder) -> str:
    return str(embedder.fingerprint["model"])
