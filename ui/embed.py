"""Embed: what a page of another website asks for -> the element, its texts, answers, and a page to frame.

The files stand in the folder ``ui/embed``; the calls are those of the API under a surface of their own.
"""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from kb.answering.replies import CONTACT
from kb.knowledge import KnowledgeBase
from ui.api import TAKES_JSON, Calls
from ui.limits import Workers
from ui.metrics import Metrics
from ui.pages import CODE_LICENCE
from ui.texts import LANGUAGES, texts

FALLBACK_LANGUAGE = "en"
_SCRIPT_SECONDS = 300  # a new version reaches every visitor within this time
_FILES = files("ui") / "embed"


class Script:
    """The element's script, compressed once."""

    def __init__(self) -> None:
        """Read and compress it."""
        self._plain = (_FILES / "embed.js").read_bytes()
        self._packed = gzip.compress(self._plain, mtime=0)
        self._tag = f'"{hashlib.sha256(self._plain).hexdigest()[:16]}"'

    def response(self, request: Request) -> Response:
        """The script, or word that the browser has it already."""
        headers = {
            "Cache-Control": f"public, max-age={_SCRIPT_SECONDS}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": self._tag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=headers)
        body = self._plain
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = self._packed
        return Response(body, headers=headers, media_type="text/javascript")


def add_embed(app: FastAPI, base: KnowledgeBase, workers: Workers, metrics: Metrics) -> None:
    """Add the embed's addresses to an application that answers with problem documents."""
    calls = Calls(base, workers, metrics, surface="embed")
    page = (_FILES / "page.html").read_text(encoding="utf-8")
    script = Script()

    async def interface(code: str) -> Response:
        """What the element says in a language, and what it has to know of this server."""
        language = code if code in LANGUAGES else FALLBACK_LANGUAGE
        return JSONResponse(
            {
                "language": language,
                "texts": dict(texts(language)),
                "contact": CONTACT,
                "code_licence": CODE_LICENCE,
                "stores": base.settings.store_questions,
            }
        )

    app.get("/embed.js")(script.response)
    app.get("/embed")(lambda: HTMLResponse(page))
    app.get("/embed/texts/{code}.json")(interface)
    app.post("/embed/ask", dependencies=TAKES_JSON)(calls.ask)
    app.post("/embed/feedback", dependencies=TAKES_JSON)(calls.feedback)
