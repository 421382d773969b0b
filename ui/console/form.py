"""Form: the fields of an inquiry's page -> texts and questions as the officer has left them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import FormData

from kb.desk.desk import Edit
from kb.desk.reply_work import Work
from ui.console.pages import number_of, text_of

_PART = re.compile(r"part-(\d{1,9})", re.ASCII)
_QUESTION = re.compile(r"question-(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a button of the page.

    Attributes:
        action: what the button does.
        argument: to what it does it; empty where that is the whole inquiry.
        version: of the inquiry that was shown.
        edit: the texts; None where the page had none to edit.
        is_edited: they are other than those shown.
    """

    action: str
    argument: str
    version: int
    edit: Edit | None
    is_edited: bool


def read_sent(form: FormData) -> Sent:
    """Read the fields that every button sends."""
    edit = _edit(form) if "subject" in form else None
    action, _, argument = text_of(form, "action").partition(":")
    return Sent(
        action=action,
        argument=argument,
        version=number_of(form, "version"),
        edit=edit,
        is_edited=edit is not None and digest(edit) != text_of(form, "shown"),
    )


def _edit(form: FormData) -> Edit:
    return Edit(
        subject=text_of(form, "subject"),
        opening=text_of(form, "opening"),
        parts={
            int(match[1]): text_of(form, match[0]) for match in map(_PART.fullmatch, form) if match
        },
        closing=text_of(form, "closing"),
    )


def edit_of(work: Work) -> Edit:
    """The texts as they are saved."""
    return Edit(
        subject=work.subject,
        opening=work.opening.text,
        parts={part.id: part.body.text for part in work.parts},
        closing=work.closing.text,
    )


def digest(edit: Edit) -> str:
    """What tells whether texts are the same; a browser may change the space around them."""
    parts = [f"{number}:{text.strip()}" for number, text in sorted(edit.parts.items())]
    texts = [edit.subject.strip(), edit.opening.strip(), edit.closing.strip(), *parts]
    return sha256("\0".join(texts).encode()).hexdigest()


def questions_of(form: FormData) -> list[tuple[int | None, str]]:
    """The list of questions that the officer wants: some joined, split by lines, removed, added."""
    return [*_kept(form), *((None, line) for line in text_of(form, "new").split("\n"))]


def _kept(form: FormData) -> Iterator[tuple[int | None, str]]:
    carried: tuple[int, str] | None = None  # a question that is joined with the next one
    for part in [int(match[1]) for match in map(_QUESTION.fullmatch, form) if match]:
        if f"remove-{part}" in form:
            continue
        lines = [line for line in text_of(form, f"question-{part}").split("\n") if line.strip()]
        number, lead = carried or (part, "")
        if f"join-{part}" in form:
            carried = (number, " ".join([lead, *lines]).strip())
            continue
        carried = None
        for place, line in enumerate(lines):
            yield (None, line) if place else (number, f"{lead} {line}".strip())
    if carried:
        yield carried
