"""New: a pasted text or a file of a mail program -> an inquiry with its draft."""

from __future__ import annotations

from pathlib import PurePath

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.mail import MOST_BYTES
from kb.errors import SourceError
from ui.console.pages import Posted, Signed, go, page, text_of

router = APIRouter()
SUFFIXES = (".eml", ".msg", ".txt")


@router.get("/inquiries/new")
def show(request: Request, _actor: Signed) -> Response:
    """The form."""
    return _form(request)


@router.post("/inquiries")
def take_in(request: Request, actor: Signed, form: Posted) -> Response:
    """Read what was given and draft the reply."""
    text = text_of(form, "text")
    try:
        data, name = _given(form, text)
        number = request.app.state.desk.open(data, actor, name)
    except SourceError as error:
        return _form(request, text=text, error=str(error))
    return go(request, f"/inquiries/{number}", f"Inquiry {number} has been opened.")


def _form(request: Request, *, text: str = "", error: str = "") -> Response:
    return page(
        request, "new.html", status=422 if error else 200, text=text, error=error,
        suffixes=", ".join(SUFFIXES), most=MOST_BYTES,
    )  # fmt: skip


def _given(form: FormData, text: str) -> tuple[bytes, str]:
    """What was pasted or chosen, and how messages call it.

    Raises:
        SourceError: there is nothing, or both, or a file of another kind.
    """
    file = form.get("file")
    if not (isinstance(file, UploadFile) and file.filename):
        if not text.strip():
            raise SourceError("Paste the text of the mail, or choose a file.")
        return text.encode(), "The text"
    if text.strip():
        raise SourceError("Give either a text or a file. Empty the field, or choose no file.")
    name = PurePath(file.filename.replace("\\", "/")).name[:100]
    if not name.lower().endswith(SUFFIXES):
        raise SourceError(f"“{name}” is no mail. Choose a file that ends in {', '.join(SUFFIXES)}.")
    return file.file.read(), f"“{name}”"
