"""The chat as people use it, in a real browser."""

import pytest

from tests.browser.looking import ANSWERED, violations
from tests.browser.looking import ask_chat as ask
from tests.browser.test_accessibility import small_targets
from ui.texts import texts

QUIET = "Half of our partners have gone quiet, what can we do?"


def test_a_cited_answer(page):
    ask(page, QUIET)
    answer = page.locator(".pa-answer").last
    assert answer.locator("a.pa-mark").count() >= 2
    assert "What you can do" in answer.inner_text()
    mark = answer.locator("a.pa-mark").first
    mark.click()
    source = answer.locator("details[open]")
    assert source.count() == 1
    text = source.inner_text()
    assert "As of" in text
    assert "our summary of the source" in text
    assert source.locator("blockquote").inner_text()
    assert source.locator("a").first.get_attribute("href").startswith("https://")
    assert source.locator("a").first.get_attribute("rel") == "noopener noreferrer"
    contact = answer.get_by_role("link", name="Ask the secretariat").get_attribute("href")
    assert contact.startswith("mailto:contact@s3-cop.eu?")
    assert "gone%20quiet" in contact


def test_l1_before_the_first_question_it_says_what_it_is(page):
    text = page.locator("body").inner_text()
    assert "automated assistant (an AI system)" in text
    assert page.locator("h1").count() == 1


def test_a_question_stands_there_at_once_and_that_it_is_worked_on(page):
    page.evaluate("""() => {
      window.seen = new Set();
      new MutationObserver(() => {
        if (document.querySelector(".pa-working")) seen.add(document.querySelector("#log").innerText);
      }).observe(document.body, { childList: true, subtree: true });
    }""")
    ask(page, QUIET)
    seen = page.evaluate("() => [...seen]")
    assert any(QUIET in text and texts("en")["working"] in text for text in seen)
    assert page.locator(".pa-working").count() == 0


def test_follow_up_and_new_conversation(page):
    ask(page, "Who leads the Bioenergy partnership?")
    ask(page, "And since when does it exist?")
    assert "2016" in page.locator(".pa-answer").last.inner_text()
    page.click("#new")
    page.wait_for_function("() => !document.querySelector('.pa-question')")
    assert page.locator("#suggestions button:visible").count() == 4


def test_suggestions_can_be_answered(page):
    ask(page, QUIET)
    proposals = page.locator("#suggestions button:visible")
    assert 2 <= proposals.count() <= 3
    text = proposals.first.inner_text()
    proposals.first.click()
    page.locator(ANSWERED).nth(1).wait_for()
    assert text in page.locator(".pa-question").last.inner_text()
    assert page.locator(".pa-answer").last.locator("a.pa-mark").count() >= 1


def test_nothing_is_invented(page):
    ask(page, "What will the weather be in Lisbon?")
    answer = page.locator(".pa-answer").last
    assert answer.locator("a.pa-mark").count() == 0
    assert answer.locator("a[href^=mailto]").count() >= 1


def test_a_rating_is_stored(page, served):
    ask(page, QUIET)
    page.get_by_role("button", name="This did not help").click()
    page.get_by_text("your rating is stored").wait_for()
    from kb.journal.database import Database
    from kb.journal.records import Journal

    ratings = Journal(Database(f"sqlite:///{served.folder / 'journal.sqlite'}")).ratings()
    assert ratings[-1].useful is False
    assert ratings[-1].passages


def test_l3_private(page, served):
    ask(page, QUIET)
    assert [url for url in page.requests if not url.startswith((served.url, "data:"))] == []
    kept = "() => [localStorage.length, sessionStorage.length, document.cookie]"
    assert page.evaluate(kept) == [0, 0, ""]
    assert page.context.cookies() == []
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert "gone quiet" not in served.log.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=\"document.title='owned'\">",
        "<script>document.title='owned'</script> who leads bioenergy",
        "![x](https://evil.example/a.png) [y](javascript:alert(1)) who leads bioenergy?",
        "</p></article><form action=https://evil.example><input></form> bioenergy lead?",
        "<svg/onload=document.title='owned'> `x` **who** leads bioenergy?",
        '"><style>*{background:url(https://evil.example)}</style> bioenergy?',
    ],
)
def test_s3_a_question_cannot_break_out(page, served, text):
    ask(page, text)
    shown = page.locator(".pa-question").last
    assert text.replace("\u200b", "") == shown.locator("p").inner_text()
    assert shown.locator("img, script, form, svg, style").count() == 0
    assert page.title() == "Partnership assistant"
    assert [url for url in page.requests if not url.startswith((served.url, "data:"))] == []


@pytest.mark.parametrize(
    ("text", "message"), [("x" * 100_000, "100,000 characters"), ("   ", "empty")]
)
def test_bad_input_is_said_and_not_lost(page, text, message):
    page.fill("#entry textarea", text)
    page.click("#send")
    page.get_by_role("alert").wait_for()
    assert message in page.get_by_role("alert").inner_text()
    assert page.input_value("#entry textarea") == text


def test_a2_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    for _ in range(30):
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(QUIET)
    page.keyboard.press("Enter")
    page.locator("a.pa-mark").first.wait_for()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.className").startswith("pa-mark"):
            break
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["empty", "answer", "error", "long"])
def test_a1_accessibility_rules(browser, served, scheme, state):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector("#entry textarea")
    if state == "answer":
        ask(page, QUIET)
        page.locator("a.pa-mark").first.click()
    elif state == "error":
        ask(page, "x" * 9000)
    elif state == "long":
        ask(page, "Which partnerships deal with energy?")
        ask(page, "What will the weather be in Lisbon?")
        ask(page, "List all criteria of the enabling condition")
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_a4_no_sideways_scrolling(browser, served, width):
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector("#entry textarea")
    ask(page, QUIET)
    page.locator("a.pa-mark").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert small_targets(page) == []
    context.close()
