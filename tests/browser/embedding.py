"""Websites that embed the assistant: pages on a port of their own, under the strictest policy that works."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kb.knowledge import KnowledgeBase
from ui.server import create_app, server_config

# What a browser counts from the start of the page on; one list for the page and one for its frames.
OBSERVE = """
window.shifts = []; window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
  entry.hadRecentInput || shifts.push(entry.value))).observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
  tasks.push(entry.duration))).observe({type: "longtask", buffered: true});
(function look() {
  const element = document.querySelector("partnership-assistant");
  if (element?.shadowRoot?.querySelector("textarea")) window.usable = performance.now();
  else requestAnimationFrame(look);
})();
"""
_FIGURES = """() => {
  const script = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/embed.js"));
  return [window.usable - script.responseEnd, Math.max(0, ...tasks), shifts.reduce((a, b) => a + b, 0)];
}"""
SHIFT = "shifts.reduce((sum, value) => sum + value, 0)"


@dataclass(frozen=True)
class Figures:
    """What a visit costs until the first question.

    Attributes:
        usable: milliseconds from the script's arrival until a question can be typed.
        task: milliseconds of the longest task above 50 ms, else 0.
        shift: layout shift of the page and of the frame in it.
    """

    requests: int
    script_bytes: int
    usable: float
    task: float
    shift: float


def figures(page: Any, asked: Sequence[Any], service: str) -> Figures:
    """Measure a page that has been loaded, with all requests that it made."""
    page.wait_for_load_state("networkidle")
    usable, task, shift = page.frames[-1].evaluate(_FIGURES)
    around = page.evaluate(f"[Math.max(0, ...tasks), {SHIFT}]") if page.frames[1:] else [0, 0]
    own = [request for request in asked if request.url.startswith(service)]
    scripts = [r.sizes()["responseBodySize"] for r in own if r.resource_type == "script"]
    return Figures(len(own), sum(scripts), usable, max(task, around[0]), shift + around[1])


def policy(service: str) -> str:
    """The policy of a website that trusts nobody but the assistant."""
    return (
        f"default-src 'none'; script-src 'self' {service}; connect-src {service}; "
        f"frame-src {service}; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )


class Website:
    """A website of its own origin; ``put`` gives it a page or a file."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, str, str]] = {}
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, text, policy = website._files.get(self.path.split("?")[0], ("", "", ""))
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, text: str, *, policy: str = "", kind: str = "text/html") -> str:
        """Serve a text; gives its address."""
        self._files[path] = (kind, text, policy)
        return self.origin + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


DOCUMENT = Path(__file__).parents[2] / "docs" / "embed.md"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A region</title>
<link rel="stylesheet" href="site.css">{script}</head>
<body><main><h1>Smart specialisation in our region</h1>
<p>We take part in two partnerships. <a href="#after" id="before">Read about them</a>, or ask:</p>
{element}
<p id="after">You can also reach us at our office.</p></main></body></html>"""
_STYLE = """body { font-family: Georgia, serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
partnership-assistant:not([mode]) { display: block; height: 704px; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } a { color: #9cf; } }
"""


def documented(kind: str, service: str, containing: str) -> str:
    """The lines that docs/embed.md tells a site to paste."""
    blocks = re.findall(rf"```{kind}\n(.*?)```", DOCUMENT.read_text(), re.S)
    found = next(block for block in blocks if containing in block)
    return found.replace("https://assistant.example", service)


def put_page(website: Website, service: str, element: str) -> str:
    """Put a page of a website with the element in it, or ``frame`` in its place; gives its address."""
    script = f'<script src="{service}/embed.js" async></script>'
    if element == "frame":  # such a website forbids foreign scripts
        element = documented("html", service, "<iframe") + '<script src="frame.js"></script>'
        script = ""
    frame_style = documented("css", service, "#partnership-assistant")
    frame_script = documented("js", service, "ASSISTANT")
    website.put("/site.css", _STYLE + frame_style, kind="text/css")
    website.put("/frame.js", frame_script, kind="text/javascript")
    return website.put(
        "/page", _PAGE.format(script=script, element=element), policy=policy(service)
    )


@contextmanager
def running(base: KnowledgeBase) -> Iterator[str]:
    """A real server over a knowledge base, in a thread; gives its address."""
    import uvicorn

    server = uvicorn.Server(server_config(create_app(base), host="127.0.0.1", port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
