"""Clock: the day a mail came and today -> its age in the Commission's working days, and what is due."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

Due = Literal["", "warning", "holding", "overdue"]
WARNING_FROM = 10
HOLDING_FROM = 13
ANSWER_WITHIN = 15


def working_days(since: date, today: date, holidays: Collection[date] | None = None) -> int:
    """Working days from the day after one day to another.

    Args:
        holidays: the shipped ones of the Commission if None.
    """
    free = shipped_holidays() if holidays is None else holidays
    if today <= since:
        return 0
    one = np.timedelta64(1, "D")
    return int(
        np.busday_count(
            np.datetime64(since) + one, np.datetime64(today) + one, holidays=sorted(free)
        )
    )


def due(age: int) -> Due:
    """What the age of an inquiry, in working days, asks for."""
    if age > ANSWER_WITHIN:
        return "overdue"
    if age >= HOLDING_FROM:
        return "holding"
    return "warning" if age >= WARNING_FROM else ""


@cache
def shipped_holidays() -> frozenset[date]:
    """Days in ``holidays.toml`` on which the Commission's offices are closed."""
    text = (files("kb.desk") / "holidays.toml").read_text(encoding="utf-8")
    return frozenset(day for days in tomllib.loads(text).values() for day in days)
