"""Queue: filters and words to search for -> the inquiries that wait, each with its age, to be claimed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.queue import MOST_ROWS
from kb.errors import ChangedMeanwhile
from kb.journal.tables import InquiryState
from ui.console.pages import Number, Posted, Signed, go, number_of, page, text_of

router = APIRouter()
STATES: tuple[InquiryState, ...] = get_args(InquiryState)
OWNERS: Mapping[str, str] = MappingProxyType(
    {"all": "Everybody", "mine": "Me", "unclaimed": "Nobody"}
)


@router.get("/")
def show(
    request: Request, actor: Signed, owner: str = "all", state: str = "", words: str = ""
) -> Response:
    """The queue."""
    wanted = {"mine": actor.name, "unclaimed": ""}.get(owner)
    rows = request.app.state.desk.inquiries(
        state=cast(InquiryState, state) if state in STATES else None, owner=wanted, words=words
    )
    return page(
        request, "queue.html", rows=rows, most=MOST_ROWS, states=STATES, owners=OWNERS,
        chosen={"owner": owner, "state": state, "words": words},
        filtered=bool(words.strip() or state in STATES or wanted is not None),
    )  # fmt: skip


@router.post("/claim/{number}")
def claim(request: Request, number: Number, actor: Signed, form: Posted) -> Response:
    """Take an inquiry over, from the queue."""
    said = f"Inquiry {number} is yours."
    try:
        request.app.state.desk.claim(number, number_of(form, "version"), actor)
    except ChangedMeanwhile:
        said = f"Somebody else has changed inquiry {number} in the meantime. Look at it again."
    query = text_of(form, "query")
    return go(request, f"/?{query}" if query else "/", said)
