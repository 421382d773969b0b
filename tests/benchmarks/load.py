"""Load on the API with 200 conversations open: python -m tests.benchmarks.load [--sample].

A server process of its own answers; every conversation has an address of its own and holds the chat's
heartbeat open, as a browser does. Prints one line a figure: name, value, target, met or not. ``--sample``
takes a fraction of the time.

The rate to be sustained is ``SHARE × cores ÷ t``, t being the median time of a single answer on the idle
server (open loop: questions are sent when they are due, whether or not the ones before are answered).
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from kb.evaluation.datasets import load_dataset, shipped_dataset
from tests.benchmarks.serving import Server, serving

CONVERSATIONS = 200
CORES = os.cpu_count() or 1
SHARE = 0.6
SECONDS = 60.0
SAMPLE_SECONDS = 10.0
OVERLOAD = 5
P95_SECONDS = 0.5
ABORTED = 500
SLOW = 50
SINGLES = 60
SEED = 20261125
ASK = "/api/v1/ask"
SETTINGS = {"KB_TRUSTED_PROXIES": "127.0.0.1", "KB_QUESTIONS_PER_MINUTE": "100000"}


@dataclass
class Outcome:
    """What came of the questions of one period."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, list[float]] = field(default_factory=dict)
    rude: int = 0  # refusals without Retry-After or problem document
    took: float = 0.0

    def add(self, response: httpx.Response, seconds: float) -> None:
        status = response.status_code
        self.statuses[status] += 1
        self.seconds.setdefault(status, []).append(seconds)
        kind = response.headers["content-type"]
        if status in (429, 503):
            self.rude += "retry-after" not in response.headers or "problem+json" not in kind

    @property
    def sent(self) -> int:
        return self.statuses.total()

    @property
    def answered(self) -> int:
        return self.statuses[200]

    @property
    def refused(self) -> int:
        """Told to come back later, with the time, in a problem document."""
        return self.statuses[429] + self.statuses[503] - self.rude

    @property
    def errors(self) -> int:
        """Everything else."""
        return self.sent - self.answered - self.refused

    def p95(self, status: int = 200) -> float:
        found = sorted(self.seconds.get(status, [0.0]))
        return found[int(0.95 * (len(found) - 1))]


class Visitors:
    """People in conversation with one server."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.chance = random.Random(SEED)
        self.questions = [q.text for q in load_dataset(shipped_dataset(), "tuning").questions]
        self.turns: dict[int, list[dict[str, str]]] = {n: [] for n in range(CONVERSATIONS)}
        self.next = 0

    def body(self, conversation: int) -> dict[str, object]:
        question = self.chance.choice(self.questions)
        return {"question": question, "history": self.turns[conversation][-4:]}

    async def ask(self, outcome: Outcome) -> None:
        """The next conversation asks its next question."""
        self.next = (self.next + 1) % CONVERSATIONS
        conversation, body = self.next, self.body(self.next)
        began = time.perf_counter()
        response = await self.client.post(ASK, json=body, headers=address_of(conversation))
        outcome.add(response, time.perf_counter() - began)
        if response.status_code == 200:
            said = {"role": "assistant", "content": response.json()["text"]}
            asked = {"role": "user", "content": str(body["question"])}
            self.turns[conversation] += [asked, said]

    async def ask_at(self, rate: float, seconds: float) -> Outcome:
        """Questions at random moments, so many a second; the last answer is waited for."""
        outcome, asked = Outcome(), []
        began = due = time.perf_counter()
        while due < began + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked.append(asyncio.create_task(self.ask(outcome)))
            due += self.chance.expovariate(rate)
        outcome.took = time.perf_counter() - began
        await asyncio.gather(*asked)
        return outcome

    async def single(self) -> float:
        """Median seconds of an answer while nobody else asks, once every conversation has begun."""
        for _ in range(CONVERSATIONS):
            await self.ask(Outcome())
        outcome = Outcome()
        for _ in range(SINGLES):
            await self.ask(outcome)
        return statistics.median(outcome.seconds[200])

    async def all_free(self) -> float:
        """Seconds until no question is worked on any more."""
        began = time.perf_counter()
        while "kb_questions_running 0.0" not in (await self.client.get("/metrics")).text:
            await asyncio.sleep(0.05)
        return time.perf_counter() - began


def address_of(conversation: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"10.0.0.{conversation + 1}"}


async def open_pages(client: httpx.AsyncClient, stack: AsyncExitStack) -> int:
    """Hold the chat's heartbeat open for every conversation; how many are."""
    opened = 0
    for number in range(CONVERSATIONS):
        page = client.stream(
            "GET", f"/gradio_api/heartbeat/page{number}", headers=address_of(number), timeout=None
        )
        opened += (await stack.enter_async_context(page)).status_code == 200
    return opened


async def begin(port: int, visitors: Visitors, number: int) -> asyncio.StreamWriter:
    """Send a question over a connection of its own and read nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    request = visitors.client.build_request(
        "POST", ASK, json=visitors.body(number % CONVERSATIONS),
        headers=address_of(number % CONVERSATIONS) | {"Accept": "text/event-stream"},
    )  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    writer.write(f"POST {ASK} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
    await writer.drain()
    return writer


async def periods(
    server: Server, seconds: float
) -> tuple[float, dict[str, Outcome], dict[str, float]]:
    """Seconds of a single answer; what came of each period; other figures, by name."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=CONVERSATIONS)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=server.address, timeout=60, limits=limits)
        )
        visitors = Visitors(client)
        others = {"conversations open": float(await open_pages(client, stack))}
        single = await visitors.single()
        rate = SHARE * CORES / single
        found = {"sustained": await visitors.ask_at(rate, seconds)}
        found["flood"] = await visitors.ask_at(OVERLOAD * rate, seconds / 2)
        others["seconds until the flood is worked off"] = await visitors.all_free()
        found["after the flood"] = await visitors.ask_at(rate, seconds / 2)
        slow = [await begin(server.port, visitors, number) for number in range(SLOW)]
        await visitors.all_free()
        found[f"beside {SLOW} that do not read"] = await visitors.ask_at(rate, seconds / 2)
        for writer in slow:
            writer.transport.abort()
        for number in range(ABORTED):
            (await begin(server.port, visitors, number)).transport.abort()
        others[f"seconds until {ABORTED} that hung up are worked off"] = await visitors.all_free()
        found[f"after {ABORTED} that hung up"] = await visitors.ask_at(rate, seconds / 2)
    return single, found, others


def main() -> None:
    """Measure and print."""
    seconds = SAMPLE_SECONDS if "--sample" in sys.argv else SECONDS
    with tempfile.TemporaryDirectory() as temporary:
        index = Path(temporary) / "index"
        with serving(index, "--only", "public", **SETTINGS) as server:
            single, found, others = asyncio.run(periods(server, seconds))
    sys.stdout.write(f"single answer, s: {single:.3f}\n")
    for name, value in others.items():
        sys.stdout.write(f"{name}: {value:.1f}\n")
    for name, outcome in found.items():
        flooded = name == "flood"
        good = outcome.errors == 0 and (
            flooded or (outcome.refused == 0 and outcome.p95(200) < P95_SECONDS)
        )
        sys.stdout.write(
            f"{name}: {outcome.sent / outcome.took:.1f} questions a second for {outcome.took:.0f} s, "
            f"answered {outcome.answered}, refused politely {outcome.refused}, "
            f"errors {outcome.errors}, p95 {outcome.p95(200):.3f} s"
            + (f", of a refusal {outcome.p95(503):.3f} s" if flooded else "")
            + f" ({'met' if good else 'NOT MET'})\n"
        )


if __name__ == "__main__":
    main()
