"""Routes, headers, origins, proxies, sides and switches of the web application."""

import json
import re
import time

import httpx
import pytest
from starlette.websockets import WebSocketDisconnect
from typer.testing import CliRunner

import ui.switches
from kb.errors import SettingsError
from kb.settings import load_settings
from tests.ui.conftest import QUESTION, until
from ui.cli import app as commands

SITE = "https://site.eu"
OWN = "http://testserver"


@pytest.fixture(scope="module")
def client(opened):
    with opened() as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd", "/gradio_api/file/etc/passwd", "/file=/etc/passwd",
        "/gradio_api/proxy=https://example.com", "/gradio_api/upload", "/upload",
        "/gradio_api/deep_link", "/gradio_api/runs", "/runs", "/gradio_api/run-history/records",
        "/gradio_api/component_server", "/gradio_api/stream/x", "/monitoring",
        "/monitoring/summary", "/openapi.json", "/gradio_api/openapi.json", "/docs", "/redoc",
        "/gradio_api/mcp/", "/gradio_api/call/ask", "/gradio_api/run/ask", "/gradio_api/api/ask",
        "/gradio_api/vibe-code", "/dev/reload", "/assets/../config.py", "/login", "/metrics",
    ],
)  # fmt: skip
def test_g2_closed_routes(client, path):
    for method in ("GET", "POST"):
        assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info"])
def test_open_routes_carry_headers(client, path):
    response = client.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_g1_no_origin_is_let_in(client):
    for path in ("/config", "/gradio_api/queue/join", "/healthz"):
        response = client.get(path, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers


def test_the_page_names_no_other_host(client):
    text = client.get("/").text
    hosts = set(re.findall(r"(?:src|href)=[\"']?(https?://[^/\"' >]+)", text))
    assert hosts <= {"http://testserver"}


def test_ready_only_with_an_index(client, monkeypatch):
    assert client.get("/readyz").json()["canary"] == 1.0
    monkeypatch.setattr(type(client.base), "check", lambda self: 0.0)
    assert client.get("/readyz").status_code == 503


# Headers


@pytest.mark.parametrize("path", ["/api/v1/search?q=x", "/api/nothing", "/healthz", "/readyz"])
def test_data_may_do_nothing_in_a_browser(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", ["/healthz", "/", "/api/v1/ask", "/none"])
def test_a_call_has_a_number(client, path):
    assert (
        client.get(path, headers={"x-request-id": "a-1.B_2"}).headers["x-request-id"] == "a-1.B_2"
    )
    for odd in ("", "a b", "x" * 65, "<script>", "ä"):
        number = client.get(path, headers={"x-request-id": odd.encode()}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{32}", number)


def test_no_websocket_is_opened(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/gradio_api/queue/join"):
        pass


def test_a_query_that_is_no_text_is_refused(served):
    import socket

    with served() as (url, _):
        host, port = url.removeprefix("http://").split(":")
        for path in (b"/?x=\xff", b"/api/v1/search?q=\xff", b"/healthz?%ff"):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(1000).startswith(b"HTTP/1.1 4")


# Origins


@pytest.fixture(scope="module")
def listed(opened):
    """A client of an application that one website may call."""
    with opened(allowed_origins=(SITE,)) as client:
        yield client


@pytest.mark.parametrize("origin", ["https://evil.eu", "null", "http://site.eu", f"{SITE}.evil.eu"])
@pytest.mark.parametrize("path", ["/api/v1/ask", "/gradio_api/queue/join", "/embed", "/config"])
def test_g1_a_foreign_website_is_refused_before_any_work(listed, monkeypatch, origin, path):
    def fail(*_, **__):
        raise AssertionError("work was done")

    monkeypatch.setattr(type(listed.base), "ask", fail)
    for method in ("POST", "GET", "OPTIONS"):
        response = listed.request(
            method, path, content=json.dumps({"question": "x"}),
            headers={"origin": origin, "access-control-request-method": "POST"},
        )  # fmt: skip
        assert response.status_code == 403
        assert response.json()["status"] == 403
        assert "access-control-allow-origin" not in response.headers


def test_g1_closed_by_default(client):
    assert client.get("/api/v1/search?q=x", headers={"origin": SITE}).status_code == 403
    assert "frame-ancestors 'none'" in client.get("/embed").headers["content-security-policy"]


def test_our_own_pages_may_call(listed):
    for path in ("/api/v1/search?q=x", "/config"):
        assert listed.get(path, headers={"origin": OWN}).status_code == 200


@pytest.mark.parametrize("status", [200, 422])
def test_a_listed_website_may_call_the_api_alone(listed, status):
    query = "q=x" if status == 200 else "q="
    response = listed.get(f"/api/v1/search?{query}", headers={"origin": SITE})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == SITE
    assert "Origin" in response.headers["vary"]
    assert "access-control-allow-credentials" not in response.headers
    assert listed.get("/config", headers={"origin": SITE}).status_code == 403
    assert f"frame-ancestors {SITE}" in listed.get("/embed").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in listed.get("/").headers["content-security-policy"]


def test_preflight(listed):
    def asked(method: str, headers: str):
        return listed.options(
            "/api/v1/ask",
            headers={
                "origin": SITE,
                "access-control-request-method": method,
                "access-control-request-headers": headers,
            },
        )

    allowed = asked("POST", "content-type, x-request-id")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == SITE
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in allowed.headers
    assert asked("DELETE", "content-type").status_code == 400
    assert asked("POST", "authorization").status_code == 400


def test_a_picture_on_a_foreign_page_searches_nothing(listed):
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert listed.get("/api/v1/search?q=x", headers=headers).status_code == 403
    headers["sec-fetch-mode"] = "navigate"
    assert listed.get("/api/v1/openapi.json", headers=headers).status_code == 200


# Proxies

FORWARDED = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "assistant.example.eu",
    "x-forwarded-prefix": "/kb",
}
PUBLIC = "https://assistant.example.eu"


def test_a_trusted_proxy_is_believed(served):
    with served(trusted_proxies=("127.0.0.0/8",)) as (url, _), httpx.Client(base_url=url) as client:
        page = client.get("/config.js", headers=FORWARDED)
        assert f'"root":"{PUBLIC}/kb"' in page.text
        assert page.headers["strict-transport-security"]
        described = client.get("/api/v1/openapi.json", headers=FORWARDED).json()
        assert described["servers"] == [{"url": "/kb/api/v1"}]
        own = FORWARDED | {"origin": PUBLIC}
        for path in (
            "/api/v1/search?q=x",
            "/kb/api/v1/search?q=x",
            "/kb/",
            "/kb/assistant/chat.js",
        ):
            assert client.get(path, headers=own).status_code == 200, path
        assert client.get("/config", headers=own | {"origin": url}).status_code == 403
        assert client.get("/kb/gradio_api/upload", headers=own).status_code == 404


def test_nobody_else_is_believed(served):
    with served() as (url, _), httpx.Client(base_url=url) as client:
        page = client.get("/config.js", headers=FORWARDED | {"x-gradio-server": "https://evil.eu"})
        assert f'"root":"{url}"' in page.text
        assert "example.eu" not in page.text
        assert "evil" not in page.text
        assert "strict-transport-security" not in page.headers
        described = client.get("/api/v1/openapi.json", headers=FORWARDED).json()
        assert described["servers"] == [{"url": "/api/v1"}]
        response = client.get("/api/v1/search?q=x", headers=FORWARDED | {"origin": PUBLIC})
        assert response.status_code == 403


@pytest.mark.parametrize("trusted", [True, False])
def test_g7_a_visitor_is_known_by_the_address_that_a_trusted_proxy_saw(opened, trusted):
    proxies = ("192.0.2.0/24",) if trusted else ()
    with opened(trusted_proxies=proxies, questions_per_minute=1) as client:

        def ask(address: str) -> int:
            return client.post(
                "/api/v1/ask", json={"question": QUESTION}, headers={"x-forwarded-for": address}
            ).status_code

        assert ask("198.51.100.1") == 200
        assert ask("198.51.100.2") == (200 if trusted else 429)
        assert ask("198.51.100.1") == 429
        assert ask("203.0.113.5, 198.51.100.1") == 429  # what a visitor claims does not count


@pytest.mark.parametrize("prefix", ["//evil.eu", "/a/../b", "kb", "/k b", "/kb?x", "/."])
def test_odd_prefixes_and_hosts_are_not_taken(opened, prefix):
    with opened(trusted_proxies=("192.0.2.7",)) as client:
        headers = {"x-forwarded-prefix": prefix, "x-forwarded-host": "evil.eu/x?"}
        described = client.get("/api/v1/openapi.json", headers=headers)
        assert described.json()["servers"] == [{"url": "/api/v1"}]
        assert "evil" not in client.get("/", headers=headers).text


@pytest.mark.parametrize(
    ("name", "value"),
    [("trusted_proxies", ("proxy.local",)), ("trusted_proxies", ("*",)), ("allowed_origins", ("*",)),
     ("allowed_origins", ("https://a.eu/path",)), ("allowed_origins", ("a.eu",))],
)  # fmt: skip
def test_settings_that_would_open_too_much_are_refused(name, value):
    with pytest.raises(SettingsError, match=name):
        load_settings(**{name: value})


def test_an_origin_is_written_in_one_way():
    origins = load_settings(allowed_origins=("HTTPS://A.eu:443/", "http://b.eu:8080"))
    assert origins.allowed_origins == ("https://a.eu", "http://b.eu:8080")


# Figures


def test_figures_are_for_this_machine_alone(opened):
    with opened(client=("127.0.0.1", 1), trusted_proxies=("127.0.0.1",)) as client:
        client.post("/api/v1/ask", json={"question": QUESTION})
        figures = client.get("/metrics")
        assert figures.headers["content-type"].startswith("text/plain")
        assert 'kb_answers_total{reason="",status="answered"} 1.0' in figures.text
        assert 'kb_calls_total{status="200",surface="api"} 1.0' in figures.text
        for name in ("x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "via"):
            assert client.get("/metrics", headers={name: "192.0.2.1"}).status_code == 404
    with opened(client=("192.0.2.7", 1)) as client:
        assert client.get("/metrics").status_code == 404


# Sides


def test_s5_sides_are_apart(opened):
    with opened(sides=("public",), client=("127.0.0.1", 1)) as public:
        for path in ("/", "/api/v1/search?q=x", "/healthz", "/readyz", "/metrics"):
            assert public.get(path).status_code == 200
        assert public.get("/console").status_code == 404
    with opened(sides=("console",), client=("127.0.0.1", 1)) as console:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert console.get(path).status_code == 200
        assert "Sign in" in console.get("/console/").text
        for path in ("/", "/config", "/api/v1/search?q=x", "/api/v1/openapi.json", "/embed"):
            assert console.get(path).status_code == 404


# Switches


@pytest.fixture
def quick(monkeypatch):
    """Switches are looked up often, so that tests need not wait."""
    monkeypatch.setattr(ui.switches, "EVERY_SECONDS", 0.05)


def switch(base, *arguments: str) -> str:
    """Run ``kb switch`` over the journal of a knowledge base."""
    env = {"KB_DATABASE_URL": base.settings.database_url}
    result = CliRunner().invoke(commands, ["switch", *arguments], env=env)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_surface_is_switched_off_and_on_in_a_running_server(served, caplog):
    with served() as (url, base), httpx.Client(base_url=url, timeout=20) as client:
        ask = {"question": QUESTION}
        assert client.post("/api/v1/ask", json=ask).status_code == 200
        began = time.monotonic()
        switch(base, "api", "off", "--reason", "wrong answers")
        until(lambda: client.post("/api/v1/ask", json=ask).status_code == 503)
        assert time.monotonic() - began < 5
        response = client.get("/api/v1/search?q=x")
        assert response.headers["content-type"] == "application/problem+json"
        assert "contact@s3-cop.eu" in response.json()["detail"]
        assert response.headers["retry-after"]
        assert "wrong answers" in caplog.text
        assert "wrong answers" not in response.text
        assert client.get("/").status_code == client.get("/healthz").status_code == 200
        switch(base, "api", "on")
        until(lambda: client.post("/api/v1/ask", json=ask).status_code == 200)


def test_a_chat_that_is_off_stays_calm(opened, quick):
    with opened() as client:
        switch(client.base, "chat", "off", "--reason", "index is rebuilt")
        until(lambda: client.get("/").status_code == 503)
        page = client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "mailto:contact@s3-cop.eu" in page.text
        assert "index is rebuilt" not in page.text
        joined = client.post("/gradio_api/queue/join", json={})
        assert joined.headers["content-type"] == "application/problem+json"
        assert client.get("/api/v1/search?q=x").status_code == 200
        assert client.get("/embed").status_code == 200
        switch(client.base, "embed", "off", "--reason", "x")
        until(lambda: client.get("/embed").status_code == 503)
        assert "index is rebuilt" in switch(client.base)
        switch(client.base, "chat", "on")
        until(lambda: client.get("/").status_code == 200)


def test_a_surface_stays_off_while_the_journal_cannot_be_read(base, monkeypatch):
    from kb.errors import JournalError

    switches = ui.switches.Switches(base.journal)
    base.journal.switch_off("chat", "x")
    switches.refresh()

    def fail(_self):
        raise JournalError("gone")

    monkeypatch.setattr(type(base.journal), "switched_off", fail)
    switches.refresh()
    assert switches.is_off("chat")
    assert not switches.is_off("api")


def test_a_switch_needs_a_reason_to_go_off(base):
    env = {"KB_DATABASE_URL": base.settings.database_url}
    for arguments in (["chat", "off"], ["chat"], ["door", "off", "--reason", "x"]):
        assert CliRunner().invoke(commands, ["switch", *arguments], env=env).exit_code == 2
    assert base.journal.switched_off() == {}


# The chat


def test_the_chat_keeps_questions_as_settings_allow(served):
    from gradio_client import Client

    for allowed in (True, False):
        with served(store_questions=allowed) as (url, base):
            Client(url, verbose=False).predict(QUESTION, api_name="/ask")
            kept = [(q.surface, q.text) for q in base.journal.questions()]
            assert kept == ([("chat", QUESTION)] if allowed else [])


def test_g7_the_chat_is_limited_too(served):
    from gradio_client import Client

    with served(questions_per_minute=2) as (url, _), httpx.Client(base_url=url) as client:
        chat = Client(url, verbose=False)  # the page itself makes calls that ask nothing
        for _ in range(2):
            assert "Lapland" in str(chat.predict(QUESTION, api_name="/ask"))
        with pytest.raises(httpx.HTTPStatusError, match="429"):
            chat.predict(QUESTION, api_name="/ask")
        ask = {"question": QUESTION}
        assert client.post("/api/v1/ask", json=ask).status_code == 429  # the same visitor
        join = "/gradio_api/queue/join"
        for body in (b"{", b"[" * 90_000, b"[]", b'{"fn_index": "x"}'):
            response = client.post(join, content=body, headers={"origin": url})
            assert response.status_code == 429
        assert client.post(join, content=b"x" * 2_000_000).status_code == 413
