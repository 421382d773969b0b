"""The embedded assistant on websites of other origins, in a real browser."""

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import ui.switches
from kb.answering.replies import CONTACT
from kb.types import Source, Statement, Topic
from tests.browser.embedding import (
    DOCUMENT,
    OBSERVE,
    SHIFT,
    Website,
    documented,
    figures,
    put_page,
    running,
)
from tests.browser.looking import violations
from tests.conftest import PAYLOADS
from tests.ui.conftest import PacedGenerator, open_base, until  # noqa: F401
from ui.pages import CODE_LICENCE
from ui.texts import texts

QUESTION = "Who leads the river partnership?"
FOLLOW_UP = "How often should partners meet?"
QUIET = "What can we do when partners go quiet?"
UNKNOWN = "What will the weather be in Lisbon?"
ELEMENT = "<partnership-assistant></partnership-assistant>"
BUTTON = '<partnership-assistant mode="button"></partnership-assistant>'
EN = texts("en")


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    """A website that is listed."""
    made = Website()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Website]:
    """A website that is not."""
    made = Website()
    yield made
    made.close()


@pytest.fixture(scope="module")
def serve(open_base, website):  # noqa: F811
    """``with serve(setting=…) as service``: a server that lists the website, its address and base."""

    @contextmanager
    def serve_(generator=None, **settings):
        given = {"allowed_origins": (website.origin,), "store_questions": True} | settings
        base = open_base(generator, **given)
        with running(base) as url:
            yield SimpleNamespace(url=url, base=base)

    return serve_


@pytest.fixture(scope="module")
def service(serve):
    with serve() as found:
        yield found


@pytest.fixture
def visit(browser, website, service):
    """``visit(element)`` -> the page of a fresh visitor; ``page.asked`` holds all requests."""
    contexts = []

    def open_(element=ELEMENT, *, at=website, of=service, ready=True, **options):
        options = {"viewport": {"width": 1280, "height": 900}} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.add_init_script(OBSERVE)
        page.goto(put_page(at, of.url, element))
        if ready:
            inside(page, element).locator("textarea").wait_for(state="attached")
        return page

    yield open_
    for context in contexts:
        context.close()


def inside(page, element: str):
    return page.frame_locator("iframe") if element == "frame" else page


def ask(part, question: str) -> None:
    """Ask and wait until the answer stands there."""
    before = part.locator("article").count()
    part.locator("textarea").fill(question)
    part.locator("textarea").press("Enter")
    part.locator("article").nth(before).wait_for()


def focused(page) -> str:
    """Tag and text of what has the focus, through shadow roots and frames."""
    script = """() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return `${at.tagName} ${at.textContent.trim() || at.id}`;
    }"""
    found = page.evaluate(script)
    return page.frames[1].evaluate(script) if found.startswith("IFRAME") else found


def press_until(page, key: str, start: str) -> None:
    """Press a key until something has the focus."""
    for _ in range(60):
        if focused(page).startswith(start):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never reaches {start}, but ends at {focused(page)}")


# The whole way


@pytest.mark.parametrize("element", [ELEMENT, "frame"])
def test_a2_by_keyboard_alone_on_a_strict_website(visit, service, website, element):
    page = visit(element)
    part = inside(page, element)
    page.keyboard.press("Tab")
    assert focused(page) == "A Read about them"  # nothing has moved the focus of the page
    press_until(page, "Tab", "TEXTAREA")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    part.locator("article").first.wait_for()
    assert "Lapland" in part.locator("article").first.inner_text()
    assert focused(page).startswith("TEXTAREA")
    page.keyboard.type(FOLLOW_UP)
    page.keyboard.press("Enter")
    part.locator("article").nth(1).wait_for()
    history = json.loads([r for r in page.asked if r.url.endswith("/ask")][-1].post_data)["history"]
    assert [turn["role"] for turn in history] == ["user", "assistant"]
    assert "Lapland" in history[1]["content"]

    press_until(page, "Shift+Tab", f"BUTTON {EN['helped']}")
    page.keyboard.press("Enter")
    part.locator("article").last.get_by_text(EN["thanks"]).wait_for()
    assert service.base.journal.ratings()[-1].useful is True
    press_until(page, "Shift+Tab", "BUTTON 1")
    page.keyboard.press("Enter")
    assert focused(page).startswith("SUMMARY 1 ")
    source = part.locator("details[open]")
    assert source.locator("blockquote").inner_text().startswith("Partners of a well-run")
    assert EN["wording_summary"] in source.inner_text()
    page.keyboard.press("Tab")
    assert focused(page) == f"A Lessons of a partnership ({EN['opens_in_new_tab']})"
    link = source.get_by_role("link")
    assert link.get_attribute("href") == "https://example.europa.eu/lessons"
    assert link.get_attribute("target") == "_blank"
    assert link.get_attribute("rel") == "noopener noreferrer"

    hosts = {re.match(r"https?://[^/]+", request.url)[0] for request in page.asked}
    assert hosts == {website.origin, service.url}
    assert page.context.cookies() == []
    for frame in page.frames:
        kept = "[localStorage.length, sessionStorage.length, document.cookie]"
        assert frame.evaluate(kept) == [0, 0, ""]
        assert frame.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert page.complaints == []  # no policy was broken
    surfaces = {question.surface for question in service.base.journal.questions()}
    assert surfaces == {"embed"}


def test_a2_a_panel_opens_and_closes_by_keyboard(visit):
    page = visit(BUTTON)
    assert not page.locator("dialog").is_visible()
    press_until(page, "Tab", f"BUTTON {EN['open_assistant']}")
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog", name=EN["title"]).is_visible()
    assert page.get_by_text(EN["automated"]).is_visible()
    assert focused(page).startswith("TEXTAREA")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator("article").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert focused(page) == f"BUTTON {EN['open_assistant']}"
    page.keyboard.press("Enter")
    assert page.locator("article").count() == 1  # the conversation is still there
    press_until(page, "Shift+Tab", f"BUTTON {EN['close']}")
    page.keyboard.press("Enter")
    assert not page.locator("dialog").is_visible()
    assert focused(page) == f"BUTTON {EN['open_assistant']}"


def test_the_example_works_as_it_stands(browser, website, service):
    text = (DOCUMENT.parent / "embed-example.html").read_text()
    assert text.count("http://127.0.0.1:7860") == 3
    address = website.put("/example", text.replace("http://127.0.0.1:7860", service.url))
    page = browser.new_page()
    page.goto(address)
    ask(page, QUESTION)
    assert "Lapland" in page.locator("article").inner_text()
    page.close()


def test_the_lines_to_paste_are_those_of_the_example():
    own = "http://127.0.0.1:7860"
    example = (DOCUMENT.parent / "embed-example.html").read_text()
    for kind, containing in (("html", "<script"), ("css", "partnership-assistant {")):
        for line in documented(kind, own, containing).splitlines():
            assert line in example


# Websites that are not listed


def test_a_website_that_is_not_listed_gets_no_answer(visit, stranger, service):
    page = visit(at=stranger, ready=False)
    page.get_by_text(EN["paused"]).wait_for()
    assert page.get_by_role("link", name=CONTACT).is_visible()
    assert page.get_by_role("link", name=EN["full_chat"]).is_visible()
    assert page.locator("textarea").count() == 0
    call = "fetch(url, { method: 'POST', body: '{}' }).catch(() => 'refused')"
    assert page.evaluate(f"(url) => {call}", f"{service.url}/embed/ask") == "refused"
    for request in page.asked:
        if "/embed/" in request.url:
            headers = {"origin": stranger.origin}
            again = page.request.fetch(request.url, method=request.method, headers=headers)
            assert again.status == 403


def test_s4_a_website_that_is_not_listed_cannot_frame_it(visit, stranger, service):
    page = visit("frame", at=stranger, ready=False)
    page.wait_for_load_state("networkidle")
    assert any("frame-ancestors" in text for text in page.complaints)
    assert page.frames[1].url != f"{service.url}/embed"
    assert page.frames[1].locator("partnership-assistant").count() == 0


# The frame


def test_s4_a_frame_grows_with_the_conversation_and_believes_the_assistant_alone(visit, service):
    page = visit("frame")
    page.evaluate(
        "window.told = []; addEventListener('message', (e) => told.push([e.origin, e.data]))"
    )
    part = inside(page, "frame")
    height = "document.querySelector('iframe').getBoundingClientRect().height"
    first = page.evaluate(height)
    assert first == 704
    for question in (QUESTION, QUIET, FOLLOW_UP):
        ask(part, question)
    inner = "document.documentElement.scrollHeight"
    until(lambda: page.evaluate(f"{height} > {first} && {height} === told.at(-1)[1].height"))
    until(lambda: page.frames[1].evaluate(inner) == page.evaluate(height))  # after the last answer
    grown = page.evaluate(height)
    assert page.frames[1].evaluate(inner) == grown
    assert page.frames[1].evaluate("innerHeight") == grown
    told = page.evaluate("told")
    assert {origin for origin, _ in told} == {service.url}
    assert {tuple(sorted(data)) for _, data in told} == {("height", "type")}
    # A foreign page that says the same is not believed, neither here nor in the frame.
    page.evaluate("""() => {
      const data = { type: "partnership-assistant-height", height: 5000 };
      const frame = document.querySelector("iframe").contentWindow;
      const said = (given) => dispatchEvent(new MessageEvent("message", { data, ...given }));
      said({ origin: location.origin, source: window });
      said({ origin: "https://evil.example", source: frame });
      frame.postMessage(data, "*");
    }""")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert page.evaluate(height) == grown
    part.get_by_role("button", name=EN["new_conversation"]).click()
    until(lambda: page.evaluate(height) == first)


@pytest.mark.parametrize("element", [ELEMENT, BUTTON, "frame"])
def test_a5_a_page_around_it_keeps_its_focus(visit, element):
    page = visit(element)
    assert focused(page).startswith("BODY ")
    page.reload()
    page.locator("#before").focus()
    inside(page, element).locator("textarea").wait_for(state="attached")
    assert focused(page) == "A Read about them"
    assert page.evaluate("scrollY") == 0


def test_what_a_frame_is_given_counts_only_in_a_frame(visit, service, browser):
    query = "/embed?title=Call+us&start-questions=One|Two&accent=%23004400&language=en"
    lines = documented("html", service.url, "<iframe")
    framed = lines.replace('/embed"', f'{query}"')
    page = visit(framed, ready=False)
    part = inside(page, "frame")
    assert part.get_by_role("heading", level=1).inner_text() == "Call us"
    assert part.get_by_role("button", name="Two").is_visible()
    page = browser.new_page()
    page.goto(service.url + query)
    page.locator("textarea").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == EN["title"]
    assert page.get_by_role("button", name="Two").count() == 0
    page.close()


# What a visitor asks to keep, and not


def test_a_conversation_is_kept_only_as_long_as_the_visitor_wants(visit):
    page = visit()
    ask(page, QUESTION)
    assert page.evaluate("localStorage.length") == 0
    page.get_by_label(EN["keep_conversation"]).check()
    ask(page, FOLLOW_UP)
    page.reload()
    page.locator("article").nth(1).wait_for()
    assert "Lapland" in page.locator("article").first.inner_text()
    assert page.get_by_label(EN["keep_conversation"]).is_checked()
    ask(page, QUIET)
    page.get_by_role("button", name=EN["new_conversation"]).click()
    assert page.evaluate("localStorage['partnership-assistant']") == "[]"
    ask(page, QUESTION)
    page.get_by_label(EN["keep_conversation"]).uncheck()
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    page.locator("textarea").wait_for()
    assert page.locator("article").count() == 0


@pytest.mark.parametrize("kept", ["{", "7", '{"a": 1}', '[{"question": "x"}]', "[null]"])
def test_what_was_not_kept_by_us_is_not_shown(visit, kept):
    page = visit()
    page.evaluate("(kept) => localStorage.setItem('partnership-assistant', kept)", kept)
    page.reload()
    ask(page, QUESTION)
    assert page.locator("article").count() == 1
    assert page.complaints == []


def test_a_question_is_not_stored_where_the_visitor_says_so(visit, serve, service):
    page = visit()
    page.get_by_label(EN["do_not_store"]).check()
    before = len(service.base.journal.questions())
    ask(page, QUESTION)
    assert len(service.base.journal.questions()) == before
    page.get_by_label(EN["do_not_store"]).uncheck()
    ask(page, QUESTION)
    assert len(service.base.journal.questions()) == before + 1
    with serve(store_questions=False) as other:
        page = visit(of=other)
        assert page.get_by_label(EN["do_not_store"]).count() == 0


# What it looks like


def test_attributes(visit):
    page = visit(
        '<div lang="de"><partnership-assistant title="Ask us" accent="#004400" accent-text="#ff0" '
        'start-questions="Who leads the river partnership? | x"></partnership-assistant></div>'
    )
    assert page.get_by_role("heading", level=2).first.inner_text() == "Ask us"
    assert page.locator("partnership-assistant").get_attribute("title") is None
    bar = page.locator(".bar")
    colours = "bar => { const of = getComputedStyle(bar); return [of.backgroundColor, of.color]; }"
    assert bar.evaluate(colours) == ["rgb(0, 68, 0)", "rgb(255, 255, 0)"]
    assert next(r.url for r in page.asked if "texts" in r.url).endswith("/embed/texts/de.json")
    page.get_by_role("button", name=QUESTION).click()
    page.locator("article").wait_for()
    asked = json.loads(next(r for r in page.asked if r.url.endswith("/ask")).post_data)
    assert asked == {"question": QUESTION, "history": []}  # the page's language is not the answer's
    assert focused(page).startswith("TEXTAREA")


def test_a_language_that_was_asked_for_is_that_of_the_answer_too(visit):
    for given, sent in (("de", "de"), ("fr-BE", "fr"), ("xx", None)):
        page = visit(f'<partnership-assistant language="{given}"></partnership-assistant>')
        ask(page, QUESTION)
        asked = json.loads(next(r for r in page.asked if r.url.endswith("/ask")).post_data)
        assert asked.get("language") == sent
        article = page.locator("article")
        assert article.get_attribute("lang") == (sent or "en")
        assert (
            article.locator("p[lang]").first.get_attribute("lang") == "en"
        )  # quoted, not translated
        assert page.locator(".box").get_attribute("lang") == (sent or "en")


@pytest.mark.parametrize(
    ("accent", "on_accent", "taken"),
    [("#777777", "#888888", False), ("red;}*{display:none", "", False), ("#fff", "", True),
     ("#000", "#fff", True), ("url(//evil.example)", "#fff", False), ("#0e47cb", "blue", False)],
)  # fmt: skip
def test_colours_that_cannot_be_read_are_not_taken(visit, accent, on_accent, taken):
    attribute = f' accent-text="{on_accent}"' if on_accent else ""
    page = visit(f'<partnership-assistant accent="{accent}"{attribute}></partnership-assistant>')
    set_ = page.locator(".box").evaluate("box => box.style.getPropertyValue('--accent')")
    assert bool(set_) is taken


@pytest.mark.parametrize("element", [ELEMENT, BUTTON, "frame"])
@pytest.mark.parametrize("size", [(320, 568), (320, 256), (768, 900), (1280, 900)])
def test_a4_nothing_scrolls_sideways_and_all_can_be_hit(visit, element, size):
    width, height = size
    page = visit(element, viewport={"width": width, "height": height})
    part = inside(page, element)
    if element == BUTTON:
        page.locator(".open").click()
    ask(part, QUESTION)
    ask(part, UNKNOWN)
    part.locator(".mark").first.click()
    for frame in page.frames:
        assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    body = part.locator(".body")
    assert body.evaluate("body => body.scrollWidth - body.clientWidth") <= 0
    controls = part.locator("button:visible, a:visible, summary:visible, input:visible, textarea")
    boxes = controls.evaluate_all(
        "all => all.filter(one => !one.closest('main') || one.getRootNode() !== document)"
        ".map(one => [one.textContent, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"
    )
    assert boxes == []
    part.locator("textarea").focus()  # what has the focus can be seen
    box = part.locator("textarea").bounding_box()
    assert 0 <= box["y"] <= height - 24


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("element", [ELEMENT, BUTTON, "page"])
def test_a1_accessibility_rules(visit, browser, service, serve, scheme, element):
    paced = PacedGenerator()
    with serve(paced) as writing:
        if element == "page":
            context = browser.new_context(color_scheme=scheme)
            page = context.new_page()
            page.goto(f"{writing.url}/embed")
            page.locator("textarea").wait_for()
        else:
            page = visit(element, of=writing, color_scheme=scheme)
            context = page.context
        if element == BUTTON:
            assert violations(page) == []
            page.locator(".open").click()
        assert violations(page) == []  # empty
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        page.get_by_text(EN["working"]).wait_for()
        assert violations(page) == []  # loading
        paced.gate.release(100)
        page.locator("article").wait_for()
        page.locator(".mark").first.click()
        assert violations(page) == []  # answer
        page.locator("textarea").fill("x" * 9000)
        page.locator("textarea").press("Enter")
        page.get_by_role("alert").wait_for()
        assert violations(page) == []  # error
        for question in (FOLLOW_UP, QUIET, UNKNOWN):
            ask(page, question)
        assert violations(page) == []  # long
        context.close()


def test_l1_what_it_is_stands_there_before_the_first_key(visit):
    page = visit()
    note = page.get_by_role("note").filter(has_text="AI system")
    assert note.inner_text() == EN["automated"]
    assert page.locator("textarea").get_attribute("aria-describedby") == note.get_attribute("id")
    assert note.locator("button").count() == 0
    ask(page, QUESTION)
    assert note.is_visible()


def test_l8_links_open_outside(visit, service):
    page = visit("frame")
    part = inside(page, "frame")
    links = {"licences": EN["licence"].format(name=CODE_LICENCE), "": EN["full_chat"]}
    links |= {key: EN[key] for key in ("about", "privacy", "accessibility")}
    for path, name in links.items():
        link = part.get_by_role("link", name=name)
        assert link.get_attribute("href") == f"{service.url}/{path}"
        assert page.request.get(link.get_attribute("href")).status == 200
        assert link.get_attribute("target") == "_blank"
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert EN["opens_in_new_tab"] in link.text_content()
    contact = part.get_by_role("link", name=EN["contact"], exact=True)
    assert contact.get_attribute("href") == f"mailto:{CONTACT}"
    assert contact.get_attribute("target") == "_top"
    with page.context.expect_page() as opened:
        part.get_by_role("link", name=EN["full_chat"]).click()
    assert opened.value.url == f"{service.url}/"
    ask(part, UNKNOWN)
    mail = part.get_by_role("link", name=EN["ask_secretariat"]).get_attribute("href")
    assert mail.startswith(f"mailto:{CONTACT}?subject=Question%20on")
    assert "weather" in mail


# Answers


def test_a3_an_answer_is_announced_once_when_it_is_finished(visit, serve):
    paced = PacedGenerator()
    with serve(paced) as writing:
        page = visit(of=writing)
        page.evaluate("""() => {
          const root = document.querySelector("partnership-assistant").shadowRoot;
          const live = root.querySelector("[role=status]");
          window.heard = [];
          new MutationObserver(() => heard.push(live.textContent)).observe(live, { childList: true,
            characterData: true, subtree: true });
        }""")
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        paced.gate.release()
        page.locator(".answer p").nth(1).wait_for()  # the first statement, while others are written
        assert page.locator("article").count() == 0
        assert page.evaluate("heard") == []
        paced.gate.release(100)
        page.locator("article").wait_for()
        heard = page.evaluate("heard")
        assert len(heard) == 1
        for statement in page.locator("article > p, article li").all_inner_texts()[:1]:
            assert statement.split("\n")[0].rstrip(" 1") in heard[0]
        assert page.locator("[aria-live]").count() == 0
        assert page.locator("[role=status]").count() == 1
        assert page.locator("[role=status]").get_attribute("lang") == "en"


def test_l2_an_answer_carries_the_mark_of_a_machine_and_so_does_its_copy(visit, service):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    article = page.locator("article")
    for name in ("generator", "generation", "created"):
        assert article.get_attribute(f"data-{name}")
    assert article.get_attribute("data-automated") == "true"
    assert EN["automated_answer"] in article.inner_text()
    article.get_by_role("button", name=EN["copy"]).click()
    article.get_by_role("button", name=EN["copied"]).wait_for()
    plain, rich = page.evaluate("""async () => {
      const [item] = await navigator.clipboard.read();
      const text = async (type) => (await item.getType(type)).text();
      return [await text("text/plain"), await text("text/html")];
    }""")
    generation = article.get_attribute("data-generation")
    assert "The river partnership was led by Lapland in 2018. [1]" in plain
    assert f"{EN['sources']}\n[1] Commitment" in plain
    created = article.get_attribute("data-created")
    mark = f"[automated=true; generation={generation}; generator=extractive; created={created}]"
    assert plain.endswith(f"{EN['automated_answer']}\n{mark}")
    assert f'data-generation="{generation}"' in rich
    assert 'data-automated="true"' in rich
    assert "<button" not in rich


def test_lists_recommendations_translations_and_what_is_missing(visit, service, monkeypatch):
    asked = type(service.base).ask

    def forged(base, *given, **options):
        answer = asked(base, *given, **options)
        statements = (
            Statement("There are two:", "finding", (1,)),
            Statement("One.", "finding", (1,)),
            Statement("Two.", "finding", (1,)),
            Statement("Und drei.", "finding", (1,), original="And three."),
            Statement("Do it.", "recommendation", (1,)),
        )
        return dataclasses.replace(
            answer, language="de", status="partial", statements=statements, missing=("the rest",),
            text="There are two:\n- One.\n- Two. [1]\n\nUnd drei. [1]\n\n- Do it. [1]",
        )  # fmt: skip

    monkeypatch.setattr(type(service.base), "ask", forged)
    page = visit()
    ask(page, QUESTION)
    article = page.locator("article")
    assert article.locator(":scope > ul").first.locator("li").all_inner_texts()[0] == "One."
    assert article.locator(":scope > ul").count() == 2
    heading = article.get_by_role("heading", name=EN["recommendations"])
    assert heading.locator("+ ul").inner_text().startswith("Do it.")
    assert article.locator("[lang=de]", has_text="Und drei.").count() == 1
    assert article.locator("[lang=en].original").inner_text().strip() == "(And three.)"
    assert "the rest" in article.locator(".warn", has_text=EN["no_source_covers"]).inner_text()


HOSTILE = "* { font-size: 9px; text-transform: uppercase; text-align: right; letter-spacing: 4px; }"


def test_rules_of_the_page_for_everything_do_not_reach_what_is_read(visit):
    page = visit()
    look = """one => { const style = getComputedStyle(one);
      return [style.fontSize, style.textTransform, style.textAlign, style.letterSpacing]; }"""
    note = page.locator("#automated")
    before = note.evaluate(look)
    page.evaluate("""css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet]; }""", HOSTILE)  # fmt: skip
    assert note.evaluate(look) == before


@pytest.mark.parametrize("later", [False, True])
def test_an_element_that_is_moved_while_it_asks_gives_the_question_back(visit, serve, later):
    paced = PacedGenerator()
    with serve(paced) as writing:
        page = visit(of=writing)
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        page.get_by_text(EN["working"]).wait_for()
        page.evaluate("""async later => {
          const element = document.querySelector("partnership-assistant");
          element.remove();
          if (later) await new Promise(requestAnimationFrame);
          document.body.append(element);
        }""", later)  # fmt: skip
        page.get_by_text(EN["working"]).wait_for(state="detached")
        paced.gate.release(1000)
        assert page.locator("textarea").input_value() == QUESTION
        assert page.get_by_role("alert").count() == 0


def test_what_was_taken_out_of_the_browser_in_one_tab_is_not_put_back_by_another(visit):
    first = visit()
    first.get_by_label(EN["keep_conversation"]).check()
    ask(first, QUESTION)
    second = first.context.new_page()
    second.goto(first.url)
    second.locator("article").wait_for()
    first.get_by_label(EN["keep_conversation"]).uncheck()
    ask(second, QUESTION)
    assert second.evaluate("localStorage.length") == 0
    assert not second.get_by_label(EN["keep_conversation"]).is_checked()


def test_printed_the_element_is_as_long_as_its_conversation(visit):
    page = visit()
    ask(page, QUESTION)
    ask(page, QUESTION)
    page.emulate_media(media="print")
    host = page.locator("partnership-assistant").bounding_box()
    foot = page.locator("article").last.bounding_box()
    assert foot["y"] + foot["height"] <= host["y"] + host["height"]
    assert page.locator("article").first.locator("blockquote").first.is_visible()
    assert page.locator("form").is_hidden()


def test_a_partial_answer_without_a_missing_part_names_none(visit, service, monkeypatch):
    asked = type(service.base).ask
    monkeypatch.setattr(
        type(service.base),
        "ask",
        lambda *given, **options: dataclasses.replace(
            asked(*given, **options), status="partial", missing=()
        ),
    )
    page = visit()
    ask(page, QUESTION)
    assert EN["no_source_covers"] not in page.locator("article").inner_text()
    assert EN["no_source_covers"] not in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("code", ["el", "en", "de"])
def test_a_link_begins_with_a_capital_and_keeps_its_accent(visit, code):
    page = visit(f'<partnership-assistant language="{code}"></partnership-assistant>')
    licence = texts(code)["licence"].format(name=CODE_LICENCE)
    name = re.compile(f"^{re.escape(licence[0].upper() + licence[1:])}")
    assert page.get_by_role("link", name=name).count() == 1


def test_s3_owasp10_no_text_of_an_answer_or_a_question_is_ever_read_as_markup(
    visit, service, monkeypatch
):
    assert len(PAYLOADS) == 60
    asked = type(service.base).ask
    payload = ""

    def forged(base, _question, **options):
        answer = asked(base, QUESTION, **options)
        source = Source(id=payload, title=payload, publisher=payload, url=payload, as_of=payload)
        cited = dataclasses.replace(
            answer.citations[0], title=payload, section=(payload,), url=payload, quote=payload,
            as_of=payload, licence=payload, publisher=payload, sources=(source,),
        )  # fmt: skip
        return dataclasses.replace(
            answer, question=payload, text=payload, statements=(Statement(payload, "finding", (1,)),),
            topics=(Topic(payload, payload, payload),), missing=(payload,), suggestions=(payload,),
            citations=(cited,), generator=payload, created=payload, status="partial",
        )  # fmt: skip

    monkeypatch.setattr(type(service.base), "ask", forged)
    page = visit()
    page.get_by_label(EN["keep_conversation"]).check()
    page.on("dialog", lambda dialog: page.complaints.append("dialog"))
    for payload in PAYLOADS:
        ask(page, payload)
        assert page.locator(".question").last.inner_text().endswith(payload)
        assert payload in page.locator("article").last.text_content()
    for again in (False, True):
        if again:  # what was kept is not believed either
            page.reload()
            page.locator("article").last.wait_for()
        assert page.title() == "A region"
        assert page.evaluate("window.__canary") is None
        made = (
            "img, svg, script, iframe, video, audio, object, embed, form form, style, link, meta, "
            "base, math, b"
        )
        assert page.locator(f"partnership-assistant :is({made})").count() == 0
        hrefs = page.locator("article a").evaluate_all("all => all.map((a) => a.protocol)")
        assert set(hrefs) <= {"mailto:", "https:", "http:"}
        assert [r.url for r in page.asked if "evil" in r.url] == []
        assert page.complaints == []


# When the service cannot answer


def test_a_visitor_without_scripts_gets_a_link(browser, website, service):
    element = ELEMENT.replace("><", f'><a href="{service.url}/">{EN["full_chat"]}</a><')
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for address in (put_page(website, service.url, element), f"{service.url}/embed"):
        page.goto(address)
        assert page.get_by_role("link", name=EN["full_chat"]).is_visible()
    context.close()


def test_a3_a_service_that_goes_down_is_said_calmly(visit, serve):
    with serve() as other:
        page = visit(of=other)
    page.locator("textarea").fill(QUESTION)
    page.locator("textarea").press("Enter")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text() == f"{EN['paused']} {CONTACT}"
    assert alert.get_by_role("link").get_attribute("href") == f"mailto:{CONTACT}"
    assert page.input_value("textarea") == QUESTION  # it is not lost
    page.get_by_role("button", name=EN["examples"][0]).wait_for()


def test_off_stops_what_is_loaded_already(visit, serve, monkeypatch):
    monkeypatch.setattr(ui.switches, "EVERY_SECONDS", 0.05)
    with serve() as other:
        page = visit(of=other)
        ask(page, QUESTION)
        other.base.journal.switch_off("embed", "wrong answers")
        is_off = f"async () => (await fetch('{other.url}/embed/texts/en.json')).status === 503"
        until(lambda: page.evaluate(is_off))
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert alert.inner_text() == f"{EN['paused']} {CONTACT}"
        assert "wrong answers" not in page.locator("body").inner_text()
        fresh = visit(of=other, ready=False)
        fresh.get_by_text(EN["paused"]).wait_for()
        assert violations(fresh) == []
        framed = visit("frame", of=other, ready=False)
        assert inside(framed, "frame").get_by_role("link", name=CONTACT).is_visible()


def test_a3_too_much_and_busy_are_told_apart(visit, serve):
    with serve(questions_per_minute=1) as other:
        page = visit(of=other)
        ask(page, QUESTION)
        page.locator("textarea").fill(FOLLOW_UP)
        page.locator("textarea").press("Enter")
        page.get_by_role("alert").wait_for()
        said = re.escape(EN["too_many"]).replace(r"\{seconds\}", r"\d+")
        assert re.fullmatch(said, page.get_by_role("alert").inner_text())
    paced = PacedGenerator()
    with serve(paced, questions_at_once=1) as other:
        first, second = visit(of=other), visit(of=other)
        first.locator("textarea").fill(QUESTION)
        first.locator("textarea").press("Enter")
        until(lambda: paced.asked)
        second.locator("textarea").fill(QUESTION)
        second.locator("textarea").press("Enter")
        second.get_by_role("alert").wait_for()
        assert second.get_by_role("alert").inner_text() == EN["failed"]
        first.get_by_role("button", name=EN["new_conversation"]).click()  # stops waiting
        assert first.locator(".question").count() == 0
        paced.gate.release(100)
        ask(first, QUESTION)
        assert first.locator("article").count() == 1


def test_a3_an_answer_that_fails_on_the_way_is_said(visit, service, monkeypatch):
    asked = type(service.base).ask

    def fail(base, *given, on_claim=None, **options):
        raise RuntimeError("a secret")

    monkeypatch.setattr(type(service.base), "ask", fail)
    page = visit()
    page.locator("textarea").fill(QUESTION)
    page.locator("textarea").press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text() == EN["failed"]
    monkeypatch.setattr(type(service.base), "ask", asked)
    ask(page, QUESTION)
    assert page.get_by_role("alert").count() == 0


@pytest.mark.parametrize("text", ["   ", "x" * 9000])
def test_a3_a_question_that_cannot_be_read_is_said_and_not_lost(visit, text):
    page = visit()
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")
    page.get_by_role("alert").wait_for()
    assert re.search("empty|8,000 characters", page.get_by_role("alert").inner_text())
    assert page.input_value("textarea") == text


# Weight and speed


@pytest.mark.parametrize("element", [ELEMENT, BUTTON, "frame"])
def test_weight_and_speed(visit, service, element):
    """Of three loads the best counts for time: the others measure what else this machine does."""
    found = []
    for _ in range(3):
        page = visit(element)
        found.append(figures(page, page.asked, service.url))
    assert all(one.requests <= 3 and 0 < one.script_bytes <= 20_000 for one in found)
    # A frame that is laid out before its page has its style sheet counts as moving, seen or not.
    assert sorted(one.shift for one in found)[1] <= 0.01
    assert min(one.usable for one in found) <= 300
    assert min(one.task for one in found) <= 50


@pytest.mark.parametrize("element", [ELEMENT, BUTTON])
def test_an_answer_does_not_move_the_page(visit, element, serve):
    paced = PacedGenerator()
    with serve(paced) as writing:
        page = visit(element, of=writing)
        if element == BUTTON:
            page.locator(".open").click()
        page.locator("textarea").fill(QUESTION)
        page.locator("textarea").press("Enter")
        page.wait_for_timeout(600)  # what comes within half a second of a key is not counted
        paced.gate.release(100)
        page.locator("article").wait_for()
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert page.evaluate(SHIFT) <= 0.01
