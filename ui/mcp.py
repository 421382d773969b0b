"""MCP: calls of the Model Context Protocol -> answers and passages, over HTTP or standard input.

The protocol is the Python SDK's matter; what is here are the two tools. A call that cannot be served
gives a result that is an error and says why, so that the model that called can mend it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager as SessionManager
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.errors import KBError, QuestionError
from kb.knowledge import MAX_TOP_K, KnowledgeBase
from kb.types import Answer
from ui.api import VERSION, Calls
from ui.gate import JSON_BYTES, MCP
from ui.limits import Workers
from ui.metrics import Metrics
from ui.problems import UNAVAILABLE, Problem
from ui.render import plain_text, results_text
from ui.schema import AnswerRecord, AskBody, QuestionText, SearchRecord
from ui.texts import texts

NAME = "partnership-assistant"
_INSTRUCTIONS = """Knowledge base on Thematic Smart Specialisation (S3) Partnerships of European regions:
how they are founded, led, funded and kept alive, and which there are. Use `ask` for an answer whose every
statement cites the words it rests on, `search` for the passages themselves. Keep the sources with what you
take from an answer, and keep to what it says: where `status` is `not_answered`, no source covers it."""
_ASK = """Answer a question on Thematic Smart Specialisation Partnerships from a curated corpus. Every
statement carries citations: the quoted words, title, publisher, date, licence and address of the source.
Says so where no source covers the question or a part of it. Answers are made by an automated system.
Questions may be in any official language of the EU; quotations are in English."""
_SEARCH = """Find passages on Thematic Smart Specialisation Partnerships by meaning and words, best first,
each with its source. For an answer with citations use `ask`."""
_ANNOTATIONS = types.ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_OTHER_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE")
_Context = ServerRequestContext[Any, Request]
_log = logging.getLogger(__name__)


class SearchBody(BaseModel):
    """What to search for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    query: QuestionText
    top_k: int = Field(default=10, ge=1, le=MAX_TOP_K, description="number of passages")


class Tools:
    """The two tools over the calls of a surface."""

    def __init__(self, calls: Calls) -> None:
        """Name the calls that do the work."""
        self._calls = calls
        self._tools: dict[str, Callable[[Any, _Context], Awaitable[types.CallToolResult]]] = {
            "ask": self._ask,
            "search": self._search,
        }

    async def list(self, _context: _Context, _params: Any) -> types.ListToolsResult:
        """Describe the tools."""
        return types.ListToolsResult(
            tools=[
                _tool("ask", "Ask a question", _ASK, takes=AskBody, gives=AnswerRecord),
                _tool("search", "Search passages", _SEARCH, takes=SearchBody, gives=SearchRecord),
            ]
        )

    async def call(
        self, context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Run a tool.

        Raises:
            MCPError: there is no such tool.
        """
        if params.name not in self._tools:
            names = " and ".join(self._tools)
            raise MCPError(types.INVALID_PARAMS, f"There is no such tool; there are {names}.")
        try:
            return await self._tools[params.name](params.arguments or {}, context)
        except ValidationError as error:
            return _error(_faults(error))
        except (QuestionError, Problem) as error:
            return _error(str(error))
        except Exception as error:  # its message may hold what a person typed, so it is not logged
            what = str(error) if isinstance(error, KBError) else type(error).__name__
            _log.warning("A call of a tool could not be served: %s", what)
            return _error(UNAVAILABLE)

    async def _ask(self, arguments: Any, context: _Context) -> types.CallToolResult:
        body = AskBody.model_validate(arguments)
        answer = await self._calls.answer(body, context.request)
        if answer is None:
            return _error("The caller has hung up.")
        text = plain_text(answer, texts(answer.language))
        return _result(text, answer.record(), meta=_mark(answer))

    async def _search(self, arguments: Any, _context: _Context) -> types.CallToolResult:
        body = SearchBody.model_validate(arguments)
        found = await self._calls.found(body.query, top_k=body.top_k)
        return _result(results_text(found), {"results": [result.record() for result in found]})


def create_server(calls: Calls) -> Server:
    """The SDK's server with the two tools."""
    tools = Tools(calls)
    return Server(
        NAME,
        version=VERSION,
        title="Partnership assistant",
        instructions=_INSTRUCTIONS,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
    )


def over_http(base: KnowledgeBase, workers: Workers, metrics: Metrics) -> SessionManager:
    """What answers over HTTP, every call for itself and in JSON; its ``run`` must be entered."""
    return SessionManager(
        create_server(Calls(base, workers, metrics, surface="api")),
        json_response=True,
        stateless=True,
        max_request_body_size=JSON_BYTES,
    )


def add_mcp(app: Starlette, protocol: SessionManager) -> None:
    """Add the address of the protocol; its origins are checked by the gate."""
    app.routes.append(Route(MCP, StreamableHTTPASGIApp(protocol), methods=["POST"]))
    # What GET would open is a stream that never ends.
    app.routes.append(Route(MCP, _only_post, methods=_OTHER_METHODS))


def _only_post(_request: Request) -> Response:
    raise Problem(405, "Messages of the protocol come by POST.", headers={"Allow": "POST"})


async def serve_standard_input(base: KnowledgeBase) -> None:
    """Serve one program over standard input and output until it closes them; nothing is kept."""
    workers = Workers(base.settings.questions_at_once)
    server = create_server(Calls(base, workers, Metrics(), surface=None))
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _tool(
    name: str, title: str, description: str, *, takes: type[BaseModel], gives: type[BaseModel]
) -> types.Tool:
    return types.Tool(
        name=name,
        title=title,
        description=" ".join(description.split()),
        input_schema=takes.model_json_schema(),
        output_schema=gives.model_json_schema(),
        annotations=_ANNOTATIONS,
    )


def _result(
    text: str, record: dict[str, Any], *, meta: dict[str, Any] | None = None
) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(text=text)]
    return types.CallToolResult(content=content, structured_content=record, _meta=meta)


def _error(message: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=message)], is_error=True)


def _mark(answer: Answer) -> dict[str, Any]:
    """The mark that tells programs that an automated system made the answer (trust L2)."""
    return {
        f"{NAME}/automated": True,
        f"{NAME}/generator": answer.generator,
        f"{NAME}/generation": answer.generation,
        f"{NAME}/created": answer.created,
    }


def _faults(error: ValidationError) -> str:
    """Each argument at fault in words."""
    faults = (
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_input=False, include_url=False)[:20]
    )
    return f"Not usable: {'; '.join(faults)}."
