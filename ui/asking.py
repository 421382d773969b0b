"""Asking: a question -> its checked statements while they are written, then the answer.

The work runs in a thread; when the visitor has left, it ends at the next statement.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from kb.answering.cite import Claim
from kb.types import Answer
from ui.limits import Workers

Ask = Callable[[Callable[[Claim], object]], Answer]


class _Left(Exception):
    """Nobody waits for the answer any more."""


class Asking:
    """One question that is being worked on."""

    def __init__(self, workers: Workers, ask: Ask) -> None:
        """Start; ``ask`` is given the function to call with each claim.

        Raises:
            Problem: 503, too many questions are being worked on.
        """
        self._loop = asyncio.get_running_loop()
        self._claims: asyncio.Queue[Claim | None] = asyncio.Queue()
        self._left = threading.Event()
        self.answer = workers.start(lambda: ask(self._on_claim))
        self.answer.add_done_callback(lambda _: self._claims.put_nowait(None))

    async def claims(self) -> AsyncIterator[Claim]:
        """Claims as they pass; ends when the answer, or its failure, is there."""
        while (claim := await self._claims.get()) is not None:
            yield claim

    async def answer_unless(self, gone: Coroutine[Any, Any, None]) -> Answer | None:
        """The answer, or None when ``gone`` has ended before."""
        watching: asyncio.Future[None] = asyncio.ensure_future(gone)
        try:
            waited: set[asyncio.Future[Any]] = {self.answer, watching}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            return self.answer.result() if self.answer.done() else None
        finally:
            watching.cancel()
            self.leave()

    def leave(self) -> None:
        """Stop waiting; does nothing once the answer is there."""
        self._left.set()
        self.answer.cancel()

    def _on_claim(self, claim: Claim) -> None:
        if self._left.is_set():
            raise _Left
        self._loop.call_soon_threadsafe(self._claims.put_nowait, claim)
