"""The endpoint is a process that dies, stops and comes back while people ask."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kb.knowledge import KnowledgeBase
from tests.llm.conftest import RIVER, WHO, Asked, ask, check, check_extractive
from tests.llm.scripted import wait_until

ROOT = Path(__file__).parents[2]
PAUSE = 0.01
QUESTIONS = [
    WHO,
    "How often should partners meet?",
    "When did the call for water pilots close?",
    "What to do when commitment is weak?",
]


class Endpoint:
    """A scripted endpoint in a process of its own, always on the same port."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.llm.scripted", str(self.port), str(PAUSE)], cwd=ROOT
        )
        wait_until(self._takes_connections, 60)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that ends the process is waited for."""
        assert self.process
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def _takes_connections(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    started = Endpoint()
    started.start()
    yield started
    if started.process and started.process.poll() is None:
        started.send(signal.SIGKILL)


@pytest.fixture
def base(opens, endpoint) -> KnowledgeBase:
    return opens(llm="openai:scripted", llm_base_url=endpoint.url, llm_timeout=2)


def check_worded(asked: Asked) -> None:
    assert asked.answer.generator == "openai:scripted"
    assert "fallback" not in asked.notices
    check_nothing_wrong(asked)


def check_nothing_wrong(asked: Asked) -> None:
    """The endpoint says nothing but quotes; so each statement stands word for word in its citation."""
    quotes = {citation.number: citation.quote for citation in asked.answer.citations}
    assert asked.answer.statements
    for statement in asked.answer.statements:
        assert any(statement.text in quotes[number] for number in statement.citations)
    if asked.answer.generator == "extractive":
        assert "fallback" in asked.notices


def ask_and(base: KnowledgeBase, endpoint: Endpoint, number: signal.Signals) -> Asked:
    """Send a signal as soon as the first claim has come."""
    claims = []

    def strike(claim: object) -> None:
        if not claims:
            endpoint.send(number)
        claims.append(claim)

    began = time.monotonic()
    answer = base.ask(WHO, on_claim=strike)
    asked = Asked(answer, tuple(claims), time.monotonic() - began)
    assert claims
    assert asked.seconds < base.settings.llm_timeout + 1
    check(base, answer)
    return asked


def test_killed_while_it_writes_and_started_again(base, endpoint, plain):
    check_worded(ask(base))
    check_extractive(ask_and(base, endpoint, signal.SIGKILL), plain)
    gone = ask(base)
    check_extractive(gone, plain)
    assert gone.seconds < 1
    endpoint.start()
    again = ask(base)
    check_worded(again)
    assert RIVER in [statement.text for statement in again.answer.statements]


def test_stopped_while_it_writes_and_woken_again(base, endpoint, plain):
    check_extractive(ask_and(base, endpoint, signal.SIGSTOP), plain)
    check_extractive(ask(base), plain)
    endpoint.send(signal.SIGCONT)
    check_worded(ask(base))


def test_ten_conversations_while_it_dies_stops_and_comes_back(base, endpoint):
    found: list[Asked] = []
    over = threading.Event()

    def converse(number: int) -> None:
        history: list[dict[str, str]] = []
        while not over.is_set():
            number += 1
            asked = ask(base, QUESTIONS[number % len(QUESTIONS)], history=history)
            history += [
                {"role": "user", "content": asked.answer.question},
                {"role": "assistant", "content": asked.answer.text},
            ]
            found.append(asked)

    def wait_for_one(generator: str) -> None:
        before = len(found)
        wait_until(lambda: generator in {f.answer.generator for f in found[before:]}, 30)

    with ThreadPoolExecutor(10) as people:
        talks = [people.submit(converse, number) for number in range(10)]
        try:
            wait_for_one("openai:scripted")
            endpoint.send(signal.SIGKILL)
            wait_for_one("extractive")
            endpoint.start()
            wait_for_one("openai:scripted")
            endpoint.send(signal.SIGSTOP)
            wait_for_one("extractive")
            endpoint.send(signal.SIGCONT)
            wait_for_one("openai:scripted")
        finally:
            over.set()
        for talk in talks:
            talk.result(timeout=10)
    assert len(found) >= 10
    for asked in found:
        check_nothing_wrong(asked)
