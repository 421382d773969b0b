"""Gate: what every call passes before it reaches a page: proxies, headers, origins, limits, switches.

Forwarded -> Envelope -> Origins -> (CORS) -> Doors -> the application. All but CORS, which is
Starlette's, are here; the first three know the call alone, the last knows what this server allows.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
import uuid
from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from kb.desk.mail import MOST_BYTES
from kb.settings import Settings
from ui.limits import Visitors
from ui.problems import Problem
from ui.switches import PAUSED_STYLE, Switches, paused
from ui.texts import language_of

API = "/api/v1"
MCP = "/mcp"
JSON_BYTES = 64 * 1024  # of a call of the API
PAGE_BYTES = 1024 * 1024  # of a message of a page, where too long a question is refused in words
UPLOAD_BYTES = MOST_BYTES + PAGE_BYTES  # of a mail, with the fields around it
_CHAT_CALL = "/gradio_api/queue/join"
_LIMITED = {
    ("POST", f"{API}/ask"): "ask",
    ("GET", f"{API}/search"): "search",
    ("POST", f"{API}/feedback"): "feedback",
    ("POST", "/embed/ask"): "ask",
    ("POST", "/embed/feedback"): "feedback",
}
# All that the chat needs of Gradio; everything else of it (files, proxy, upload, runs, monitoring,
# component servers, its OpenAPI and MCP) answers 404 (trust G2).
_CHAT = frozenset(
    {
        "/", "/config", "/config.js", "/theme.css", "/favicon.ico", "/robots.txt",
        "/gradio_api/info", "/gradio_api/app_id", "/gradio_api/startup-events",
        _CHAT_CALL, "/gradio_api/queue/data", "/gradio_api/cancel",
        "/gradio_api/reset", "/gradio_api/theme.css",
    }
)  # fmt: skip
_FILES = ("/assets/", "/static/", "/svelte/", "/assistant/")
_CHAT_BELOW = (*_FILES, "/gradio_api/heartbeat/")
_PAGES = frozenset({"/about", "/privacy", "/accessibility", "/licences"})
_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})
_EMBED_PAGE, _EMBED_SCRIPT = "/embed", "/embed.js"
_EMBED = frozenset({_EMBED_PAGE, _EMBED_SCRIPT, "/embed/ask", "/embed/feedback"})
_EMBED_TEXTS = "/embed/texts/"

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'none'; "
    "base-uri 'self'; manifest-src 'self'; frame-ancestors 'none'"
)
# The element brings its style in a sheet that scripts make; what may stand in the page itself is the
# style of the page that says that the assistant is turned off.
_EMBED_POLICY = (
    f"default-src 'none'; script-src 'self'; style-src '{PAUSED_STYLE}'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
)
_TEXT_POLICY = (
    "default-src 'none'; style-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_CONSOLE, _UPLOADS = "/console", ("/console/inquiries", "/console/sources")
_CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS = "max-age=31536000"
_FORWARDING = ("forwarded", "via", "x-real-ip", "x-gradio-server")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(__name__)


def path_of(scope: Scope) -> str:
    """Path of a call below the prefix that a proxy serves us under."""
    root, path = scope.get("root_path", ""), scope["path"]
    return path[len(root) :] or "/" if f"{path}/".startswith(f"{root}/") else path


def surface_of(path: str) -> str:
    """The surface that a path belongs to: one that can be switched, or ``own``."""
    plain = _plain(path)
    if plain in ("/api", MCP) or path.startswith("/api/"):
        return "api"
    if plain in _EMBED or path.startswith("/embed/"):
        return "embed"
    if plain in _HEALTH | _PAGES or is_console(path) or path.startswith("/assistant/"):
        return "own"
    return "chat"


def is_open(path: str, *, sides: Sequence[str]) -> bool:
    """Whether a path is served at all by a server of these sides."""
    plain = _plain(path)
    if plain in _HEALTH:
        return True
    if is_console(path):
        return "console" in sides
    public = (
        plain in _CHAT
        or path in _EMBED | _PAGES
        or path == MCP
        or path.startswith((f"{API}/", _EMBED_TEXTS, *_CHAT_BELOW))
    )
    return public and ".." not in path and "public" in sides


def is_console(path: str) -> bool:
    """Whether a path belongs to the secretariat's console."""
    return path == _CONSOLE or path.startswith(f"{_CONSOLE}/")


def is_local(scope: Scope) -> bool:
    """Whether a call comes from this machine itself, through no proxy."""
    return bool(scope["kb.local"])


def _plain(path: str) -> str:
    return path if path == "/" else path.rstrip("/")


class Forwarded:
    """Believes what trusted proxies say of address, scheme, host and prefix; nobody else is believed.

    The headers go no further: Gradio would believe them from anyone. Whom a proxy has signed in stands in
    ``scope["kb.signed_in_as"]``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        proxies: Sequence[str],
        sign_in_header: str = "",
        sign_in_proxies: Sequence[str] = (),
    ) -> None:
        """Name the trusted addresses and networks, and those that may sign people in."""
        self._app = app
        self._sign_in_header = sign_in_header
        self._sign_in_proxies = [ip_network(network) for network in sign_in_proxies]
        self._client_and_scheme = ProxyHeadersMiddleware(self._without_headers, list(proxies))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on as its visitor sees it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        seen = dict(scope)
        seen["kb.local"] = _is_loopback(peer) and not any(map(_is_forwarding, headers))
        seen["kb.signed_in_as"] = self._signed_in_as(peer, headers)
        if peer not in self._client_and_scheme.trusted_hosts:
            await self._without_headers(seen, receive, send)
            return
        _take_host(seen, headers.get("x-forwarded-host", ""))
        _take_prefix(seen, headers.get("x-forwarded-prefix", ""))
        await self._client_and_scheme(seen, receive, send)  # type: ignore[arg-type]

    def _signed_in_as(self, peer: str, headers: Headers) -> list[str]:
        """Names in the sign-in header; none unless the peer itself may sign people in."""
        if not self._sign_in_header:
            return []
        try:
            address = ip_address(peer)
        except ValueError:
            return []
        believed = any(address in network for network in self._sign_in_proxies)
        return headers.getlist(self._sign_in_header) if believed else []

    async def _without_headers(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if not _is_forwarding(name.decode("latin-1"))
        ]
        await self._app(scope, receive, send)


def _is_forwarding(name: str) -> bool:
    return name in _FORWARDING or name.startswith("x-forwarded-")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _take_host(scope: Scope, named: str) -> None:
    host = named.split(",")[0].strip()
    if _HOST.fullmatch(host):
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [*others, (b"host", host.encode())]


def _take_prefix(scope: Scope, named: str) -> None:
    """ASGI wants the path with the prefix, whether or not the proxy has taken it off.

    A prefix may be called as a folder of ours is; it was taken off where only so we serve anything.
    """
    prefix = named.strip().rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        return
    scope["root_path"] = prefix
    as_it_came, below = (
        is_open(path, sides=("public", "console")) for path in (scope["path"], path_of(scope))
    )
    if path_of(scope) == scope["path"] or (as_it_came and not below):
        scope["path"] = prefix + scope["path"]
        scope["raw_path"] = prefix.encode() + (scope.get("raw_path") or b"")


class Envelope:
    """Gives every response its headers and number, counts it, and keeps failures to itself."""

    def __init__(
        self, app: ASGIApp, *, allowed: Sequence[str], called: Callable[[str, int], object]
    ) -> None:
        """Name the websites that may frame the embed page, and who counts the calls."""
        self._app = app
        self._ancestors = " ".join(allowed) or "'none'"
        self._called = called

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on and dress what comes back."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        number = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        path, scheme = path_of(scope), scope["scheme"]  # routing changes the scope
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(self._headers(path, scheme, number))
                self._called(surface_of(path), message["status"])
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except Exception as error:  # its message may hold what a person typed, so it is not logged
            place = "".join(traceback.format_tb(error.__traceback__)[-1:]).strip()
            _log.error("Call %s failed: %s\n%s", number, type(error).__name__, place)
            if not started:
                await Problem(500, "Something went wrong here.").response()(scope, receive, dressed)

    def _headers(self, path: str, scheme: str, number: str) -> dict[str, str]:
        surface = surface_of(path)
        if _plain(path) == _EMBED_PAGE:
            policy = _EMBED_POLICY.format(ancestors=self._ancestors)
        elif surface in ("api", "embed") or _plain(path) in _HEALTH:
            policy = _DATA_POLICY
        elif _plain(path) in _PAGES:
            policy = _TEXT_POLICY
        elif is_console(path):
            policy = _CONSOLE_POLICY
        else:
            policy = _PAGE_POLICY
        headers = _ALWAYS | {"content-security-policy": policy, "x-request-id": number}
        if is_console(path):  # with "no-referrer", browsers send a form with the origin "null"
            headers["referrer-policy"] = "same-origin"
        if scheme == "https":
            headers["strict-transport-security"] = _HSTS
        if not path.startswith((*_FILES, _EMBED_SCRIPT)):
            headers["cache-control"] = "no-store"
        return headers


class Origins:
    """Refuses what a page of a foreign website sends, before any work is done."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        """Name the websites that may call the API and the embed."""
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, or answer 403."""
        if scope["type"] == "http" and self._is_foreign(scope):
            await Problem(403, "This website may not call the assistant.").response()(
                scope, receive, send
            )
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        surface = surface_of(path_of(scope))
        origin = headers.get("origin")
        if origin is None:  # a picture or script of a foreign page names no origin
            foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
            return surface == "api" and foreign and headers.get("sec-fetch-mode") == "no-cors"
        if origin in self._allowed:
            return surface not in ("api", "embed")
        return origin != _own_origin(scope, headers)


def _own_origin(scope: Scope, headers: Headers) -> str:
    scheme, host = scope["scheme"], headers.get("host", "").lower()
    return f"{scheme}://{host}".removesuffix(":443" if scheme == "https" else ":80")


class Doors:
    """Opens what this server serves, as far as switches and limits allow."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings,
        switches: Switches,
        sides: Sequence[str],
        asking: Collection[int],
    ) -> None:
        """Name what is allowed.

        Args:
            asking: numbers of the chat's functions that take a visitor's words.
        """
        self._app = app
        self._read = {
            _CHAT_CALL: lambda body: "ask" if _function_of(body) in (None, *asking) else None,
            MCP: _tool_of,
        }
        self._switches = switches
        self._sides = sides
        self._visitors = Visitors(settings.questions_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        surface = surface_of(path)
        if self._switches.is_off(surface) and path != _EMBED_SCRIPT:  # it says so in its own words
            page = scope["method"] in ("GET", "HEAD") and _plain(path) in ("/", "/embed")
            language = language_of(HTTPConnection(scope))
            await paused(surface, page=page, language=language)(scope, receive, send)
            return
        most = JSON_BYTES if surface in ("api", "embed") else PAGE_BYTES
        if path in _UPLOADS:
            most = UPLOAD_BYTES
        limited = _at_most(most, receive)
        try:
            self._check(scope, path, most)
            if scope["method"] == "POST" and (call_of := self._read.get(_plain(path))):
                limited = await self._count_read(scope, limited, most, call_of)
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, limited, send)

    def _check(self, scope: Scope, path: str, most: int) -> None:
        """Refuse what cannot be served.

        Raises:
            Problem: says why.
        """
        if not is_open(path, sides=self._sides):
            raise Problem(404, "There is nothing at this address.")
        try:
            scope["query_string"].decode("ascii")
            unquote_to_bytes(scope["query_string"]).decode("utf-8")
        except UnicodeDecodeError:
            raise Problem(400, "The address is not encoded in UTF-8.") from None
        if call := _LIMITED.get((scope["method"], _plain(path))):
            self._count(call, scope)
        length = Headers(scope=scope).get("content-length", "0")
        if (
            length.isdigit() and int(length) > most and not is_console(path)
        ):  # which has its own page
            raise _too_large(most)

    async def _count_read(
        self, scope: Scope, receive: Receive, most: int, call_of: Callable[[bytes], str | None]
    ) -> Receive:
        """Count a call where its body asks something; what was read of it can be read again.

        Raises:
            Problem: it is one too many, or too large.
        """
        try:
            body = await Request(scope, receive).body()
        except HTTPException:
            raise _too_large(most) from None
        except ClientDisconnect:
            return receive
        if call := call_of(body):
            self._count(call, scope)
        return _again(body, receive)

    def _count(self, call: str, scope: Scope) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        if seconds := self._visitors.wait(call, address):
            raise Problem(
                429,
                f"That was too much for one minute. Please go on in {seconds} seconds.",
                headers={"Retry-After": str(seconds)},
            )


def _function_of(body: bytes) -> int | None:
    """Number of the function that a call of the chat is for; None where it cannot be told."""
    try:
        number = json.loads(body)["fn_index"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return None
    return number if isinstance(number, int) else None


def _tool_of(body: bytes) -> str | None:
    """What a message of MCP is counted as; None where it calls no tool."""
    try:
        message = json.loads(body)
        if message["method"] != "tools/call":
            return None
        return "search" if message["params"]["name"] == "search" else "ask"
    except (ValueError, RecursionError, TypeError, KeyError):
        return "ask"


def _again(body: bytes, receive: Receive) -> Receive:
    """Receive a body that was read before, then whatever else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def repeated() -> Message:
        return messages.pop() if messages else await receive()

    return repeated


def _too_large(most: int) -> Problem:
    message = f"The body is too large; at most {most // 1024} kB are read."
    return Problem(413, message, errors=[{"field": "body", "message": message}])


def _at_most(most: int, receive: Receive) -> Receive:
    """Receive a body as long as it is not too large; its length need not be given beforehand."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413, _too_large(most).detail)
        return message

    return counted


def require_json(content_type: str) -> None:
    """Check the media type of a call's body.

    Raises:
        Problem: 415, it is not JSON.
    """
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Problem(
            415, "The body must be JSON, sent with Content-Type: application/json.",
            errors=[{"field": "body", "message": "must be of type application/json"}],
        )  # fmt: skip
