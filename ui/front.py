"""Front: a visitor's language -> the chat's first HTML, and the configuration that Gradio shows it from.

Gradio builds the chat once, in English. Its page would carry the configuration in an inline script, which
our content security policy forbids; so the page is ours, with its head and foot in the visitor's language
before any script runs, and the configuration is a script of its own, reworded for the language.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from importlib.resources import files
from typing import Any

import gradio
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kb.answering.replies import CONTACT
from ui.chat import wording
from ui.pages import CODE_LICENCE, render
from ui.texts import LANGUAGES, language_of, texts

CONFIGURATION = "/config.js"
_ASSETS = re.compile(r'<(?:script type="module"|link rel="stylesheet")[^>]*\./assets/[^>]*>')


def add_front(app: FastAPI, chat: gradio.Blocks) -> None:
    """Add the chat's page and its configuration, before Gradio is mounted below them."""
    assets = _gradio_assets()

    @app.get("/")
    def page(request: Request) -> HTMLResponse:
        code = language_of(request)
        html = render(
            "chat.html",
            code=code,
            say=texts(code),
            languages={code: texts(code)["language"] for code in LANGUAGES},
            contact=CONTACT,
            code_licence=CODE_LICENCE,
            configuration=f".{CONFIGURATION}?lang={code}",
            assets=assets,
        )
        return HTMLResponse(html, headers={"Content-Language": code, "Vary": "Accept-Language"})

    @app.get(CONFIGURATION)
    def configuration(request: Request) -> Response:
        config = reworded(chat.config, language_of(request))
        config["root"] = str(request.base_url).rstrip("/")
        values = json.dumps(config, ensure_ascii=False, separators=(",", ":"), default=str)
        script = f"window.gradio_config = {values};"
        return Response(script, media_type="text/javascript")


def reworded(config: Any, code: str) -> dict[str, Any]:
    """A copy of Gradio's configuration that says everything in a language."""
    words, found = wording(code), deepcopy(dict(config))
    found["title"] = texts(code)["title"]
    for component in found["components"]:
        properties = component["props"]
        properties.update(words.get(properties.get("elem_id"), {}))
    return found


def _gradio_assets() -> str:
    """The elements that load Gradio's own script and style."""
    html = (files(gradio) / "templates" / "frontend" / "index.html").read_text(encoding="utf-8")
    found = [match[0] for match in _ASSETS.finditer(html)]
    if len(found) != 2:
        raise RuntimeError("Gradio's page has changed: its script and style were not found.")
    return "\n".join(f"{tag}</script>" if tag.startswith("<script") else tag for tag in found)
