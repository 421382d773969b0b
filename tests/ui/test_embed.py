"""The embed's addresses: who may call them, what they carry, what is kept, and how they are turned off."""

import base64
import gzip
import hashlib
import json
import re
from importlib.resources import files

import pytest
from typer.testing import CliRunner

import ui.switches
from kb.answering.replies import CONTACT
from tests.ui.conftest import QUESTION, until
from tests.ui.test_api import events_of
from ui.cli import app as commands
from ui.pages import CODE_LICENCE
from ui.texts import LANGUAGES, texts

SITE = "https://site.eu"
EVIL = "https://evil.eu"
FROM_SITE = {"origin": SITE}
SCRIPT = (files("ui") / "embed" / "embed.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client(opened):
    with opened(allowed_origins=(SITE, "https://other.eu"), store_questions=True) as client:
        yield client


# The script


def test_the_script_is_small(client):
    response = client.get("/embed.js", headers={"accept-encoding": "gzip, br"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.text == SCRIPT
    assert int(response.headers["content-length"]) <= 12_000
    assert len(gzip.compress(SCRIPT.encode())) <= 12_000


def test_the_script_is_kept_for_a_short_time_and_known_again(client):
    response = client.get("/embed.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in response.headers
    assert response.text == SCRIPT
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "public, max-age=300"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    again = client.get("/embed.js", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/embed.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_what_the_script_says_without_the_server_is_what_the_server_would_say():
    spoken = re.sub(r"\s+", " ", SCRIPT)
    assert f'CONTACT = "{CONTACT}"' in spoken
    for key in ("title", "paused", "full_chat", "opens_in_new_tab"):
        assert f'{key}: "{texts("en")[key]}"' in spoken


def test_s3_s4_the_script_makes_nodes_and_no_markup():
    for word in (
        "innerHTML",
        "outerHTML =",
        "insertAdjacentHTML",
        "eval(",
        "Function(",
        "cookie =",
    ):
        assert word not in SCRIPT
    assert set(re.findall(r"https?://[^\s\"'`]+", SCRIPT)) == set()
    assert '"*"' not in SCRIPT  # a message to whatever page is around


# The page to frame


def test_s4_listed_websites_may_frame_the_page_and_no_style_or_script_of_its_own_may_run(client):
    response = client.get("/embed")
    policy = response.headers["content-security-policy"]
    assert f"frame-ancestors {SITE} https://other.eu" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'; script-src 'self';" in policy
    assert response.headers["cache-control"] == "no-store"
    assert re.findall(r"(?:src|href)=\"([^\"]+)", response.text) == ["embed.js", "./"]
    assert "<partnership-assistant" in response.text
    assert "style" not in response.text


def test_nobody_may_frame_it_where_nobody_is_listed(opened):
    with opened() as client:
        response = client.get("/embed")
        assert response.status_code == 200
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


# Texts


@pytest.mark.parametrize("code", LANGUAGES)
def test_texts_of_every_language(client, code):
    response = client.get(f"/embed/texts/{code}.json", headers=FROM_SITE)
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.json() == {
        "language": code, "texts": dict(texts(code)), "contact": CONTACT, "stores": True,
        "code_licence": CODE_LICENCE,
    }  # fmt: skip


@pytest.mark.parametrize("code", ["xx", "ja", "..", "%2e%2e%2fen"])
def test_texts_of_another_language_are_english_or_nothing(client, code):
    response = client.get(f"/embed/texts/{code}.json")
    if response.status_code == 200:
        assert response.json()["language"] == "en"
    else:
        assert response.status_code == 404


def test_every_text_that_the_script_says_is_there():
    named = set(re.findall(r"#say\(\"(\w+)\"", SCRIPT)) | set(re.findall(r"#texts\.(\w+)", SCRIPT))
    assert named >= {"automated", "working", "thanks", "paused", "examples"}
    assert named <= texts("en").keys()


# Calls


def test_an_answer_and_its_rating_for_a_listed_website(client):
    response = client.post("/embed/ask", json={"question": QUESTION}, headers=FROM_SITE)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SITE
    answer = response.json()
    assert "Lapland" in answer["text"]
    rating = {"answer_id": answer["id"], "useful": True}
    assert client.post("/embed/feedback", json=rating, headers=FROM_SITE).status_code == 201
    assert client.base.journal.ratings()[-1].answer_id == answer["id"]
    assert (
        client.post("/api/v1/feedback", json=rating).status_code == 404
    )  # not an answer of the API


def test_statements_come_as_events(client):
    headers = FROM_SITE | {"accept": "text/event-stream"}
    response = client.post("/embed/ask", json={"question": QUESTION}, headers=headers)
    assert [name for name, _ in events_of(response.text)] == ["status", "statement", "answer"]
    assert response.headers["access-control-allow-origin"] == SITE


@pytest.mark.parametrize("origin", [EVIL, "null", f"{SITE}.evil.eu", "http://site.eu"])
@pytest.mark.parametrize(
    "path", ["/embed/ask", "/embed/feedback", "/embed/texts/en.json", "/embed"]
)
def test_a_website_that_is_not_listed_gets_403_before_any_work(client, monkeypatch, origin, path):
    def fail(*_, **__):
        raise AssertionError("work was done")

    monkeypatch.setattr(type(client.base), "ask", fail)
    for method in ("GET", "POST", "OPTIONS"):
        response = client.request(
            method, path, content=json.dumps({"question": "x"}),
            headers={"origin": origin, "access-control-request-method": "POST"},
        )  # fmt: skip
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers


def test_preflight_of_a_listed_website(client):
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    response = client.options("/embed/ask", headers=FROM_SITE | asked)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"question": " "}, 422), ({"question": "x", "spy": 1}, 422),
     ({"question": "x" * 8_001}, 422), ({"question": "x", "language": "xx"}, 422),
     ({"question": "x" * 70_000}, 413)],
)  # fmt: skip
def test_s6_calls_are_checked_as_those_of_the_api(client, body, status):
    response = client.post("/embed/ask", json=body, headers=FROM_SITE)
    assert response.status_code == status
    assert response.json()["errors"]
    assert client.post("/embed/ask", content="{}", headers=FROM_SITE).status_code == 415


@pytest.mark.parametrize("path", ["/embed/", "/embed/x", "/embed/embed.js", "/embed/page.html"])
def test_nothing_else_is_below(client, path):
    assert client.get(path).status_code == 404


def test_g7_calls_are_limited_together_with_the_others(opened):
    with opened(questions_per_minute=1) as client:
        ask = {"question": QUESTION}
        assert client.post("/embed/ask", json=ask).status_code == 200
        refused = client.post("/embed/ask", json=ask)
        assert refused.status_code == 429
        assert refused.headers["retry-after"]
        assert client.post("/api/v1/ask", json=ask).status_code == 429
        rating = {"answer_id": "x", "useful": True}
        statuses = [client.post("/embed/feedback", json=rating).status_code for _ in range(2)]
        assert statuses == [404, 429]


def test_answers_are_data(client):
    headers = client.get("/embed/texts/en.json").headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cache-control"] == "no-store"


# What is kept


def test_a_question_is_kept_as_of_the_embed_unless_the_visitor_says_no(opened):
    with opened(store_questions=True) as client:
        client.post("/embed/ask", json={"question": QUESTION, "store": False})
        assert client.base.journal.questions() == []
        client.post("/embed/ask", json={"question": QUESTION})
        kept = [(question.surface, question.text) for question in client.base.journal.questions()]
        assert kept == [("embed", QUESTION)]
    with opened() as client:
        assert client.get("/embed/texts/en.json").json()["stores"] is False
        client.post("/embed/ask", json={"question": QUESTION})
        assert client.base.journal.questions() == []


# Off


def test_off_means_off_for_elements_that_are_loaded_already(opened, monkeypatch):
    monkeypatch.setattr(ui.switches, "EVERY_SECONDS", 0.05)
    with opened(allowed_origins=(SITE,)) as client:
        env = {"KB_DATABASE_URL": client.base.settings.database_url}
        ask = {"question": QUESTION}
        switch = ["switch", "embed", "off", "--reason", "secret reason"]
        assert CliRunner().invoke(commands, switch, env=env).exit_code == 0
        until(
            lambda: client.post("/embed/ask", json=ask, headers=FROM_SITE).status_code == 503,
            seconds=5,
        )
        refused = client.post("/embed/ask", json=ask, headers=FROM_SITE)
        assert refused.headers["access-control-allow-origin"] == SITE  # the element can read it
        assert int(refused.headers["retry-after"]) > 60
        assert CONTACT in refused.json()["detail"]
        assert "secret reason" not in refused.text
        assert client.get("/embed/texts/en.json").status_code == 503
        assert client.get("/embed.js").status_code == 200  # says so in its own words
        page = client.get("/embed")
        assert page.status_code == 503
        assert CONTACT in page.text
        policy = page.headers["content-security-policy"]
        assert f"frame-ancestors {SITE}" in policy
        style = re.search(r"<style>(.*)</style>", page.text)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}';" in policy
        assert client.post("/api/v1/ask", json=ask).status_code == 200
        assert CliRunner().invoke(commands, ["switch", "embed", "on"], env=env).exit_code == 0
        until(lambda: client.post("/embed/ask", json=ask).status_code == 200)
