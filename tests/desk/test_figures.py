"""Figures of hand-made sums; expected values stand as arithmetic."""

import csv
import io
from datetime import date

import pytest

from kb.desk.figures import figures_of, to_csv
from kb.journal.tables import Sum

FIRST, SECOND, THIRD = date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 15)


def row(week, measure, count, total=0.0, *, surface="chat", language="en", topic="faq/i3"):
    return Sum(
        week=week, measure=measure, surface=surface, language=language, topic=topic,
        count=count, total=total,
    )  # fmt: skip


SUMS = [
    row(FIRST, "answered", 5),
    row(FIRST, "answered", 2, language="de"),
    row(FIRST, "partial", 1, surface="api", topic="guidance/x"),
    row(THIRD, "not_answered", 4, topic=""),
    row(FIRST, "useful", 3, topic="faq/i3"),
    row(THIRD, "not_useful", 1, topic="faq/i3"),
    row(FIRST, "approved", 2, 10.0 + 30.0, surface="console", topic=""),
    row(FIRST, "edited", 2, 0.0 + 0.5, surface="console", topic=""),
    row(FIRST, "unchanged", 1, surface="console", topic=""),
    row(THIRD, "approved", 1, 5.0, surface="console", language="de", topic=""),
    row(THIRD, "edited", 1, 0.2, surface="console", language="de", topic=""),
]


def test_nothing_counted_yet():
    assert figures_of([]) is None


def test_questions_by_week_language_topic_and_surface():
    figures = figures_of(SUMS)
    assert [(q.of, q.answered, q.partial, q.not_answered) for q in figures.by_week] == [
        ("2026-06-01", 5 + 2, 1, 0), ("2026-06-08", 0, 0, 0), ("2026-06-15", 0, 0, 4),
    ]  # fmt: skip
    assert [(q.of, q.total) for q in figures.by_language] == [("en", 5 + 1 + 4), ("de", 2)]
    assert [(q.of, q.total) for q in figures.by_topic] == [
        ("faq/i3", 7), ("", 4), ("guidance/x", 1),
    ]  # fmt: skip
    assert [(q.of, q.total) for q in figures.by_surface] == [("chat", 11), ("api", 1)]
    assert figures.all_questions.total == 12


def test_ratings():
    figures = figures_of(SUMS)
    assert [r.share for r in figures.ratings] == [1.0, None, 0.0]
    assert figures.all_ratings.share == 3 / 4


def test_replies():
    first, second, third = figures_of(SUMS).replies
    assert (first.approved, first.hours) == (2, (10 + 30) / 2)
    assert first.distance == pytest.approx((0.0 + 0.5) / 2)
    assert first.share_unchanged == 1 / 2
    assert (second.approved, second.hours, second.distance, second.share_unchanged) == (
        0, None, None, None,
    )  # fmt: skip
    assert third.share_unchanged == 0
    everything = figures_of(SUMS).all_replies
    assert everything.hours == pytest.approx((10 + 30 + 5) / 3)
    assert everything.distance == pytest.approx(0.7 / 3)


def test_s3_csv_holds_every_sum_and_no_formula():
    lines = list(csv.reader(io.StringIO(to_csv([*SUMS, row(FIRST, "answered", 1, topic="=1+1")]))))
    assert lines[0] == ["week", "measure", "surface", "language", "topic", "count", "total"]
    assert lines[1] == ["2026-06-01", "answered", "chat", "en", "faq/i3", "5", "0.0"]
    assert len(lines) == 1 + len(SUMS) + 1
    assert lines[-1][4] == "'=1+1"


@pytest.mark.parametrize("topic", ["+1", "-1", "@a", "\t=1", "=HYPERLINK(1)"])
def test_s3_cells_that_look_like_formulas_are_quoted(topic):
    (_, line) = csv.reader(io.StringIO(to_csv([row(FIRST, "answered", 1, topic=topic)])))
    assert line[4] == f"'{topic}"
