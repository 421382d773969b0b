"""The chat's first HTML and the pages about the assistant."""

import json
import re
import tomllib
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

import ui.switches
from tests.ui.conftest import PacedGenerator, until
from ui.chat import wording
from ui.texts import LANGUAGES, texts

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PAGES = ("/about", "/privacy", "/accessibility", "/licences")
VOID = {"meta", "link", "br"}


class Reader(HTMLParser):
    """Words, links and elements of a page; fails where elements are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.words = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th", "li"):
            self.words += " "

    def handle_data(self, data):
        self.words += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words.split())


@pytest.fixture(scope="module")
def client(opened):
    with opened() as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_a_page(client, path):
    response = client.get(path)
    page = Reader(response.text)
    assert response.status_code == 200
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("script") == page.all("style") == page.all("form") == []
    assert not any("style" in attributes for _, attributes in page.elements)
    assert "unsafe" not in response.headers["content-security-policy"]
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers
    assert "{" not in page.text
    current = [a["href"] for a in page.all("a") if a.get("aria-current")]
    assert current == [f".{path}"]


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_l8_links_within_lead_somewhere(client, path):
    links = {a["href"] for a in Reader(client.get(path).text).all("a")}
    own = {link for link in links if link.startswith("./")}
    assert len(own) >= 4
    for link in own:
        assert client.get(link.removeprefix(".")).status_code == 200, link
    for link in links - own:
        assert link.startswith(("https://", "mailto:contact@s3-cop.eu", "?lang=", "#main")), link


def test_pages_stay_when_the_chat_is_off(opened, monkeypatch):
    monkeypatch.setattr(ui.switches, "EVERY_SECONDS", 0.05)
    with opened() as client:
        client.base.journal.switch_off("chat", "being mended")
        until(lambda: client.get("/").status_code == 503)
        off = client.get("/", headers={"accept-language": "el"})
        assert Reader(off.text).all("html") == [{"lang": "el"}]
        assert " ".join(texts("el")["paused"].split()) in Reader(off.text).text
        assert client.get("/config.js").status_code == 503
        for path in (*PAGES, "/assistant/pages.css"):
            assert client.get(path).status_code == 200, path


def test_pages_belong_to_the_public_side(opened):
    with opened(sides=("console",)) as client:
        assert {client.get(path).status_code for path in (*PAGES, "/config.js")} == {404}


@pytest.mark.parametrize("code", LANGUAGES)
def test_l1_the_first_html_says_what_it_is_in_the_visitors_language(client, code):
    response = client.get("/", headers={"accept-language": f"{code}, en;q=0.5"})
    page, say = Reader(response.text), texts(code)
    assert page.all("html") == [{"lang": code}]
    assert response.headers["content-language"] == code
    for key in ("title", "subtitle", "automated", "english_sources", "privacy", "contact"):
        assert " ".join(say[key].split()) in page.text, key
    note = [attributes for _, attributes in page.elements if attributes.get("role") == "note"]
    assert len(note) == 1
    chosen = [a for a in page.all("a") if a.get("aria-current")]
    assert chosen == [
        {"href": f"?lang={code}", "lang": code, "hreflang": code, "aria-current": "true"}
    ]
    assert client.get(f"/?lang={code}", headers={"accept-language": "en"}).text == response.text


def configuration(client, address: str) -> dict:
    response = client.get(address)
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "no-store"
    assignment = re.fullmatch(r"window\.gradio_config = (\{.*\});", response.text, re.S)
    return json.loads(assignment[1])


@pytest.mark.parametrize("code", LANGUAGES)
def test_l7_gradio_is_told_the_same_language(client, code):
    config = configuration(client, f"/config.js?lang={code}")
    assert config["title"] == texts(code)["title"]
    found = {c["props"].get("elem_id"): c["props"] for c in config["components"]}
    for name, words in wording(code).items():
        assert words.items() <= found[name].items(), name
    if code != "en":
        said = json.dumps(config["components"], ensure_ascii=False)
        assert texts("en")["examples"][0] not in said
        assert f">{texts('en')['for_example']}<" not in said


def test_one_visitors_language_does_not_change_anothers(client):
    before = configuration(client, "/config.js?lang=en")
    configuration(client, "/config.js?lang=de")
    assert configuration(client, "/config.js?lang=en") == before


def test_what_is_stored_is_said_as_it_is_set(opened):
    with opened(store_questions=True, retention_days=17, questions_per_minute=3) as client:
        text = Reader(client.get("/privacy").text).text
        assert "Questions are stored for 17 days" in text
        assert "counted: 3 a minute" in text
        assert texts("en")["do_not_store"] in text
        checkbox = configuration(client, "/config.js?lang=de")
        [props] = [
            c["props"]
            for c in checkbox["components"]
            if c["props"].get("elem_id") == "do-not-store"
        ]
        assert props["visible"] is True
        assert props["label"] == texts("de")["do_not_store"]
    with opened(store_questions=False) as client:
        text = Reader(client.get("/privacy").text).text
        assert "Questions are not stored." in text
        assert texts("en")["do_not_store"] not in text


def test_the_language_model_is_named(opened):
    given = {
        "llm": "openai:written-here",
        "llm_base_url": "https://user:word@models.example.eu/v1?key=k",
    }
    with opened(generator=PacedGenerator(), **given) as client:
        for path in ("/about", "/privacy"):
            text = Reader(client.get(path).text).text
            assert "openai:written-here" in text, path
            assert "word" not in text.replace("words", "").replace("wording", ""), path
        assert "at models.example.eu" in Reader(client.get("/privacy").text).text
    with opened() as client:
        assert "No language model is used" in Reader(client.get("/about").text).text
        assert "No language model" in Reader(client.get("/privacy").text).text


def test_websites_that_embed_are_named(opened):
    with opened(allowed_origins="https://one.example.eu") as client:
        assert "https://one.example.eu" in Reader(client.get("/privacy").text).text


def test_the_sources_of_the_index_are_listed(client):
    text = Reader(client.get("/licences").text).text
    assert "European Commission CC BY 4.0 1" in text
    assert "Old platform rights with the owner 1" in text


def test_what_is_indexed_is_said(client):
    text = Reader(client.get("/about").text).text
    counts = client.base.manifest.counts
    assert f"{counts['documents']} documents in {counts['passages']} passages" in text
    assert client.base.manifest.name in text


ROWS = {
    "section_among_first_five": r"first five \| (0\.\d+)",
    "right_citation": r"answered with a right citation \| (0\.\d+)",
    "answerable_refused": r"answerable questions refused \| (0\.\d+)",
    "unanswerable_refused": r"without an answer refused \| (0\.\d+)",
    "out_of_scope_refused": r"out of scope refused \| (0\.\d+)",
    "calibration_error": r"expected calibration error \| (0\.\d+)",
    "other_language_among_first_five": r"other-language \| \d+ \| (\d\.\d+)",
    "other_language_right_citation": r"other-language \| \d+ \| \d\.\d+ \| (\d\.\d+)",
    "questions": r"Measured on (\d+) questions",
}


def test_the_figures_are_those_of_the_readme(client):
    figures = tomllib.loads((files("ui") / "pages" / "figures.toml").read_text(encoding="utf-8"))
    assert figures == {name: float(re.search(row, README)[1]) for name, row in ROWS.items()}
    text = Reader(client.get("/about").text).text
    for name, value in figures.items():
        assert (str(value) if name == "questions" else f"{100 * value:.1f} %") in text, name
