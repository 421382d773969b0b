"""Chat: the public conversation page in Gradio; a thin wrapper around ``KnowledgeBase.ask``.

The conversation lives in the server's memory for as long as the page is open; the log is HTML that
``ui/render.py`` makes. Nothing is kept in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any

import gradio as gr

from kb.errors import KBError, QuestionError
from kb.knowledge import KnowledgeBase
from kb.types import Answer, Turn
from ui.render import answer_html, plain_text

STYLE = (files("ui") / "static" / "chat.css").read_text(encoding="utf-8")
EXAMPLES = (
    "What makes a partnership work?",
    "Half of our partners have gone quiet, what can we do?",
    "Who may join a partnership?",
    "Where can I find partners for an I3 proposal?",
)
_LEAD_EXAMPLES = '<p class="pa-lead">For example</p>'
_LEAD_NEXT = '<p class="pa-lead">You could also ask</p>'
_FAILED = "The question could not be answered just now. Please try again in a moment."
_HEAD = """<header class="pa-head"><h1>Partnership assistant</h1>
<p>Guidance on Thematic Smart Specialisation Partnerships, quoted sentence by sentence with its
sources.</p>
<p class="pa-automated" role="note">You are talking to an automated assistant (an AI system). It
quotes public sources and can be wrong or out of date: please check the source before you rely on
it. Do not enter personal data.</p></header>"""

Conversation = list[tuple[str, Answer | str]]


def build_chat(base: KnowledgeBase) -> gr.Blocks:
    """The page; every visitor has a conversation of his or her own."""
    with gr.Blocks(title="Partnership assistant", analytics_enabled=False) as chat:
        conversation = gr.State(list)
        _page(_HEAD)
        log = _page(_log_html([]), elem_id="log")
        announced = _page("", elem_id="announced")
        with gr.Row(elem_id="feedback", visible=False) as feedback:
            useful = gr.Button("This helped", size="sm", elem_classes="pa-up")
            useless = gr.Button("This did not help", size="sm", elem_classes="pa-down")
        thanks = _page("", elem_id="thanks")
        lead = _page(_LEAD_EXAMPLES, elem_id="lead")
        with gr.Column(elem_id="suggestions"):
            proposals = [gr.Button(example, size="sm") for example in EXAMPLES]
        with gr.Row(elem_id="ask"):
            entry = gr.Textbox(
                label="Your question",
                placeholder="For example: our partners hardly meet, what helps?",
                lines=1,
                max_lines=6,
                scale=5,
                autofocus=False,
                elem_id="entry",
            )
            send = gr.Button("Send", variant="primary", scale=1, elem_id="send")
        fresh = gr.Button("New conversation", size="sm", elem_id="new")

        shown = [conversation, log, announced, feedback, thanks, entry, lead, *proposals]

        def reply(question: str, turns: Conversation) -> list[Any]:
            return _update(base, question, turns)

        entry.submit(
            reply, [entry, conversation], shown, show_progress="hidden", api_name="ask"
        )  # fmt: skip
        for button, source in ((send, entry), *((button, button) for button in proposals)):
            button.click(
                reply, [source, conversation], shown,
                show_progress="hidden", api_visibility="private",
            )  # fmt: skip
        for button, value in ((useful, True), (useless, False)):
            button.click(
                lambda turns, value=value: _rate(base, turns, value), [conversation],
                [feedback, thanks], show_progress="hidden", api_visibility="private",
            )  # fmt: skip
        fresh.click(_begin, None, shown, show_progress="hidden", api_visibility="private")
    return chat


def _page(html: str, **options: Any) -> gr.Markdown:
    """A piece of the page in our own HTML.

    Gradio's HTML component evaluates strings as scripts, which our content security policy forbids.
    Its Markdown component shows HTML as it is, where that stands on one line, so ``_line`` is
    applied to whatever is put into it.
    """
    return gr.Markdown(_line(html), sanitize_html=False, latex_delimiters=[], **options)


def _line(html: str) -> str:
    """HTML on one line, so that nothing in it is taken for Markdown."""
    return html.replace("\r", "").replace("\n", " ")


def _update(base: KnowledgeBase, question: str, turns: Conversation) -> list[Any]:
    """Answer and give every component its new value."""
    answer: Answer | str
    try:
        answer = base.ask(question, history=_history(turns))
        base.journal.keep(answer, surface="chat")
    except QuestionError as error:
        answer = str(error)
    except KBError:
        answer = _FAILED
    turns = [*turns, (question[:500], answer)]
    answered = isinstance(answer, Answer)
    proposals = answer.suggestions if isinstance(answer, Answer) else ()
    return [
        turns,
        _line(_log_html(turns)),
        _line(_announcement(answer)),
        gr.Row(visible=answered),
        "",
        "" if answered else question,
        _LEAD_NEXT if proposals else "",
        *_buttons(proposals),
    ]


def _begin() -> list[Any]:
    hidden = gr.Row(visible=False)
    return [[], _log_html([]), "", hidden, "", "", _LEAD_EXAMPLES, *_buttons(EXAMPLES)]


def _buttons(texts: Sequence[str]) -> list[gr.Button]:
    padded = [*texts, *("" for _ in EXAMPLES)]
    return [gr.Button(text, visible=bool(text)) for text in padded[: len(EXAMPLES)]]


def _history(turns: Conversation) -> list[Turn]:
    found = []
    for question, answer in turns:
        if isinstance(answer, Answer):
            found += [Turn("user", question), Turn("assistant", answer.text)]
    return found


def _rate(base: KnowledgeBase, turns: Conversation, useful: bool) -> list[Any]:
    answer = turns[-1][1] if turns else None
    if isinstance(answer, Answer):
        base.journal.rate(answer, useful=useful)
    return [gr.Row(visible=False), '<p role="status">Thank you, your rating is stored.</p>']


def _log_html(turns: Conversation) -> str:
    if not turns:
        return '<section class="pa-log" aria-label="Conversation"></section>'
    blocks = "".join(
        f'<div class="pa-question"><h2 class="pa-hidden">Your question</h2>'
        f"<p>{escape(question)}</p></div>"
        + (
            answer_html(answer)
            if isinstance(answer, Answer)
            else f'<div class="pa-notice" role="alert"><p>{escape(answer)}</p></div>'
        )
        for question, answer in turns
    )
    return f'<section class="pa-log" aria-label="Conversation">{blocks}</section>'


def _announcement(answer: Answer | str) -> str:
    """What a screen reader says once, when the answer is there."""
    text = plain_text(answer).split("\n\nSources")[0] if isinstance(answer, Answer) else ""
    return f'<div class="pa-hidden" role="status" aria-live="polite">{escape(text)}</div>'
