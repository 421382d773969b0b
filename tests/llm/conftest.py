"""Knowledge bases whose answers a scripted endpoint words, over the small corpus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest

from kb.answering.cite import Claim
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from kb.types import Answer
from tests.answering.test_answer import check_properties
from tests.conftest import DATA, CountingEmbedder
from tests.llm.scripted import ScriptedServer, wait_until

SECONDS = 1.5
LEEWAY = 1.0
RIVER = "The river partnership was led by Lapland in 2018."
WHO = "Who leads the river partnership?"

Opens = Callable[..., KnowledgeBase]


@pytest.fixture(scope="session")
def opens(tmp_path_factory: pytest.TempPathFactory) -> Opens:
    """Opens knowledge bases over one index of the small corpus, with the clock at 1 June 2026."""
    index, embedder = tmp_path_factory.mktemp("llm") / "index", CountingEmbedder()

    def open_base(**settings: object) -> KnowledgeBase:
        return KnowledgeBase.open(
            settings=load_settings(index=index, **settings),
            embedder=embedder,
            corpus=DATA / "corpus",
            today=lambda: date(2026, 6, 1),
        )

    return open_base


@pytest.fixture(scope="session")
def plain(opens: Opens) -> KnowledgeBase:
    """Without a language model."""
    return opens()


@pytest.fixture(scope="session", autouse=True)
def _served(opens: Opens) -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        # The first question loads the client's modules; that time is nobody's delay.
        opens(llm="openai:scripted", llm_base_url=server.url).ask(WHO)
        yield server


@pytest.fixture
def server(_served: ScriptedServer) -> Iterator[ScriptedServer]:
    """The scripted endpoint; when the test is over nobody may still hang on it."""
    _served.plays()
    yield _served
    wait_until(lambda: _served.open == 0, SECONDS + LEEWAY)


@dataclass(frozen=True)
class Asked:
    """An answer, the claims shown while it was written, and how long it took."""

    answer: Answer
    claims: tuple[Claim, ...]
    seconds: float

    @property
    def notices(self) -> set[str]:
        """Kinds of its notices."""
        return {notice.kind for notice in self.answer.notices}


@pytest.fixture
def base(opens: Opens, server: ScriptedServer) -> KnowledgeBase:
    """Worded by the scripted endpoint."""
    return opens(llm="openai:scripted", llm_base_url=server.url, llm_timeout=SECONDS)


def ask(base: KnowledgeBase, question: str = WHO, **options: object) -> Asked:
    """Ask within the time limit, and check what holds of every answer."""
    claims: list[Claim] = []
    began = time.monotonic()
    answer = base.ask(question, on_claim=claims.append, **options)  # type: ignore[arg-type]
    asked = Asked(answer, tuple(claims), time.monotonic() - began)
    assert asked.seconds < base.settings.llm_timeout + LEEWAY
    check(base, answer)
    return asked


def check(base: KnowledgeBase, answer: Answer) -> None:
    """The properties of every answer; that words are quoted is asked of quoted answers alone."""
    quotes = {citation.number: citation.quote for citation in answer.citations}
    worded = answer.generator != "extractive"
    statements = (
        replace(s, text=quotes[s.citations[0]] if worded else s.original or s.text)
        for s in answer.statements
    )
    check_properties(base, replace(answer, statements=tuple(statements)))


def check_extractive(asked: Asked, plain: KnowledgeBase) -> None:
    """The answer is, word for word, the one of a base without a model, and says so."""
    answer, expected = asked.answer, plain.ask(asked.answer.question)
    assert answer.generator == "extractive"
    assert answer.prompt_version == ""
    assert answer.statements == expected.statements
    assert answer.citations == expected.citations
    assert answer.text == expected.text
    assert answer.status == expected.status == "answered"
    kinds = [notice.kind for notice in answer.notices]
    assert kinds.count("fallback") == 1
    assert set(kinds) - {"fallback"} == {notice.kind for notice in expected.notices}
