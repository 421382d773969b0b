"""A real server process, and a page of it in a real Chromium."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Served:
    """An address, and what the server wrote."""

    def __init__(self, url: str, log: Path, folder: Path) -> None:
        self.url, self.log, self.folder = url, log, folder


@pytest.fixture(scope="session")
def served(shipped, tmp_path_factory):
    """``kb serve`` over the shipped corpus on a free port."""
    import socket

    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(shipped.generations.folder, folder / "index")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "serve.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "serve", "--port", str(port)],
            stdout=output,
            stderr=output,
            cwd=folder,
            env={
                **os.environ,
                "KB_INDEX": str(folder / "index"),
                "KB_QUESTIONS_PER_MINUTE": "1000",
                "PYTHONPATH": str(ROOT),
            },
        ) as process,
    ):
        began = time.monotonic()
        while "The chat is at" not in (text := log.read_text()):
            assert process.poll() is None, text
            assert time.monotonic() - began < 120, text
            time.sleep(0.1)
        yield Served(re.search(r"http://\S+", text)[0], log, folder)
        process.terminate()


@pytest.fixture
def page(browser, served):
    """A fresh visitor on the chat page; ``page.requests`` holds every address asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.requests = []
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.goto(served.url)
    opened.wait_for_selector("#entry textarea")
    yield opened
    context.close()
