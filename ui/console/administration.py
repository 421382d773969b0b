"""Administration: an inquiry -> its deletion, once confirmed, and who has done what to it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ui.console.pages import Number, Posted, Signed, go, page

router = APIRouter()


@router.get("/inquiries/{number}/delete")
def confirm(request: Request, number: Number, actor: Signed) -> Response:
    """Ask once more."""
    actor.require("administrator")
    row = request.app.state.desk.read(number, actor).row
    return page(request, "delete.html", row=row)


@router.post("/inquiries/{number}/delete")
def delete(request: Request, number: Number, actor: Signed, _form: Posted) -> Response:
    """Delete an inquiry at once."""
    request.app.state.desk.delete(number, actor)
    return go(request, "/", f"Inquiry {number} has been deleted.")


@router.get("/inquiries/{number}/log")
def log(request: Request, number: Number, actor: Signed) -> Response:
    """Who has done what to an inquiry."""
    return page(
        request, "log.html", number=number, entries=request.app.state.desk.log(number, actor)
    )  # fmt: skip
