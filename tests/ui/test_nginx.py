"""The whole application behind a real nginx, over TLS and below a path, set up as docs/operate.md tells."""

import os
import re
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest

from tests.browser.embedding import Website, policy
from tests.browser.looking import ask_chat
from tests.browser.test_embed import ELEMENT
from tests.browser.test_embed import ask as ask_element
from tests.browser.test_languages import ready
from tests.nginx import Nginx
from tests.ui.conftest import QUESTION, PacedGenerator, until
from tests.ui.test_console import ASKED, PASSWORD, add_people
from tests.ui.test_mcp import called
from ui.gate import JSON_BYTES, UPLOAD_BYTES

PREFIX = "/assistant"
ASK = {"question": QUESTION}
ANSWER = "Lapland"
OTHER = "127.0.0.2"
SECURITY = (
    "content-security-policy", "strict-transport-security", "x-content-type-options",
    "referrer-policy", "x-request-id",
)  # fmt: skip
PAGES = ("about", "privacy", "accessibility", "licences")
# What a visitor may claim of himself to be taken for somebody, or the assistant for somewhere, else.
FORGED = {
    "host": "evil.eu",
    "forwarded": 'for=203.0.113.9;proto=http;host="evil.eu"',
    "x-real-ip": "203.0.113.9",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "evil.eu",
    "x-forwarded-prefix": "/evil",
}


@pytest.fixture(scope="module")
def behind(served, tmp_path_factory):
    """``with behind(setting=…) as service``: an application and the nginx before it."""
    if not Nginx.is_installed():
        assert not os.environ.get("CI"), "nginx must be installed where CI runs"
        pytest.skip("no nginx is installed")

    @contextmanager
    def behind_(*, prefix=PREFIX, changes=(), **settings):
        with served(trusted_proxies=("127.0.0.1",), **settings) as (server, base):
            folder = tmp_path_factory.mktemp("nginx")
            nginx = Nginx(folder, server, prefix=prefix, changes=dict(changes))
            nginx.start()
            try:
                until(nginx.answers)
                yield SimpleNamespace(nginx=nginx, url=nginx.url, server=server, base=base)
            finally:
                nginx.stop()

    return behind_


@pytest.fixture(scope="module")
def website():
    """A website that may embed the assistant."""
    made = Website()
    yield made
    made.close()


@pytest.fixture(scope="module")
def service(behind, website):
    with behind(allowed_origins=(website.origin,)) as found:
        add_people(found.base)
        yield found


@pytest.fixture
def client(service):
    with service.nginx.client() as opened:
        yield opened


@pytest.fixture
def page(browser):
    """A fresh visitor, who overlooks that nobody vouches for the certificate.

    ``page.asked`` holds every address asked for, ``page.complaints`` what the browser had to complain of.
    """
    context = browser.new_context(ignore_https_errors=True)
    opened = context.new_page()
    opened.asked, opened.complaints = [], []

    def look(response) -> None:
        if response.status >= 400:
            opened.complaints.append(f"{response.status} {response.url}")

    def fail(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which the page itself did when it was left
            opened.complaints.append(f"{request.failure} {request.url}")

    context.on("request", lambda request: opened.asked.append(request.url))
    context.on("response", look)
    context.on("requestfailed", fail)
    context.on("console", lambda m: opened.complaints.append(f"{m.text} {m.location['url']}"))
    context.on("weberror", lambda error: opened.complaints.append(str(error.error)))
    yield opened
    context.close()


def elsewhere(page, *own: str) -> list[str]:
    """What was asked for outside the addresses."""
    return [url for url in page.asked if not url.startswith((*own, "data:"))]


# In a browser


def test_the_chat_answers(page, service):
    page.goto(f"{service.url}/")
    ask_chat(ready(page), QUESTION)
    assert ANSWER in page.locator(".pa-answer").inner_text()
    below = f"{service.url}/"
    assert elsewhere(page, below) == []
    for kind in ("assets/", "assistant/chat.css", "assistant/chat.js", "gradio_api/queue/data"):
        assert any(url.startswith(below + kind) for url in page.asked), kind
    assert page.complaints == []


def test_every_link_of_the_page_leads_below_the_path(page, service):
    page.goto(f"{service.url}/")
    links = page.locator("a").evaluate_all("all => all.map((link) => link.href)")
    below = [link for link in links if not link.startswith("mailto:")]
    assert {f"{service.url}/{name}" for name in PAGES} < set(below)
    german = f"{service.url}/?lang=de"
    assert german in below
    for link in (*(link for link in below if "?lang=" not in link), german):
        assert page.goto(link).ok, link
    assert page.locator("html").get_attribute("lang") == "de"
    for name in PAGES:
        page.goto(f"{service.url}/{name}")
        assert page.locator("h1").count() == 1
        page.locator(".home a").click()
        page.wait_for_url(f"{service.url}/")
        ready(page)
    assert elsewhere(page, f"{service.url}/") == []
    assert page.complaints == []


def test_the_embed_page_answers(page, service):
    page.goto(f"{service.url}/embed")
    ask_element(page, QUESTION)
    assert ANSWER in page.locator("article").inner_text()
    assert elsewhere(page, f"{service.url}/embed") == []
    full = page.get_by_role("link", name="Open the full assistant")
    assert full.evaluate("link => link.href") == f"{service.url}/"
    assert page.complaints == []


def test_a_website_embeds_it(page, service, website):
    script = f'<script src="{service.url}/embed.js" async></script>'
    address = website.put(
        "/page", f'<!doctype html><html lang="en">{script}{ELEMENT}</html>',
        policy=policy(service.nginx.origin),
    )  # fmt: skip
    website.put("/favicon.ico", "", kind="image/x-icon")
    page.goto(address)
    ask_element(page, QUESTION)
    assert ANSWER in page.locator("article").inner_text()
    assert elsewhere(page, f"{service.url}/embed", website.origin) == []
    assert page.complaints == []


def test_the_console_from_sign_in_to_an_inquiry(page, service):
    page.goto(f"{service.url}/console")
    assert page.url == f"{service.url}/console/sign-in?next=%2F"
    page.get_by_label("Name").fill("dora")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{service.url}/console/")
    (session,) = page.context.cookies()
    assert session["name"] == "__Host-desk"
    assert session["path"] == "/"
    assert session["secure"]
    assert session["httpOnly"]
    page.get_by_role("link", name="New inquiry").first.click()
    page.locator("textarea[name=text]").fill(ASKED)
    page.locator("main form button.main").click()
    page.wait_for_url(re.compile(rf"^{service.url}/console/inquiries/\d+$"))
    assert "has been opened" in page.get_by_role("status").first.inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{service.url}/console/sign-in")
    assert page.context.cookies() == []
    assert elsewhere(page, f"{service.url}/console") == []
    assert page.complaints == []


# Addresses, cookies, sizes


def test_redirects_and_cookies_of_the_console_name_the_path(client):
    answer = client.get("/console")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{PREFIX}/console/")
    answer = client.get("/console/")
    assert answer.headers["location"].startswith(f"{PREFIX}/console/sign-in?")
    answer = client.post("/console/sign-in", data={"name": "dora", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/console/")
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/console/").text)[1]
    answer = client.post("/console/sign-out", data={"csrf": csrf})
    assert answer.headers["location"] == f"{PREFIX}/console/sign-in"
    said, session = answer.headers.get_list("set-cookie")
    assert {f"Path={PREFIX}/console", "Secure", "HttpOnly"} <= set(said.split("; "))
    assert {"Path=/", "Secure", "HttpOnly"} <= set(session.split("; "))


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/console/inquiries", UPLOAD_BYTES, 401),
        ("/api/v1/ask", UPLOAD_BYTES, 413),
        ("/api/v1/ask", 2 * JSON_BYTES, 413),
    ],
)
def test_a_large_body_is_refused_in_our_words(client, path, size, status):
    headers = {"content-type": "application/json"}
    for _ in range(10):  # a refusal that is lost on its way is lost now and then
        answer = client.post(path, content=bytes(size), headers=headers)
        assert answer.status_code == status
        assert answer.headers["x-request-id"]


def test_the_path_without_its_slash(service, client):
    answer = client.get(service.url)
    assert (answer.status_code, answer.headers["location"]) == (301, f"{service.url}/")


# Headers


@pytest.mark.parametrize(
    "path",
    [
        "/", "/config.js", "/theme.css", "/assistant/chat.js", "/about", "/embed", "/embed.js",
        "/embed/texts/en.json", "/api/v1/search?q=river", "/api/v1/openapi.json", "/healthz",
        "/console/sign-in", "/nothing",
    ],
)  # fmt: skip
def test_headers_stand_there_once(client, path):
    answer = client.get(path)
    assert answer.status_code == (404 if path == "/nothing" else 200)
    for name in SECURITY:
        assert len(answer.headers.get_list(name)) == 1, name
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["x-content-type-options"] == "nosniff"


# Programs


def test_the_api_answers_and_describes_itself(client):
    answer = client.post("/api/v1/ask", json=ASK)
    assert ANSWER in answer.json()["text"]
    described = client.get("/api/v1/openapi.json").json()
    assert described["servers"] == [{"url": f"{PREFIX}/api/v1"}]


def test_events_are_not_held_back(behind):
    paced = PacedGenerator()
    # Before the model's time is over, the client's is.
    with (
        behind(generator=paced, llm_timeout=20) as service,
        service.nginx.client() as client,
        client.stream(
            "POST", "/api/v1/ask", json=ASK, headers={"accept": "text/event-stream"}
        ) as answer,
    ):  # fmt: skip
        lines = answer.iter_lines()
        names = (line.removeprefix("event: ") for line in lines if line.startswith("event: "))
        assert next(names) == "status"
        paced.gate.release()  # one sentence, and no more
        assert next(names) == "statement"
        paced.gate.release(100)
        assert list(names)[-1] == "answer"


def test_the_protocol(service, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(service.nginx.certificate))
    result = called(f"{service.url}/mcp", "ask", question=QUESTION)
    assert not result.is_error
    assert ANSWER in result.structured_content["text"]


def test_health_is_shown_and_figures_are_not(service, client):
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 200
    assert client.get("/metrics").status_code == 404
    assert httpx.get(f"{service.server}/metrics").status_code == 200


# Who calls


def test_a_website_that_is_not_listed_is_refused_and_our_own_pages_are_not(
    service, client, website
):
    for origin, status in (
        ("https://evil.eu", 403),
        ("null", 403),
        (service.server, 403),
        (service.nginx.origin, 200),
        (website.origin, 200),
    ):
        answer = client.post("/api/v1/ask", json=ASK, headers={"origin": origin})
        assert answer.status_code == status, origin


def test_each_address_has_a_limit_of_its_own_and_cannot_claim_another(behind):
    with (
        behind(questions_per_minute=1) as service,
        service.nginx.client() as one,
        service.nginx.client(OTHER) as other,
    ):

        def asks(client: httpx.Client, **headers: str) -> int:
            return client.post("/api/v1/ask", json=ASK, headers=headers).status_code

        assert asks(one) == 200
        assert asks(one) == 429
        assert asks(other) == 200
        for client in (one, other):
            assert asks(client, **FORGED) == 429
            for name, value in FORGED.items():
                assert asks(client, **{name: value}) == 429, name


def test_a_visitor_cannot_say_where_we_are(service, client):
    for forged in (FORGED, *({name: value} for name, value in FORGED.items())):
        answer = client.get("/config.js", headers=forged)
        assert f'"root":"{service.url}"' in answer.text
        assert "evil" not in answer.text
        assert answer.headers["strict-transport-security"]
        described = client.get("/api/v1/openapi.json", headers=forged).json()
        assert described["servers"] == [{"url": f"{PREFIX}/api/v1"}]
        headers = {**forged, "origin": "https://evil.eu"}
        assert client.post("/api/v1/ask", json=ASK, headers=headers).status_code == 403


# Other ways to set it up


WITHOUT_A_PATH = {
    "location /assistant/": "location /",
    "X-Forwarded-Prefix /assistant;": 'X-Forwarded-Prefix "";',
}
PATH_TAKEN_OFF = {"http://127.0.0.1:7860;": "http://127.0.0.1:7860/;"}


@pytest.mark.parametrize(
    ("prefix", "changes"), [("", WITHOUT_A_PATH), (PREFIX, PATH_TAKEN_OFF)], ids=["/", "taken off"]
)
def test_without_a_path_and_with_the_path_taken_off(behind, page, prefix, changes):
    with behind(prefix=prefix, changes=changes) as service:
        page.goto(f"{service.url}/")
        ask_chat(ready(page), QUESTION)
        assert ANSWER in page.locator(".pa-answer").inner_text()
        page.goto(f"{service.url}/about")
        assert elsewhere(page, f"{service.url}/") == []
        assert page.complaints == []
        with service.nginx.client() as client:
            described = client.get("/api/v1/openapi.json", headers=FORGED).json()
            assert described["servers"] == [{"url": f"{prefix}/api/v1"}]
            assert client.get("/console/sign-in").status_code == 200
