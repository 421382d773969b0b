"""Figures: the sums of the journal -> questions by week, language and topic, usefulness, time to approval."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kb.journal.tables import Sum

ANSWERED = ("answered", "partial", "not_answered")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions of one week, language, topic or surface."""

    of: str
    answered: int
    partial: int
    not_answered: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.answered + self.partial + self.not_answered


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings of one week."""

    week: date
    useful: int
    not_useful: int

    @property
    def share(self) -> float | None:
        """Share that was useful; None without ratings."""
        total = self.useful + self.not_useful
        return self.useful / total if total else None


@dataclass(frozen=True, slots=True)
class Replies:
    """Replies approved in one week.

    Attributes:
        hours: from mail to approval, on average.
        distance: from the draft, 0 unchanged to 1 all other, on average.
    """

    week: date
    approved: int
    unchanged: int
    hours: float | None
    distance: float | None

    @property
    def share_unchanged(self) -> float | None:
        """Share that was approved as drafted; None without replies."""
        return self.unchanged / self.approved if self.approved else None


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures; ``by_week``, ``ratings`` and ``replies`` have every week from the first to the last."""

    by_week: tuple[Questions, ...]
    by_language: tuple[Questions, ...]
    by_topic: tuple[Questions, ...]
    by_surface: tuple[Questions, ...]
    ratings: tuple[Ratings, ...]
    replies: tuple[Replies, ...]
    all_questions: Questions
    all_ratings: Ratings
    all_replies: Replies


def figures_of(sums: Sequence[Sum]) -> Figures | None:
    """Figures of all sums; None where nothing was counted yet."""
    if not sums:
        return None
    weeks = list(_weeks({row.week for row in sums}))
    asked = [row for row in sums if row.measure in ANSWERED]
    first = weeks[0]
    return Figures(
        by_week=tuple(
            _questions(w.isoformat(), [row for row in asked if row.week == w]) for w in weeks
        ),
        by_language=_by(asked, lambda row: row.language),
        by_topic=_by(asked, lambda row: row.topic),
        by_surface=_by(asked, lambda row: row.surface),
        ratings=tuple(_ratings(w, [row for row in sums if row.week == w]) for w in weeks),
        replies=tuple(_replies(w, [row for row in sums if row.week == w]) for w in weeks),
        all_questions=_questions("all", asked),
        all_ratings=_ratings(first, sums),
        all_replies=_replies(first, sums),
    )


def to_csv(sums: Iterable[Sum]) -> str:
    """All sums, a line each; a cell that a spreadsheet would take for a formula begins with a quote."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    columns = ("week", "measure", "surface", "language", "topic", "count", "total")
    writer.writerow(columns)
    for row in sums:
        writer.writerow([_cell(getattr(row, column)) for column in columns])
    return text.getvalue()


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _weeks(found: set[date]) -> Iterable[date]:
    week = min(found)
    while week <= max(found):
        yield week
        week += timedelta(weeks=1)


def _by(rows: Iterable[Sum], key: Callable[[Sum], str]) -> tuple[Questions, ...]:
    groups: defaultdict[str, list[Sum]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    found = [_questions(name, group) for name, group in groups.items()]
    return tuple(sorted(found, key=lambda questions: (-questions.total, questions.of)))


def _questions(of: str, rows: Iterable[Sum]) -> Questions:
    counts = _counts(rows)
    return Questions(of, *(counts[measure] for measure in ANSWERED))


def _ratings(week: date, rows: Iterable[Sum]) -> Ratings:
    counts = _counts(rows)
    return Ratings(week, counts["useful"], counts["not_useful"])


def _replies(week: date, rows: Sequence[Sum]) -> Replies:
    counts = _counts(rows)
    totals = {
        measure: sum(row.total for row in rows if row.measure == measure)
        for measure in ("approved", "edited")
    }
    return Replies(
        week,
        counts["approved"],
        counts["unchanged"],
        totals["approved"] / counts["approved"] if counts["approved"] else None,
        totals["edited"] / counts["edited"] if counts["edited"] else None,
    )


def _counts(rows: Iterable[Sum]) -> defaultdict[str, int]:
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.measure] += row.count
    return counts
