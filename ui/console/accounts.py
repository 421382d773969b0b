"""Accounts: who may use the console -> a list; an administrator adds, changes, disables."""

from __future__ import annotations

from typing import Any, cast, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.account import Actor
from kb.desk.accounts import SHORTEST_PASSWORD, Accounts
from kb.errors import DeskError, NotAllowed
from kb.journal.tables import Role
from ui.console.pages import Posted, Signed, go, page, text_of

router = APIRouter()
ROLES: tuple[Role, ...] = get_args(Role)


@router.get("/accounts")
def show(request: Request, actor: Signed) -> Response:
    """The list."""
    actor.require("administrator")
    return _page(request)


@router.post("/accounts")
def add(request: Request, actor: Signed, form: Posted) -> Response:
    """Make an account."""
    actor.require("administrator")
    name, role = text_of(form, "name").strip(), text_of(form, "role")
    try:
        _accounts(request).add(name, text_of(form, "password"), role, by=actor.name)
    except DeskError as error:
        return _page(request, name=name, role=role, error=str(error))
    return go(request, "/accounts", f"The account '{name}' is made.")


@router.post("/accounts/{name}")
def change(request: Request, name: str, actor: Signed, form: Posted) -> Response:
    """Give an account another role or password, disable it or enable it again; its sessions end."""
    _require_other(actor, name)
    changes: dict[str, dict[str, Any]] = {
        "role": {"role": text_of(form, "role")},
        "password": {"password": text_of(form, "password")},
        "disable": {"disabled": True},
        "enable": {"disabled": False},
    }
    wanted = changes.get(text_of(form, "action"))
    if wanted is None:
        raise DeskError("This button is not known. Load the page again.")
    try:
        _accounts(request).change(name, **wanted, by=actor.name)
    except DeskError as error:
        return _page(request, error=str(error))
    return go(request, "/accounts", f"The account '{name}' is changed; it is signed out.")


def _accounts(request: Request) -> Accounts:
    return cast(Accounts, request.app.state.accounts)


def _require_other(actor: Actor, name: str) -> None:
    """Nobody locks out the only administrator by mistake."""
    actor.require("administrator")
    if name == actor.name:
        raise NotAllowed("Another administrator must change your account, or: kb user set")


def _page(request: Request, *, name: str = "", role: str = "drafter", error: str = "") -> Response:
    """The list, with what was typed and not taken; a password has to be given anew."""
    return page(
        request, "accounts.html", status=409 if error else 200,
        accounts=_accounts(request).all(), roles=ROLES, name=name, role=role, error=error,
        shortest=SHORTEST_PASSWORD,
    )  # fmt: skip
