"""Web applications over the small corpus: called directly, or served by a real uvicorn on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.answering.generate import Draft
from kb.errors import GenerationError
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from kb.types import Passage
from tests.conftest import DATA, CountingEmbedder
from ui.server import create_app, server_config

QUESTION = "Who leads the river partnership?"


class PacedGenerator:
    """Writes the sentences of the first passages word for word, each when it is let go on."""

    name = "paced"

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.asked = 0

    def draft(self, question: str, passages: Sequence[Passage], deadline: float) -> Iterator[Draft]:
        self.asked += 1
        for number, passage in enumerate(passages, start=1):
            for sentence in passage.sentences:
                if not self.gate.acquire(timeout=max(0, deadline - time.monotonic())):
                    raise GenerationError("too late")
                start, end = sentence.start - passage.start, sentence.end - passage.start
                yield Draft(passage.text[start:end], (number,))

    def translate(self, sentences: Sequence[str], language: str, deadline: float) -> list[str]:
        raise GenerationError("no translation")


@pytest.fixture(scope="session")
def open_base(tmp_path_factory) -> Callable[..., KnowledgeBase]:
    """Opens knowledge bases over one index, each with a journal of its own."""
    index = tmp_path_factory.mktemp("web") / "index"

    def open_(generator: Any = None, **settings: Any) -> KnowledgeBase:
        journal = tmp_path_factory.mktemp("journal") / "journal.sqlite"
        given = {"database_url": f"sqlite:///{journal}", "questions_per_minute": 10_000}
        return KnowledgeBase.open(
            settings=load_settings(index=index, **(given | settings)),
            embedder=CountingEmbedder(),
            corpus=DATA / "corpus",
            generator=generator,
            today=lambda: date(2026, 6, 1),
        )

    return open_


@pytest.fixture(scope="session")
def opened(open_base):
    """``with opened(setting=…) as client``: a client of an application, and its ``base``."""

    @contextmanager
    def open_(*, client: tuple[str, int] = ("192.0.2.7", 1), sides=("public", "console"), **given):
        base = open_base(**given)
        app = create_app(base, sides=sides)
        with TestClient(app, client=client, raise_server_exceptions=False) as called:
            called.base = base
            yield called

    return open_


@pytest.fixture(scope="session")
def served(open_base):
    """``with served(setting=…) as (url, base)``: the same behind a real server."""
    import uvicorn

    @contextmanager
    def serve(**given):
        base = open_base(**given)
        server = uvicorn.Server(server_config(create_app(base), host="127.0.0.1", port=0))
        thread = threading.Thread(target=server.run)
        thread.start()
        until(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", base
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)
        assert not thread.is_alive()

    return serve


def until(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)
