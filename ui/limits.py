"""Limits: how much one visitor may ask, how many questions run at once, which answers may be rated.

All of it lives in this process's memory alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from kb.types import Answer
from ui.problems import busy

Found = TypeVar("Found")
BUSY = "Too many questions are being worked on. Please try again in a few seconds."
SEARCHES_PER_QUESTION = 4  # a search costs little, and programs search more often than people ask
RATED_ANSWERS = 5_000


class Visitors:
    """Counts calls by visitor; a visitor is a salted hash of an address, other each day."""

    def __init__(
        self, per_minute: int, *, today: Callable[[], date] = lambda: datetime.now(UTC).date()
    ) -> None:
        """Set the number of questions in a minute."""
        self._limits = {
            "ask": RateLimitItemPerMinute(per_minute),
            "feedback": RateLimitItemPerMinute(per_minute),
            "search": RateLimitItemPerMinute(per_minute * SEARCHES_PER_QUESTION),
        }
        self._counts = MovingWindowRateLimiter(MemoryStorage())
        self._today = today
        self._salt = (today(), secrets.token_bytes(32))

    def wait(self, call: str, address: str) -> int:
        """Count a call; 0 if it may go on, else the seconds until the next one may."""
        limit, visitor = self._limits[call], self.visitor(address)
        if self._counts.hit(limit, call, visitor):
            return 0
        until = self._counts.get_window_stats(limit, call, visitor).reset_time
        return max(1, math.ceil(until - time.time()))

    def visitor(self, address: str) -> str:
        """Today's name of an address; it cannot be turned back once the day or process is over."""
        if self._salt[0] != self._today():
            self._salt = (self._today(), secrets.token_bytes(32))
        network = _network(address)
        return hashlib.blake2b(network.encode(), key=self._salt[1], digest_size=16).hexdigest()


def _network(address: str) -> str:
    """An address as one visitor has it: of IPv6, every visitor has a /64 to choose from."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


class Workers:
    """A fixed number of threads for questions; what does not fit is refused at once, not queued.

    A place is taken until its work has really ended, so that visitors who leave cannot pile up work
    behind the limit.
    """

    def __init__(self, number: int) -> None:
        """Set the number; threads start when they are needed."""
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="question")
        self._free = threading.BoundedSemaphore(number)
        self._lock = threading.Lock()
        self.running = 0

    def start(self, work: Callable[[], Found]) -> asyncio.Future[Found]:
        """Start work in a thread.

        Raises:
            Problem: 503, all threads are taken.
        """
        if not self._free.acquire(blocking=False):
            raise busy(BUSY)
        self._count(1)
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._end())
        return asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _end(self) -> None:
        self._count(-1)
        self._free.release()

    def _count(self, step: int) -> None:
        with self._lock:
            self.running += step


class RecentAnswers:
    """The last answers given here, without their words, so that they can be rated."""

    def __init__(self, most: int = RATED_ANSWERS) -> None:
        """Set how many are held; the oldest make room."""
        self._most = most
        self._held: OrderedDict[str, Answer] = OrderedDict()

    def add(self, answer: Answer) -> None:
        """Hold the figures of an answer."""
        self._held[answer.id] = replace(
            answer, question="", text="", statements=(), notices=(), topics=(), missing=(),
            suggestions=(),
            citations=tuple(replace(c, quote="", sources=()) for c in answer.citations),
        )  # fmt: skip
        while len(self._held) > self._most:
            self._held.popitem(last=False)

    def get(self, answer_id: str) -> Answer | None:
        """The figures of an answer that was given here."""
        return self._held.get(answer_id)
