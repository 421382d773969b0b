"""Inquiry: a number -> its mail, its reply in the making with evidence; a button -> one action of the desk.

Every button sends all texts of the page; texts that were edited are saved before anything else is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.account import Actor
from kb.desk.desk import EDITED, Desk, Edit
from kb.desk.queue import Opened
from kb.desk.reply import HANDED_OVER, STATED_FROM
from kb.errors import ChangedMeanwhile, DeskError, NotFound
from ui.console.conflict import pairs_of
from ui.console.form import Sent, digest, edit_of, questions_of, read_sent
from ui.console.pages import Number, Posted, Signed, go, page, text_of

router = APIRouter()
SURE_FROM = 0.8  # confidence that is called high
HANDOVER_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "access_to_documents": "Register it and pass it to the team for access to documents; "
        "15 working days run from its registration.",
        "complaint": "Pass it to the unit that deals with complaints, and tell the sender so.",
        "press": "Pass it to the spokesperson's service. Do not answer the questions yourself.",
        "personal_data": "Pass it to the data protection coordinator; one month runs from its receipt.",
    }
)
_PART_AND_OFFER = re.compile(r"(\d{1,9}):(\d{1,9})", re.ASCII)
_CHANGED = "Somebody else has changed this inquiry in the meantime. Look at it, then do it again."


@router.get("/inquiries/{number}")
def show(request: Request, number: Number, actor: Signed) -> Response:
    """An inquiry."""
    return _page(request, number, actor)


@router.post("/inquiries/{number}")
def act(request: Request, number: Number, actor: Signed, form: Posted) -> Response:
    """Save what was edited, then do what the button says."""
    sent = read_sent(form)
    try:
        said = _do(request.app.state.desk, number, sent, form, actor)
    except ChangedMeanwhile:
        if sent.edit and sent.is_edited:
            return _conflict(request, number, sent, actor)
        return _page(request, number, actor, error=_CHANGED)
    except DeskError as error:
        return _page(request, number, actor, error=str(error), typed=form, edit=sent.edit)
    return go(request, f"/inquiries/{number}{_place(sent)}", said)


def _page(
    request: Request,
    number: int,
    actor: Actor,
    *,
    error: str = "",
    typed: Mapping[str, object] | FormData = MappingProxyType({}),
    edit: Edit | None = None,
) -> Response:
    """The inquiry as it is saved, with what was typed and not taken; ``edit`` are its texts."""
    state = request.app.state
    opened: Opened = state.desk.read(number, actor)
    editable, shown = opened.row.state in EDITED, digest(edit_of(opened.work))
    has_reply = bool(opened.work.parts) and not opened.row.handover
    return page(
        request,
        "inquiry.html",
        status=409 if error else 200,
        opened=opened,
        row=opened.row,
        mail=opened.mail,
        work=opened.work,
        editable=editable,
        has_reply=has_reply,
        offers=state.desk.offers(number) if editable and has_reply else {},
        unchecked=len(opened.work.unchecked()),
        written=opened.work.reply or (opened.work.written() if has_reply else None),
        shown=shown,
        typed=typed,
        unsaved=edit is not None and digest(edit) != shown,
        error=error,
        handed_over=HANDED_OVER.get(opened.row.handover or "", ""),
        advice=HANDOVER_ADVICE.get(opened.row.handover or "", ""),
        confidence=_confidence,
        must_be_other=state.base.settings.four_eyes and actor.name in opened.editors,
    )


def _confidence(probability: float) -> str:
    if probability >= SURE_FROM:
        return "high"
    return "fair" if probability >= STATED_FROM else "low"


def _conflict(request: Request, number: int, sent: Sent, actor: Actor) -> Response:
    """Both versions of the texts, and the choice between them."""
    opened: Opened = request.app.state.desk.read(number, actor)
    assert sent.edit
    return page(
        request, "conflict.html", status=409, row=opened.row, version=opened.version,
        pairs=pairs_of(sent.edit, opened.work), editable=opened.row.state in EDITED,
        shown=digest(edit_of(opened.work)),
    )  # fmt: skip


# The buttons


@dataclass(frozen=True, slots=True)
class _Call:
    """An action with all that it may need."""

    desk: Desk
    number: int
    version: int
    argument: str
    form: FormData
    actor: Actor


_Action = Callable[[_Call], str]  # gives the sentence that says what was done


def _do(desk: Desk, number: int, sent: Sent, form: FormData, actor: Actor) -> str:
    """Save and act; gives the sentence that says what was done."""
    if sent.action not in _ACTIONS:
        raise NotFound("This button is not known. Load the page again.")
    version = sent.version
    if sent.edit and sent.is_edited:
        desk.save(number, version, sent.edit, actor)
        version += 1  # one action is one version
    return _ACTIONS[sent.action](_Call(desk, number, version, sent.argument, form, actor))


def _plainly(action: Callable[[Desk, int, int, Actor], None], said: str) -> _Action:
    """An action that needs nothing but the inquiry."""

    def act(call: _Call) -> str:
        action(call.desk, call.number, call.version, call.actor)
        return said

    return act


def _save(_call: _Call) -> str:
    return "Saved."


def _check(call: _Call) -> str:
    left = call.desk.check(call.number, call.version, call.actor)
    if not left:
        return "Every sentence is checked."
    return f"Not checked: {left}. Compare with the evidence, then confirm or change the sentence."


def _confirm(call: _Call) -> str:
    _, _, key = call.argument.partition(":")
    call.desk.confirm(call.number, call.version, key, call.actor)
    return "You have confirmed the sentence."


def _use(call: _Call) -> str:
    named = _PART_AND_OFFER.fullmatch(call.argument)
    if not named:
        raise NotFound("This question or approved answer is not there any more.")
    call.desk.use(call.number, call.version, int(named[1]), int(named[2]), call.actor)
    return "The approved text stands in the reply now."


def _questions(call: _Call) -> str:
    call.desk.set_questions(call.number, call.version, questions_of(call.form), call.actor)
    return "The questions have been changed; new ones are drafted."


def _reject(call: _Call) -> str:
    reason = text_of(call.form, "reject-reason")
    call.desk.reject(call.number, call.version, reason, call.actor)
    return "The reply has been given back."


def _close(call: _Call) -> str:
    reason = text_of(call.form, "close-reason")
    call.desk.close(call.number, call.version, reason, call.actor)
    return "The inquiry is closed."


_ACTIONS: Mapping[str, _Action] = MappingProxyType(
    {
        "save": _save,
        "check": _check,
        "confirm": _confirm,
        "use": _use,
        "questions": _questions,
        "redraft": _plainly(Desk.redraft, "The reply has been drafted anew."),
        "claim": _plainly(Desk.claim, "The inquiry is yours."),
        "submit": _plainly(Desk.submit, "The reply waits for approval."),
        "approve": _plainly(Desk.approve, "The reply is approved. Take it into your mail program."),
        "reject": _reject,
        "close": _close,
        "reopen": _plainly(Desk.reopen, "The inquiry is open again."),
    }
)


def _place(sent: Sent) -> str:
    """Where on the page one goes on after an action."""
    if sent.action in ("confirm", "use"):
        return f"#answer-{sent.argument.partition(':')[0]}"
    return "#reply" if sent.action in ("save", "check", "questions") else ""
