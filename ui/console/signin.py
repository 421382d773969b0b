"""Sign-in: name and password -> a session; and its end."""

from __future__ import annotations

import re

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import NotAllowed
from ui.console.pages import (
    Posted,
    end_session,
    go,
    page,
    session_cookie,
    set_session,
    text_of,
)

router = APIRouter()
_BELOW = re.compile(r"/[\w/.?=&%+-]*", re.ASCII)


@router.get("/sign-in")
def show(request: Request, next: str = "/") -> Response:
    """The page to sign in."""
    return page(request, "sign_in.html", name="", next=next, error="")


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Begin a session and go on to where one wanted to go."""
    state, form = request.app.state, await request.form()
    name, password = text_of(form, "name").strip(), form.get("password")
    wanted = text_of(form, "next")
    try:
        token = await to_thread.run_sync(
            state.accounts.sign_in,
            name,
            password if isinstance(password, str) else "",
            limiter=state.signing_in,
        )
    except NotAllowed as error:
        return page(
            request, "sign_in.html", status=403, name=name, next=wanted, error=str(error)
        )  # fmt: skip
    response = go(request, wanted if _BELOW.fullmatch(wanted) else "/")
    set_session(request, response, token)
    return response


@router.post("/sign-out")
def sign_out(request: Request, _form: Posted) -> Response:
    """End the session."""
    request.app.state.accounts.sign_out(request.cookies[session_cookie(request)])
    response = go(request, "/sign-in", "You have signed out.")
    end_session(request, response)
    return response
