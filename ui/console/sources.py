"""Sources: what is indexed and how it was read -> a list; forms to add, refresh, withdraw and restore."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.account import Actor
from kb.desk.sources import MOST_BYTES, SUFFIXES, Sources
from kb.errors import IndexLocked, NotFound, SourceError
from ui.console.pages import Posted, Signed, go, page, text_of

router = APIRouter()
FIELDS = ("title", "url", "publisher", "licence", "as_of")


@router.get("/sources")
def show(request: Request, _actor: Signed) -> Response:
    """The list."""
    return _page(request)


@router.post("/sources")
def add(request: Request, actor: Signed, form: Posted) -> Response:
    """Index a file or an address."""
    try:
        name = _add(_sources(request), form, actor)
    except (SourceError, IndexLocked) as error:
        return _page(request, typed=form, error=str(error))
    called = text_of(form, "title").strip() or name
    return go(request, "/sources", f"“{called}” is indexed. Questions are answered from it now.")


@router.post("/sources/refresh")
def refresh(request: Request, actor: Signed, _form: Posted) -> Response:
    """Read all sources again, and what was changed by hand in the folder of the own FAQ."""
    actor.require("approver")
    try:
        request.app.state.faq.reconcile()
        report = _sources(request).refresh(actor)
    except (SourceError, IndexLocked) as error:
        return _page(request, error=str(error))
    said = "All sources have been read again." if report.changed else "Nothing has changed."
    return go(request, "/sources", said)


@router.get("/sources/withdraw")
def confirm(request: Request, actor: Signed, name: str) -> Response:
    """Ask once more."""
    actor.require("approver")
    held = next((one for one in _sources(request).overview().held if one.name == name), None)
    if held is None:
        raise NotFound("This document is not indexed any more.")
    return page(request, "source_withdraw.html", one=held)


@router.post("/sources/withdraw")
def withdraw(request: Request, actor: Signed, form: Posted) -> Response:
    """Take a document out."""
    name = text_of(form, "name")
    try:
        _sources(request).withdraw(name, actor)
    except (SourceError, IndexLocked) as error:
        return _page(request, error=str(error))
    return go(request, "/sources", f"“{name}” is withdrawn. No question is answered from it.")


@router.post("/sources/restore")
def restore(request: Request, actor: Signed, form: Posted) -> Response:
    """Bring a withdrawn document back."""
    name = text_of(form, "name")
    try:
        _sources(request).restore(name, actor)
    except IndexLocked as error:
        return _page(request, error=str(error))
    return go(request, "/sources", f"“{name}” is indexed again.")


def _sources(request: Request) -> Sources:
    return cast(Sources, request.app.state.sources)


def _page(request: Request, *, error: str = "", typed: FormData | None = None) -> Response:
    """The list, with what was typed and not taken."""
    form = typed if typed is not None else FormData()
    return page(
        request,
        "sources.html",
        status=409 if error else 200,
        overview=_sources(request).overview(),
        typed={field: text_of(form, field) for field in (*FIELDS, "address")},
        opened=typed is not None,
        error=error,
        suffixes=", ".join(SUFFIXES),
        most=MOST_BYTES,
        hosts=", ".join(request.app.state.base.settings.fetch_hosts),
    )


def _add(sources: Sources, form: FormData, actor: Actor) -> str:
    """Id of what was added.

    Raises:
        SourceError: neither or both were given, or it cannot be read.
    """
    file, address = form.get("file"), text_of(form, "address").strip()
    record = {field: text_of(form, field) for field in FIELDS}
    if isinstance(file, UploadFile) and file.filename:
        if address:
            raise SourceError("Give either a file or an address.")
        return sources.add_file(file.filename[-200:], file.file.read(), record, actor)
    if not address:
        raise SourceError("Choose a file, or give an address.")
    return sources.add_address(address, record, actor)
