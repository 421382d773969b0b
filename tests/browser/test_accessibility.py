"""Chat, embed and console for those who hear, type or enlarge (trust A1 to A5), in a real browser."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from kb.types import Statement
from tests.browser.looking import ask_chat
from tests.browser.test_console import (
    STATES,
    site,  # noqa: F401
)
from tests.browser.test_console import visit as visit_console  # noqa: F401
from tests.browser.test_embed import (  # noqa: F401
    BUTTON,
    ELEMENT,
    FOLLOW_UP,
    QUESTION,
    QUIET,
    UNKNOWN,
    inside,
    open_base,
    serve,
    service,
    violations,
    visit,
    website,
)
from tests.browser.test_languages import PAGES, ready, squeezed
from tests.browser.test_law import ELEMENTS, SURFACES, ask, surface  # noqa: F401
from tests.ui.conftest import PacedGenerator, served, until  # noqa: F401
from ui.texts import texts

EN = texts("en")
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}
SIZES = {"phone": (320, 568), "enlarged": (320, 256), "desktop": (1280, 900)}  # 400 % of 1280
CONTROLS = "a[href], button, summary, input, textarea, select, [tabindex='0'], [role=button]"
# All elements that stand in the page, also those in shadow roots.
ALL = """const all = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
  [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);"""
# Writes down what a screen reader would say by itself: what changes in a region that it watches.
HEAR = """() => {
  window.heard = [];
  let known = new Map();
  const listen = () => {
    const now = new Map();
    for (const region of document.querySelectorAll("[role=status], [role=alert], [role=log], [aria-live]")) {
      const text = region.checkVisibility() ? region.textContent.trim() : "";
      if (text && known.get(region) !== text) heard.push([region.getAttribute("role"), text]);
      now.set(region, text);
    }
    known = now;
  };
  listen();
  heard.length = 0;
  const what = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(listen).observe(document.documentElement, what);
}"""


@pytest.fixture
def chat(browser):
    """``chat(url, language, …)`` -> a fresh visitor's chat; the options are those of a browser context."""
    contexts = []

    def open_(url, language="en", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{url}/?lang={language}")
        return ready(page)

    yield open_
    for context in contexts:
        context.close()


def send(page, question):
    """Ask and do not wait for the answer."""
    page.fill("#entry textarea", question)
    page.keyboard.press("Enter")


def focused(page):
    """What has the focus, through shadow roots and frames: tag, name, and how that is marked."""
    script = """() => {
      const paint = (node) => {
        for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
          const colour = getComputedStyle(at).backgroundColor;
          if (colour && colour !== "transparent" && !colour.endsWith(", 0)")) return colour;
        }
        return "rgb(255, 255, 255)";
      };
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      const style = getComputedStyle(at);
      const edge = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
      const box = at.getBoundingClientRect();
      let cut = 0;  // how much of the line what lies around does not let be seen
      for (let up = at.parentElement ?? at.getRootNode().host; up;
           up = up.parentElement ?? up.getRootNode().host) {
        const { overflowX, overflowY } = getComputedStyle(up), around = up.getBoundingClientRect();
        if (up === document.body || up === document.documentElement) continue;  // clips the window alone
        if (overflowX !== "visible") {
          cut = Math.max(cut, around.left - box.left + edge, box.right + edge - around.right);
        }
        if (/hidden|clip/.test(overflowY)) {
          cut = Math.max(cut, around.top - box.top + edge, box.bottom + edge - around.bottom);
        }
      }
      return { tag: at.tagName, id: at.id, name: (at.ariaLabel ?? at.textContent).trim(), cut,
        line: style.outlineStyle, width: parseFloat(style.outlineWidth), colour: style.outlineColor,
        ground: paint(at.parentElement ?? at.getRootNode().host) };
    }"""
    found = page.evaluate(script)
    return page.frames[1].evaluate(script) if found["tag"] == "IFRAME" else found


def walk(page, key="Tab"):
    """All that the key leads to, from where the focus is until it is there again."""
    began = place_of(focused(page))
    found = []
    while not found or place_of(found[-1]) != began:
        assert len(found) < 200, (
            f"{key} does not come back: {[place_of(one) for one in found[-9:]]}"
        )
        page.keyboard.press(key)
        found.append(focused(page))
    return [one for one in found if one["tag"] not in ("BODY", "HTML", "IFRAME")]


def place_of(found):
    return found["tag"], found["id"], found["name"]


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def small_targets(part):
    """What can be pressed and is smaller than 24 px; a link within a sentence may be (WCAG 2.5.8)."""
    return part.locator(f":is({CONTROLS}):visible").evaluate_all("""all => all.filter((one) => {
      const { width, height } = one.getBoundingClientRect();
      const box = one.type === "checkbox" ? one.closest("label").getBoundingClientRect() : null;
      const inline = getComputedStyle(one).display === "inline" && one.matches("a");
      const sentence = one.closest("p, li, blockquote")?.textContent.trim();
      if (inline && sentence !== one.textContent.trim()) return false;
      return width < 24 || Math.max(height, box?.height ?? 0) < 24;
    }).map((one) => one.outerHTML.slice(0, 150))""")


# A1: rules that a program can check


@pytest.mark.parametrize("look", LOOKS)
def test_a1_no_rule_is_broken_in_any_state_of_the_chat(chat, serve, look):  # noqa: F811
    paced = PacedGenerator()
    with serve(paced) as writing:
        page = chat(writing.url, **LOOKS[look])
        assert violations(page) == []  # empty
        send(page, QUESTION)
        until(lambda: paced.asked)
        page.locator("#log").get_by_text(EN["working"]).wait_for()
        assert QUESTION in page.locator("#log").inner_text()
        assert violations(page) == []  # loading
        paced.gate.release(1000)
        page.locator("article").wait_for()
        page.locator(".pa-mark").first.click()
        assert violations(page) == []  # answer
        ask_chat(page, "x" * 9000)
        page.get_by_role("alert").wait_for()
        assert violations(page) == []  # error, in place of an answer
        for question in (FOLLOW_UP, QUIET, UNKNOWN):
            ask_chat(page, question)
        assert violations(page) == []  # long
    with serve(questions_per_minute=1) as other:
        page = chat(other.url, **LOOKS[look])
        ask_chat(page, QUESTION)
        send(page, FOLLOW_UP)
        page.get_by_role("alert").wait_for()
        assert violations(page) == []  # error, where no answer can come


@pytest.mark.parametrize("state", ["inquiry", "long", "refused", "sign-in"])
def test_a1_no_rule_is_broken_in_the_console_in_forced_colours(visit_console, site, state):  # noqa: F811
    page = visit_console("ada", **LOOKS["forced"])
    STATES[state](page, site)
    assert violations(page) == []


# A2: by keys alone


@pytest.mark.parametrize("name", SURFACES)
def test_a2_keys_reach_everything_both_ways_and_are_never_held(surface, name):  # noqa: F811
    page, part = surface(name)
    ask(name, page, part)
    assert focused(page)["tag"] == "TEXTAREA"
    there = [place_of(one) for one in walk(page)]
    reached = " ".join(text for *_, text in there)
    for wanted in ("send", "ask_secretariat", "new_conversation", "copy"):
        assert EN[wanted] in reached, wanted
    assert EN["source"].format(number=1) in reached  # a mark
    assert re.search(r"SUMMARY\W+1 ", " ".join(f"{tag} {text}" for tag, _, text in there))
    shown = part.locator(f":is({CONTROLS}):visible").count()
    own = {"button": -1, "frame": 1}  # the website's own link: not to be used, or not in the part
    assert len(there) == shown + own.get(name, 0)
    back = [place_of(one) for one in walk(page, "Shift+Tab")]
    assert back[:-1] == there[-2::-1]


@pytest.mark.parametrize("name", SURFACES)
def test_a2_the_focus_stays_in_the_input_after_sending(surface, name):  # noqa: F811
    page, part = surface(name)
    articles = part.locator("article")
    part.locator("textarea").focus()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    assert focused(page)["tag"] == "TEXTAREA"
    articles.nth(0).wait_for()
    assert focused(page)["tag"] == "TEXTAREA"
    page.keyboard.type(FOLLOW_UP)
    page.keyboard.press("Tab")
    assert focused(page)["name"] == EN["send"]
    page.keyboard.press("Space")
    articles.nth(1).wait_for()
    assert focused(page)["tag"] == "TEXTAREA"


# A3: what is said without being asked for


def test_a3_the_chat_says_an_answer_once_and_nothing_on_the_way(chat, serve):  # noqa: F811
    paced = PacedGenerator()
    with serve(paced) as writing:
        page = chat(writing.url)
        page.evaluate(HEAR)
        for number, question in enumerate((QUESTION, FOLLOW_UP, FOLLOW_UP), start=1):
            send(page, question)
            until(lambda number=number: paced.asked == number)
            paced.gate.release()  # one sentence is written, the others are not yet
            until(lambda: paced.gate._value == 0)
            assert page.evaluate("heard.length") == number - 1
            paced.gate.release(100)
            page.locator("article").nth(number - 1).wait_for()
            until(lambda number=number: page.evaluate("heard.length") >= number)
            paced.gate = type(paced.gate)(0)
        page.locator("#helped").click()
        page.get_by_text(EN["thanks"]).wait_for()
        heard = page.evaluate("heard")
        assert [role for role, _ in heard] == ["status"] * 4
        for place, article in enumerate(page.locator("article").all()):
            first = squeezed(article.locator("p").first.inner_text()).split(". ")[0]
            assert first in squeezed(heard[place][1])
        assert heard[-1][1] == EN["thanks"]


@pytest.mark.parametrize("code", ["de", "en"])
def test_a3_one_question_too_many_is_an_alert_in_the_visitors_language(chat, serve, code):  # noqa: F811
    say = texts(code)
    with serve(questions_per_minute=1) as other:
        page = chat(other.url, code)
        ask_chat(page, QUESTION)
        page.evaluate(HEAR)
        for _ in range(2):  # again while the first message still stands
            send(page, FOLLOW_UP)
            page.get_by_role("alert").wait_for()
            said = re.escape(say["too_many"]).replace(r"\{seconds\}", r"\d+")
            assert re.fullmatch(said, page.get_by_role("alert").inner_text())
        until(lambda: page.evaluate("heard.length") == 2)
        assert {role for role, _ in page.evaluate("heard")} == {"alert"}
        assert page.input_value("#entry textarea") == FOLLOW_UP  # it is not lost
        assert focused(page)["tag"] == "TEXTAREA"
        assert page.locator("article").count() == 1
        assert "Error" not in page.locator("body").aria_snapshot()  # what Gradio says of itself
        page.click("#new")
        page.get_by_role("alert").wait_for(state="detached")


@pytest.mark.parametrize("how", ["an exception", "a full queue", "no server"])
def test_a3_what_goes_wrong_is_an_alert_in_the_visitors_language(chat, serve, monkeypatch, how):  # noqa: F811
    with serve() as other:
        page = chat(other.url, "de")
        page.evaluate(HEAR)
        if how == "an exception":

            def fail(*_, **__):
                raise RuntimeError("a secret")

            monkeypatch.setattr(type(other.base), "ask", fail)
        elif how == "a full queue":
            page.route(
                "**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "full"})
            )
        else:
            page.route("**/queue/join*", lambda route: route.abort())
        send(page, QUESTION)
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert alert.inner_text() == texts("de")["failed"]
        assert page.evaluate("heard") == [["alert", texts("de")["failed"]]]
        assert page.input_value("#entry textarea") == QUESTION


def test_a3_a_lost_connection_costs_neither_the_conversation_nor_the_draft(chat, serve):  # noqa: F811
    with serve() as other:
        page = chat(other.url)
        ask_chat(page, QUESTION)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.context.set_offline(True)
        send(page, FOLLOW_UP)
        page.get_by_role("alert").wait_for()
        page.context.set_offline(False)
        assert page.input_value("#entry textarea") == FOLLOW_UP
        page.keyboard.press("Enter")
        page.locator("article").nth(1).wait_for()
        assert page.locator("article").count() == 2
        assert not [url for url in asked if url.endswith(("/app_id", "/info"))]  # built anew


@pytest.mark.parametrize("state", ["error", "refused", "sign-in", "conflict", "not there"])
def test_a3_what_goes_wrong_in_the_console_is_an_alert(visit_console, site, state):  # noqa: F811
    page = visit_console("ada")
    STATES[state](page, site)
    alerts = [text for text in page.get_by_role("alert").all_inner_texts() if text]
    assert len(alerts) == 1


# A4: seen, hit, read


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SURFACES)
def test_a4_all_can_be_hit_and_nothing_scrolls_both_ways(surface, name, size):  # noqa: F811
    page, part = surface(name)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for _ in range(2):
        ask(name, page, part)
    part.locator("details").first.evaluate("one => { one.open = true; }")
    part.locator("summary").last.click()
    assert small_targets(part) == []
    for frame in page.frames:
        assert frame.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    wide = part.locator("article :visible").evaluate_all(
        "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1 && "
        "getComputedStyle(one).overflowX !== 'visible' && one.clientWidth > 1).map((one) => one.outerHTML)"
    )
    assert wide == []


@pytest.mark.parametrize("name", SURFACES)
def test_a4_nothing_moves_where_the_visitor_wants_it_so(surface, name):  # noqa: F811
    page, part = surface(name, reduced_motion="reduce")
    moving = f"""() => {{ {ALL}
      const seconds = (text) => Math.max(...text.split(",").map(parseFloat));
      return all(document).flatMap((one) => [null, "::before", "::after"].map((part) => [one, part]))
        .filter(([one, part]) => {{
          const style = getComputedStyle(one, part);
          return (style.animationName !== "none" && seconds(style.animationDuration) > 0) ||
            seconds(style.transitionDuration) > 0 || style.scrollBehavior === "smooth";
        }}).map(([one, part]) => `${{one.tagName}}.${{one.className}}${{part ?? ""}}`);
    }}"""
    for asked in (False, True):
        if asked:
            ask(name, page, part)
        for frame in page.frames:
            assert frame.evaluate(moving) == []
            assert frame.evaluate("document.getAnimations().length") == 0


def test_a4_nothing_moves_in_the_console_where_the_officer_wants_it_so(visit_console, site):  # noqa: F811
    page = visit_console("ada", reduced_motion="reduce")
    STATES["inquiry"](page, site)
    moving = """[...document.querySelectorAll("*")].map((one) => getComputedStyle(one))
      .filter((style) => style.animationName !== "none" || parseFloat(style.transitionDuration) > 0).length"""
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("name", ["chat", "element", "frame"])
def test_a4_names_hold_no_markdown(surface, service, monkeypatch, name):  # noqa: F811
    asked = type(service.base).ask

    def marked(base, *given, **options):
        answer = asked(base, *given, **options)
        advice = Statement("Meet in person.", "recommendation", (1,))
        text = f"{answer.text}\n\n**{EN['recommendations']}**\n\n- {advice.text} [1]"
        return replace(answer, text=text, statements=(*answer.statements, advice))

    monkeypatch.setattr(type(service.base), "ask", marked)
    page, part = surface(name)
    ask(name, page, part)
    part.locator("details").last.evaluate("one => { one.open = true; }")
    tree = part.locator("body" if name == "frame" else ":root").aria_snapshot()
    assert f'heading "{EN["recommendations"]}"' in tree
    assert re.search("status: .*Meet in person", tree)  # what is announced is there too
    assert re.findall(r".*(?:\*\*|__|`|\]\(|: #+ ).*", tree) == []


@pytest.mark.parametrize("path", ["/", "/embed", *PAGES])
def test_a4_a_page_has_one_first_heading(browser, service, path):  # noqa: F811
    page = browser.new_page()
    page.goto(service.url + path)
    page.get_by_role("heading", level=1).first.wait_for()
    if path == "/":
        ask_chat(ready(page), QUESTION)
    assert page.get_by_role("heading", level=1).count() == 1
    levels = page.get_by_role("heading").evaluate_all(
        "all => all.map((one) => Number(one.tagName[1]))"
    )
    assert all(below - above <= 1 for above, below in pairwise(levels)), levels
    page.close()


def test_a4_an_element_in_a_website_makes_no_first_heading(surface):  # noqa: F811
    page, part = surface("element")
    ask("element", page, part)
    assert page.get_by_role("heading", level=1).all_inner_texts() == [
        "Smart specialisation in our region"
    ]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", SURFACES)
def test_a4_what_has_the_focus_is_marked_and_can_be_told_from_its_ground(surface, name, look):  # noqa: F811
    page, part = surface(name, reduced_motion="reduce", **LOOKS[look])
    ask(name, page, part)
    weak = [one for one in walk(page) if one["id"] != "before" and not _marked(one)]
    assert weak == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", ["sign-in", "queue", "inquiry"])
def test_a4_what_has_the_focus_in_the_console_is_marked(visit_console, site, look, state):  # noqa: F811
    page = visit_console("ada", reduced_motion="reduce", **LOOKS[look])
    STATES[state](page, site)
    page.wait_for_load_state()
    page.keyboard.press("Tab")
    weak = [one for one in walk(page) if not _marked(one)]
    assert weak == []


def _marked(one):
    return (
        one["line"] not in ("none", "hidden")
        and one["width"] >= 2
        and one["cut"] < 1
        and contrast(one["colour"], one["ground"]) >= 3
    )


@pytest.mark.parametrize("name", SURFACES)
def test_a4_in_forced_colours_what_can_be_pressed_has_an_edge(surface, name):  # noqa: F811
    page, part = surface(name, **LOOKS["forced"])
    ask(name, page, part)
    bare = part.locator(":is(button, textarea, input, .pa-mark, .mark):visible").evaluate_all(
        """all => all.filter((one) => {
          const style = getComputedStyle(one);
          const drawn = style.appearance !== "none" && one.type === "checkbox";
          return !drawn && (parseFloat(style.borderTopWidth) < 1 || style.borderTopStyle === "none" ||
            style.borderTopColor === style.backgroundColor);
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert bare == []


ORDERS = {
    "chat": (
        f"{EN['choose_language']}: ", f'heading "{EN["title"]}" [level=1]', "note: ",
        f'region "{EN["conversation"]}"', f'heading "{EN["your_question"]}" [level=2]', "article:",
        'link "Source 1"', f'region "{EN["sources"]}"', f'button "{EN["copy"]}"', "status: ",
        f'button "{EN["helped"]}"', f'textbox "{EN["your_question"]}"', f'button "{EN["send"]}"',
        f'button "{EN["new_conversation"]}"', "contentinfo:",
    ),
    "element": (
        f'heading "{EN["title"]}" [level=2]', f'region "{EN["conversation"]}"', "note: ",
        f'heading "{EN["your_question"]}: ', "article:", 'button "Source 1"',
        f'heading "{EN["sources"]}" [level=4]', f'button "{EN["copy"]}"', f'button "{EN["helped"]}"',
        f'button "{EN["new_conversation"]}"', f'link "{EN["about"]}', "status: ",
        f'textbox "{EN["your_question"]}"', f'button "{EN["send"]}"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_a4_the_accessibility_tree_is_in_the_order_of_reading(surface, name):  # noqa: F811
    page, part = surface(name)
    ask(name, page, part)
    tree = page.locator("body").aria_snapshot()
    place = 0
    for part_of_it in ORDERS[name]:
        assert part_of_it in tree[place:], f"{part_of_it} is not there, or stands earlier:\n{tree}"
        place = tree.index(part_of_it, place) + 1
