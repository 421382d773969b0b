"""What the law asks of the public surfaces (trust L1 to L3), in a real browser."""

import re

import pytest

from kb.answering.question import EU_LANGUAGES
from tests.browser.embedding import put_page
from tests.browser.looking import ask_chat
from tests.browser.test_embed import (  # noqa: F401
    BUTTON,
    ELEMENT,
    inside,
    open_base,
    serve,
    service,
    website,
)
from tests.browser.test_embed import ask as ask_element
from tests.browser.test_languages import PAGES, QUESTION, ready, squeezed
from ui.texts import texts

ELEMENTS = {"element": ELEMENT, "button": BUTTON, "frame": "frame"}
SURFACES = ("chat", *ELEMENTS)
# What a page has put into the browser: cookies, storage, databases, caches, workers.
KEPT = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length]"""


@pytest.fixture
def surface(browser, service, website):  # noqa: F811
    """``surface("frame")`` -> a fresh visitor's page with it, and the part of the page that it is."""
    contexts = []

    def open_(name: str, language: str = "", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        context.on("request", lambda request: page.asked.append(request.url))
        page.on("websocket", lambda socket: page.asked.append(socket.url))
        if name in ELEMENTS:
            given = f' language="{language}">' if language else ">"
            page.goto(put_page(website, service.url, ELEMENTS[name].replace(">", given, 1)))
        else:
            path = "/" if name == "chat" else name
            page.goto(f"{service.url}{path}{f'?lang={language}' if language else ''}")
        if name == "button":
            page.get_by_role("button", name=texts(language or "en")["open_assistant"]).click()
        return page, inside(page, name)

    yield open_
    for context in contexts:
        context.close()


def ask(name: str, page, part) -> None:
    if name == "chat":
        ask_chat(ready(page), QUESTION)
    else:
        ask_element(part, QUESTION)


# L1: what it is


def told(part, code: str):
    """What says that this is an AI system, where an assistive program finds it."""
    note = part.get_by_role("note")
    note.wait_for()
    assert squeezed(texts(code)["automated"]) in squeezed(note.inner_text())
    return note


@pytest.mark.parametrize("name", ["chat", "element"])
def test_l1_before_the_first_key_it_is_said_in_every_language(surface, name):
    page, part = surface(name)
    for code in EU_LANGUAGES:
        if name == "chat":
            page.goto(re.sub(r"/(\?.*)?$", f"/?lang={code}", page.url), wait_until="commit")
        else:
            page.evaluate(
                """code => {
                  const made = document.createElement("partnership-assistant");
                  made.setAttribute("language", code);
                  document.querySelector("partnership-assistant").replaceWith(made);
                }""",
                code,
            )
        note = told(part, code)
        assert note.evaluate("node => node.closest('[lang]').lang") == code


@pytest.mark.parametrize("name", SURFACES)
def test_l1_it_cannot_be_dismissed(surface, name):
    page, part = surface(name)
    note = told(part, "en")
    assert note.locator("button, a, summary, input, [tabindex]").count() == 0
    ask(name, page, part)
    told(part, "en")
    part.get_by_role("button", name=texts("en")["new_conversation"]).click()
    told(part, "en")
    if name != "button":  # there it closes the whole panel
        page.keyboard.press("Escape")
    assert told(part, "en").is_visible()
    entry = part.get_by_label(texts("en")["your_question"])
    assert entry.is_visible()


# L2: the mark of a machine


def test_l2_an_answer_in_the_chat_is_marked_and_so_is_its_copy(surface):
    page, _ = surface("chat", permissions=["clipboard-read", "clipboard-write"])
    ask("chat", page, page)
    article = page.locator("article.pa-answer")
    assert article.get_attribute("data-automated") == "true"
    names = ("generation", "generator", "created")
    marks = "; ".join(f"{name}={article.get_attribute(f'data-{name}')}" for name in names)
    assert "generator=extractive" in marks
    article.get_by_role("button", name=texts("en")["copy"]).click()
    article.get_by_role("button", name=texts("en")["copied"]).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "The river partnership was led by Lapland in 2018. [1]" in copied
    assert copied.endswith(f"{texts('en')['automated_answer']}\n[automated=true; {marks}]")


# L3: nothing is kept, nobody else is asked


@pytest.mark.parametrize("name", [*SURFACES, *PAGES])
def test_l3_after_loading_and_one_question_nothing_is_kept_and_no_other_host_was_asked(
    surface,
    service,  # noqa: F811
    website,  # noqa: F811
    name,
):
    page, part = surface(name, locale="de-AT")
    if name not in PAGES:
        ask(name, page, part)
        call = "/gradio_api/queue/join" if name == "chat" else "/embed/ask"
        assert any(url.startswith(service.url + call) for url in page.asked)
    page.evaluate("document.fonts.ready.then(() => null)")
    own = (service.url, website.origin) if name in ELEMENTS else (service.url,)
    assert [url for url in page.asked if not url.startswith((*own, "data:"))] == []
    for frame in page.frames:
        assert frame.evaluate(KEPT) == ["", 0, 0, 0, 0, 0], frame.url
    assert page.context.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
