"""Plots: figures -> pictures in SVG, drawn on the server; each stands beside a table that says the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from math import nan
from types import MappingProxyType
from typing import TYPE_CHECKING

from kb.desk.figures import Figures, Questions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

MOST_BARS = 10
# Told apart in grey and by people who see no red or green; hatched besides.
_PARTS = (
    ("answered", "Answered", "#0e47cb", ""),
    ("partial", "Partly answered", "#6f9bff", "//"),
    ("not_answered", "Not answered", "#f0a500", ".."),
)


def draw(name: str, figures: Figures, title_of: Callable[[str], str]) -> bytes:
    """A plot by its name, as SVG.

    Args:
        title_of: title of a topic.

    Raises:
        KeyError: there is no plot of this name.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    PLOTS[name](axes, figures, title_of)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside upper left", ncols=3, frameon=False, handlelength=1.2)
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def _questions(axes: Axes, figures: Figures, _title_of: Callable[[str], str]) -> None:
    weeks = figures.by_week
    below = [0] * len(weeks)
    for field, label, colour, hatch in _PARTS:
        counts = [getattr(week, field) for week in weeks]
        axes.bar(range(len(weeks)), counts, bottom=below, color=colour, hatch=hatch, label=label)
        below = [one + other for one, other in zip(below, counts, strict=True)]
    axes.set_ylabel("Questions")
    axes.yaxis.set_major_locator(_whole())
    _name_weeks(axes, [week.of for week in weeks])


def _languages(axes: Axes, figures: Figures, _title_of: Callable[[str], str]) -> None:
    _lying(axes, figures.by_language, lambda of: of or "unknown")


def _topics(axes: Axes, figures: Figures, title_of: Callable[[str], str]) -> None:
    _lying(axes, figures.by_topic, lambda of: _short(title_of(of)))


def _usefulness(axes: Axes, figures: Figures, _title_of: Callable[[str], str]) -> None:
    places = range(len(figures.ratings))
    useful = [ratings.useful for ratings in figures.ratings]
    axes.bar(places, useful, color="#0e47cb", label="Useful")
    others = [ratings.not_useful for ratings in figures.ratings]
    axes.bar(places, others, bottom=useful, color="#f0a500", hatch="..", label="Not useful")
    axes.set_ylabel("Ratings")
    axes.yaxis.set_major_locator(_whole())
    _name_weeks(axes, [ratings.week.isoformat() for ratings in figures.ratings])


def _replies(axes: Axes, figures: Figures, _title_of: Callable[[str], str]) -> None:
    days = [nan if replies.hours is None else replies.hours / 24 for replies in figures.replies]
    axes.plot(range(len(days)), days, color="#0e47cb", marker="o")
    axes.set_ylabel("Days from mail to approval")
    axes.set_ylim(bottom=0)
    _name_weeks(axes, [replies.week.isoformat() for replies in figures.replies])


PLOTS: Mapping[str, Callable[[Axes, Figures, Callable[[str], str]], None]] = MappingProxyType(
    {
        "questions": _questions,
        "languages": _languages,
        "topics": _topics,
        "usefulness": _usefulness,
        "replies": _replies,
    }
)


def _lying(axes: Axes, rows: Sequence[Questions], label_of: Callable[[str], str]) -> None:
    shown = rows[:MOST_BARS]
    figure = axes.get_figure(root=True)
    assert figure
    figure.set_figheight(1.2 + 0.3 * len(shown))
    places = range(len(shown))
    left = [0] * len(shown)
    for field, label, colour, hatch in _PARTS:
        counts = [getattr(row, field) for row in shown]
        axes.barh(places, counts, height=0.6, left=left, color=colour, hatch=hatch, label=label)
        left = [one + other for one, other in zip(left, counts, strict=True)]
    axes.set_yticks(places, [label_of(row.of) for row in shown])
    axes.invert_yaxis()
    axes.set_xlabel("Questions")
    axes.xaxis.set_major_locator(_whole())


def _whole() -> MaxNLocator:
    """Marks of an axis that counts."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=6, integer=True)


def _name_weeks(axes: Axes, weeks: Sequence[str]) -> None:
    """Name some of the weeks; all of them would not fit."""
    step = max(1, -(-len(weeks) // 8))
    axes.set_xticks(range(0, len(weeks), step), weeks[::step], rotation=30, ha="right")
    axes.set_xlim(-0.6, max(len(weeks), 4) - 0.4)  # one week alone is no wall
    axes.set_xlabel("Week that begins on")


def _short(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:31].rstrip()}…"
