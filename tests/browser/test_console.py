"""An officer at the console, in a real browser."""

import os
import re
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from kb.desk.account import Actor
from kb.desk.desk import Desk, Edit
from tests.browser.looking import violations
from tests.desk.test_mail import eml
from tests.ui.conftest import open_base, served  # noqa: F401
from tests.ui.test_console import ASKED, PASSWORD, PAYLOADS, TWO, add_people, set_age

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
DORA, ANTON = Actor("dora", "drafter"), Actor("anton", "approver")
HEAD = """From: Maria Rossi <maria@example.org>
Subject: Partners who do not answer

"""
MAIL = f"""Dear colleagues,

{TWO.removeprefix("Hello,").strip()}

Kind regards,
Maria Rossi
Regional Development Agency

On 12 May 2026 the secretariat wrote:
> You are welcome to write to us.
"""


@pytest.fixture(scope="module")
def site(served):  # noqa: F811
    """A console over the small corpus: its address and its base."""
    with served() as (url, base):
        add_people(base)
        yield url, base


@pytest.fixture
def fresh(served):  # noqa: F811
    """Another one, in which there is no inquiry."""
    with served() as (url, base):
        add_people(base)
        yield url, base


@pytest.fixture
def visit(browser, site):
    """``visit("dora")`` -> a page of somebody who is signed in; of a stranger without a name."""
    contexts = []

    def open_(name="", *, size="desktop", at=site, **options):
        width, height = SIZES.get(size, (size, 900))
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{at[0]}/console/")
        if name:
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("heading", name="Inquiries", level=1).wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()


def press(page, name, **options):
    page.get_by_role("button", name=name, **options).first.click()


def said(page, text):
    page.locator(".said", has_text=text).wait_for()


def keep(page, folder, name, start="body"):
    """A picture of the page from an element on; SCREENSHOTS names the folder to keep it in."""
    page.evaluate("scrollTo(0, 0)")
    top = page.locator(start).bounding_box()["y"]
    height = page.evaluate("document.documentElement.scrollHeight") - top
    clip = {"x": 0, "y": top, "width": page.viewport_size["width"], "height": min(1_500, height)}
    to = Path(os.environ.get("SCREENSHOTS", folder)) / f"console-{name}.png"
    page.screenshot(path=to, full_page=True, clip=clip)
    assert to.stat().st_size < 200_000


def fits(page):
    page.wait_for_load_state()  # before its styles are there, nothing fits
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@contextmanager
def quiet(page):
    """Nothing that the policy of the page refuses, and nothing from elsewhere."""
    yield
    assert [text for text in page.complaints if "409 (Conflict)" not in text] == []
    own = re.match(r"https?://[^/]+", page.url)[0]
    assert [url for url in page.asked if not url.startswith((own, "data:"))] == []


@pytest.mark.parametrize("size", SIZES)
def test_l2_an_officers_whole_path_to_a_marked_copy(visit, site, tmp_path, size):
    officer = visit("dora", size=size, permissions=["clipboard-read", "clipboard-write"])
    with quiet(officer):
        officer.get_by_role("link", name="New inquiry").first.click()
        officer.get_by_label("Text of the mail").fill(HEAD + MAIL)
        press(officer, "Open and draft")
        said(officer, "has been opened")
        number = int(officer.url.rpartition("/")[2])
        press(officer, "Claim")
        said(officer, "The inquiry is yours.")

        evidence = officer.locator(".evidence").nth(1)
        assert "As of 2018" in evidence.inner_text()
        assert "led by Lapland in 2018" in evidence.locator("blockquote").first.inner_text()
        assert evidence.get_by_role("link").first.get_attribute("rel") == "noopener noreferrer"

        answer = officer.get_by_label("Answer", exact=True).nth(1)
        answer.fill(answer.input_value().replace("Lapland", "Lapland with Bavaria"))
        press(officer, "Save")
        said(officer, "Saved.")
        assert "1 sentence is not checked" in officer.locator(".status").inner_text()
        assert officer.locator(".sentences li.open").count() == 1
        press(officer, "Submit for approval")
        assert "not checked: 1" in officer.get_by_role("alert").inner_text()
        press(officer, "Check again")
        said(officer, "Not checked: 1.")
        press(officer, re.compile("I have checked this sentence"))
        said(officer, "You have confirmed the sentence.")
        assert "confirmed by dora" in officer.locator("#main").inner_text()
        assert fits(officer)
        press(officer, "Submit for approval")
        said(officer, "waits for approval")

        approver = visit("anton", size=size)
        approver.goto(officer.url)
        press(approver, "Approve")
        said(approver, "approved")

        officer.reload()
        with officer.expect_download() as download:
            officer.get_by_role("link", name="Download as .eml").click()
        assert download.value.suggested_filename == f"reply-{number}.eml"
        message = message_from_bytes(
            Path(download.value.path()).read_bytes(), policy=policy.default
        )
        text = message.get_body(("plain",)).get_content()
        assert "Lapland with Bavaria" in text
        press(officer, "Copy the reply")
        said(officer, "Copied.")
        read = (
            "navigator.clipboard.read().then(([i]) => i.getType('text/html')).then(b => b.text())"
        )
        assert officer.evaluate("navigator.clipboard.readText()").split() == text.split()
        assert 'data-automated="true"' in officer.evaluate(read)
        assert fits(officer)
        keep(officer, tmp_path, f"reply-{size}", "#reply" if size == "phone" else "body")


@pytest.mark.parametrize("size", SIZES)
def test_pictures(visit, fresh, tmp_path, size):
    url, base = fresh
    desk = Desk(base)
    subjects = {
        "Partners who do not answer": 3, "River partnership: who leads it?": 11,
        "Meetings of our partnership": 13, "Formal complaint": 17,
    }  # fmt: skip
    for place, (subject, days) in enumerate(subjects.items()):
        text = "I make a formal complaint about your work." if "complaint" in subject else MAIL
        given = {"Subject": subject, "Message_ID": f"<{place}@example.org>"}
        number = desk.open(eml(text, **given), DORA)
        set_age(base, number, days)
        if place == 1:
            desk.claim(number, desk.read(number, DORA).version, DORA)
            opened = desk.read(number, DORA)
            work = opened.work
            parts = {part.id: part.body.text for part in work.parts}
            parts[2] = parts[2].replace("Lapland", "Lapland with Bavaria")
            edit = Edit(work.subject, work.opening.text, parts, work.closing.text)
            desk.save(number, opened.version, edit, DORA)
            shown = number
    page = visit("dora", size=size, at=fresh)
    with quiet(page):
        assert fits(page)
        keep(page, tmp_path, f"queue-{size}")
        page.goto(f"{url}/console/inquiries/{shown}")
        assert fits(page)
        keep(page, tmp_path, f"inquiry-{size}", "#answer-2" if size == "phone" else "body")


def test_two_officers_at_one_inquiry(visit):
    first, second = visit("dora"), visit("anton")
    first.goto(first.url + "inquiries/new")
    first.get_by_label("Text of the mail").fill(ASKED)
    press(first, "Open and draft")
    second.goto(first.url)
    second.get_by_label("Closing").fill("Regards from Anton")
    press(second, "Save")
    said(second, "Saved.")
    first.get_by_label("Closing").fill("Regards from Dora")
    press(first, "Submit for approval")
    first.get_by_role("heading", name="Somebody else has saved").wait_for()
    assert first.locator("ins").inner_text() == "Dora"
    assert first.locator("del").inner_text() == "Anton"
    press(first, "Keep mine over theirs")
    said(first, "Saved.")
    assert first.get_by_label("Closing").input_value() == "Regards from Dora"


def test_a2_by_keyboard_alone(visit, site):
    page = visit()
    keys = page.keyboard

    def reach(name):
        """Go on with the Tab key until an element of this name has the focus."""
        for _ in range(120):
            keys.press("Tab")
            there = page.evaluate(
                "e => (e = document.activeElement, e.labels?.[0] ?? e).textContent.trim()"
            )
            if re.match(name, there):
                style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style != "none", name
                return
        raise AssertionError(f"{name} cannot be reached")

    reach("Name")
    keys.type("anton")
    reach("Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.get_by_role("heading", name="Inquiries", level=1).wait_for()
    keys.press("Tab")
    keys.press("Enter")  # skip to the content
    reach("New inquiry")
    keys.press("Enter")
    page.get_by_role("heading", name="New inquiry").wait_for()
    reach("Text of the mail")
    keys.type("Who leads the river partnership?")
    reach("Open and draft")
    keys.press("Enter")
    said(page, "has been opened")
    reach("Subject")
    keys.press("End")
    keys.type(" again")
    keys.press("Enter")  # the first button of the form: it saves
    said(page, "Saved.")
    assert page.get_by_label("Subject").input_value().endswith(" again")
    page.reload()
    reach("Approve")
    keys.press("Enter")
    said(page, "The reply is approved.")
    reach("Copy the reply")


def test_a_file_is_dropped(visit, site):
    page = visit("dora")
    page.goto(page.url + "inquiries/new")
    drop = """(text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "mail.eml"));
      document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
    }"""
    page.evaluate(drop, eml(ASKED, Subject="Dropped").decode())
    press(page, "Open and draft")
    page.get_by_role("heading", name="Dropped", level=1).wait_for()


def test_a_file_that_is_too_large_is_not_sent(visit):
    page = visit("dora")
    page.goto(page.url + "inquiries/new")
    page.evaluate("document.querySelector('[data-most]').dataset.most = 10")
    file = {"name": "m.eml", "mimeType": "message/rfc822", "buffer": b"x" * 11}
    page.get_by_label("Or its file").set_input_files(file)
    assert "too large" in page.get_by_role("alert").inner_text()
    before = len(page.asked)
    press(page, "Open and draft")
    assert page.evaluate("document.activeElement.id") == "file"
    assert page.asked[before:] == []


def test_leaving_with_edits_is_asked_about(visit, site):
    number = Desk(site[1]).open(ASKED.encode(), DORA)
    page = visit("dora")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{site[0]}/console/inquiries/{number}")
    page.get_by_role("link", name="All inquiries").click()
    page.get_by_role("heading", name="Inquiries", level=1).wait_for()
    assert asked == []
    page.goto(f"{site[0]}/console/inquiries/{number}")
    page.get_by_label("Closing").fill("Something typed")
    page.get_by_role("link", name="All inquiries").click()
    page.get_by_role("heading", name="Inquiries", level=1).wait_for()
    assert asked == ["beforeunload"]

    _conflict(page, site)
    page.get_by_role("link", name="Inquiries").click()
    page.get_by_role("heading", name="Inquiries", level=1).wait_for()
    assert len(asked) == 2
    _conflict(page, site)
    page.get_by_role("link", name="Discard mine").click()
    page.get_by_label("Closing").wait_for()
    assert len(asked) == 2


def test_without_scripts(visit, site):
    page = visit("anton", java_script_enabled=False)
    page.goto(f"{site[0]}/console/inquiries/new")
    page.get_by_label("Text of the mail").fill(ASKED)
    press(page, "Open and draft")
    press(page, "Approve")
    assert "approved" in page.get_by_role("status").inner_text()
    assert page.get_by_role("button", name="Copy the reply").count() == 0


def test_s3_what_others_write_never_runs(visit, site):
    desk = Desk(site[1])
    text = "\n".join(PAYLOADS)
    data = eml(
        f"{text}\nWho leads the river partnership?\n\n> {text}", Subject=PAYLOADS[1], From=PAYLOADS[0]
    )  # fmt: skip
    number = desk.open(data, DORA)
    work = desk.read(number, DORA).work
    edit = Edit(PAYLOADS[1], text, {part.id: text for part in work.parts}, text)
    desk.save(number, 1, edit, DORA)
    page = visit("anton")
    with quiet(page):
        page.goto(f"{site[0]}/console/inquiries/{number}")
        assert "window.owned=1" in page.locator(".mail").first.inner_text()
        while page.locator(".sentences li.open button").count():
            page.locator(".sentences li.open button").first.click()
            said(page, "You have confirmed")
        press(page, "Approve")
        said(page, "approved")
        page.goto(f"{site[0]}/console/?words=owned")
        assert page.locator("main img, main svg, main script").count() == 0
        assert page.evaluate("window.owned") is None


def _conflict(page, site):
    desk = Desk(site[1])
    number = desk.open(ASKED.encode(), DORA)
    page.goto(f"{site[0]}/console/inquiries/{number}")
    work = desk.read(number, ANTON).work
    parts = {part.id: part.body.text for part in work.parts}
    desk.save(number, 1, Edit(work.subject, "Dear Ms Rossi,", parts, "Regards"), ANTON)
    page.get_by_label("Closing").fill("Yours")
    press(page, "Save")
    page.get_by_role("heading", name="Somebody else has saved").wait_for()


def _long(page, site):
    desk = Desk(site[1])
    number = desk.open((MAIL + "Who leads the river partnership, in 2018? " * 8).encode(), DORA)
    work = desk.read(number, DORA).work
    parts = {part.id: f"{part.body.text}\n\n{'Unchecked word ' * 80}." for part in work.parts}
    desk.save(number, 1, Edit("Re: " + "x" * 300, "W" * 300, parts, work.closing.text), DORA)
    page.goto(f"{site[0]}/console/inquiries/{number}")
    page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true; })")


def _error(page, site):
    page.goto(f"{site[0]}/console/inquiries/new")
    press(page, "Open and draft")
    page.get_by_role("alert").first.wait_for()


def _inquiry(page, site):
    number = Desk(site[1]).open(MAIL.encode(), DORA)
    page.goto(f"{site[0]}/console/inquiries/{number}")


def _refused(page, site):
    _inquiry(page, site)
    page.get_by_text("Close without a reply").click()
    press(page, "Close", exact=True)
    page.get_by_role("alert").first.wait_for()


def _approved(page, site):
    _inquiry(page, site)
    press(page, "Approve")
    said(page, "approved")


def _offered(page, site):
    _approved(page, site)
    _inquiry(page, site)
    page.get_by_role("heading", name="Answered before").first.wait_for()


def _sign_in(page, site):
    page.context.clear_cookies()
    page.goto(f"{site[0]}/console/")
    page.get_by_label("Name").fill("dora")
    page.get_by_label("Password").fill("wrong")
    press(page, "Sign in")
    page.get_by_role("alert").wait_for()


def _at(path):
    return lambda page, site: page.goto(f"{site[0]}/console{path}")


STATES = {
    "queue": _at("/"),
    "no such inquiry": _at("/?words=zebra"),
    "new": _at("/inquiries/new"),
    "not there": _at("/inquiries/99999"),
    "deletion": _at("/inquiries/1/delete"),
    "log": _at("/inquiries/1/log"),
    "holding": _at("/inquiries/1/holding"),
    "inquiry": _inquiry,
    "offered": _offered,
    "refused": _refused,
    "approved": _approved,
    "long": _long,
    "error": _error,
    "conflict": _conflict,
    "sign-in": _sign_in,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_a1_accessibility_rules(visit, site, state, scheme):
    Desk(site[1]).open(ASKED.encode(), DORA)
    page = visit("ada", color_scheme=scheme)
    STATES[state](page, site)
    assert violations(page) == []
    assert page.locator("h1").count() == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    page.set_viewport_size({"width": 320, "height": 640})
    assert fits(page), "scrolls sideways at 320 px, or at 400 %"
    small = page.evaluate("""() => [...document.querySelectorAll("a, button, input, select, summary")]
      .filter((e) => e.offsetParent && !e.closest("p, li, .skip") && e.type !== "hidden")
      .filter((e) => e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)""")
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a1_accessibility_rules_of_an_empty_queue(visit, fresh, scheme):
    page = visit("dora", at=fresh, color_scheme=scheme)
    assert "There is no inquiry yet." in page.locator("#main").inner_text()
    assert violations(page) == []
