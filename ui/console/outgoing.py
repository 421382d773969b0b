"""Outgoing: an inquiry -> its approved reply as a file for the mail program; its holding reply."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.desk import EDITED
from kb.errors import DeskError
from ui.console.pages import Number, Posted, Signed, go, number_of, page

router = APIRouter()


@router.get("/inquiries/{number}/reply.eml")
def reply(request: Request, number: Number, actor: Signed) -> Response:
    """The approved reply, which a mail program opens as a draft."""
    _, message = request.app.state.desk.take(number, actor)
    return _file(message, f"reply-{number}.eml")


@router.get("/inquiries/{number}/holding.eml")
def holding_reply(request: Request, number: Number, actor: Signed) -> Response:
    """The holding reply, likewise."""
    _, message = request.app.state.desk.take(number, actor, holding=True)
    return _file(message, f"holding-reply-{number}.eml")


@router.get("/inquiries/{number}/holding")
def holding(request: Request, number: Number, actor: Signed) -> Response:
    """What the holding reply says."""
    return _holding(request, number, actor)


@router.post("/inquiries/{number}/holding")
def held(request: Request, number: Number, actor: Signed, form: Posted) -> Response:
    """Note that it has been sent."""
    try:
        request.app.state.desk.hold(number, number_of(form, "version"), actor)
    except DeskError as error:
        return _holding(request, number, actor, error=str(error))
    return go(request, f"/inquiries/{number}", "The holding reply is marked as sent.")


def _holding(request: Request, number: int, actor: Signed, *, error: str = "") -> Response:
    desk = request.app.state.desk
    opened = desk.read(number, actor)
    written, _ = desk.take(number, actor, holding=True)
    return page(
        request, "holding.html", status=409 if error else 200, row=opened.row,
        version=opened.version, written=written, editable=opened.row.state in EDITED, error=error,
    )  # fmt: skip


def _file(message: bytes, name: str) -> Response:
    return Response(
        message,
        media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
