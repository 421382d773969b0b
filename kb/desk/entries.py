"""Entries: rows of the own FAQ -> what people see of an entry: what is live, how long, what has changed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.journal.tables import FaqEntry, FaqState, FaqVersion
from kb.reading.own_faq import Wording

Validity = Literal["", "expires soon", "expired"]
SOON_DAYS = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry.

    Attributes:
        wording: as it was saved last.
        live: what is answered from now; None where nothing of it is.
        cleaned_by: who has confirmed that this wording holds no personal data.
        validity: of what is live.
    """

    name: str
    version: int
    state: FaqState
    wording: Wording
    live: Wording | None
    author: str
    approver: str
    cleaned_by: str
    created: datetime
    changed: datetime
    validity: Validity


@dataclass(frozen=True, slots=True)
class Change:
    """A line that stays, comes or goes between two versions."""

    kind: Literal["same", "added", "removed"]
    line: str


@dataclass(frozen=True, slots=True)
class Version:
    """An entry as it was after a change.

    Attributes:
        changes: against the version before, line by line.
    """

    version: int
    moment: datetime
    account: str
    state: FaqState
    changes: tuple[Change, ...]


def all_of(session: Session, today: date) -> list[Entry]:
    """All entries: those that wait for an approver first, then by question."""
    versions: dict[int, list[FaqVersion]] = {}
    for version in session.scalars(select(FaqVersion).order_by(FaqVersion.id)):
        versions.setdefault(version.entry_id, []).append(version)
    rows = session.scalars(select(FaqEntry))
    found = [entry_of(row, versions.get(row.id, ()), today) for row in rows]
    order = ("proposed", "published", "withdrawn")
    return sorted(found, key=lambda e: (order.index(e.state), e.wording.question.casefold()))


def entry_of(row: FaqEntry, versions: Sequence[FaqVersion], today: date) -> Entry:
    """An entry as people see it."""
    live = live_version(versions)
    return Entry(
        name=row.name,
        version=row.version,
        state=cast(FaqState, row.state),
        wording=wording_of(row),
        live=wording_of(live) if live else None,
        author=row.author,
        approver=row.approver,
        cleaned_by=row.cleaned_by,
        created=row.created,
        changed=row.changed,
        validity=_validity(live.expires, today) if live else "",
    )


def versions_of(session: Session, row: FaqEntry) -> list[FaqVersion]:
    """Versions of an entry, oldest first."""
    query = select(FaqVersion).where(FaqVersion.entry_id == row.id).order_by(FaqVersion.id)
    return list(session.scalars(query))


def live_version(versions: Sequence[FaqVersion]) -> FaqVersion | None:
    """The version that is answered from: the last published one, unless it was withdrawn after it."""
    decided = [version for version in versions if version.state != "proposed"]
    return decided[-1] if decided and decided[-1].state == "published" else None


def writers(versions: Sequence[FaqVersion]) -> set[str]:
    """Accounts that have written what is proposed."""
    found: set[str] = set()
    for version in reversed(versions):
        if version.state != "proposed":
            break
        found.add(version.account)
    return found


def wording_of(row: FaqEntry | FaqVersion) -> Wording:
    """What a row holds of people's words."""
    return Wording(row.question, row.text, tuple(row.asked_as), tuple(row.sources), row.expires)


def history(versions: Sequence[FaqVersion]) -> list[Version]:
    """Versions with their changes, the newest first."""
    lines = [[], *(_lines(wording_of(version)) for version in versions)]
    found = [
        Version(v.version, v.moment, v.account, cast(FaqState, v.state), tuple(_diff(old, new)))
        for v, (old, new) in zip(versions, pairwise(lines), strict=True)
    ]
    return found[::-1]


def _validity(until: date, today: date) -> Validity:
    if until < today:
        return "expired"
    return "expires soon" if until < today + timedelta(days=SOON_DAYS) else ""


def _lines(wording: Wording) -> list[str]:
    return [
        wording.question,
        *(line for line in wording.text.split("\n") if line.strip()),
        *(f"Asked as: {line}" for line in wording.asked_as),
        *(f"Source: {name}" for name in wording.sources),
        f"Valid until: {wording.expires.isoformat()}",
    ]


def _diff(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    kinds: dict[str, Literal["same", "added", "removed"]] = {
        "  ": "same", "+ ": "added", "- ": "removed"
    }  # fmt: skip
    return [
        Change(kinds[line[:2]], line[2:]) for line in difflib.ndiff(old, new) if line[:2] in kinds
    ]
