"""What the browser tests do alike: ask in the chat, and look for broken rules of accessibility."""

from axe_playwright_python.sync_playwright import Axe

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
ANSWERED = "#log :is(.pa-answer, .pa-question + .pa-notice)"  # or refused


def ask_chat(page, question: str, by: str = "Enter") -> None:
    """Type a question, send it, and wait until it stands answered."""
    before = page.locator(ANSWERED).count()
    page.fill("#entry textarea", question)
    page.keyboard.press("Enter") if by == "Enter" else page.click("#send")
    page.locator(ANSWERED).nth(before).wait_for()


def violations(page) -> list[str]:
    """Rules of WCAG 2.2 AA that are broken, and where."""
    page.wait_for_load_state()
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {[n['html'][:160] for n in v['nodes']]}" for v in found]
