"""Gaps: questions that were not answered well, in groups -> a list; one press starts an entry of the FAQ."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.gaps import WEEKS, Gaps, Group
from kb.reading.own_faq import MOST_ASKED_AS
from ui.console.pages import Signed, page

router = APIRouter()
MOST_GROUPS = 100


@router.get("/gaps")
def show(request: Request, _actor: Signed) -> Response:
    """The groups, the largest first."""
    groups = cast(Gaps, request.app.state.gaps).groups()
    return page(
        request, "gaps.html", groups=groups[:MOST_GROUPS], total=len(groups), trend=_trend,
        half=WEEKS // 2, most=MOST_ASKED_AS, kept=request.app.state.base.settings.store_questions,
        days=request.app.state.base.settings.retention_days,
    )  # fmt: skip


def _trend(group: Group) -> str:
    """Whether a group is asked more often than before, in a word."""
    if group.recent == group.earlier:
        return "steady"
    return "rising" if group.recent > group.earlier else "falling"
