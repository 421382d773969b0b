"""Problems: what went wrong -> an RFC 9457 problem document, the one form of error under /api."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import KBError, QuestionError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
UNAVAILABLE = "The question could not be worked on just now. Please try again in a moment."
_SHOWN_ERRORS = 20
_DETAILS = {
    400: "The body could not be read: it must be JSON, encoded in UTF-8.",
    404: "There is no such call.",
    405: "The call exists, but not with this method.",
}
_log = logging.getLogger(__name__)


class Problem(Exception):
    """A call that is refused; carries what the problem document says.

    Attributes:
        errors: the fields at fault, each with a message.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say what is wrong."""
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors
        self.headers = headers or {}

    def record(self) -> dict[str, Any]:
        """The problem document."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": _printable(self.detail),
            "errors": [
                {name: _printable(text) for name, text in error.items()} for error in self.errors
            ],
        }

    def response(self) -> Response:
        """The same as a response."""
        text = json.dumps(self.record(), ensure_ascii=False)
        return Response(text, self.status, dict(self.headers), MEDIA_TYPE)


def busy(detail: str = UNAVAILABLE, *, seconds: int = RETRY_SECONDS) -> Problem:
    """What says: not now, but soon."""
    return Problem(503, detail, headers={"Retry-After": str(seconds)})


def wrong_field(field: str, message: str) -> Problem:
    """What says that one field of a call is not usable."""
    return Problem(422, message, errors=[{"field": field, "message": message}])


def answer_with_problems(app: FastAPI) -> None:
    """Give every error of an application the form of a problem document."""
    handlers: dict[Any, Any] = {
        Problem: lambda _request, problem: problem.response(),
        RequestValidationError: lambda _request, error: _invalid(error).response(),
        HTTPException: lambda _request, error: _plain(error).response(),
        KBError: _refused,
        Exception: lambda _request, _error: Problem(500, "Something went wrong here.").response(),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _refused(_request: Request, error: KBError) -> Response:
    if isinstance(error, QuestionError):
        return wrong_field("question", str(error)).response()
    _log.warning("A call could not be served: %s", error)
    return busy().response()


def _invalid(error: RequestValidationError) -> Problem:
    """Names each field at fault; a body that is no JSON is a fault of the whole body."""
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return _plain(HTTPException(400))
    errors = [
        {
            "field": ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0]),
            "message": _message(fault),
        }
        for fault in found[:_SHOWN_ERRORS]
    ]
    return Problem(422, f"Not usable: {', '.join(e['field'] for e in errors)}.", errors=errors)


def _message(fault: Mapping[str, Any]) -> str:
    """What is wrong with a field, for people too: the embed shows it to visitors."""
    if fault["type"] == "string_too_long":
        return f"This is longer than {fault['ctx']['max_length']:,} characters. Please shorten it."
    return str(fault["msg"]).removeprefix("Value error, ")


def _plain(error: HTTPException) -> Problem:
    detail = _DETAILS.get(error.status_code, error.detail)
    errors = [{"field": "body", "message": detail}] if error.status_code in (400, 413, 415) else []
    return Problem(error.status_code, detail, errors=errors, headers=error.headers)


def _printable(text: str) -> str:
    """Text of a client as it may be sent back: short, and without halves of characters."""
    return text[:500].encode("utf-8", "replace").decode("utf-8")
