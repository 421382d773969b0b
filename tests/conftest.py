"""Shared pieces: a fake embedder with meaning, a small corpus, and no network but loopback."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from kb.index.lexical import stems
from kb.journal.database import Database
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.postgres import PostgreSQL

# The tests run in two processes side by side; each takes one core, or they would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
DATA = Path(__file__).parent / "data"
# What would load, run, cover or send something if a page took it for more than text; a line each.
PAYLOADS = tuple((DATA / "payloads.txt").read_text(encoding="utf-8").splitlines())


FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip


class CountingEmbedder:
    """Counts words: texts that share stems are near, so that the nearest can be worked out."""

    def __init__(self, name: str = "counting", dimension: int = 512) -> None:
        self.name = name
        self.dimension = dimension
        self.embedded: list[str] = []

    @property
    def fingerprint(self) -> dict[str, object]:
        return {"model": self.name, "sha256": "0", "prompts": {}}

    @property
    def vocabulary(self) -> frozenset[str]:
        return frozenset()

    def embed_query(self, text: str) -> np.ndarray:
        return self.embed_queries([text])[0]

    def embed_queries(self, texts) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for stem in stems(text) or ["empty"]:
                place = int(hashlib.sha256(stem.encode()).hexdigest(), 16) % self.dimension
                vectors[row, place] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_documents(self, texts, *, progress=None) -> np.ndarray:
        self.embedded += texts
        if progress:
            progress(len(texts))
        return self.embed_queries(texts)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            assert host.startswith("127.") or host in ("::1", "localhost"), f"network: {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def corpus() -> Path:
    return DATA / "corpus"


@pytest.fixture
def make_base(
    tmp_path: Path, embedder: CountingEmbedder, corpus: Path
) -> Callable[..., KnowledgeBase]:
    """Makes a knowledge base over the small corpus, with the clock at 1 June 2026."""

    def make(**changes: object) -> KnowledgeBase:
        options: dict[str, object] = {
            "settings": load_settings(index=tmp_path / "index"),
            "embedder": embedder,
            "corpus": corpus,
            "today": lambda: date(2026, 6, 1),
        }
        return KnowledgeBase.open(**(options | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def base(make_base: Callable[..., KnowledgeBase]) -> KnowledgeBase:
    return make_base()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL server of our own, on loopback."""
    if not PostgreSQL.is_installed():
        assert not os.environ.get("CI"), "PostgreSQL must be installed where CI runs"
        pytest.skip("no PostgreSQL server is installed")
    server = PostgreSQL()
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of both kinds in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'database.sqlite'}"
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """A database, of both kinds in turn."""
    opened = Database(database_address)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def base_on_each(
    make_base: Callable[..., KnowledgeBase], tmp_path: Path, database_address: str
) -> Iterator[KnowledgeBase]:
    """The small corpus with a database of both kinds in turn."""
    settings = load_settings(index=tmp_path / "index", database_url=database_address)
    opened = make_base(settings=settings)
    yield opened
    opened.database.engine.dispose()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> KnowledgeBase:
    """The shipped corpus under the packaged model; built once, copied for the other process of tests."""
    folder, own = tmp_path_factory.mktemp("shipped"), tmp_path_factory.getbasetemp()
    built = (own if worker_id == "master" else own.parent) / "built"
    with FileLock(f"{built}.lock"):
        if not built.is_dir():
            KnowledgeBase.open(folder / "index")
            shutil.copytree(folder, built)
        else:
            shutil.copytree(built, folder, dirs_exist_ok=True)
    settings = load_settings(index=folder / "index")
    return KnowledgeBase.open(settings=settings, today=lambda: date(2026, 11, 23))


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        assert not os.environ.get("CI"), "Chromium must be installed where CI runs"
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()
