"""Faq: the secretariat's own entries -> a list, an entry to be edited and published, and its history.

Every button of an entry sends its whole wording; what was edited is saved before anything else is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import cast

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.account import Actor
from kb.desk.entries import Entry
from kb.desk.faq import Faq, personal_data_in
from kb.errors import ChangedMeanwhile, DeskError, IndexLocked, NotFound
from kb.reading.own_faq import Wording
from ui.console.conflict import differences
from ui.console.pages import Number, Posted, Signed, go, number_of, page, text_of

router = APIRouter()
_CHANGED = "Somebody else has changed this entry in the meantime. Look at it, then do it again."
_NO_DATE = "Give the last day on which the answer holds, as 2027-06-30."


@router.get("/faq")
def show_all(request: Request, _actor: Signed) -> Response:
    """The list."""
    return page(request, "faq.html", entries=_faq(request).entries(), question="", error="")


@router.post("/faq")
def propose(request: Request, actor: Signed, form: Posted) -> Response:
    """Start an entry, by hand or from a group of questions."""
    faq, question = _faq(request), text_of(form, "question")
    try:
        name = faq.propose(
            question, "", actor, asked_as=text_of(form, "asked_as").split("\n")
        )  # fmt: skip
    except DeskError as error:
        return page(
            request, "faq.html", status=409, entries=faq.entries(), question=question,
            error=str(error),
        )  # fmt: skip
    return go(request, f"/faq/{name}", "The entry is started. Write its answer.")


@router.post("/faq-from/{number}/{part}")
def propose_from(
    request: Request, number: Number, part: Number, actor: Signed, _form: Posted
) -> Response:
    """Start an entry from a question of an approved reply."""
    name = _faq(request).propose_from(number, part, actor)
    return go(request, f"/faq/{name}", "The entry is started, with personal data taken out.")


@router.get("/faq/{name}")
def show(request: Request, name: str, _actor: Signed) -> Response:
    """An entry."""
    return _page(request, name)


@router.post("/faq/{name}")
def act(request: Request, name: str, actor: Signed, form: Posted) -> Response:
    """Save what was edited, then do what the button says."""
    faq, version, typed = _faq(request), number_of(form, "version"), _wording(form)
    if typed is None:
        return _page(request, name, typed=form, error=_NO_DATE)
    is_edited = _digest(typed) != text_of(form, "shown")
    try:
        if is_edited:
            faq.save(name, version, typed, actor)
            version += 1  # one action is one version
        said = _do(text_of(form, "action"), faq, name, version, actor)
    except ChangedMeanwhile:
        if is_edited:
            return _conflict(request, name, typed)
        return _page(request, name, error=_CHANGED)
    except (DeskError, IndexLocked) as error:
        return _page(request, name, typed=form, error=str(error))
    return go(request, f"/faq/{name}", said)


@router.get("/faq/{name}/history")
def history(request: Request, name: str, _actor: Signed) -> Response:
    """Its versions, each with what has changed."""
    faq = _faq(request)
    return page(request, "faq_history.html", entry=faq.read(name), versions=faq.history(name))


def _faq(request: Request) -> Faq:
    return cast(Faq, request.app.state.faq)


def _page(
    request: Request, name: str, *, error: str = "", typed: FormData | None = None
) -> Response:
    """The entry as it is saved, with what was typed and not taken."""
    faq = _faq(request)
    entry = faq.read(name)
    chosen = _sources(typed) if typed is not None else list(entry.wording.sources)
    return page(
        request,
        "faq_entry.html",
        status=409 if error else 200,
        entry=entry,
        fields=_typed(typed) if typed is not None else _fields(entry.wording),
        chosen=list(dict.fromkeys(chosen)),
        catalogue=faq.catalogue(),
        shown=_digest(entry.wording),
        problems=faq.problems(name) if entry.state == "proposed" else [],
        suspects=personal_data_in(entry.wording) if entry.state == "proposed" else [],
        error=error,
    )


# The fields


def _fields(wording: Wording) -> Mapping[str, str]:
    return {
        "question": wording.question,
        "text": wording.text,
        "asked_as": "\n".join(wording.asked_as),
        "expires": wording.expires.isoformat(),
    }


def _typed(form: FormData) -> Mapping[str, str]:
    return {name: text_of(form, name) for name in ("question", "text", "asked_as", "expires")}


def _sources(form: FormData) -> list[str]:
    """Ids of the sources that stay, and of one that is added; a browser may send its title too."""
    kept = [value for value in form.getlist("source") if isinstance(value, str)]
    added = text_of(form, "new_source").split(" – ")[0].strip()
    return [*kept, added] if added else kept


def _wording(form: FormData) -> Wording | None:
    """What was typed; None where its date is none."""
    try:
        expires = date.fromisoformat(text_of(form, "expires").strip())
    except ValueError:
        return None
    return Wording(
        text_of(form, "question").strip(),
        text_of(form, "text").strip(),
        tuple(line.strip() for line in text_of(form, "asked_as").split("\n") if line.strip()),
        tuple(_sources(form)),
        expires,
    )


def _digest(wording: Wording) -> str:
    """What tells whether a wording is the one that was shown."""
    return sha256(repr(wording).encode()).hexdigest()


# Two versions


@dataclass(frozen=True, slots=True)
class _Pair:
    label: str
    mine: tuple[tuple[str, bool], ...]
    theirs: tuple[tuple[str, bool], ...]

    @property
    def differs(self) -> bool:
        return any(changed for _, changed in (*self.mine, *self.theirs))


def _conflict(request: Request, name: str, mine: Wording) -> Response:
    """Both versions, and the choice between them."""
    entry: Entry = _faq(request).read(name)
    labels = {
        "question": "Question", "text": "Answer", "asked_as": "Ways to ask",
        "expires": "Holds until", "sources": "Sources",
    }  # fmt: skip
    one = {**_fields(mine), "sources": "\n".join(mine.sources)}
    other = {**_fields(entry.wording), "sources": "\n".join(entry.wording.sources)}
    pairs = [_Pair(labels[field], *differences(one[field], other[field])) for field in labels]
    return page(
        request, "faq_conflict.html", status=409, entry=entry, pairs=pairs, fields=_fields(mine),
        sources=mine.sources,
    )  # fmt: skip


# The buttons


def _do(action: str, faq: Faq, name: str, version: int, actor: Actor) -> str:
    """Act; gives the sentence that says what was done."""
    if action == "save":
        return "Saved."
    if action not in _ACTIONS:
        raise NotFound("This button is not known. Load the page again.")
    act, said = _ACTIONS[action]
    act(faq, name, version, actor)
    return said


_ACTIONS: Mapping[str, tuple[Callable[[Faq, str, int, Actor], None], str]] = MappingProxyType(
    {
        "confirm": (Faq.confirm_clean, "You have confirmed that it holds no personal data."),
        "publish": (Faq.publish, "Published. Questions are answered from it now."),
        "withdraw": (Faq.withdraw, "Withdrawn. No question is answered from it any more."),
    }
)
