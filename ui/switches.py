"""Switches: which surfaces are turned off, as the journal says; looked up beside the calls, never in one."""

from __future__ import annotations

import asyncio
import logging

from starlette.responses import HTMLResponse, Response

from kb.answering.replies import CONTACT
from kb.errors import JournalError
from kb.journal.records import Journal
from ui.problems import busy

EVERY_SECONDS = 2.0
_RETRY_SECONDS = 300
_PAUSED = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Partnership assistant: paused</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}}</style>
</head><body><main><h1>The assistant is taking a break</h1>
<p>It cannot answer questions at the moment. The S3 CoP secretariat is glad to help you:
<a href="mailto:{CONTACT}">{CONTACT}</a>.</p></main></body></html>"""
_log = logging.getLogger(__name__)


class Switches:
    """What is off just now; the last known state holds while the journal cannot be read."""

    def __init__(self, journal: Journal) -> None:
        """All is on until ``refresh`` has run."""
        self._journal = journal
        self._off: dict[str, str] = {}

    def is_off(self, surface: str) -> bool:
        """Whether a surface is turned off."""
        return surface in self._off

    def refresh(self) -> None:
        """Read the journal and log what has changed."""
        try:
            found = self._journal.switched_off()
        except JournalError as error:
            _log.warning("The switches cannot be read, they stay as they were: %s", error)
            return
        for surface in found.keys() - self._off.keys():
            _log.warning("Turned off: %s (%s)", surface, found[surface])
        for surface in self._off.keys() - found.keys():
            _log.warning("Turned on: %s", surface)
        self._off = found

    async def keep_fresh(self) -> None:
        """Refresh for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await asyncio.to_thread(self.refresh)


def paused(surface: str, *, page: bool) -> Response:
    """What a surface that is off answers: a calm page to a person, a problem document to a program."""
    if page:
        return HTMLResponse(_PAUSED, 503, {"Retry-After": str(_RETRY_SECONDS)})
    detail = f"The {surface} is turned off at the moment. Please write to {CONTACT}."
    return busy(detail, seconds=_RETRY_SECONDS).response()
