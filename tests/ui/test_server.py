"""Routes and headers of the web application, called directly."""

import pytest
from starlette.testclient import TestClient

from kb.errors import SettingsError
from ui.server import create_app, require_safe_environment


@pytest.fixture
def client(base):
    with TestClient(create_app(base)) as client:
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
def test_closed_routes(client, path):
    for method in ("GET", "POST"):
        assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/healthz", "/readyz"])
def test_open_routes_carry_headers(client, path):
    response = client.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_no_origin_is_let_in(client):
    for path in ("/config", "/gradio_api/queue/join", "/healthz"):
        response = client.get(path, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers


def test_the_page_names_no_other_host(client):
    text = client.get("/").text
    import re

    hosts = set(re.findall(r"(?:src|href)=[\"']?(https?://[^/\"' >]+)", text))
    assert hosts <= {"http://testserver"}


def test_ready_only_with_an_index(client, base, monkeypatch):
    assert client.get("/readyz").json()["canary"] == 1.0
    monkeypatch.setattr(type(base), "check", lambda self: 0.0)
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "GRADIO_SHARE"])
def test_switches_that_send_data_away_stop_the_start(monkeypatch, name):
    monkeypatch.setenv(name, "true")
    with pytest.raises(SettingsError, match=name):
        require_safe_environment()
