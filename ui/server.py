"""Server: one FastAPI app: chat, API and health behind the gate; both sides or one of them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from kb.answering.generate import TRACING
from kb.desk.retention import forget
from kb.errors import JournalError, SettingsError
from kb.knowledge import KnowledgeBase
from kb.settings import require_off

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from kb.settings import Settings
    from ui.limits import Workers
    from ui.switches import Switches

Side = Literal["public", "console"]
SIDES: tuple[Side, ...] = ("public", "console")
DAY_SECONDS = 24 * 60 * 60
COUNT_SECONDS = 10
SMALL_CALLS = 10  # of the chat at the same time, besides questions
STOP_SECONDS = 5  # an open page keeps a connection open for ever
_GRADIO_SWITCHES = ("GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_HOT_RELOAD")
_ON_WITH_ANY_TEXT = ("GRADIO_WATCH_DIRS", "GRADIO_VIBE_MODE")  # "0" turns them on too
_log = logging.getLogger(__name__)


def require_free(host: str, port: int) -> None:
    """Check that a port can be listened on.

    Raises:
        SettingsError: it is in use, or the address is not of this machine.
    """
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Port {port} of {host} cannot be used ({error}). Choose another: kb serve --port"
        ) from None


def require_safe_environment() -> None:
    """Refuse to start with a switch on that would send data away or open routes (trust G5).

    Raises:
        SettingsError: names the variable.
    """
    require_off(*TRACING, *_GRADIO_SWITCHES)
    require_off(*_ON_WITH_ANY_TEXT, off=("",))


def create_app(base: KnowledgeBase, *, sides: Sequence[Side] = SIDES) -> FastAPI:
    """Build the web application around a knowledge base.

    Args:
        sides: what is served; an operator runs the sides as processes of their own.
    """
    require_safe_environment()
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
    from fastapi import FastAPI

    from ui.health import add_health
    from ui.limits import Workers
    from ui.mcp import add_mcp, over_http
    from ui.metrics import Metrics
    from ui.problems import answer_with_problems
    from ui.switches import Switches

    metrics, switches = Metrics(), Switches(base.journal)
    workers = Workers(base.settings.questions_at_once)
    metrics.watch_running(lambda: workers.running)

    protocol = over_http(base, workers, metrics)
    living = _living(base, switches, workers, protocol)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=living)
    answer_with_problems(app)
    add_health(app, base, metrics)
    if "console" in sides:
        from ui.console.app import add_console

        add_console(app, base)
    asking: frozenset[int] = frozenset()
    if "public" in sides:
        from ui.api import create_api
        from ui.embed import add_embed
        from ui.gate import API

        app.mount(API, create_api(base, workers, metrics))
        add_mcp(app, protocol)
        add_embed(app, base, workers, metrics)
        asking = _mount_chat(app, base)
    doors = {"switches": switches, "sides": sides, "asking": asking}
    _add_gate(app, base.settings, called=metrics.called, **doors)
    return app


def _living(
    base: KnowledgeBase,
    switches: Switches,
    workers: Workers,
    protocol: StreamableHTTPSessionManager,
) -> Any:
    """What goes on beside the calls, from the start of the server to its end."""

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(switches.refresh)
        journal = base.journal
        duties = [
            asyncio.create_task(duty)
            for duty in (
                switches.keep_fresh(),
                _repeat(
                    DAY_SECONDS, lambda: forget(base), "What has passed its time was not deleted"
                ),
                _repeat(COUNT_SECONDS, journal.write_counts, "Questions were not counted"),
            )
        ]
        try:
            async with protocol.run():
                yield
        finally:
            for duty in duties:
                duty.cancel()
            workers.close()
            try:
                await asyncio.to_thread(journal.write_counts)
            except JournalError as error:
                _log.warning("The last questions were not counted: %s", error)

    return living


def _mount_chat(app: FastAPI, base: KnowledgeBase) -> frozenset[int]:
    """Mount the chat; gives the numbers of its functions that take a visitor's words."""
    import gradio
    from fastapi.staticfiles import StaticFiles

    from ui.chat import build_chat
    from ui.front import add_front
    from ui.pages import add_pages

    app.mount("/assistant", StaticFiles(directory=str(files("ui") / "static")))
    chat = build_chat(base)
    add_pages(app, base)
    add_front(app, chat)
    # Gradio has 40 threads for everything; the ratings and the like must not wait for answers.
    chat.max_threads = base.settings.questions_at_once + SMALL_CALLS
    chat.queue(
        api_open=False, default_concurrency_limit=base.settings.questions_at_once, max_size=100
    )
    gradio.mount_gradio_app(
        app,
        chat,
        path="/",
        show_error=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=0,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        theme=gradio.themes.Base(),
    )
    worded = (gradio.Textbox, gradio.Button)
    return frozenset(
        number
        for number, function in chat.fns.items()
        if any(isinstance(block, worded) for block in function.inputs)
    )


def _add_gate(
    app: FastAPI, settings: Settings, *, called: Callable[[str, int], None], **doors: Any
) -> None:
    """Put the gate before the application; what is added last is passed first."""
    from starlette.middleware.cors import CORSMiddleware

    from ui.gate import Doors, Envelope, Forwarded, Origins

    allowed = settings.allowed_origins
    app.add_middleware(Doors, settings=settings, **doors)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=allowed,
        allow_methods=("GET", "POST"),
        allow_headers=("Content-Type", "X-Request-ID"),
        expose_headers=("X-Request-ID", "Retry-After"),
    )
    app.add_middleware(Origins, allowed=allowed)
    app.add_middleware(Envelope, allowed=allowed, called=called)
    app.add_middleware(
        Forwarded,
        proxies=settings.trusted_proxies,
        sign_in_header=settings.sign_in_header,
        sign_in_proxies=settings.sign_in_proxies,
    )


async def _repeat(every: float, duty: Callable[[], object], failure: str) -> None:
    """Do a duty now and again and again; where the database fails, it is done the next time."""
    while True:
        try:
            await asyncio.to_thread(duty)
        except JournalError as error:
            _log.warning("%s: %s", failure, error)
        await asyncio.sleep(every)


def run(
    base: KnowledgeBase,
    *,
    host: str,
    port: int,
    announce: Callable[[str], object],
    sides: Sequence[Side] = SIDES,
) -> None:
    """Serve until stopped; the address is announced when it answers."""
    import uvicorn

    name = "chat" if "public" in sides else "console"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce(f"The {name} is at http://{host}:{port} (stop with Ctrl+C)")

    base.search("partnership")  # the model is loaded before the first visitor comes
    Server(server_config(create_app(base, sides=sides), host=host, port=port)).run()


def server_config(app: FastAPI, **address: Any) -> Any:
    """How uvicorn serves: proxies are our own matter (ui/gate.py), and no call is logged."""
    import uvicorn

    return uvicorn.Config(
        app, **address, log_level="warning", access_log=False, proxy_headers=False,
        server_header=False, timeout_graceful_shutdown=STOP_SECONDS,
    )  # fmt: skip
