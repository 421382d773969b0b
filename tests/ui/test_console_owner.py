"""The content owner's screens as they answer: FAQ, gaps, sources, figures; roles, errors, conflicts."""

import re
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from kb.desk.account import Actor
from kb.desk.desk import Desk
from kb.desk.faq import Faq
from kb.errors import IndexLocked
from kb.journal import sums
from kb.journal.tables import StoredQuestion
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.conftest import DATA, CountingEmbedder
from tests.desk.test_mail import eml
from tests.ui.test_console import PASSWORD, PAYLOADS, Officer, add_people, form_of
from ui.server import create_app

QUESTION = "Where is the zebra crossing?"
TEXT = "The zebra crossing lies beside the harbour.\n\n- It is lit."
DORA, ANTON = Actor("dora", "drafter"), Actor("anton", "approver")
ZEBRAS = b"# Zebras\n\nZebras cross the street on stripes."


def new_base(folder, **given):
    """A knowledge base of its own, whose index these tests change."""
    settings = load_settings(index=folder / "index", questions_per_minute=10_000, **given)
    return KnowledgeBase.open(
        settings=settings, embedder=CountingEmbedder(), corpus=DATA / "corpus",
        today=lambda: date(2026, 6, 1),
    )  # fmt: skip


def ask_badly(base, text, *, weeks=0):
    with base.database.session() as session:
        session.add(
            StoredQuestion(
                answer_id="", created=datetime.now(UTC) - timedelta(weeks=weeks), surface="chat",
                text=text, language="en", status="not_answered", reason=None, confidence=0.1,
                generation="g",
            )
        )  # fmt: skip


def count(base):
    """Some figures."""
    week = sums.week_of(datetime.now(UTC))
    counted = [
        ("answered", "chat", "en", "guidance/commitment", 12, 0.0),
        ("partial", "embed", "de", "faq/meetings", 3, 0.0),
        ("not_answered", "api", "en", "", 5, 0.0),
        ("useful", "chat", "en", "guidance/commitment", 4, 0.0),
        ("not_useful", "chat", "en", "guidance/commitment", 1, 0.0),
        ("approved", "console", "en", "", 2, 72.0),
        ("edited", "console", "en", "", 2, 0.3),
        ("unchanged", "console", "en", "", 1, 0.0),
    ]
    with base.database.session() as session:
        for measure, surface, language, topic, number, total in counted:
            for ago in range(6):
                what = sums.Counted(week - timedelta(weeks=ago), measure, surface, language, topic)
                sums.add(session, what, count=number + ago, total=total)


@contextmanager
def client_of(base):
    app = create_app(base)
    with TestClient(app, client=("192.0.2.7", 1), raise_server_exceptions=False) as called:
        called.base = base
        yield called


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    with client_of(new_base(tmp_path_factory.mktemp("owner"))) as client:
        add_people(client.base)
        yield client


@pytest.fixture(scope="module")
def dora(console):
    return Officer(console, "dora")


@pytest.fixture(scope="module")
def anton(console):
    return Officer(console, "anton")


def start(officer, question=QUESTION):
    csrf = form_of(officer.get("/faq"), "/console/faq").fields["csrf"]
    answer = officer.post("/faq", {"csrf": csrf, "question": question, "asked_as": "zebra way"})
    assert answer.status_code == 200, answer.text
    return re.search(r"/faq/([a-z0-9-]+)$", str(answer.url))[1]


def form(officer, name):
    return form_of(officer.get(f"/faq/{name}"), f"/console/faq/{name}").fields


def press(officer, name, action, fields=None, **changes):
    sent = {**(fields or form(officer, name)), "action": action, **changes}
    if "source" not in sent:  # a form parser of tests leaves check boxes out
        sent["source"] = re.findall(
            r'name="source" value="([^"]+)"', officer.get(f"/faq/{name}").text
        )
    return officer.post(f"/faq/{name}", sent)


def published(dora, anton, question=QUESTION):
    name = start(dora, question)
    press(dora, name, "save", text=TEXT, new_source="S1 – Lessons of a partnership")
    press(dora, name, "confirm")
    press(anton, name, "publish")
    return name


def asked(console, question=QUESTION):
    return console.post("/api/v1/ask", json={"question": question}).json()


def test_the_whole_path_of_an_entry(console, dora, anton):
    name = start(dora)
    page = dora.get(f"/faq/{name}")
    assert "The answer is empty." in page.text
    assert "No source is named" in page.text
    assert 'value="publish"' not in page.text
    page = press(dora, name, "save", text=TEXT, new_source="S1 – Lessons of a partnership")
    assert "Saved." in page.text
    assert "Nobody has confirmed yet" in page.text
    assert press(dora, name, "confirm").status_code == 200
    page = press(dora, name, "publish")
    assert page.status_code == 409
    assert "needs the role 'approver'" in unescape(page.text)
    assert asked(console)["citations"] == []
    page = press(anton, name, "publish")
    assert "Published." in page.text
    answer = asked(console)
    assert {c["document_id"] for c in answer["citations"]} == {f"own-faq/{name}"}
    page = press(dora, name, "save", text="It has moved.")
    assert "What is answered from now" in page.text
    assert "harbour" in asked(console)["text"]
    page = dora.get(f"/faq/{name}/history").text
    assert "<ins>It has moved.</ins>" in page
    assert "<del>- It is lit.</del>" in page
    assert press(dora, name, "withdraw").status_code == 409
    assert "Withdrawn." in press(anton, name, "withdraw").text
    assert asked(console)["citations"] == []
    assert "withdrawn" in dora.get("/faq").text


def test_what_is_typed_stays_when_it_cannot_be_taken(dora, anton):
    name = start(dora, "Who feeds the lions?")
    page = press(dora, name, "confirm", text="The keeper [does](https://evil.example/).")
    page = press(anton, name, "publish")
    assert page.status_code == 409
    assert 'role="alert"' in page.text
    assert "https://evil.example/, which is none of its sources" in page.text
    page = press(dora, name, "save", expires="tomorrow", text="Still here.")
    assert page.status_code == 409
    assert "Still here." in page.text
    assert "last day" in page.text
    page = press(dora, name, "save", question="x" * 400, text="Still here too.")
    assert "Shorten" in page.text
    assert "Still here too." in page.text
    assert press(dora, name, "dance").status_code == 409


def test_a_source_is_added_and_taken_off(dora):
    name = start(dora, "Which source is it?")
    press(dora, name, "save", new_source="S2")
    page = press(dora, name, "save", new_source="S1")
    assert re.findall(r'name="source" value="([^"]+)"', page.text) == ["S2", "S1"]
    page = press(dora, name, "save", source=["S1"])
    assert re.findall(r'name="source" value="([^"]+)"', page.text) == ["S1"]


def test_the_second_to_save_sees_both(dora, anton):
    name = start(dora, "Who is second?")
    mine = form(dora, name)
    press(anton, name, "save", text="Theirs, about zebras.")
    page = press(dora, name, "save", fields=mine, text="Mine, about zebras.")
    assert page.status_code == 409
    assert "<ins>Mine,</ins>" in page.text
    assert "<del>Theirs,</del>" in page.text
    kept = form_of(page, f"/console/faq/{name}").fields
    assert "Saved." in dora.post(f"/faq/{name}", {**kept, "action": "save"}).text
    assert form(dora, name)["text"] == "Mine, about zebras."
    page = press(dora, name, "confirm", fields=mine)
    assert "Look at it, then do it again." in page.text


def test_g6_no_role_no_proof_no_change(console, dora):
    name = start(dora, "Who may do this?")
    assert dora.post(f"/faq/{name}", {**form(dora, name), "csrf": "x"}).status_code == 403
    for path in ("/sources/refresh", "/sources/withdraw", "/sources/restore", "/sources"):
        assert dora.post(path, {"name": "faq/meetings"}).status_code == 403
        csrf = form(dora, name)["csrf"]
        answer = dora.post(path, {"name": "faq/meetings", "csrf": csrf, "address": "https://x.eu"})
        assert answer.status_code == 403
        assert "role" in answer.text
    assert dora.get("/sources/withdraw?name=faq/meetings").status_code == 403
    stranger = TestClient(console.app, follow_redirects=False)
    for path in ("/faq", "/gaps", "/sources", "/figures", "/figures.csv", "/figures/questions.svg"):
        assert stranger.get(f"/console{path}").status_code == 303
        assert stranger.post(f"/console{path}").status_code in (401, 405)


@pytest.mark.parametrize("path", ["/faq/nothing", "/faq/nothing/history", "/figures/nothing.svg",
                                  "/faq/..%2f..%2fetc", "/sources/withdraw?name=nothing"])  # fmt: skip
def test_what_is_not_there(anton, path):
    assert anton.get(path).status_code == 404


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s3_nothing_typed_becomes_html(dora, payload):
    name = start(dora, f"{payload} really?")
    press(dora, name, "save", text=payload, asked_as=payload, new_source=payload)
    for path in ("/faq", f"/faq/{name}", f"/faq/{name}/history"):
        page = dora.get(path).text
        assert payload not in page


def test_an_approved_reply_starts_an_entry(console, dora):
    desk = Desk(console.base)
    number = desk.open(eml("Who leads the river partnership?\n\nMaria Rossi"), DORA)
    opened = desk.read(number, DORA)
    desk.approve(number, opened.version, ANTON)
    csrf = form_of(dora.get("/faq"), "/console/faq").fields["csrf"]
    page = dora.post(f"/faq-from/{number}/{opened.work.parts[0].id}", {"csrf": csrf})
    assert "The river partnership was led by Lapland in 2018." in page.text
    assert "Old platform page" in page.text
    assert dora.post(f"/faq-from/{number}/99", {"csrf": csrf}).status_code == 409


def test_gaps_start_entries(console, dora):
    assert "not kept" in dora.get("/gaps").text
    for number in range(3):
        ask_badly(console.base, "Who pays for the lions?", weeks=number)
    ask_badly(console.base, "who pays lions")
    ask_badly(console.base, PAYLOADS[1])
    page = dora.get("/gaps")
    assert PAYLOADS[1] not in page.text
    assert "4 ×" in page.text
    assert "2 wordings" in page.text
    assert "By week, the oldest first: 0, 0, 0, 0, 0, 1, 1, 2" in page.text
    found = re.search(r'name="question" value="((?i:who) pays[^"]+)"', page.text)
    assert found
    csrf = form_of(dora.get("/faq"), "/console/faq").fields["csrf"]
    data = {"csrf": csrf, "question": "Who pays for the lions?", "asked_as": "a\r\nb\r\n"}
    page = dora.post("/faq", data)
    assert "a\nb</textarea>" in page.text
    assert "/faq/who-pays-for-the-lions" in dora.get("/gaps").text


def test_sources_are_added_refreshed_withdrawn_and_restored(console, anton):
    page = anton.get("/sources")
    assert "guidance/commitment" in page.text
    csrf = form_of(page, "/console/sources").fields["csrf"]
    data = {"csrf": csrf, "title": "Zebras <b>", "as_of": "2025-06"}
    page = anton.post("/sources", data, files={"file": ("Zebras.md", ZEBRAS)})
    assert "is indexed" in page.text
    assert "Zebras &lt;b&gt;" in page.text
    answer = asked(console, "Where do zebras cross the street?")
    name = answer["citations"][0]["document_id"]
    assert "Nothing has changed." in anton.post("/sources/refresh", {"csrf": csrf}).text
    page = anton.get(f"/sources/withdraw?name={name}")
    assert "An uploaded file is deleted" in page.text
    page = anton.post("/sources/withdraw", {"csrf": csrf, "name": name})
    assert "is withdrawn" in page.text
    assert asked(console, "Where do zebras cross the street?")["citations"] == []
    anton.post("/sources/withdraw", {"csrf": csrf, "name": "faq/meetings"})
    assert "Restore" in anton.get("/sources").text
    page = anton.post("/sources/restore", {"csrf": csrf, "name": "faq/meetings"})
    assert "is indexed again" in page.text


@pytest.mark.parametrize(
    ("data", "file", "message"),
    [
        ({}, None, "Choose a file, or give an address."),
        ({"address": "https://evil.example/x"}, None, "KB_FETCH_HOSTS"),
        ({"address": "https://ec.europa.eu/"}, ("a.md", b"x"), "either a file or an address"),
        ({}, ("a.exe", b"MZ"), "Choose a file of"),
        ({}, ("a.pdf", b"no pdf"), "Kept title cannot be read"),
        ({"url": "javascript:alert(1)"}, ("a.md", b"# A\n\nText."), "begin with https"),
    ],
)
def test_a_source_that_cannot_be_added_is_said_beside_the_form(anton, data, file, message):
    csrf = form_of(anton.get("/sources"), "/console/sources").fields["csrf"]
    files = {"file": file} if file else None
    page = anton.post("/sources", {"csrf": csrf, "title": "Kept title", **data}, files=files)
    assert page.status_code == 409
    assert message in page.text
    assert "Kept title" in page.text
    assert "<details open>" in page.text


def test_an_index_that_is_being_written_is_said(console, anton, monkeypatch):
    def locked(*_args, **_given):
        raise IndexLocked("Another process is writing the index.")

    csrf = form_of(anton.get("/sources"), "/console/sources").fields["csrf"]
    name = published(Officer(console, "dora"), anton, "Is it locked?")
    monkeypatch.setattr(console.base, "ingest", locked)
    for path in ("/sources/refresh", "/sources/withdraw"):
        page = anton.post(path, {"csrf": csrf, "name": "faq/meetings"})
        assert "Another process is writing the index." in page.text
    page = press(anton, name, "withdraw")
    assert page.status_code == 409
    assert "is withdrawn, but another process is writing the index" in page.text
    assert Faq(console.base).read(name).state == "withdrawn"


def test_figures_plots_and_csv(tmp_path):
    base = new_base(tmp_path)
    add_people(base)
    with client_of(base) as console:
        officer = Officer(console, "dora")
        assert "Nothing has been counted yet." in officer.get("/figures").text
        assert officer.get("/figures/questions.svg").status_code == 404
        count(base)
        page = officer.get("/figures").text
        assert "<dt>Questions</dt><dd>165</dd>" in page  # (12 + 3 + 5) * 6 + 3 * (0 + … + 5)
        for name in re.findall(r'src="/console(/figures/\w+\.svg)"', page):
            plot = officer.get(name)
            assert plot.headers["content-type"] == "image/svg+xml"
            assert plot.text.rstrip().endswith("</svg>")
        assert len(re.findall(r"<img [^>]*alt=\"\w+: ", page)) == 5
        table = officer.get("/figures.csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert "attachment" in table.headers["content-disposition"]
        assert len(table.text.splitlines()) == 1 + 8 * 6


def test_accounts_are_made_and_changed_by_an_administrator(console, dora, anton):
    ada = Officer(console, "ada")
    assert anton.get("/accounts").status_code == 403
    assert "Accounts" not in anton.get("/faq").text
    csrf = form_of(ada.get("/accounts"), "/console/accounts").fields["csrf"]
    fields = {"csrf": csrf, "name": "otto", "role": "drafter", "password": "too short"}
    page = ada.post("/accounts", fields)
    assert page.status_code == 409
    assert "at least 12 characters" in page.text
    assert 'value="otto"' in page.text
    assert "too short" not in page.text
    page = ada.post("/accounts", {**fields, "password": PASSWORD})
    assert "is made" in unescape(page.text)
    otto = Officer(console, "otto")
    assert otto.get("/faq").status_code == 200

    def change(action, name="otto", **given):
        return ada.post(f"/accounts/{name}", {"csrf": csrf, "action": action, **given})

    assert "signed out" in change("role", role="approver").text
    assert "Sign in" in otto.get("/faq").text
    assert "(approver)" in Officer(console, "otto").get("/faq").text
    assert "disabled" in change("disable").text
    assert "enabled" in change("enable").text
    assert "at least 12" in change("password", password="x").text
    assert change("password", password="another calm password").status_code == 200
    assert change("dance").status_code == 409
    assert change("disable", name="ada").status_code == 403
    assert change("disable", name="nobody").status_code == 409
    assert anton.post("/accounts/otto", {"csrf": csrf, "action": "disable"}).status_code == 403
