"""Notices: cited passages and today's date -> what a reader should know besides the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from kb.answering.replies import ARCHIVED, DEADLINE_PASSED
from kb.types import Citation, Notice, NoticeKind, Passage


def notices_about(
    passages: Sequence[Passage], citations: Sequence[Citation], today: date
) -> Iterator[Notice]:
    """Say of each cited section once whether its day has passed or its sources are archived."""
    for passage in {passage.id: passage for passage in passages}.values():
        numbers = tuple(c.number for c in citations if c.passage_id == passage.id)
        section = passage.headings[-1] if passage.headings else passage.title
        kind: NoticeKind
        if passage.valid_until and passage.valid_until < today:
            day = f"{passage.valid_until.day} {passage.valid_until:%B %Y}"
            kind, text = "deadline_passed", DEADLINE_PASSED.format(section=section, day=day)
        elif passage.sources and all(source.archived for source in passage.sources):
            kind, text = "older", ARCHIVED.format(section=section)
        else:
            continue
        yield Notice(kind, text, numbers)
