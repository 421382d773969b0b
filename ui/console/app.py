"""App: a knowledge base -> the secretariat's console: its screens, its sign-in, its files."""

from __future__ import annotations

from importlib.resources import files

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.desk.accounts import Accounts
from kb.desk.desk import Desk
from kb.desk.faq import Faq
from kb.desk.gaps import Gaps
from kb.desk.sources import Sources
from kb.knowledge import KnowledgeBase
from ui.console import (
    accounts,
    administration,
    faq,
    figures,
    gaps,
    inquiry,
    new,
    outgoing,
    queue,
    signin,
    sources,
)
from ui.console.pages import answer_with_pages

SIGNING_IN = 2  # at the same time: each takes 64 MB of memory, on purpose
SCREENS = (
    signin,
    queue,
    new,
    inquiry,
    outgoing,
    administration,
    faq,
    gaps,
    sources,
    figures,
    accounts,
)


def add_console(app: FastAPI, base: KnowledgeBase) -> None:
    """Mount the console at ``/console``."""

    @app.get("/console")
    async def with_slash(request: Request) -> Response:
        return RedirectResponse(f"{request.scope['root_path']}/console/", 308)

    app.mount("/console", create_console(base))


def create_console(base: KnowledgeBase) -> FastAPI:
    """Build the console, to be mounted below a path of its own."""
    console = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    answer_with_pages(console)
    console.state.base = base
    console.state.desk = Desk(base, four_eyes=base.settings.four_eyes)
    console.state.faq = Faq(base, four_eyes=base.settings.four_eyes)
    console.state.gaps = Gaps(base)
    console.state.sources = Sources(base)
    console.state.accounts = Accounts(base.database)
    console.state.signing_in = CapacityLimiter(SIGNING_IN)
    for screen in SCREENS:
        console.include_router(screen.router)
    console.mount("/static", StaticFiles(directory=str(files("ui.console") / "static")))
    return console
