"""Health: a knowledge base and its figures -> /healthz, /readyz and, for this machine alone, /metrics."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.requests import Request

from kb.errors import KBError
from kb.knowledge import KnowledgeBase
from ui.gate import is_local
from ui.metrics import Metrics
from ui.problems import Problem


def add_health(app: FastAPI, base: KnowledgeBase, metrics: Metrics) -> None:
    """Add the three addresses."""

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def ready() -> JSONResponse:
        try:
            found = base.check()
            base.embedder.embed_query("partnership")
        except KBError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        is_ready = found > 0.5
        state = {
            "status": "ready" if is_ready else "not ready",
            "generation": base.manifest.name,
            "canary": found,
        }
        return JSONResponse(state, 200 if is_ready else 503)

    @app.get("/metrics")
    async def figures(request: Request) -> Response:
        if not is_local(request.scope):
            raise Problem(404, "There is nothing at this address.")
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
