"""Server: one FastAPI app around the Gradio chat: health, headers, and the routes that stay open."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from kb.errors import KBError, SettingsError
from kb.knowledge import KnowledgeBase

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'none'; "
    "base-uri 'self'; manifest-src 'self'; frame-ancestors {ancestors}"
)
# All that the chat needs of Gradio; everything else of it (files, proxy, upload, runs, monitoring,
# component servers, its OpenAPI and MCP) answers 404 (trust G2).
_OPEN = frozenset(
    {
        "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/healthz", "/readyz",
        "/gradio_api/info", "/gradio_api/app_id", "/gradio_api/startup-events",
        "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/cancel",
        "/gradio_api/reset", "/gradio_api/theme.css",
    }
)  # fmt: skip
_OPEN_BELOW = ("/assets/", "/static/", "/svelte/", "/assistant/", "/gradio_api/heartbeat/")
_TRACING = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING")
_GRADIO_SWITCHES = ("GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_WATCH_DIRS")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


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
    for name in (*_TRACING, *_GRADIO_SWITCHES):
        if os.environ.get(name, "").lower() not in ("", "0", "false"):
            raise SettingsError(f"{name} is set; it must not be where questions are answered.")


def create_app(base: KnowledgeBase) -> Any:
    """Build the whole web application around a knowledge base."""
    require_safe_environment()
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
    import gradio
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse
    from fastapi.staticfiles import StaticFiles
    from starlette.middleware.cors import CORSMiddleware

    from ui.chat import STYLE, build_chat

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/assistant", StaticFiles(directory=str(files("ui") / "static")))

    @app.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def ready() -> JSONResponse:
        try:
            found = base.check()
        except KBError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        state = {"status": "ready", "generation": base.manifest.name, "canary": found}
        return JSONResponse(state if found > 0.5 else state | {"status": "not ready"},
                            200 if found > 0.5 else 503)  # fmt: skip

    chat = build_chat(base)
    chat.queue(api_open=False, default_concurrency_limit=4, max_size=100)
    app = gradio.mount_gradio_app(
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
        css=STYLE,
        theme=gradio.themes.Base(),
        head='<script src="/assistant/chat.js" defer></script>',
    )
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(_Guard)
    return app


class _Guard:
    """Closes routes that are not needed and sets security headers on every response."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if not is_open(scope["path"]):
            await send({"type": "http.response.start", "status": 404, "headers": list(_HEADERS)})
            await send({"type": "http.response.body", "body": b"Not found"})
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)


def is_open(path: str) -> bool:
    """Whether a path is served at all."""
    plain = path if path == "/" else path.rstrip("/")
    return plain in _OPEN or (path.startswith(_OPEN_BELOW) and ".." not in path)


_HEADERS = tuple(
    (name.encode(), value.encode())
    for name, value in (
        ("content-security-policy", CONTENT_SECURITY_POLICY.format(ancestors="'none'")),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    )
)


def run(base: KnowledgeBase, *, host: str, port: int, announce: Callable[[str], object]) -> None:
    """Serve until stopped; the address is announced when it answers."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce(f"The chat is at http://{host}:{port} (stop with Ctrl+C)")

    base.search("partnership")  # the model is loaded before the first visitor comes
    config = uvicorn.Config(create_app(base), host=host, port=port, log_level="warning")
    Server(config).run()
