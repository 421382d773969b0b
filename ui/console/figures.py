"""Figures: the sums of the journal -> plots, each with its table, and a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from kb.desk.figures import figures_of, to_csv
from kb.errors import NotFound
from kb.journal.sums import Sums
from kb.journal.tables import Sum
from ui.console.pages import Signed, page
from ui.console.plots import PLOTS, draw

router = APIRouter()
MOST_ROWS = 20


@router.get("/figures")
def show(request: Request, _actor: Signed) -> Response:
    """All figures."""
    return page(
        request, "figures.html", figures=figures_of(_sums(request)), title_of=_titles(request),
        most=MOST_ROWS,
    )  # fmt: skip


@router.get("/figures.csv")
def table(request: Request, _actor: Signed) -> Response:
    """All sums, for a spreadsheet."""
    return Response(
        to_csv(_sums(request)),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="figures.csv"'},
    )


@router.get("/figures/{name}.svg")
def plot(request: Request, name: str, _actor: Signed) -> Response:
    """One plot."""
    figures = figures_of(_sums(request))
    if name not in PLOTS or figures is None:
        raise NotFound("There is no such plot.")
    return Response(draw(name, figures, _titles(request)), media_type="image/svg+xml")


def _sums(request: Request) -> list[Sum]:
    return Sums(request.app.state.base.database).all()


def _titles(request: Request) -> Callable[[str], str]:
    """Title of a document by its id; one that is gone keeps its id."""
    titles = {document.id: document.title for document in request.app.state.base.documents()}
    return lambda name: titles.get(name, name or "No topic")
