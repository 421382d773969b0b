"""Gradio does what the chat needs and nothing else; what is served has an account, a role and a limit."""

from __future__ import annotations

import inspect
import json
import os
import re
import secrets
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import gradio.routes
import httpx
import pytest
from starlette.routing import Mount
from starlette.testclient import TestClient
from typer.testing import CliRunner

from kb.errors import JournalError, SettingsError
from kb.settings import load_settings
from tests.ui.conftest import (  # noqa: F401
    QUESTION,
    PacedGenerator,
    open_base,
    opened,
    served,
    until,
)
from tests.ui.test_cli import kb  # noqa: F401
from tests.ui.test_console import Officer, add_people, form_of
from ui.cli import app as commands
from ui.console.app import SCREENS
from ui.server import require_safe_environment
from ui.texts import texts

SECRET = "hunter2-c0ffee"
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
WAITING = 100  # how many questions the chat lets wait


@dataclass
class Visitor:
    """Somebody who uses the chat as its page does: joins the queue, then listens to what comes."""

    url: str
    session: str = field(default_factory=lambda: secrets.token_hex(8))

    def join(self, question: str = QUESTION, function: str = "ask") -> httpx.Response:
        config = httpx.get(f"{self.url}/config").json()
        found = (d["id"] for d in config["dependencies"] if d["api_name"] == function)
        return httpx.post(
            self.url + JOIN, json=call_of(next(found), question, self.session), timeout=20
        )

    def listen(self) -> str:
        """All that comes until the answer is there, as it stands on the wire."""
        query = {"session_hash": self.session}
        return httpx.get(self.url + DATA, params=query, timeout=60).text

    def answer(self, question: str = QUESTION) -> str:
        assert self.join(question).status_code == 200
        return self.listen()


def call_of(number: int, question: str, session: str) -> dict[str, object]:
    data = [question, "en", False, None]
    return {"data": data, "fn_index": number, "session_hash": session}


# G1: origins


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
def test_g1_a_foreign_origin_gets_no_header_that_lets_it_read(served, origin):  # noqa: F811
    with served() as (url, _), httpx.Client(base_url=url) as client:
        for path in ("/", "/config", "/gradio_api/info", JOIN, DATA, "/theme.css"):
            for method in ("GET", "POST", "OPTIONS"):
                asked = {"origin": origin, "access-control-request-method": "POST"}
                response = client.request(method, path, headers=asked)
                assert response.status_code == 403
                assert [
                    name for name in response.headers if name.startswith("access-control")
                ] == []


# G2: routes

# What of Gradio is served; all its other routes, whatever switches them on, are closed.
SERVED = frozenset(
    """
    / /config /favicon.ico /robots.txt /theme.css /assets/x /static/x /svelte/x
    /gradio_api/info /gradio_api/app_id /gradio_api/startup-events /gradio_api/queue/join
    /gradio_api/queue/data /gradio_api/cancel /gradio_api/reset /gradio_api/heartbeat/x
    /gradio_api/theme.css
    """.split()
)
NAMED = """
    /gradio_api/file=x /gradio_api/proxy=x /gradio_api/upload /gradio_api/deep_link /gradio_api/runs
    /gradio_api/run-history/records /gradio_api/component_server /gradio_api/stream/x /monitoring
    /gradio_api/openapi.json
    """.split()


def routes_of_gradio() -> list[str]:
    """All that Gradio's source can register, with ``x`` for each parameter."""
    found = re.findall(
        r'@(router|app)\.(?:get|post|head|put|delete|websocket)\(\s*f?"([^"]+)"',
        inspect.getsource(gradio.routes),
    )
    paths = {
        ("/gradio_api" if owner == "router" else "") + re.sub(r"\{[^}]+\}", "x", path)
        for owner, path in found
    }
    return sorted(
        {path.rstrip("/") or "/" for path in paths} | {"/docs", "/redoc", "/openapi.json"}
    )


def test_g2_all_of_gradio_but_the_chat_is_closed_and_the_chat_still_answers(served):  # noqa: F811
    paths = routes_of_gradio()
    assert set(NAMED) | SERVED <= set(paths)
    with served() as (url, _), httpx.Client(base_url=url) as client:
        for path in (path for path in paths if path not in SERVED):
            for method in ("GET", "POST", "HEAD"):
                response = client.request(method, path)
                assert response.status_code == 404, (method, path)
                assert response.headers["content-type"] == "application/problem+json", (
                    method,
                    path,
                )
        assert client.get("/gradio_api/info").status_code == 200
        assert "Lapland" in Visitor(url).answer()


def test_g2_the_console_serves_nothing_of_gradio(opened):  # noqa: F811
    with opened(sides=("console",)) as client:
        for path in routes_of_gradio():
            for method in ("GET", "POST", "HEAD"):
                assert client.request(method, path).status_code == 404, (method, path)
                assert client.request(method, f"/console{path}").status_code in (
                    (200, 303, 401, 404, 405) if path == "/" else (404, 405)
                ), (method, path)


# G3: what is raised


@pytest.mark.parametrize("error", [RuntimeError(SECRET), JournalError(SECRET)])
def test_g3_a_raised_secret_never_reaches_the_browser(served, monkeypatch, caplog, capfd, error):  # noqa: F811
    with served() as (url, base):

        def fail(*_, **__):
            raise error

        monkeypatch.setattr(type(base), "ask", fail)
        told = Visitor(url).answer()
        assert texts("en")["failed"] in told
        monkeypatch.setattr(type(base.journal), "rate", fail)
        assert SECRET not in told + httpx.get(f"{url}/config").text
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


def test_g3_what_fails_outside_our_own_care_says_nothing_either(served):  # noqa: F811
    with served() as (url, _):
        visitor = Visitor(url)
        body = call_of(0, QUESTION, visitor.session)
        body["data"] = [{"no": SECRET}]  # Gradio itself fails with it
        assert httpx.post(url + JOIN, json=body).status_code == 200
        told = visitor.listen()
        assert '"success":false' in told
        assert SECRET not in told
        assert "Traceback" not in told


# G4: settings


def test_g4_gradio_is_built_without_what_sends_data_or_opens_calls(opened):  # noqa: F811
    with opened() as client:
        config = client.get("/config").json()
        assert config["footer_links"] == []
        assert config["analytics_enabled"] is config["run_history"] is False
        assert config["show_error"] is config["mcp_server"] is False
        assert config["max_file_size"] == 0
        assert [
            c for c in config["components"] if "share" in (c["props"].get("buttons") or [])
        ] == []
        assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        info = client.get("/gradio_api/info").json()
        assert set(info["named_endpoints"]) == {"/ask"}
        assert info["unnamed_endpoints"] == {}


def test_g4_gradio_itself_refuses_direct_calls_and_monitoring(opened):  # noqa: F811
    with opened() as client:
        inner = next(
            r.app
            for r in client.app.routes
            if isinstance(getattr(r, "app", None), gradio.routes.App)
        )
        alone = TestClient(inner, raise_server_exceptions=False)  # without our gate before it
        for name in ("ask", "reply"):
            assert (
                alone.post(f"/gradio_api/run/{name}", json={"data": [QUESTION]}).status_code >= 400
            )
        assert alone.get("/monitoring").status_code >= 400
        assert alone.get("/gradio_api/runs").status_code >= 400


def test_g4_a_private_name_is_no_way_around_the_limit(served):  # noqa: F811
    with served(questions_per_minute=1) as (url, _):
        assert Visitor(url).join(function="ask").status_code == 200
        for function in ("reply", "reply_1", "reply_4"):
            assert Visitor(url).join(function=function).status_code == 429


# G5: the start

FORBIDDEN = (
    "LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2",
    "GRADIO_SHARE", "GRADIO_MCP_SERVER", "GRADIO_WATCH_DIRS", "GRADIO_HOT_RELOAD", "GRADIO_VIBE_MODE",
)  # fmt: skip
# Gradio turns these on with any text, also with one that says no.
ON_WITH_ANY_TEXT = ("GRADIO_WATCH_DIRS", "GRADIO_VIBE_MODE")


@pytest.mark.parametrize("value", ["1", "true", "True", "/srv"])
@pytest.mark.parametrize("name", FORBIDDEN)
def test_g5_a_variable_that_sends_data_away_or_opens_routes_stops_the_start(
    monkeypatch, name, value
):
    require_safe_environment()
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        require_safe_environment()


@pytest.mark.parametrize("name", FORBIDDEN)
def test_g5_a_variable_that_says_no_is_no_hindrance(monkeypatch, name):
    for value in ("", "0", "false", "False"):
        monkeypatch.setenv(name, value)
        if value and name in ON_WITH_ANY_TEXT:
            with pytest.raises(SettingsError, match=name):
                require_safe_environment()
        else:
            require_safe_environment()


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "GRADIO_SHARE"])
def test_g5_the_command_ends_before_it_serves(kb, name):  # noqa: F811
    said = kb("serve", "--port", "0", expect=1, **{name: "true"}).stderr
    assert said.strip().splitlines()[-1].startswith("kb: ")
    assert name in said


@pytest.mark.parametrize("option", ["--share", "--reload", "--mcp-server"])
def test_g5_no_option_turns_it_on(option):
    assert CliRunner().invoke(commands, ["serve", option]).exit_code == 2


# G6: the console

ROLE_OF = {
    ("GET", "/sign-in"): "", ("POST", "/sign-in"): "",
    **dict.fromkeys(
        [
            ("GET", "/"), ("POST", "/sign-out"), ("POST", "/claim/{number}"), ("GET", "/inquiries/new"),
            ("POST", "/inquiries"), ("GET", "/inquiries/{number}"), ("POST", "/inquiries/{number}"),
            ("GET", "/inquiries/{number}/reply.eml"), ("GET", "/inquiries/{number}/holding.eml"),
            ("GET", "/inquiries/{number}/holding"), ("POST", "/inquiries/{number}/holding"),
            ("GET", "/faq"), ("POST", "/faq"), ("POST", "/faq-from/{number}/{part}"),
            ("GET", "/faq/{name}"), ("POST", "/faq/{name}"), ("GET", "/faq/{name}/history"),
            ("GET", "/gaps"), ("GET", "/sources"), ("GET", "/figures"), ("GET", "/figures.csv"),
            ("GET", "/figures/{name}.svg"),
        ],
        "drafter",
    ),
    **dict.fromkeys(
        [
            ("POST", "/sources"), ("POST", "/sources/refresh"), ("GET", "/sources/withdraw"),
            ("POST", "/sources/withdraw"), ("POST", "/sources/restore"),
        ],
        "approver",
    ),
    **dict.fromkeys(
        [
            ("GET", "/inquiries/{number}/delete"), ("POST", "/inquiries/{number}/delete"),
            ("GET", "/inquiries/{number}/log"), ("GET", "/accounts"), ("POST", "/accounts"),
            ("POST", "/accounts/{name}"),
        ],
        "administrator",
    ),
}  # fmt: skip
BELOW = {"approver": ("dora",), "administrator": ("dora", "anton")}
HOLDS = {"drafter": "dora", "approver": "anton", "administrator": "ada"}
ROUTES = sorted(
    (method, route.path)
    for screen in SCREENS
    for route in screen.router.routes
    for method in route.methods
)


@pytest.fixture(scope="module")
def console(opened):  # noqa: F811
    with opened() as client:
        add_people(client.base)
        client.number = Officer(client, "dora").opens()
        client.people = {name: Officer(client, name) for name in HOLDS.values()}
        yield client


def path_of(console, path: str) -> str:
    """The path of something that is there."""
    known = {"{number}": str(console.number), "{part}": "1", "{name}": "dora"}
    for parameter, value in known.items():
        path = path.replace(parameter, value)
    return f"{path}?name=faq/meetings" if path == "/sources/withdraw" else path


def test_g6_the_console_serves_these_routes_and_its_static_files_alone(console):
    assert sorted(ROLE_OF) == ROUTES
    mounted = next(
        route.app
        for route in console.app.routes
        if isinstance(route, Mount) and route.path == "/console"
    )
    own = [route.path for route in mounted.routes if getattr(route, "path", None)]
    assert own == ["/static"]  # all else stands in the routers of the screens
    for path in ("/console/openapi.json", "/console/docs", "/console/static/../app.py"):
        assert console.get(path).status_code == 404


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if ROLE_OF[route]])
@pytest.mark.parametrize("cookie", ["", "desk=forged"])
def test_g6_without_an_account_no_route_shows_or_does_anything(console, method, path, cookie):
    stranger = TestClient(console.app, client=("192.0.2.8", 1), follow_redirects=False)
    given = {"data": {"csrf": "x", "version": "1"}} if method == "POST" else {}
    answer = stranger.request(
        method, f"/console{path_of(console, path)}", headers={"cookie": cookie}, **given
    )
    if method == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/sign-in?next=")
        assert answer.text == ""
    else:
        assert answer.status_code == 401
        assert "Lapland" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [(*route, name) for route in ROUTES for name in BELOW.get(ROLE_OF[route], ())],
)
def test_g6_a_lower_role_gets_403_from_the_server(console, method, path, name):
    officer = console.people[name]
    fields = form_of(officer.get("/inquiries/new"), "/console/inquiries").fields
    sent = {
        "csrf": fields["csrf"],
        "name": "faq/meetings",
        "address": "https://example.eu",
        "action": "disable",
    }
    given = {"data": sent} if method == "POST" else {}
    answer = officer.client.request(method, f"/console{path_of(console, path)}", **given)
    assert answer.status_code == 403
    assert re.search(r"needs? the role|approver|administrator", answer.text)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] == "GET"])
def test_g6_who_has_the_role_is_let_in(console, method, path):
    officer = console.people[HOLDS[ROLE_OF[method, path] or "drafter"]]
    answer = officer.get(path_of(console, path))
    assert answer.status_code in (200, 404, 409), (
        answer.text
    )  # there is no reply, entry or plot yet


# G7: limits


def test_g7_fifteen_questions_a_minute_unless_settings_say_otherwise(opened):  # noqa: F811
    assert load_settings().questions_per_minute == 15
    with opened(questions_per_minute=15) as client:
        ask = {"question": QUESTION}
        statuses = [client.post("/api/v1/ask", json=ask).status_code for _ in range(16)]
        assert statuses == [200] * 15 + [429]


@pytest.mark.parametrize("places", [3, 45])
def test_g7_the_chat_works_on_as_many_questions_as_settings_say(served, places):  # noqa: F811
    paced = PacedGenerator()
    with served(generator=paced, questions_at_once=places) as (url, _):
        visitors = [Visitor(url) for _ in range(places + 2)]
        for visitor in visitors:
            assert visitor.join().status_code == 200
        until(lambda: paced.asked == places)
        assert Visitor(url).join(function="lambda_2").status_code == 200
        assert paced.asked == places  # the others wait
        paced.gate.release(10_000)
        until(lambda: paced.asked == places + 2)
        assert "Lapland" in visitors[-1].listen()


def test_g7_beyond_what_may_wait_the_chat_refuses_at_once(served):  # noqa: F811
    paced = PacedGenerator()
    with (
        served(generator=paced, questions_at_once=1) as (url, _),
        httpx.Client(base_url=url) as client,
    ):

        def join() -> httpx.Response:
            return client.post(JOIN, json=call_of(0, QUESTION, secrets.token_hex(8)), timeout=20)

        assert join().status_code == 200
        until(lambda: paced.asked == 1)
        assert [join().status_code for _ in range(WAITING)] == [200] * WAITING
        began = time.monotonic()
        assert [join().status_code for _ in range(5)] == [503] * 5
        assert time.monotonic() - began < 5
        assert paced.asked == 1
        paced.gate.release(10_000)
        until(lambda: paced.asked == WAITING + 1, 30)
        assert "Lapland" in Visitor(url).answer()


def test_g7_500_aborted_visitors_of_the_chat_leave_no_busy_place(served):  # noqa: F811
    places = 4
    paced = PacedGenerator()
    with served(generator=paced, questions_at_once=places) as (url, _):
        host, port = url.removeprefix("http://").split(":")

        def abort(number: int) -> None:
            session = secrets.token_hex(8)
            body = json.dumps(call_of(0, QUESTION, session)).encode()
            head = (
                f"POST {JOIN} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            listen = f"GET {DATA}?session_hash={session} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(head + body[: len(body) - (number % 3 == 0)])
                if number % 3:  # joins the queue
                    connection.recv(1000)
                if number % 3 == 2:  # leaves while it listens
                    connection.sendall(listen)
                    connection.recv(10)

        paced.gate.release(100_000)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(abort, range(500)))
        assert paced.asked > 0
        assert "Lapland" in Visitor(url).answer()
        until(lambda: Visitor(url).join().status_code == 200, 30)
        paced.gate = threading.Semaphore(0)
        began = paced.asked
        visitors = [Visitor(url) for _ in range(places)]
        for visitor in visitors:
            assert visitor.join().status_code == 200
        until(lambda: paced.asked >= began + places, 30)  # all at the same time
        paced.gate.release(100_000)
        assert all("Lapland" in visitor.listen() for visitor in visitors)
