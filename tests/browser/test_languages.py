"""The chat in other languages, and the pages about it, in a real browser."""

import re
import shutil
from types import SimpleNamespace

import pytest

from kb.answering.replies import replies
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.browser.embedding import running
from tests.browser.looking import ask_chat, violations
from tests.conftest import DATA, CountingEmbedder
from ui.texts import texts

PAGES = ("/about", "/privacy", "/accessibility", "/licences")
QUESTION = "Who leads the river partnership?"
GERMAN = "Wer leitet die Partnerschaft am Fluss?"
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => entry.hadRecentInput ||
  shifts.push(entry.value))).observe({type: "layout-shift", buffered: true});
"""
# Every text that was ever painted: what stands in the page at each frame.
PAINTED = """
window.painted = new Set();
(function look() {
  if (document.body) painted.add(document.body.innerText);
  requestAnimationFrame(look);
})();
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A server over the small corpus, which knows four words of German; its address and base."""
    folder = tmp_path_factory.mktemp("languages")
    corpus = shutil.copytree(DATA / "corpus", folder / "corpus")
    words = corpus / "languages" / "words"
    words.mkdir(parents=True)
    (words / "de.tsv").write_text(
        "who\twer\nriver\tfluss\nleads\tleitet\npartnership\tpartnerschaft\n"
    )
    settings = load_settings(
        index=folder / "index", store_questions=True, questions_per_minute=10_000
    )
    base = KnowledgeBase.open(settings=settings, embedder=CountingEmbedder(), corpus=corpus)
    with running(base) as url:
        yield SimpleNamespace(url=url, base=base)


@pytest.fixture
def visit(browser):
    """``visit(address, …)``: a fresh visitor's page; the options are those of a browser context."""
    contexts = []

    def visit_(address: str, *, script: str = "", **options):
        context = browser.new_context(**{"locale": "en-GB"} | options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(address)
        return page

    yield visit_
    for context in contexts:
        assert [problem for page in context.pages for problem in page.problems] == []
        context.close()


def ready(page):
    page.wait_for_selector("#entry textarea")
    return page


def squeezed(text: str) -> str:
    return " ".join(text.split())


def language_at(page, selector: str) -> str:
    """The language that a browser takes an element to be in."""
    return page.locator(selector).first.evaluate("e => e.closest('[lang]:not([lang=\"\"])').lang")


@pytest.mark.parametrize(
    ("query", "locale", "expected"),
    [
        ("", "de-AT", "de"),
        ("?lang=el", "de-AT", "el"),
        ("", "tr-TR", "en"),
        ("?lang=bg", "en", "bg"),
    ],
)
def test_the_page_is_in_the_visitors_language(visit, service, query, locale, expected):
    page = ready(visit(f"{service.url}/{query}", locale=locale))
    say = texts(expected)
    assert page.evaluate("document.documentElement.lang") == expected
    assert page.title() == say["title"]
    shown = squeezed(page.locator("body").inner_text())
    said = ("automated", "your_question", "send", "new_conversation", "for_example", "do_not_store")
    for key in said:
        assert squeezed(say[key]) in shown, key
    assert page.get_by_placeholder(say["placeholder"]).count() == 1
    buttons = page.locator("#suggestions button").all_inner_texts()
    assert buttons == say["examples"]
    assert page.get_by_label(say["conversation"]).count() == 1


def test_no_english_is_seen_on_the_way_and_nothing_moves(visit, service):
    page = ready(visit(f"{service.url}/?lang=de", script=SHIFTS + PAINTED))
    page.wait_for_function("() => document.querySelectorAll('#suggestions button').length === 4")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    painted = page.evaluate("[...painted]")
    english = texts("en")
    assert any(texts("de")["send"] in text for text in painted)
    for key in ("automated", "send", "your_question", "new_conversation", "for_example"):
        word = re.compile(rf"\b{re.escape(english[key])}(?!\w)")
        assert not any(word.search(text) for text in painted), key
    assert page.evaluate("shifts.reduce((sum, value) => sum + value, 0)") <= 0.01


def test_a_language_is_chosen_by_keyboard(visit, service):
    page = ready(visit(service.url))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.locator(".pa-languages a:visible").count() == 24
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.lang") == "fi":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/?lang=fi")
    assert page.evaluate("document.documentElement.lang") == "fi"
    assert page.locator(".pa-languages [aria-current]").get_attribute("lang") == "fi"


def test_l7_an_answer_says_which_part_is_in_which_language(visit, service):
    page = ready(visit(f"{service.url}/?lang=de"))
    ask_chat(page, GERMAN)
    answer = page.locator(".pa-answer")
    say = texts("de")
    assert answer.get_attribute("lang") == language_at(page, ".pa-question p") == "de"
    assert language_at(page, ".pa-answer > p:has(.pa-mark)") == "en"
    assert language_at(page, ".pa-answer blockquote") == "en"
    assert language_at(page, ".pa-sources h3") == "de"
    assert answer.locator(".pa-sources h3").inner_text() == say["sources"]
    notice = answer.locator("[data-kind=fallback]")
    assert squeezed(replies("de").english_sources) == squeezed(notice.inner_text())
    assert language_at(page, "[data-kind=fallback] p") == "de"
    contact = answer.get_by_role("link", name=say["ask_secretariat"]).get_attribute("href")
    assert contact.startswith("mailto:contact@s3-cop.eu?subject=")
    assert answer.get_by_text(say["automated_answer"]).count() == 1
    copied = answer.locator(".pa-copy").get_attribute("data-copy")
    assert say["sources"] in copied.splitlines()
    assert (
        answer.locator(".pa-sources a")
        .first.text_content()
        .endswith(f"({say['opens_in_new_tab']})")
    )
    told = page.locator("#announced [role=status]")
    assert language_at(page, "#announced [role=status] span") == "en"
    assert squeezed(replies("de").english_sources) in squeezed(told.inner_text())


def test_an_english_question_is_answered_in_english_on_a_german_page(visit, service):
    page = ready(visit(f"{service.url}/?lang=de"))
    ask_chat(page, QUESTION)
    assert page.locator(".pa-answer [data-kind=fallback]").count() == 0
    assert language_at(page, ".pa-question p") == "en"
    page.get_by_role("button", name=texts("de")["helped"]).click()
    page.get_by_text(texts("de")["thanks"]).wait_for()
    proposed = page.locator("#suggestions button:visible")
    if proposed.count():
        assert language_at(page, "#suggestions button") == "en"
    page.click("#new")
    page.get_by_role("button", name=texts("de")["examples"][0]).wait_for()
    assert language_at(page, "#suggestions button") == "de"


def test_no_answer_is_said_in_the_language_of_the_question(visit, service):
    page = ready(visit(f"{service.url}/?lang=de"))
    ask_chat(page, "Wie wird das Wetter morgen in Lissabon, und wird es wohl regnen?")
    text = squeezed(page.locator(".pa-answer").inner_text())
    said = (replies("de").outside, replies("de").nothing_found, replies("de").clarify)
    assert any(squeezed(sentence) in text for sentence in said)
    assert language_at(page, ".pa-answer > p") == "de"


def test_a_question_is_not_stored_where_the_visitor_says_so(visit, service):
    def kept() -> list[str]:
        return [question.text for question in service.base.journal.questions()]

    page = ready(visit(f"{service.url}/?lang=de"))
    ask_chat(page, QUESTION)
    assert kept()[-1] == QUESTION
    page.get_by_label(texts("de")["do_not_store"]).check()
    before = len(kept())
    ask_chat(page, "How often should partners meet?")
    assert len(kept()) == before
    page.get_by_label(texts("de")["do_not_store"]).uncheck()
    ask_chat(page, "How often do partners meet?")
    assert len(kept()) == before + 1


def test_l8_the_pages_open_beside_the_chat(visit, service):
    page = ready(visit(f"{service.url}/?lang=de"))
    for key, path in (
        ("about", "/about"),
        ("privacy", "/privacy"),
        ("accessibility", "/accessibility"),
    ):
        with page.context.expect_page() as opened:
            page.locator(".pa-end").get_by_role("link", name=texts("de")[key]).click()
        assert opened.value.url == service.url + path
        opened.value.close()
    assert page.locator("#entry textarea").count() == 1
    assert squeezed(texts("de")["pages_in_english"]) in squeezed(
        page.locator(".pa-end").inner_text()
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("code", ["de", "el"])
def test_a1_accessibility_rules_in_other_languages(visit, service, scheme, code):
    page = ready(visit(f"{service.url}/?lang={code}", color_scheme=scheme))
    page.locator(".pa-languages summary").click()
    assert violations(page) == []
    page.locator(".pa-languages summary").click()
    ask_chat(page, GERMAN)
    page.locator("a.pa-mark").first.click()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a1_accessibility_rules_on_the_pages(visit, service, scheme, path):
    assert violations(visit(service.url + path, color_scheme=scheme)) == []


@pytest.mark.parametrize("path", PAGES)
def test_a4_pages_by_keyboard_on_a_narrow_screen(visit, service, path):
    page = visit(service.url + path, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    low = page.evaluate(
        "() => [...document.querySelectorAll('nav a, .home a, footer a')]"
        ".filter(e => e.getBoundingClientRect().height < 24).map(e => e.textContent)"
    )
    assert low == []


@pytest.mark.parametrize("code", ["de", "el", "bg", "fi"])
def test_a4_long_words_fit_on_a_narrow_screen(visit, service, code):
    page = ready(visit(f"{service.url}/?lang={code}", viewport={"width": 320, "height": 640}))
    ask_chat(page, GERMAN)
    page.locator("a.pa-mark").first.click()
    page.locator(".pa-languages summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_scripts_it_says_whom_to_write_to(visit, service):
    page = visit(f"{service.url}/?lang=de", java_script_enabled=False)
    shown = squeezed(page.locator("body").inner_text())
    assert squeezed(texts("de")["automated"]) in shown
    assert squeezed(texts("de")["paused"]) in shown
    assert (
        page.locator("noscript a, .pa-notice a").first.get_attribute("href").startswith("mailto:")
    )
