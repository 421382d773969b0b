"""The secretariat's console as its pages answer: sign-in, roles, every button, what goes wrong."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from html.parser import HTMLParser

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from kb.desk.accounts import MOST_FAILURES, Accounts
from kb.desk.clock import working_days
from kb.desk.desk import Desk
from kb.errors import JournalError
from kb.journal import audit
from kb.journal.tables import StoredInquiry
from tests.desk.outlook import outlook_file
from tests.desk.test_mail import eml

PASSWORD = "a calm and long password"
PEOPLE = {"dora": "drafter", "anton": "approver", "ada": "administrator"}
ASKED = "Dear all,\n\nwho leads the river partnership?\n\nKind regards,\nMaria Rossi"
TWO = "Hello,\n\nwhat can we do when partners go quiet? And who leads the river partnership?"
PAYLOADS = [
    "<script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "</textarea></pre></template><svg onload=window.owned=1>",
    "{{ root }}<a href=javascript:alert(1)>x</a>",
]


@pytest.fixture(scope="module")
def console(opened):
    with opened() as client:
        add_people(client.base)
        yield client


def add_people(base):
    accounts = Accounts(base.database)
    for name, role in PEOPLE.items():
        accounts.add(name, PASSWORD, role)


@dataclass
class Form(HTMLParser):
    """The first form of a page that sends to an address: its fields as a browser would send them."""

    action: str

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self.fields, self.buttons, self._in, self._area = {}, [], False, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._in = given.get("action") == self.action and not self.fields
        elif not self._in:
            return
        elif tag == "input" and given.get("type") not in ("checkbox", "file"):
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._area = given["name"]
            self.fields[self._area] = ""
        elif tag == "button" and given.get("name"):
            self.buttons.append(given["value"])

    def handle_endtag(self, tag):
        if tag == "form":
            self._in = False
        if tag == "textarea":
            self._area = None

    def handle_data(self, data):
        if self._area:
            text = self.fields[self._area] + data
            self.fields[self._area] = text.removeprefix("\n") if not text.strip("\n") else text


def form_of(page, action):
    found = Form(action)
    found.feed(page.text)
    assert found.fields, f"no form for {action}"
    found.fields = {
        name: value.removeprefix("\n") for name, value in found.fields.items()
    }  # the first line break of a text area is not part of it
    return found


class Officer:
    """Somebody who is signed in, with a browser of their own."""

    def __init__(self, console, name, root="", **given):
        self.client = TestClient(
            console.app, client=("192.0.2.9", 1), raise_server_exceptions=False, **given
        )
        self.root, self.base = f"{root}/console", console.base
        answer = self.client.post(
            f"{self.root}/sign-in", data={"name": name, "password": PASSWORD, "next": "/"},
            follow_redirects=False,
        )  # fmt: skip
        assert answer.status_code == 303, answer.text

    def get(self, path, **given):
        return self.client.get(self.root + path, **given)

    def post(self, path, data, **given):
        return self.client.post(self.root + path, data=data, **given)

    def new(self, text=ASKED, file=None):
        csrf = form_of(self.get("/inquiries/new"), f"{self.root}/inquiries").fields["csrf"]
        files = {"file": file} if file else None
        return self.post("/inquiries", {"csrf": csrf, "text": text}, files=files)

    def opens(self, text=ASKED, file=None):
        answer = self.new(text, file)
        assert answer.status_code == 200, answer.text
        return int(re.search(r"/inquiries/(\d+)$", str(answer.url))[1])

    def form(self, number):
        return form_of(self.get(f"/inquiries/{number}"), f"{self.root}/inquiries/{number}")

    def press(self, number, action, form=None, **changes):
        fields = (form or self.form(number)).fields
        return self.post(f"/inquiries/{number}", {**fields, "action": action, **changes})


@pytest.fixture(scope="module")
def dora(console):
    return Officer(console, "dora")


@pytest.fixture(scope="module")
def anton(console):
    return Officer(console, "anton")


@pytest.fixture(scope="module")
def ada(console):
    return Officer(console, "ada")


@pytest.fixture
def number(dora):
    return dora.opens()


def said(page):
    found = re.search(r'class="said" role="status">(.*?)</p>', page.text)
    return unescape(found[1]) if found else ""


def alert(page):
    found = re.search(r'class="error" role="alert"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


# Sign-in


CHANGES = [
    "/inquiries", "/inquiries/1", "/inquiries/1/holding", "/inquiries/1/delete", "/claim/1",
    "/sign-out",
]  # fmt: skip


@pytest.mark.parametrize("path", CHANGES)
def test_g6_without_an_account_nothing_is_changed(console, path):
    stranger = TestClient(console.app, client=("192.0.2.8", 1))
    answer = stranger.post(f"/console{path}", data={"csrf": "x", "version": "1", "text": "kept"})
    assert answer.status_code == 401
    assert "kept" in answer.text  # what was typed can be sent again


def test_what_is_wrong_of_name_and_password_is_not_told(console):
    stranger = TestClient(console.app, client=("192.0.2.8", 1))
    told = set()
    for name in ("dora", "nobody"):
        page = stranger.post("/console/sign-in", data={"name": name, "password": "wrong" * 4})
        assert page.status_code == 403
        assert f'value="{name}"' in page.text
        assert "wrongwrong" not in page.text
        told.add(alert(page))
    assert len(told) == 1
    assert told != {""}


def test_guessing_ends_in_a_lock_that_is_not_told(console):
    Accounts(console.base.database).add("otto", PASSWORD, "drafter")
    stranger = TestClient(console.app, client=("192.0.2.8", 1))

    def tries(password):
        return stranger.post("/console/sign-in", data={"name": "otto", "password": password})

    told = {alert(tries(f"a wrong password {n}")) for n in range(MOST_FAILURES)}
    page = tries(PASSWORD)
    assert page.status_code == 403
    assert {alert(page)} == told


def test_one_goes_on_to_where_one_wanted_to_go(console, number):
    stranger = TestClient(console.app, client=("192.0.2.8", 1))
    page = stranger.get(f"/console/inquiries/{number}")
    fields = form_of(page, "/console/sign-in").fields
    page = stranger.post("/console/sign-in", data={**fields, "name": "dora", "password": PASSWORD})
    assert page.url.path == f"/console/inquiries/{number}"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil", "/\r\nx: y"]
)
def test_sign_in_leads_to_no_other_website(console, wanted):
    stranger = TestClient(console.app, client=("192.0.2.8", 1))
    answer = stranger.post(
        "/console/sign-in", data={"name": "dora", "password": PASSWORD, "next": wanted},
        follow_redirects=False,
    )  # fmt: skip
    assert re.fullmatch(r"/console/+[a-z.]*", answer.headers["location"])


def test_the_cookie(console):
    answer = TestClient(console.app).post(
        "/console/sign-in", data={"name": "dora", "password": PASSWORD}, follow_redirects=False
    )
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if "desk=" in c]
    assert cookie.startswith("desk=")
    assert {"HttpOnly", "SameSite=strict", "Path=/console"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_behind_a_proxy_with_tls_and_a_prefix(opened):
    with opened(trusted_proxies="192.0.2.9") as console:
        add_people(console.base)
        forwarded = {
            "x-forwarded-proto": "https", "x-forwarded-host": "desk.example.eu",
            "x-forwarded-prefix": "/help", "origin": "https://desk.example.eu",
        }  # fmt: skip
        officer = Officer(
            console, "dora", root="/help", base_url="https://desk.example.eu", headers=forwarded
        )
        answer = officer.client.post(
            "/help/console/sign-in", data={"name": "dora", "password": PASSWORD},
            follow_redirects=False,
        )  # fmt: skip
        (cookie,) = [c for c in answer.headers.get_list("set-cookie") if "desk=" in c]
        assert cookie.startswith("__Host-desk=")
        assert {"HttpOnly", "SameSite=strict", "Path=/", "Secure"} <= set(cookie.split("; "))
        number = officer.opens()
        page = officer.get(f"/inquiries/{number}")
        addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
        assert addresses
        assert all(address.startswith("/help/console/") for address in addresses)
        assert officer.client.get("/help/console/static/console.css").status_code == 200
        assert said(officer.press(number, "claim")) == "The inquiry is yours."


def test_the_console_has_one_address(console, dora):
    answer = console.get("/console", follow_redirects=False)
    assert answer.headers["location"] == "/console/"
    assert dora.get("/nothing").status_code == 404
    assert "<h1>" in dora.get("/inquiries/abc").text


def test_signed_out(console):
    officer = Officer(console, "dora")
    kept = dict(officer.client.cookies)
    fields = form_of(officer.get("/"), "/console/sign-out").fields
    assert "signed out" in said(officer.post("/sign-out", fields))
    officer.client.cookies.update(kept)  # the session itself is over, not the cookie alone
    assert officer.get("/", follow_redirects=False).status_code == 303


def test_a_header_signs_in_from_the_named_address_alone(opened):
    given = {"sign_in_header": "X-Forwarded-User", "sign_in_proxies": "192.0.2.9"}
    with opened(**given) as console:
        add_people(console.base)

        def call(address, name, method="GET", path="/console/", **more):
            client = TestClient(console.app, client=(address, 1), follow_redirects=False)
            return client.request(method, path, headers={"X-Forwarded-User": name}, **more)

        assert "anton" in call("192.0.2.9", "anton").text
        assert "Sign out" not in call("192.0.2.9", "anton").text
        assert call("192.0.2.10", "anton").status_code == 303
        assert call("192.0.2.9", "nobody").status_code == 403
        assert "no account" in call("192.0.2.9", "nobody").text

        proxied = TestClient(
            console.app, client=("192.0.2.9", 1), headers={"X-Forwarded-User": "anton"}
        )
        csrf = form_of(proxied.get("/console/inquiries/new"), "/console/inquiries").fields["csrf"]
        page = proxied.post("/console/inquiries", data={"csrf": csrf, "text": ASKED}, files={})
        assert page.url.path.startswith("/console/inquiries/")
        page = proxied.post("/console/inquiries", data={"csrf": "0" * 64, "text": ASKED})
        assert page.status_code == 403


def test_the_header_is_off_by_default(console):
    for name in ("X-Forwarded-User", "Remote-User"):
        answer = console.get("/console/", headers={name: "ada"}, follow_redirects=False)
        assert answer.status_code == 303


# What a page may do


def test_a_change_must_come_from_our_own_page(dora, number):
    fields = dora.form(number).fields
    for csrf in ("", "0" * 64, "ä"):
        page = dora.post(f"/inquiries/{number}", {**fields, "csrf": csrf, "action": "claim"})
        assert page.status_code == 403
    page = dora.post(
        f"/inquiries/{number}", {**fields, "action": "claim"}, headers={"origin": "https://evil.example"}
    )  # fmt: skip
    assert page.status_code == 403
    assert dora.form(number).fields["version"] == fields["version"]


def test_a_proof_of_another_session_is_none(console, dora, number):
    fields = Officer(console, "dora").form(number).fields
    page = dora.post(f"/inquiries/{number}", {**fields, "action": "claim", "closing": "My words"})
    assert page.status_code == 403
    again = form_of(page, f"/console/inquiries/{number}").fields
    assert again["closing"] == "My words"
    assert said(dora.post(f"/inquiries/{number}", again)) == "The inquiry is yours."
    assert dora.form(number).fields["closing"] == "My words"


def test_headers(dora, console):
    for path in ("/", "/sign-in", "/static/console.css", "/nothing"):
        headers = dora.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        for rule in (
            "default-src 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ):
            assert rule in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        # with "no-referrer", a browser would send a form with the origin "null"
        assert headers["referrer-policy"] == "same-origin"


def test_no_page_has_script_or_style_in_it(dora, number):
    for path in ("/", "/inquiries/new", f"/inquiries/{number}", f"/inquiries/{number}/holding"):
        text = dora.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", text)


# Taking in


def test_pasted(dora):
    page = dora.get(f"/inquiries/{dora.opens()}")
    assert "who leads the river partnership?" in page.text
    assert "was led by Lapland in 2018." in page.text
    assert "our summary of the source" in page.text
    assert "As of 2018" in page.text


def test_a_file_of_a_mail_program(dora):
    data = eml(ASKED, Subject="Rivers", From="Maria Rossi <maria@example.org>")
    page = dora.get(f"/inquiries/{dora.opens('', ('mail.eml', data))}")
    assert "<h1>Rivers</h1>" in page.text
    assert "maria@example.org" in page.text


def test_a_file_of_outlook(dora):
    data = outlook_file({0x0037: "Rivers in Outlook", 0x1000: ASKED, 0x0C1A: "Maria Rossi"})
    page = dora.get(f"/inquiries/{dora.opens('', ('mail.msg', data))}")
    assert "<h1>Rivers in Outlook</h1>" in page.text


def test_attachments_are_listed(dora):
    data = eml(
        '--b\r\nContent-Type: text/plain\r\n\r\nWho leads the river partnership?\r\n--b\r\n'
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="plan.pdf"\r\n\r\n'
        f'{"x" * 1500}\r\n--b--\r\n', Content_Type='multipart/mixed; boundary="b"',
    )  # fmt: skip
    assert (
        "<li>plan.pdf, 2 kB</li>" in dora.get(f"/inquiries/{dora.opens('', ('m.eml', data))}").text
    )


@pytest.mark.parametrize(
    ("text", "file", "message"),
    [
        ("", None, "Paste the text"),
        (" \n ", None, "Paste the text"),
        ("kept words", ("mail.eml", b"From: a@b.eu\n\nx"), "either a text or a file"),
        ("", ("plan.pdf", b"%PDF-1.4"), "“plan.pdf” is no mail"),
        ("", ("empty.eml", b""), "“empty.eml” is empty"),
        ("", ("broken.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken"), "broken.msg"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_form(dora, text, file, message):
    page = dora.new(text, file)
    assert page.status_code == 422
    assert message in alert(page)
    assert "Traceback" not in page.text
    assert form_of(page, "/console/inquiries").fields["text"] == text.removeprefix("\n")


def test_s6_too_large(dora, monkeypatch):
    import kb.desk.mail
    import ui.gate

    monkeypatch.setattr(kb.desk.mail, "MOST_BYTES", 50_000)
    page = dora.new("", ("large.eml", eml("x" * 60_000)))
    assert page.status_code == 422
    assert "at most 50,000" in alert(page)
    monkeypatch.setattr(ui.gate, "UPLOAD_BYTES", 50_000)
    page = dora.new("", ("large.eml", eml("x" * 60_000)))
    assert page.status_code == 413
    assert "too large" in alert(page)
    page = dora.post("/inquiries/1", {"text": "x" * 1_100_000})
    assert page.status_code == 413
    assert "too large" in alert(page)


def test_a_mail_as_large_as_may_be_is_read(dora):
    data = eml(
        "--b\r\nContent-Type: text/plain\r\n\r\nWho leads the river partnership?\r\n--b\r\n"
        "Content-Type: application/pdf\r\n\r\n" + "x" * 3_000_000 + "\r\n--b--\r\n",
        Content_Type='multipart/mixed; boundary="b"',
    )
    assert dora.opens("", ("mail.eml", data))


# The queue


def test_the_queue(console, dora, ada):
    number = dora.opens("", ("m.eml", eml(ASKED, Subject="Unmistakable rivers")))
    page = dora.get("/", params={"words": "unmistakable"})
    assert page.text.count("<tr>") == 2
    assert f'href="/console/inquiries/{number}"' in page.text
    fields = form_of(page, f"/console/claim/{number}").fields
    page = dora.post(f"/claim/{number}", fields)
    assert said(page) == f"Inquiry {number} is yours."
    assert "words=unmistakable" in str(page.url)
    page = ada.post(
        f"/claim/{number}",
        {**fields, "csrf": form_of(ada.get("/"), "/console/sign-out").fields["csrf"]},
    )
    assert "Somebody else has changed" in said(page)
    assert "Unmistakable" in dora.get("/", params={"owner": "mine"}).text
    assert "Unmistakable" not in dora.get("/", params={"owner": "unclaimed"}).text
    assert "Unmistakable" not in dora.get("/", params={"state": "closed"}).text
    assert "No inquiry is like that" in dora.get("/", params={"words": "zebra"}).text
    assert dora.get("/", params={"state": "nonsense", "owner": "?"}).status_code == 200


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (9, "9 days</span>"),
        (10, "10 days: answer soon</span>"),
        (13, "13 days: send holding reply</span>"),
        (16, "16 days: overdue</span>"),
    ],
)
def test_ages_are_told_in_words(console, dora, days, words):
    number = dora.opens(f"{ASKED} It has waited for {days} days.")
    set_age(console.base, number, days)
    assert words in dora.get(f"/inquiries/{number}").text
    assert words in dora.get("/", params={"words": f"waited {days} days"}).text


def set_age(base, number, days):
    """Put the day it came so many working days back."""
    received = now = datetime.now(UTC)
    while working_days(received.date(), now.date()) < days:
        received -= timedelta(days=1)
    with base.database.session() as session:
        session.get(StoredInquiry, number).received = received


# The reply


def test_l9_from_mail_to_approved_reply(dora, anton, number):
    form = dora.form(number)
    assert "approve" not in form.buttons
    assert said(dora.press(number, "claim", form)) == "The inquiry is yours."
    assert "waits for approval" in said(dora.press(number, "submit"))
    assert "approved" in said(anton.press(number, "approve"))
    page = dora.get(f"/inquiries/{number}")
    assert "by anton" in page.text
    assert "automated=true" in page.text
    file = dora.get(f"/inquiries/{number}/reply.eml")
    assert file.headers["content-type"] == "message/rfc822"
    assert file.headers["content-disposition"] == f'attachment; filename="reply-{number}.eml"'
    message = message_from_bytes(file.content, policy=policy.default)
    shown = unescape(re.search(r'id="letter"[^>]*>(.*?)</pre>', page.text, re.DOTALL)[1])
    assert message.get_body(("plain",)).get_content().split() == shown.split()
    assert "open again" in said(dora.press(number, "reopen"))


def test_every_read_is_noted_once(console, dora, number):
    def reads():
        with console.base.database.session() as session:
            log = audit.entries(session, item=f"inquiry {number}")
            return [entry.account for entry in log if entry.action == "read"]

    before = len(reads())
    dora.get(f"/inquiries/{number}")
    assert len(reads()) == before + 1


def test_a_changed_sentence_is_confirmed(dora, number):
    form = dora.form(number)
    part = next(name for name in form.fields if name.startswith("part-"))
    changed = form.fields[part].replace("Lapland", "Upper Lapland")
    page = dora.press(number, "save", form, **{part: changed})
    assert said(page) == "Saved."
    assert "1 sentence is not checked yet" in page.text
    page = dora.press(number, "submit")
    assert page.status_code == 409
    assert "not checked: 1" in alert(page)
    assert "Not checked: 1" in said(dora.press(number, "check"))
    form = dora.form(number)
    (confirm,) = [b for b in form.buttons if b.startswith("confirm:")]
    page = dora.press(number, confirm, form)
    assert "confirmed by dora" in page.text
    assert "Every sentence is checked" in page.text


def test_what_was_typed_is_saved_before_the_action(dora, number):
    assert (
        said(dora.press(number, "claim", closing="Warm regards, Dora")) == "The inquiry is yours."
    )
    assert dora.form(number).fields["closing"] == "Warm regards, Dora"
    version = dora.form(number).fields["version"]
    page = dora.press(number, "submit", closing="Cordially, Dora")
    assert page.status_code == 409  # the new sentence is not checked
    form = form_of(page, f"/console/inquiries/{number}")
    assert form.fields["closing"] == "Cordially, Dora"
    assert int(form.fields["version"]) == int(version) + 1


def test_windows_line_ends_change_nothing(dora, number):
    form = dora.form(number)
    sent = {name: value.replace("\n", "\r\n") for name, value in form.fields.items()}
    dora.press(number, "save", form, **sent)
    assert dora.form(number).fields["version"] == form.fields["version"]


def test_nul_is_left_out(dora, number):
    dora.press(number, "save", closing="a\0b")
    assert dora.form(number).fields["closing"] == "ab"


def test_the_second_to_save_sees_both_versions(dora, anton, number):
    mine, theirs = dora.form(number), anton.form(number)
    anton.press(number, "save", theirs, closing="Regards from Anton")
    page = dora.press(number, "submit", mine, closing="Regards from Dora")
    assert page.status_code == 409
    assert "<ins>Dora</ins>" in page.text
    assert "<del>Anton</del>" in page.text
    assert dora.form(number).fields["closing"] == "Regards from Anton"
    keep = form_of(page, f"/console/inquiries/{number}")
    assert said(dora.press(number, "save", keep)) == "Saved."
    assert dora.form(number).fields["closing"] == "Regards from Dora"


def test_a_third_version_is_told_too(dora, anton, number):
    mine = dora.form(number)
    anton.press(number, "save", closing="Regards from Anton")
    keep = form_of(
        dora.press(number, "save", mine, closing="Regards from Dora"),
        f"/console/inquiries/{number}",
    )
    anton.press(number, "save", closing="Regards from Anton again")
    page = dora.press(number, "save", keep)
    assert page.status_code == 409
    assert "<del>Anton again</del>" in page.text


def test_who_has_typed_nothing_just_looks_again(dora, anton, number):
    mine = dora.form(number)
    anton.press(number, "save", closing="Regards from Anton")
    page = dora.press(number, "claim", mine)
    assert "Somebody else has changed" in alert(page)
    assert form_of(page, f"/console/inquiries/{number}").fields["closing"] == "Regards from Anton"


def test_a_conflict_with_a_question_that_is_gone(dora, anton):
    number = dora.opens(TWO)
    mine = dora.form(number)
    first = next(name for name in mine.fields if name.startswith("part-"))
    anton.press(number, "questions", **{f"remove-{first.removeprefix('part-')}": "on"})
    page = dora.press(number, "save", mine, **{first: "My careful words."})
    assert "My careful words." in page.text
    assert "has been removed" in page.text
    assert first not in form_of(page, f"/console/inquiries/{number}").fields


def test_a_conflict_with_an_approved_reply(dora, anton, number):
    mine = dora.form(number)
    anton.press(number, "approve")
    page = dora.press(number, "save", mine, closing="My careful words.")
    assert "My careful words." in page.text.replace("<ins>", "").replace("</ins>", "")
    assert "cannot be kept" in page.text


def test_the_questions(dora):
    number = dora.opens(TWO)
    form = dora.form(number)
    one, two = [name for name in form.fields if name.startswith("question-")]
    asked = [form.fields[one], form.fields[two]]

    def questions():
        fields = dora.form(number).fields
        return [value for name, value in fields.items() if name.startswith("question-")]

    dora.press(number, "questions", form, new="How often should partners meet?")
    assert questions() == [*asked, "How often should partners meet?"]
    first = next(name for name in dora.form(number).fields if name.startswith("question-"))
    dora.press(number, "questions", **{first.replace("question", "join"): "on"})
    assert questions() == [" ".join(asked), "How often should partners meet?"]
    first = next(name for name in dora.form(number).fields if name.startswith("question-"))
    dora.press(number, "questions", **{first: "\n".join(asked)})
    assert questions() == [*asked, "How often should partners meet?"]
    first = next(name for name in dora.form(number).fields if name.startswith("question-"))
    dora.press(number, "questions", **{first.replace("question", "remove"): "on"})
    assert questions() == [asked[1], "How often should partners meet?"]
    everything = {
        name.replace("question", "remove"): "on"
        for name in dora.form(number).fields
        if name.startswith("question-")
    }
    page = dora.press(number, "questions", **everything)
    assert "at least one question" in alert(page)
    assert "checked> Remove" in page.text


def test_an_answer_given_before_is_offered_first(console, dora, anton):
    first = dora.opens(f"{ASKED} Offer me.")
    anton.press(first, "approve")
    second = dora.opens("Hello,\n\nwho is it that leads the river partnership?")
    page = dora.get(f"/inquiries/{second}").text
    assert page.index("Answered before") < page.index('name="part-1"')
    use = next(b for b in dora.form(second).buttons if b.startswith("use:1:"))
    page = dora.press(second, use, **{"part-1": "Something else."})
    assert "approved text" in said(page)
    assert "Every sentence is checked" in page.text
    for odd in (
        "use:1:999999",
        "use:1:99999999999999999999",
        "use:x:y",
        "use:",
        "confirm:1:nothing",
        "nonsense",
    ):
        page = dora.press(second, odd)
        assert page.status_code == 409
        assert alert(page)


def test_rejected_and_closed_with_a_reason(dora, anton, number):
    assert "Say why" in alert(anton.press(number, "reject", **{"reject-reason": " "}))
    anton.press(number, "reject", **{"reject-reason": "Too <b>long</b>."})
    assert "Too &lt;b&gt;long&lt;/b&gt;." in dora.get(f"/inquiries/{number}").text
    page = dora.press(number, "close")
    assert "Say why" in alert(page)
    assert re.search(
        r'id="close-reason"[^>]* aria-invalid="true" aria-describedby="[ \w-]*error"', page.text
    )
    dora.press(number, "close", **{"close-reason": "Handed over."})
    page = dora.get(f"/inquiries/{number}")
    assert "Closed:</strong> Handed over." in page.text
    assert dora.form(number).buttons[0] == "reopen"
    dora.press(number, "reopen")
    assert "save" in dora.form(number).buttons


def test_drafted_anew(dora, number):
    dora.press(number, "save", **{"part-1": "Nothing of this."})
    dora.press(number, "redraft")
    assert "Lapland" in dora.form(number).fields["part-1"]


def test_g6_roles_are_checked_on_the_server(dora, anton, number):
    for action in ("approve", "reject"):
        page = dora.press(number, action, **{"reject-reason": "x"})
        assert "approver" in alert(page)
    for officer in (dora, anton):
        assert officer.get(f"/inquiries/{number}/delete").status_code == 403
        assert officer.get(f"/inquiries/{number}/log").status_code == 403
        csrf = officer.form(number).fields["csrf"]
        assert officer.post(f"/inquiries/{number}/delete", {"csrf": csrf}).status_code == 403
    assert dora.get(f"/inquiries/{number}").status_code == 200


def test_four_eyes(opened):
    with opened(four_eyes=True) as console:
        add_people(console.base)
        anton, ada = Officer(console, "anton"), Officer(console, "ada")
        number = anton.opens()
        anton.press(number, "save", subject="Re: rivers")
        page = anton.get(f"/inquiries/{number}")
        assert "another person must approve it" in page.text
        assert "approve" not in anton.form(number).buttons
        assert "another person" in alert(anton.press(number, "approve"))
        assert "approved" in said(ada.press(number, "approve"))


def test_deleted_and_its_log(dora, ada, number):
    assert "cannot be brought back" in ada.get(f"/inquiries/{number}/delete").text
    log = ada.get(f"/inquiries/{number}/log").text
    assert log.index("read") < log.index("open</td>")
    csrf = ada.form(number).fields["csrf"]
    assert "deleted" in said(ada.post(f"/inquiries/{number}/delete", {"csrf": csrf}))
    assert ada.get(f"/inquiries/{number}").status_code == 404
    assert "delete</td>" in ada.get(f"/inquiries/{number}/log").text


def test_the_holding_reply(console, dora, number):
    set_age(console.base, number, 13)
    page = dora.get(f"/inquiries/{number}/holding")
    assert "still working on your questions" in page.text
    file = dora.get(f"/inquiries/{number}/holding.eml")
    assert b"still working" in file.content
    fields = form_of(page, f"/console/inquiries/{number}/holding").fields
    assert "marked as sent" in said(dora.post(f"/inquiries/{number}/holding", fields))
    assert "holding reply sent" in dora.get(f"/inquiries/{number}").text
    page = dora.post(f"/inquiries/{number}/holding", fields)
    assert page.status_code == 409
    assert "Somebody else" in alert(page)


def test_what_is_to_be_handed_over(dora):
    number = dora.opens(
        "I make a formal complaint about your work. Who leads the river partnership?"
    )
    page = dora.get(f"/inquiries/{number}")
    assert "Hand over: complaint." in page.text
    assert "unit that deals with complaints" in page.text
    form = dora.form(number)
    assert not [name for name in form.fields if name.startswith("part-")]
    assert {"approve", "submit", "questions"}.isdisjoint(form.buttons)
    dora.press(number, "redraft")
    assert "part-1" in dora.form(number).fields


def test_a_stale_reply_says_why(dora):
    data = eml(ASKED, Message_ID="<t1@x.eu>")
    number = dora.opens("", ("m.eml", data))
    later = dora.opens("", ("m.eml", eml(TWO, Message_ID="<t2@x.eu>", In_Reply_To="<t1@x.eu>")))
    assert f"newer mail of this thread has arrived: inquiry {later}" in dora.get("/").text
    assert "Out of date." in dora.get(f"/inquiries/{number}").text


def test_not_approved_not_there(dora, number):
    page = dora.get(f"/inquiries/{number}/reply.eml")
    assert page.status_code == 409
    assert "not approved" in alert(page)
    assert dora.get("/inquiries/999999").status_code == 404
    assert dora.get("/inquiries/99999999999999999999").status_code == 404


def test_a_version_that_is_no_number_is_refused(dora, number):
    for version in ("", "x", "-1", "9" * 10, "²"):
        assert dora.press(number, "claim", version=version).status_code == 403


def test_nothing_typed_is_lost_while_the_database_is_away(dora, number, monkeypatch):
    form = dora.form(number)

    def away(*_):
        raise JournalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "save", away)
        page = dora.press(number, "save", form, closing="My careful words.\nAnd more.")
    assert page.status_code == 503
    again = form_of(page, f"/console/inquiries/{number}").fields
    assert said(dora.post(f"/inquiries/{number}", again)) == "Saved."
    assert dora.form(number).fields["closing"] == "My careful words.\nAnd more."


def test_nothing_typed_is_lost_when_the_inquiry_is_deleted(dora, ada, number):
    form = dora.form(number)
    csrf = ada.form(number).fields["csrf"]
    ada.post(f"/inquiries/{number}/delete", {"csrf": csrf})
    page = dora.press(number, "save", form, closing="My careful words.\nAnd more.")
    assert page.status_code == 404
    assert "has been deleted" in alert(page)
    assert form_of(page, f"/console/inquiries/{number}").fields["closing"].startswith("My careful")


def test_while_the_database_is_away(dora, monkeypatch):
    def away(*_, **__):
        raise JournalError("away")

    monkeypatch.setattr(Desk, "inquiries", away)
    page = dora.get("/")
    assert page.status_code == 503
    assert "try again" in alert(page)
    assert "Send again" not in page.text


def test_g3_a_failure_of_ours_is_a_calm_page(dora, monkeypatch):
    monkeypatch.setattr(Desk, "inquiries", lambda *_, **__: 1 / 0)
    page = dora.get("/")
    assert page.status_code == 500
    assert "Traceback" not in page.text
    assert alert(page) == "Something went wrong here."


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s3_what_others_write_is_shown_and_never_run(dora, anton, payload):
    data = eml(
        f"{payload} who leads the river partnership?\n\nKind regards,\n{payload}\n\n> {payload}",
        Subject=f"{payload}", From=f'"{payload.replace(chr(34), "")}" <m@example.org>',
    )  # fmt: skip
    number = dora.opens("", (f"{payload}.eml", data))
    dora.press(number, "save", closing=payload, opening=payload, subject=payload)
    anton.press(number, "reject", **{"reject-reason": payload})
    mine = dora.form(number)
    anton.press(number, "save", closing=f"{payload} again")
    pages = [
        dora.get(f"/inquiries/{number}"), dora.get("/"), dora.get("/", params={"words": payload}),
        dora.press(number, "save", mine, closing=f"mine {payload}"),
        dora.get(f"/inquiries/{number}/holding"), dora.new(payload, (f"{payload}.pdf", b"x")),
    ]  # fmt: skip
    for page in pages:
        assert str(escape(payload)) in page.text
        assert payload not in page.text
        sources = re.findall(
            r"<(?:script|link|img|a|iframe)[^>]* (?:src|href)=\"([^\"]*)", page.text
        )
        assert all(
            s.startswith(("/console/", "data:,", "#", "https://example.org")) for s in sources
        )
