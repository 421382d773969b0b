"""Gaps: questions of all channels that were not answered well -> groups of one meaning, the largest first.

Nothing is stored: the groups are made anew from questions and inquiries each time they are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.desk.mail import read_mail
from kb.desk.personal_data import remove_personal_data
from kb.desk.reply_work import Work, from_record
from kb.journal.sums import week_of
from kb.journal.tables import FaqEntry, Feedback, StoredInquiry, StoredQuestion
from kb.knowledge import KnowledgeBase

# Average cosine distance up to which questions make one group: on the tuning questions, two of a group
# rest on a common section as often as at 0.3, and from 0.45 on groups mix matters.
SAME_UP_TO = 0.4
MOST_QUESTIONS = 5_000
WEEKS = 8
MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that was not answered well, without personal data.

    Attributes:
        channel: chat, embed, api or mail.
        why: partial, not_answered or unhelpful.
    """

    text: str
    channel: str
    why: str
    asked: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one meaning.

    Attributes:
        central: the question that is nearest to all of them.
        members: each wording with how often it was asked, the most frequent first.
        channels: how often it was asked where.
        reasons: how often for which reason.
        weeks: how often in each of the last eight weeks, the oldest first.
        entry: name of an FAQ entry of the same meaning; empty where there is none.
    """

    central: str
    count: int
    members: tuple[tuple[str, int], ...]
    channels: dict[str, int]
    reasons: dict[str, int]
    weeks: tuple[int, ...]
    entry: str

    @property
    def recent(self) -> int:
        """How often in the last four weeks."""
        return sum(self.weeks[WEEKS // 2 :])

    @property
    def earlier(self) -> int:
        """How often in the four weeks before."""
        return sum(self.weeks[: WEEKS // 2])


class Gaps:
    """What people ask and do not find."""

    def __init__(
        self, base: KnowledgeBase, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Look at a knowledge base and its database."""
        self._base = base
        self._now = now
        self._vectors: dict[str, np.ndarray] = {}

    def groups(self) -> list[Group]:
        """Groups, those that were asked most often first, of the newest 5,000 questions."""
        with self._base.database.session() as session:
            missed = sorted(
                [*_questions(session), *_inquiries(session)], key=lambda m: m.asked, reverse=True
            )[:MOST_QUESTIONS]
            entries = [
                (row.name, line)
                for row in session.scalars(select(FaqEntry).where(FaqEntry.state != "withdrawn"))
                for line in (row.question, *row.asked_as)
            ]
        if not missed:
            return []
        wordings = [_plain(one.text) for one in missed]
        self._embed([*wordings, *(line for _, line in entries)])
        week = week_of(self._now())
        like = _EntryLike(entries, self._vectors)
        groups = [
            _group(central, members, like(self._vectors[_plain(central)]), week)
            for central, members in _grouped(missed, self._vectors)
        ]
        return sorted(groups, key=lambda group: (-group.count, -group.recent, group.central))

    def _embed(self, texts: Sequence[str]) -> None:
        """Have the vector of each text at hand, and of no other one; those known are kept in memory."""
        wanted = dict.fromkeys(texts)
        held = {text: self._vectors[text] for text in wanted if text in self._vectors}
        if new := [text for text in wanted if text not in held]:
            held |= dict(zip(new, self._base.embedder.embed_documents(new), strict=True))
        self._vectors = held


def _questions(session: Session) -> Iterator[Missed]:
    """Questions of visitors; they were masked when they were stored."""
    disliked = set(session.scalars(select(Feedback.answer_id).where(Feedback.useful.is_(False))))
    newest = select(StoredQuestion).order_by(StoredQuestion.id.desc())
    for row in session.scalars(newest):
        if row.status != "answered":
            yield Missed(row.text, row.surface, row.status, row.created)
        elif row.answer_id in disliked:
            yield Missed(row.text, row.surface, "unhelpful", row.created)


def _inquiries(session: Session) -> Iterator[Missed]:
    """Questions of mails, without the personal data that the mail itself gives away."""
    query = select(StoredInquiry.id, StoredInquiry.received, StoredInquiry.work)
    for number, received, record in session.execute(query.order_by(StoredInquiry.id.desc())):
        work = from_record(record)
        if missed := list(_missed_parts(work)):
            data = session.scalar(select(StoredInquiry.mail).where(StoredInquiry.id == number))
            mail = read_mail(data) if data else None
            for question, why in missed:
                text = remove_personal_data(question, mail=mail, language=work.language)
                yield Missed(text, MAIL, why, received)


def _missed_parts(work: Work) -> Iterator[tuple[str, str]]:
    for part in work.parts:
        status = part.answer.status if part.answer else "not_answered"
        if status != "answered":
            yield part.question, status


def _grouped(
    missed: Sequence[Missed], vectors: Mapping[str, np.ndarray]
) -> Iterator[tuple[str, list[Missed]]]:
    """Each group: the wording that is nearest to all of it, and its members."""
    wordings = list(dict.fromkeys(_plain(one.text) for one in missed))
    labels = _labels(np.stack([vectors[wording] for wording in wordings]))
    group_of = dict(zip(wordings, labels, strict=True))
    groups: dict[int, list[Missed]] = {}
    for one in missed:
        groups.setdefault(group_of[_plain(one.text)], []).append(one)
    for members in groups.values():
        counts = Counter(_plain(one.text) for one in members)
        mean = np.mean([vectors[_plain(one.text)] for one in members], axis=0)
        central = max(counts, key=lambda w: (round(float(vectors[w] @ mean), 6), counts[w]))
        yield next(one.text for one in members if _plain(one.text) == central), members


def _labels(vectors: np.ndarray) -> list[int]:
    """The group of each vector, by average linkage."""
    if len(vectors) < 2:
        return [0] * len(vectors)
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=SAME_UP_TO
    )
    return [int(label) for label in model.fit_predict(vectors)]


class _EntryLike:
    """Finds the FAQ entry that means what a question means."""

    def __init__(
        self, entries: Sequence[tuple[str, str]], vectors: Mapping[str, np.ndarray]
    ) -> None:
        self._names = [name for name, _ in entries]
        self._matrix = np.array([vectors[line] for _, line in entries])

    def __call__(self, vector: np.ndarray) -> str:
        """Its name, or an empty word."""
        if not self._names:
            return ""
        similarities = self._matrix @ vector
        best = int(np.argmax(similarities))
        return self._names[best] if similarities[best] >= 1 - SAME_UP_TO else ""


def _group(central: str, members: Sequence[Missed], entry: str, this_week: date) -> Group:
    wordings: dict[str, list[str]] = {}
    for one in members:
        wordings.setdefault(_plain(one.text), []).append(one.text)
    counted = [(texts[0], len(texts)) for texts in wordings.values()]
    weeks = Counter((this_week - week_of(one.asked)) // timedelta(weeks=1) for one in members)
    return Group(
        central=central,
        count=len(members),
        members=tuple(sorted(counted, key=lambda pair: (-pair[1], pair[0]))),
        channels=dict(Counter(one.channel for one in members).most_common()),
        reasons=dict(Counter(one.why for one in members).most_common()),
        weeks=tuple(weeks[age] for age in range(WEEKS - 1, -1, -1)),
        entry=entry,
    )


def _plain(text: str) -> str:
    """What two wordings share that differ in capitals, spaces and the last mark alone."""
    return " ".join(text.casefold().split()).rstrip("?!. ")
