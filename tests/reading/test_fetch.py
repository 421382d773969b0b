"""Fetching against a real server on loopback; the look-up says that it lies in a public network."""

import http.server
import threading

import httpx
import pytest

from kb.errors import SourceError
from kb.reading.fetch import PageGone, fetch

HOSTS = ("europa.eu",)
PUBLIC = "93.184.216.34"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path
        status = {"/gone": 410, "/broken": 500, "/to-private": 302, "/loop": 302, "/ok2": 302}
        self.send_response(status.get(path, 200))
        target = {"/to-private": "http://169.254.169.254/", "/loop": "/loop", "/ok2": "/page"}
        if path in target:
            self.send_header("location", target[path])
        self.send_header("content-type", "image/png" if path == "/image" else "text/html")
        self.end_headers()
        self.wfile.write(f"<p>{self.headers['host']}</p>".encode())

    def log_message(self, *_):
        pass


class ToLoopback(httpx.HTTPTransport):
    """Sends what would go to the public address to the local server instead."""

    def __init__(self, port):
        super().__init__()
        self.port, self.asked = port, []

    def handle_request(self, request):
        self.asked.append(request.url.host)
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return super().handle_request(request)


@pytest.fixture
def transport():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with ToLoopback(server.server_port) as transport:
        yield transport
    server.shutdown()
    thread.join()
    server.server_close()


def get(address, transport, numbers=(PUBLIC,)):
    return fetch(address, HOSTS, look_up=lambda *_: list(numbers), transport=transport)


def test_a_page_is_fetched_from_the_address_that_was_checked(transport):
    page = get("https://ec.europa.eu/page", transport)
    assert page.data == b"<p>ec.europa.eu</p>"
    assert page.suffix == ".html"
    assert transport.asked == [PUBLIC]
    assert get("https://ec.europa.eu/ok2", transport).data == page.data


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://example.com/", "KB_FETCH_HOSTS"),
        ("https://europa.eu.example.com/", "KB_FETCH_HOSTS"),
        ("https://noteuropa.eu/", "KB_FETCH_HOSTS"),
        ("ftp://europa.eu/", "only plain http"),
        ("https://u:p@europa.eu/", "only plain http"),
        ("https://europa.eu/to-private", "KB_FETCH_HOSTS"),
        ("https://europa.eu/loop", "redirects more than"),
        ("https://europa.eu/image", "image/png"),
        ("https://europa.eu/broken", "answered 500"),
    ],
)
def test_what_is_refused(transport, address, message):
    with pytest.raises(SourceError, match=message):
        get(address, transport)


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_networks_that_are_not_public(transport, number):
    with pytest.raises(SourceError, match="not public"):
        get("https://europa.eu/", transport, (PUBLIC, number))
    assert transport.asked == []


def test_a_page_that_is_gone(transport):
    with pytest.raises(PageGone):
        get("https://europa.eu/gone", transport)
