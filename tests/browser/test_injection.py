"""Sixty payloads through every door into every page of a real Chromium: nothing loads, runs or sends."""

import dataclasses
import json

import pytest

from kb.desk.account import Actor
from kb.desk.desk import Desk, Edit
from kb.desk.faq import Faq
from kb.types import Notice, Source, Statement, Topic
from tests.browser.embedding import running
from tests.browser.test_console import visit  # noqa: F401
from tests.conftest import PAYLOADS
from tests.desk.test_mail import eml
from tests.ui.conftest import QUESTION, PacedGenerator, open_base, served, until  # noqa: F401
from tests.ui.test_console import add_people
from tests.ui.test_console_owner import ask_badly, new_base

DORA, ANTON = Actor("dora", "drafter"), Actor("anton", "approver")
ALL = "\n".join(PAYLOADS)
# How high a text area is, our own script says.
MADE = (
    "img, picture, svg, math, script, style, link, meta, base, iframe, object, embed, video, audio, marquee, "
    "dialog, input:not([name]), [style]:not(textarea), [onload], [onerror], [onclick], [onfocus], [ontoggle]"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server whose documents, file names, mails, questions, entries and answers hold all payloads."""
    folder = tmp_path_factory.mktemp("hostile")
    base = new_base(folder, store_questions=True)
    add_people(base)
    lines = [
        {"_id": f"{n} {payload}", "title": payload, "url": "javascript:window.__canary=1",
         "text": f"The zebra crossing {n} holds {payload} and leads to the harbour."}
        for n, payload in enumerate(PAYLOADS)
    ]  # fmt: skip
    (folder / "hostile.jsonl").write_text("\n".join(map(json.dumps, lines)))
    named = folder / '"><img src=x onerror=window.__canary=1>.md'
    named.write_text(f"# Zebras\n\n{ALL}\n\n```\n{ALL}\n```\n\nZebras cross.\n")
    assert base.ingest([str(folder / "hostile.jsonl"), str(named)]).problems == {}
    for payload in PAYLOADS:
        ask_badly(base, f"{payload} zebra crossing?")
    with running(base) as url:
        yield url, base


def watched(page):
    """Note all that a page asks for, says and opens."""
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (page.complaints.append("dialog"), dialog.dismiss()))
    page.on("popup", lambda _: page.complaints.append("popup"))
    return page


def check_harmless(page, url, within, forms=()):
    """Nothing was made of what others wrote.

    Args:
        within: where their words stand.
        forms: the paths that forms may send to.
    """
    assert page.evaluate("window.__canary") is None
    assert [asked for asked in page.asked if not asked.startswith((f"{url}/", "data:"))] == []
    assert page.complaints == []
    assert page.locator(within).count() > 0
    made = page.locator(within).locator(MADE).evaluate_all("all => all.map((e) => e.outerHTML)")
    assert made == []
    found = page.locator("form").evaluate_all("all => all.map((e) => e.getAttribute('action'))")
    assert all(any(action.startswith(path) for path in forms) for action in found), found
    hrefs = page.locator(within).locator("a").evaluate_all("all => all.map((e) => e.href)")
    assert [h for h in hrefs if not h.startswith((f"{url}/", "mailto:", "https://example"))] == []


def forged(answer):
    """An answer that says all payloads in every field, as if a model and its sources had written them."""
    numbers = range(1, len(PAYLOADS) + 1)
    cited = tuple(
        dataclasses.replace(
            answer.citations[0], number=n, title=p, section=(p,), url=p, quote=p, as_of=p, licence=p,
            publisher=p, sources=(Source(id=p, title=p, publisher=p, url=p, licence=p),),
        )
        for n, p in zip(numbers, PAYLOADS, strict=True)
    )  # fmt: skip
    return dataclasses.replace(
        answer, text="\n\n".join(f"{c.title} [{c.number}]" for c in cited), citations=cited,
        statements=tuple(Statement(c.title, "finding", (c.number,)) for c in cited),
        notices=tuple(Notice("condition", p, ()) for p in PAYLOADS), missing=PAYLOADS,
        topics=tuple(Topic(p, p, p) for p in PAYLOADS), suggestions=PAYLOADS[:3], status="partial",
    )  # fmt: skip


@pytest.fixture
def hostile(site, monkeypatch):
    asked = type(site[1]).ask
    monkeypatch.setattr(type(site[1]), "ask", lambda *a, **o: forged(asked(*a, **o)))


def test_s3_owasp10_improper_output_handling_the_chat(browser, site, hostile):
    url, _ = site
    page = watched(browser.new_page())
    page.goto(url)
    page.wait_for_selector("#entry textarea")
    page.fill("#entry textarea", f"{QUESTION} {ALL}")
    page.click("#send")
    page.locator(".pa-answer").wait_for()
    text = page.locator("#log").evaluate("e => e.textContent")
    for payload in PAYLOADS:
        assert text.count(payload) >= 5, payload  # question, statement, notice, topic, source
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    check_harmless(page, url, ".pa-log")
    assert page.locator("form, dialog, iframe, object, embed, video, audio").count() == 0
    page.close()


def test_s3_what_a_document_says_stays_text_in_the_chat(browser, site):
    url, _ = site
    page = watched(browser.new_page())
    page.goto(url)
    page.wait_for_selector("#entry textarea")
    page.fill("#entry textarea", "Where does the zebra crossing lead to?")
    page.click("#send")
    page.locator(".pa-answer").wait_for()
    text = page.locator("#log").evaluate("e => e.textContent")
    assert any(payload in text for payload in PAYLOADS)
    check_harmless(page, url, ".pa-log")
    page.close()


def test_s3_the_embed(browser, site, hostile):
    url, _ = site
    page = watched(browser.new_page())
    page.goto(f"{url}/embed")
    page.locator("textarea").fill(f"{QUESTION} {ALL}")
    page.locator("textarea").press("Enter")
    page.locator("article").wait_for()
    text = page.locator("article").evaluate("e => e.textContent")
    assert [payload for payload in PAYLOADS if payload not in text] == []
    assert page.locator("form").count() == 1  # the question's own, which scripts alone send
    assert page.locator("form").get_attribute("action") is None
    assert page.evaluate("window.__canary") is None
    assert [asked for asked in page.asked if not asked.startswith(f"{url}/")] == []
    assert page.complaints == []
    assert page.locator("article").locator(MADE).count() == 0
    protocols = page.locator("article a").evaluate_all("all => all.map((e) => e.protocol)")
    assert set(protocols) <= {"mailto:", "https:", "http:"}
    page.close()


@pytest.fixture
def inquiry(site):
    """An inquiry whose mail and reply say all payloads."""
    desk = Desk(site[1])
    data = eml(f"{ALL}\nWho leads the river partnership?\n\n> {ALL}", Subject=PAYLOADS[15],
               From=f"{PAYLOADS[8]} <m@example.org>")  # fmt: skip
    number = desk.open(data, DORA)
    work = desk.read(number, DORA).work
    edit = Edit(PAYLOADS[14], ALL, {part.id: ALL for part in work.parts}, ALL)
    desk.save(number, 1, edit, DORA)
    return number


@pytest.fixture
def entry(site):
    faq = Faq(site[1])
    name = faq.propose("Who feeds the lions?", "The keeper does.", DORA, sources=["S1"])
    wording = faq.read(name).wording
    asked_as = tuple(payload for payload in PAYLOADS if len(payload) < 60)
    faq.save(name, 1, dataclasses.replace(wording, text=ALL, asked_as=asked_as), DORA)
    return name


def test_s3_the_console(visit, site, inquiry, entry):  # noqa: F811
    url, _ = site
    page = watched(visit("ada"))
    shown = {
        f"inquiries/{inquiry}": PAYLOADS, "": PAYLOADS[15:16], f"inquiries/{inquiry}/holding": (),
        f"inquiries/{inquiry}/log": (), f"inquiries/{inquiry}/delete": PAYLOADS[15:16], "faq": (),
        f"faq/{entry}": PAYLOADS, f"faq/{entry}/history": PAYLOADS, "gaps": PAYLOADS[8:9],
        "sources": PAYLOADS, "figures": (), "accounts": (),
    }  # fmt: skip
    for path, payloads in shown.items():
        page.goto(f"{url}/console/{path}")
        page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        page.wait_for_load_state("networkidle")
        text = page.evaluate(
            "document.body.textContent + [...document.querySelectorAll('input, textarea')]"
            ".map((e) => e.value).join('\\n')"
        )
        assert [payload for payload in payloads if payload not in text] == [], path
        made = page.locator(
            "main :is(svg:not(.weeks), iframe, script, style), main [style]:not(textarea)"
        )
        assert made.count() == 0, path
        check_harmless(page, url, "main p, main pre, main td, main li, h1", forms=("/console/",))


def test_s3_the_html_of_a_reply(browser, site, inquiry):
    """As a mail program shows it that has no policy."""
    written = Desk(site[1]).read(inquiry, DORA).work.written()
    page = watched(browser.new_page())
    page.set_content(written.html)
    text = page.locator("body").inner_text()
    assert [payload for payload in PAYLOADS if payload not in text] == []
    assert page.locator("body").locator(MADE.replace("[style]:not(textarea), ", "")).count() == 0
    assert page.locator("form, input, button").count() == 0
    assert page.evaluate("window.__canary") is None
    assert page.asked == page.complaints == []
    hrefs = page.locator("a").evaluate_all("all => all.map((e) => e.href)")
    assert [h for h in hrefs if not h.startswith(("mailto:", "https://example"))] == []
    page.close()


def test_s5_two_visitors_at_once_never_see_each_others_words(browser, served):  # noqa: F811
    paced = PacedGenerator()
    with served(generator=paced) as (url, _):
        pages = []
        for name in ("Zebulon", "Quintus"):
            page = browser.new_context().new_page()
            page.goto(url)
            page.wait_for_selector("#entry textarea")
            page.fill("#entry textarea", f"I am {name}: {QUESTION.lower()}")
            pages.append((name, page))
        for _, page in pages:
            page.click("#send")
        until(lambda: paced.asked == 2)  # both are being answered
        paced.gate.release(1000)
        for name, page in pages:
            page.locator(".pa-answer").wait_for()
            assert name in page.locator("#log").inner_text()
            page.fill("#entry textarea", "How often should partners meet?")
            page.click("#send")
            page.locator(".pa-answer").nth(1).wait_for()
        for (name, page), other in zip(pages, ("Quintus", "Zebulon"), strict=True):
            text = page.locator("html").inner_html()
            assert name in text
            assert other not in text
            page.context.close()
