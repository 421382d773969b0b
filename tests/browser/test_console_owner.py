"""A content owner at the console, in a real browser."""

import re
from dataclasses import replace

import pytest

from kb.desk.account import Actor
from kb.desk.faq import Faq
from tests.browser.embedding import running
from tests.browser.test_console import SIZES, fits, keep, press, quiet, said, violations, visit  # noqa: F401
from tests.ui.test_console import PAYLOADS, add_people
from tests.ui.test_console_owner import ZEBRAS, ask_badly, count, new_base

DORA, ANTON = Actor("dora", "drafter"), Actor("anton", "approver")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A console over an index of its own: its address and its base."""
    base = new_base(tmp_path_factory.mktemp("owner"), store_questions=True)
    add_people(base)
    count(base)
    with running(base) as url:
        yield url, base


def to(page, name, title=None):
    """Go to a screen by the navigation."""
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=title or name, level=1).wait_for()


def answer_of(page, url, question):
    sent = page.request.post(f"{url}/api/v1/ask", data={"question": question})
    return sent.json()


@pytest.mark.parametrize("size", SIZES)
def test_a_content_owners_whole_path(visit, site, tmp_path, size):  # noqa: F811
    url, base = site
    animal = {"desktop": "zebra", "phone": "penguin"}[size]
    question = f"Where is the {animal} crossing?"
    for weeks in (0, 0, 1, 5):
        ask_badly(base, f"Where is the {animal} crossing", weeks=weeks)
    ask_badly(base, f"where {animal} crossing please")
    ask_badly(base, "Which train goes to Helsinki?")
    owner, approver = visit("dora", size=size), visit("anton", size=size)
    with quiet(owner), quiet(approver):
        to(owner, "Gaps")
        group = owner.locator(".gap", has_text=animal)
        assert "5 ×" in group.inner_text()
        assert "rising: 4 in the last 4 weeks, 1 in the 4 before" in group.inner_text()
        assert fits(owner)
        keep(owner, tmp_path, f"gaps-{size}")
        group.get_by_role("button", name=re.compile("Start an FAQ entry")).click()
        said(owner, "The entry is started.")
        assert owner.get_by_label("Question").input_value() == question
        assert animal in owner.get_by_label("Ways to ask, a line each").input_value()

        owner.get_by_label("Answer").fill(
            f"{animal.title()}s cross beside the harbour.\n\n- It is lit."
        )
        owner.get_by_label("Add a source").fill("S1 – Lessons of a partnership")
        press(owner, "Save", exact=True)
        said(owner, "Saved.")
        assert owner.get_by_role("checkbox").count() == 1
        assert owner.get_by_role("button", name="Publish").count() == 0
        press(owner, "I have read it: no personal data")
        said(owner, "You have confirmed")
        assert fits(owner)
        keep(owner, tmp_path, f"faq-{size}")

        assert answer_of(owner, url, question)["citations"] == []
        approver.goto(owner.url)
        press(approver, "Publish")
        said(approver, "Published.")
        assert "beside the harbour" in answer_of(owner, url, question)["text"]
        chat = owner.context.new_page()
        chat.goto(url)
        chat.wait_for_selector("#entry textarea")
        chat.fill("#entry textarea", question)
        chat.keyboard.press("Enter")
        chat.locator(".pa-answer", has_text="beside the harbour").wait_for()
        chat.close()

        owner.reload()
        owner.get_by_label("Answer").fill(f"{animal.title()}s cross beside the station.")
        press(owner, "Save", exact=True)
        said(owner, "Saved.")
        assert "harbour" in answer_of(owner, url, question)["text"]
        press(owner, "I have read it: no personal data")
        approver.reload()
        press(approver, "Publish")
        said(approver, "Published.")
        assert "station" in answer_of(owner, url, question)["text"]

        approver.get_by_role("link", name="History").click()
        approver.get_by_role("heading", name=re.compile("History of")).wait_for()
        assert approver.locator("del", has_text="harbour").count() == 1
        assert approver.locator("ins", has_text="station").count() == 1
        assert fits(approver)
        approver.get_by_role("link", name="Back to the entry").click()
        press(approver, "Withdraw")
        said(approver, "Withdrawn.")
        assert answer_of(owner, url, question)["citations"] == []
        to(approver, "FAQ", "Own FAQ")
        assert fits(approver)


@pytest.mark.parametrize("size", SIZES)
def test_a_source_is_added_and_withdrawn(visit, site, tmp_path, size):  # noqa: F811
    url, _ = site
    page = visit("anton", size=size)
    with quiet(page):
        to(page, "Sources")
        page.get_by_text("Add a file or an address").click()
        file = {"name": f"{size}.md", "mimeType": "text/markdown", "buffer": ZEBRAS}
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_label("Title").fill(f"Zebras on a {size}")
        page.get_by_label("Date").fill("2025-06")
        assert fits(page)
        press(page, "Add and index")
        said(page, "is indexed")
        assert fits(page)
        keep(page, tmp_path, f"sources-{size}")
        asked = answer_of(page, url, "Where do zebras cross the street?")
        assert asked["citations"][0]["title"] == f"Zebras on a {size}"
        press(page, "Refresh all")
        said(page, "Nothing has changed.")
        page.get_by_role("link", name=re.compile(f"Withdraw Zebras on a {size}")).click()
        press(page, "Withdraw", exact=True)
        said(page, "is withdrawn")
        assert answer_of(page, url, "Where do zebras cross the street?")["citations"] == []


@pytest.mark.parametrize("size", SIZES)
def test_figures_are_drawn_and_downloaded(visit, site, tmp_path, size):  # noqa: F811
    page = visit("dora", size=size)
    with quiet(page):
        to(page, "Figures")
        page.wait_for_load_state("networkidle")
        plots = page.locator("img.plot")
        assert plots.count() == 5
        for plot in plots.all():
            assert plot.evaluate("e => e.complete && e.naturalWidth > 100")
            assert plot.get_attribute("alt")
        page.get_by_text("Table", exact=True).first.click()
        assert page.get_by_role("table").first.get_by_role("row").count() == 1 + 6
        assert fits(page)
        keep(page, tmp_path, f"figures-{size}")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as CSV").click()
        assert download.value.suggested_filename == "figures.csv"


@pytest.fixture(scope="module")
def entry(site):
    """An entry with a proposal beside what is published, and markup in every field."""
    faq = Faq(site[1])
    name = faq.propose("Who feeds the lions?", "The keeper does.", DORA, sources=["S1"])
    faq.confirm_clean(name, 1, DORA)
    faq.publish(name, 2, ANTON)
    wording = faq.read(name).wording
    text = "\n".join([*PAYLOADS, "Write to maria.rossi@example.eu."])
    faq.save(name, 3, replace(wording, text=text, asked_as=tuple(PAYLOADS)), DORA)
    return name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_accessible(visit, site, entry, scheme):  # noqa: F811
    url, base = site
    ask_badly(base, PAYLOADS[0])
    page = visit("ada", color_scheme=scheme)

    def look(what):
        assert violations(page) == [], what
        assert page.locator("h1").count() == 1, what
        assert page.evaluate("window.owned") is None, what

    paths = ("faq", f"faq/{entry}", f"faq/{entry}/history", "gaps", "sources", "figures",
             "sources/withdraw?name=guidance/commitment", "accounts")  # fmt: skip
    with quiet(page):
        for path in paths:
            page.goto(f"{url}/console/{path}")
            page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
            look(path)
            page.set_viewport_size({"width": 320, "height": 800})
            assert fits(page), path
            page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{url}/console/faq/{entry}")
        press(page, "Publish")
        page.get_by_role("alert").wait_for()
        look("error")
        version = page.locator("input[name=version]").get_attribute("value")
        Faq(base).confirm_clean(entry, int(version), DORA)
        page.get_by_label("Answer").fill(f"Mine, {scheme}.")
        press(page, "Save", exact=True)
        page.get_by_role("heading", name="Somebody else has saved this entry").wait_for()
        look("conflict")
        press(page, "Keep mine over theirs")
        said(page, "Saved.")
        assert page.get_by_label("Answer").input_value() == f"Mine, {scheme}."
