"""The embed's weight and speed until the first question: python -m tests.benchmarks.embed.

Loads each form of it several times in a real Chromium, on a website of another origin under the
strictest policy, and prints the medians: one line a figure, with its target, met or not.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.browser.embedding import OBSERVE, Figures, Website, figures, put_page, running
from tests.conftest import FLAGS

LOADS = 9
FORMS = {
    "box": "<partnership-assistant></partnership-assistant>",
    "button": '<partnership-assistant mode="button"></partnership-assistant>',
    "frame": "frame",
}
TARGETS = {"requests": 3, "script_bytes": 20_000, "usable": 300, "task": 50, "shift": 0.01}


def visits(browser: Browser, address: str, service: str) -> Iterator[Figures]:
    """Figures of visitors who come for the first time."""
    for _ in range(LOADS):
        context = browser.new_context()
        page = context.new_page()
        asked: list[object] = []
        page.on("request", lambda request, asked=asked: asked.append(request))
        page.add_init_script(OBSERVE)
        page.goto(address)
        page.frames[-1].locator("textarea").wait_for(state="attached")
        yield figures(page, asked, service)
        context.close()


def main() -> None:
    """Measure and print."""
    website = Website()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as started:
        settings = load_settings(
            database_url=f"sqlite:///{Path(temporary) / 'journal.sqlite'}",
            allowed_origins=(website.origin,),
        )
        base = KnowledgeBase.open(settings=settings)
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with running(base) as service:
            for form, element in FORMS.items():
                found = list(visits(browser, put_page(website, service, element), service))
                for name, target in TARGETS.items():
                    value = statistics.median(getattr(one, name) for one in found)
                    met = "met" if value <= target else "NOT MET"
                    sys.stdout.write(f"{form} {name}: {value:.4g} (at most {target:g}: {met})\n")
        browser.close()
    website.close()


if __name__ == "__main__":
    main()
