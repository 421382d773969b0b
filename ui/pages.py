"""Pages: the settings and the index in use -> the pages that say what this assistant is and does.

How it works, privacy, accessibility, licences: English, made here, without scripts; the templates stand in
the folder ``ui/pages``.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from kb.answering.replies import CONTACT
from kb.knowledge import KnowledgeBase
from kb.types import Source
from ui.texts import texts

CODE_LICENCE = "EUPL-1.2"
_FIGURES = (files("ui") / "pages" / "figures.toml").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("ui", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **values: Any) -> str:
    """A template with its values, all of them escaped."""
    return _templates().get_template(name).render(**values)


def add_pages(app: FastAPI, base: KnowledgeBase) -> None:
    """Add the four pages to an application."""

    def add(path: str, values: Callable[[KnowledgeBase], dict[str, Any]]) -> None:
        template = f"{path.strip('/')}.html"

        def page() -> HTMLResponse:
            html = render(template, here=path, say=texts("en"), contact=CONTACT, **values(base))
            return HTMLResponse(html, headers={"Content-Language": "en"})

        app.get(path)(page)

    add("/about", _about)
    add("/privacy", _privacy)
    add("/accessibility", lambda _: {})
    add("/licences", _licences)


def _about(base: KnowledgeBase) -> dict[str, Any]:
    manifest = base.manifest
    built = date.fromisoformat(manifest.created[:10])
    return {
        "built": format_date(built, "long", "en_GB"),
        "generation": manifest.name,
        "embedder": manifest.fingerprint.get("model", ""),
        "counts": manifest.counts,
        "newest": max((passage.as_of for passage in base.passages().values()), default=""),
        "figures": tomllib.loads(_FIGURES),
        **_model(base),
    }


def _privacy(base: KnowledgeBase) -> dict[str, Any]:
    settings = base.settings
    return {
        "stored": settings.store_questions,
        "days": settings.retention_days,
        "minute": settings.questions_per_minute,
        "embedded_in": settings.allowed_origins,
        **_model(base),
    }


def _model(base: KnowledgeBase) -> dict[str, Any]:
    """The language model, if there is one, and the host that questions go to."""
    return {
        "model": base.settings.llm,
        "model_host": urlsplit(base.settings.llm_base_url).hostname or "",
    }


def _licences(base: KnowledgeBase) -> dict[str, Any]:
    cited = {source.id: source for source in _sources(base)}
    publishers = Counter((source.publisher, source.licence) for source in cited.values())
    return {"code_licence": CODE_LICENCE, "publishers": sorted(publishers.items())}


def _sources(base: KnowledgeBase) -> Iterator[Source]:
    return chain.from_iterable(passage.sources for passage in base.passages().values())
