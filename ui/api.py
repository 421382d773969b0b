"""API: HTTP calls under /api/v1 -> records of the knowledge base, as JSON or as a stream of events."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from kb.answering.cite import Claim
from kb.answering.question import read_question
from kb.answering.replies import CONTACT
from kb.errors import QuestionError
from kb.journal.tables import Surface
from kb.knowledge import KnowledgeBase
from kb.reading.visible import visible_lines
from kb.types import Answer, SearchResult
from ui.asking import Asking
from ui.gate import require_json
from ui.limits import RecentAnswers, Workers
from ui.metrics import Metrics
from ui.problems import (
    MEDIA_TYPE,
    UNAVAILABLE,
    Problem,
    answer_with_problems,
    busy,
    wrong_field,
)
from ui.schema import (
    PROBLEMS,
    AnswerRecord,
    AskBody,
    FeedbackBody,
    FeedbackRecord,
    ProblemRecord,
    SearchQuery,
    SearchRecord,
)

VERSION = "1.0.0"
EVENTS = "text/event-stream"
_WATCH_SECONDS = 0.25
_DESCRIPTION = f"""Answers questions on Thematic Smart Specialisation Partnerships; every statement cites
the words it rests on. Answers are made by an automated system and can be incomplete or out of date.

Errors are problem documents (RFC 9457). Every response carries `X-Request-ID`, the caller's own where one
was given. A website may call from a browser once its operator has been listed: {CONTACT}."""
_STREAM = """With `Accept: text/event-stream`, events: `status` at once; `statement` (text, kind) for each
checked statement; `answer` with the whole record, which counts; `error` with a problem document in its
place where the answer fails."""
_STREAM_CONTENT = {
    "schema": {"type": "string"},
    "example": (
        'event: status\ndata: {"status": "working"}\n\n'
        'event: statement\ndata: {"text": "Name one contact person.", "kind": "recommendation"}\n\n'
        "event: answer\ndata: {…}\n\n"
    ),
}
_PROBLEM = f"#/components/schemas/{ProblemRecord.__name__}"
_log = logging.getLogger(__name__)


def _json_body(request: Request) -> None:
    require_json(request.headers.get("content-type", ""))


TAKES_JSON = [Depends(_json_body)]  # for every call with a body


class Calls:
    """The calls of one surface over one knowledge base."""

    def __init__(
        self, base: KnowledgeBase, workers: Workers, metrics: Metrics, *, surface: Surface | None
    ) -> None:
        """Name the surface that questions are kept under; None: they are not kept."""
        self._base = base
        self._surface = surface
        self._workers = workers
        self._metrics = metrics
        self._recent = RecentAnswers()

    async def ask(self, body: AskBody, request: Request) -> Response:
        """Answer a question, every statement cited."""
        streamed = EVENTS in request.headers.get("accept", "")
        if streamed:  # a refusal has to come before the stream has begun
            await asyncio.to_thread(read_question, body.question)
            asking = Asking(self._workers, partial(self._answer, body))
            headers = {"X-Accel-Buffering": "no"}
            return StreamingResponse(self._events(asking), media_type=EVENTS, headers=headers)
        answer = await self.answer(body, request)
        return _json(answer.record()) if answer else Response(status_code=499)

    async def answer(self, body: AskBody, request: Request | None) -> Answer | None:
        """The answer to a question; None where the caller has hung up before, if it can."""
        asking = Asking(self._workers, partial(self._answer, body))
        answer = await asking.answer_unless(_gone(request))
        return self._given(answer) if answer else None

    async def search(self, query: Annotated[SearchQuery, Query()]) -> Response:
        """Find passages, best first."""
        try:
            found = await self.found(query.q, top_k=query.top_k)
        except QuestionError as error:
            raise wrong_field("q", str(error)) from None
        return _json({"results": [result.record() for result in found]})

    async def found(self, query: str, *, top_k: int) -> list[SearchResult]:
        """Passages, best first."""
        return await self._workers.start(partial(self._base.search, query, top_k=top_k))

    async def feedback(self, body: FeedbackBody) -> Response:
        """Rate an answer."""
        answer = self._recent.get(body.answer_id)
        if answer is None:
            message = "This server has not given such an answer lately."
            raise Problem(404, message, errors=[{"field": "answer_id", "message": message}])
        comment = visible_lines(body.comment).strip()
        rate = self._base.journal.rate
        await asyncio.to_thread(rate, answer, useful=body.useful, comment=comment)
        self._metrics.rated(body.useful)
        return _json({"answer_id": answer.id, "useful": body.useful}, 201)

    def _answer(self, body: AskBody, on_claim: Callable[[Claim], object]) -> Answer:
        """Answer and keep the question where that is allowed; runs in a worker's thread."""
        history = [turn.model_dump() for turn in body.history or ()]
        answer = self._base.ask(
            body.question, history=history, language=body.language, on_claim=on_claim
        )
        if body.store and self._surface:
            self._base.journal.keep(answer, surface=self._surface)
        return answer

    def _given(self, answer: Answer) -> Answer:
        self._recent.add(answer)
        self._metrics.answered(answer)
        return answer

    async def _events(self, asking: Asking) -> AsyncIterator[bytes]:
        """What is known of an answer, as soon as it is known."""
        try:
            yield _event("status", {"status": "working"})
            written = False
            async for claim in asking.claims():
                written = True
                yield _event("statement", {"text": claim.text, "kind": claim.kind})
            answer = await asking.answer
            if not written:  # quoted, not written: all statements are there at the same time
                for statement in answer.statements:
                    yield _event("statement", {"text": statement.text, "kind": statement.kind})
            yield _event("answer", self._given(answer).record())
        except Exception as error:
            refused = isinstance(error, QuestionError)
            if not refused:
                _log.warning("An answer failed: %s", type(error).__name__)
            problem = wrong_field("question", str(error)) if refused else busy(UNAVAILABLE)
            yield _event("error", problem.record())
        finally:
            asking.leave()


def create_api(base: KnowledgeBase, workers: Workers, metrics: Metrics) -> FastAPI:
    """The API as an application of its own, to be mounted."""
    api = FastAPI(
        title="Partnership assistant",
        summary="Cited answers on Thematic Smart Specialisation Partnerships",
        description=_DESCRIPTION,
        version=VERSION,
        license_info={"name": "European Union Public Licence 1.2", "identifier": "EUPL-1.2"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    calls = Calls(base, workers, metrics, surface="api")
    api.post(
        "/ask",
        operation_id="ask",
        summary="Ask a question",
        description=f"Answer a question, every statement cited. {_STREAM}",
        dependencies=TAKES_JSON,
        response_class=JSONResponse,
        responses=_refusals(400, 403, 413, 415, 422, 429, 503)
        | {200: {"model": AnswerRecord, "content": {EVENTS: _STREAM_CONTENT}}},
    )(calls.ask)
    api.get(
        "/search",
        operation_id="search",
        summary="Search passages",
        response_class=JSONResponse,
        responses=_refusals(400, 403, 422, 429, 503) | {200: {"model": SearchRecord}},
    )(calls.search)
    api.post(
        "/feedback",
        operation_id="feedback",
        summary="Rate an answer",
        status_code=201,
        dependencies=TAKES_JSON,
        response_class=JSONResponse,
        responses=_refusals(400, 403, 404, 413, 415, 422, 429, 503)
        | {201: {"model": FeedbackRecord}},
    )(calls.feedback)
    answer_with_problems(api)
    api.openapi = partial(_described, api)  # type: ignore[method-assign]
    return api


async def _gone(request: Request | None) -> None:
    """Ends when the caller has hung up; never where no call over HTTP is answered."""
    while request is None or not await request.is_disconnected():
        await asyncio.sleep(_WATCH_SECONDS)


def _json(record: Any, status: int = 200) -> Response:
    return Response(json.dumps(record, ensure_ascii=False), status, media_type="application/json")


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a call may answer with, each with an example."""
    return {
        status: {
            "description": PROBLEMS[status]["detail"],
            "content": {MEDIA_TYPE: {"schema": {"$ref": _PROBLEM}, "example": PROBLEMS[status]}},
        }
        for status in statuses
    }


def _described(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with the problem document that FastAPI does not know of.

    The contact is put in here, because FastAPI would want another library to read its address.
    """
    schema = FastAPI.openapi(api)
    schema["info"]["contact"] = {"name": "S3 CoP secretariat", "email": CONTACT}
    problem = ProblemRecord.model_json_schema(ref_template="#/components/schemas/{model}")
    schema["components"]["schemas"] |= problem.pop("$defs") | {ProblemRecord.__name__: problem}
    return schema
