"""Pages: a call and its session -> a page of the console, a message on the next one, or a way to sign in.

Every screen takes ``Signed`` (who acts) and every change takes ``Posted`` (its fields, proven to come from
our own page); a screen is a router with a template, and an entry of ``NAVIGATION``.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlencode

from babel.dates import format_date, format_datetime
from fastapi import Depends, FastAPI, Path
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kb.desk.account import Actor
from kb.errors import DeskError, KBError, NotAllowed, NotFound
from kb.journal.tables import Role

SAID_SECONDS = 60
_SAID = "desk-said"
_UNAVAILABLE = "The console cannot be used just now. Please try again in a moment."
_SIGNED_OUT = "You are not signed in, or were signed out because you had not used the console."
_NOTHING = "There is nothing at this address."
_NOT_OURS = "This page belongs to an earlier sign-in, so nothing was changed yet."


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen in the navigation.

    Attributes:
        path: below the console.
        role: that is needed to see it.
    """

    path: str
    label: str
    role: Role = "drafter"


NAVIGATION = (
    Entry("/", "Inquiries"),
    Entry("/inquiries/new", "New inquiry"),
    Entry("/gaps", "Gaps"),
    Entry("/faq", "FAQ"),
    Entry("/sources", "Sources"),
    Entry("/figures", "Figures"),
    Entry("/accounts", "Accounts", "administrator"),
)


class NotSignedIn(Exception):
    """The call comes from nobody known."""


class OutOfDate(Exception):
    """A change does not carry the proof that our own page gave to this session."""


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("ui.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"day": _day, "moment": _moment}
    return found


def _day(value: date) -> str:
    return format_date(value, "d MMMM yyyy", "en_GB")


def _moment(value: datetime) -> str:
    return f"{format_datetime(value, 'd MMMM yyyy, HH:mm', locale='en_GB')} UTC"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A template with its values, all escaped, inside the frame of the console.

    The frame knows ``root`` (what every address begins with), ``actor``, ``csrf`` and ``said``.
    """
    actor: Actor | None = getattr(request.state, "actor", None)
    token = request.cookies.get(session_cookie(request), "")
    # One who comes through a proxy has no session yet; it is needed to prove changes.
    fresh = secrets.token_urlsafe(32) if actor and not token else ""
    said = unquote(request.cookies.get(_SAID, ""))
    frame = {
        "root": root_of(request),
        "here": here(request),
        "actor": actor,
        "csrf": _proof(token or fresh) if actor else "",
        "by_proxy": getattr(request.state, "by_proxy", False),
        "navigation": [entry for entry in NAVIGATION if actor and actor.may(entry.role)],
        "said": said,
    }
    html = _templates().get_template(template).render(**frame | values)
    response = HTMLResponse(html, status)
    if fresh:
        set_session(request, response, fresh)
    if said:
        response.delete_cookie(_SAID, path=root_of(request))
    return response


def go(request: Request, path: str, said: str = "") -> Response:
    """Send the browser to a screen, which says a sentence."""
    response = RedirectResponse(root_of(request) + path, 303)
    if said:
        response.set_cookie(
            _SAID, quote(said), max_age=SAID_SECONDS, path=root_of(request), httponly=True,
            samesite="strict", secure=is_secure(request),
        )  # fmt: skip
    return response


def root_of(request: Request) -> str:
    """What every address of the console begins with, also behind a proxy that adds a prefix."""
    return str(request.scope["root_path"])


def here(request: Request) -> str:
    """Path of a call below the console."""
    return str(request.scope["path"]).removeprefix(root_of(request)) or "/"


def is_secure(request: Request) -> bool:
    """Whether the browser speaks to us, or to the proxy before us, over TLS."""
    return request.url.scheme == "https"


# Who acts


def session_cookie(request: Request) -> str:
    """Name of the cookie of a session; over TLS no neighbouring host can set one of this name."""
    return "__Host-desk" if is_secure(request) else "desk"


def set_session(request: Request, response: Response, token: str) -> None:
    """Give a browser its session."""
    secure = is_secure(request)
    response.set_cookie(
        session_cookie(request), token, path="/" if secure else root_of(request),
        httponly=True, samesite="strict", secure=secure,
    )  # fmt: skip


def end_session(request: Request, response: Response) -> None:
    """Take its session from a browser."""
    secure = is_secure(request)
    response.delete_cookie(
        session_cookie(request), path="/" if secure else root_of(request),
        httponly=True, samesite="strict", secure=secure,
    )  # fmt: skip


def signed(request: Request) -> Actor:
    """Who acts.

    Raises:
        NotSignedIn: nobody who has an account.
        NotAllowed: the proxy names somebody who has none.
    """
    accounts, named = request.app.state.accounts, request.scope["kb.signed_in_as"]
    request.state.by_proxy = bool(named)
    if named:
        actor = accounts.by_proxy(named[0]) if len(named) == 1 else None
        if actor is None:
            raise NotAllowed("You have no account here. Ask an administrator for one.")
    else:
        token = request.cookies.get(session_cookie(request), "")
        actor = accounts.actor(token) if token else None
        if actor is None:
            raise NotSignedIn
    request.state.actor = actor
    return actor


Signed = Annotated[Actor, Depends(signed)]


async def posted(request: Request, _actor: Signed) -> FormData:
    """The fields of a change.

    Raises:
        OutOfDate: they carry no proof of this session.
    """
    form = await request.form()
    token = request.cookies.get(session_cookie(request), "")
    given = text_of(form, "csrf").encode()
    if not (token and hmac.compare_digest(given, _proof(token).encode())):
        raise OutOfDate
    return form


Posted = Annotated[FormData, Depends(posted)]


Number = Annotated[int, Path(ge=1, lt=2**31)]  # what the database takes as one


def text_of(form: FormData, name: str) -> str:
    """A field as text: lines end in one character, and NUL, which no database takes, is left out."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").replace("\0", "") if isinstance(value, str) else ""


def number_of(form: FormData, name: str) -> int:
    """A field that our own page filled with a number.

    Raises:
        OutOfDate: it does not hold one.
    """
    value = text_of(form, name)
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise OutOfDate
    return int(value)


def _proof(token: str) -> str:
    """What only a page of this session can carry."""
    return hmac.new(token.encode(), b"csrf", "sha256").hexdigest()


# What went wrong


def answer_with_pages(app: FastAPI) -> None:
    """Give every error of the console the form of a calm page, which holds what was typed."""

    def say(status: int, message: str = "") -> Callable[[Request, Exception], Awaitable[Response]]:
        async def said(request: Request, error: Exception) -> Response:
            return await _failed(request, status, message or str(error))

        return said

    handlers: dict[Any, Any] = {
        NotSignedIn: _sign_in,
        OutOfDate: say(403, _NOT_OURS),
        NotFound: say(404),
        NotAllowed: say(403),
        DeskError: say(409),
        KBError: say(503, _UNAVAILABLE),
        RequestValidationError: say(404, _NOTHING),
        HTTPException: _refused,
        Exception: lambda request, _: _error(request, 500, "Something went wrong here."),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _refused(request: Request, error: HTTPException) -> Response:
    message = _NOTHING if error.status_code == 404 else error.detail
    return _error(request, error.status_code, message)


async def _sign_in(request: Request, _error: NotSignedIn) -> Response:
    if request.method not in ("GET", "HEAD"):
        return await _failed(request, 401, _SIGNED_OUT)
    query = f"?{request.url.query}" if request.url.query else ""
    return go(request, f"/sign-in?{urlencode({'next': here(request) + query})}")


async def _failed(request: Request, status: int, message: str) -> Response:
    """A page with all that was typed, to be sent again; passwords and files have to be given anew."""
    fields: list[tuple[str, str]] = []
    if "urlencoded" in request.headers.get("content-type", ""):
        form = await request.form()
        fields = [] if "password" in form else list(_typed(form))
    return _error(request, status, message, fields)


def _error(
    request: Request, status: int, message: str, fields: Sequence[tuple[str, str]] = ()
) -> Response:
    return page(
        request, "error.html", status=status, message=message, fields=fields, sign_in=status == 401
    )  # fmt: skip


def _typed(form: FormData) -> Iterator[tuple[str, str]]:
    for name, value in form.multi_items():
        if isinstance(value, str) and name != "csrf":
            yield name, value
