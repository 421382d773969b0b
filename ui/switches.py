"""Switches: which surfaces are turned off, as the journal says; looked up beside the calls, never in one."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse, Response

from kb.answering.replies import CONTACT
from kb.errors import JournalError
from kb.journal.records import Journal
from ui.problems import busy
from ui.texts import texts

EVERY_SECONDS = 2.0
_RETRY_SECONDS = 300
_STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}"
)
PAUSED_STYLE = f"sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}"
_PAUSED = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head><body><main><h1>{title}</h1>
<p>{paused} <a href="mailto:{contact}">{contact}</a></p></main></body></html>"""
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


def paused(surface: str, *, page: bool, language: str) -> Response:
    """What a surface that is off answers: a calm page to a person, a problem document to a program."""
    if page:
        say = texts(language)
        html = _PAUSED.format(
            language=language,
            title=escape(say["title"]),
            style=_STYLE,
            paused=escape(say["paused"]),
            contact=CONTACT,
        )
        return HTMLResponse(html, 503, {"Retry-After": str(_RETRY_SECONDS)})
    detail = f"The {surface} is turned off at the moment. Please write to {CONTACT}."
    return busy(detail, seconds=_RETRY_SECONDS).response()
