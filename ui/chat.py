"""Chat: the conversation in Gradio, in the visitor's language; a thin wrapper around ``KnowledgeBase.ask``.

The conversation lives in the server's memory for as long as the page is open; the log is HTML that
``ui/render.py`` makes. Nothing is kept in the browser. What stands around the conversation, and how a
visitor's language gets here, is in ``ui/front.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr

from kb.answering.question import MAX_CHARACTERS
from kb.errors import QuestionError
from kb.knowledge import KnowledgeBase
from kb.types import Answer, Turn
from ui.render import answer_html, remarks
from ui.texts import Texts, texts

LANGUAGE = "language"  # id of the hidden component that holds the visitor's language
PROPOSALS = 4
SHOWN_CHARACTERS = 500  # of a question that has no answer

Conversation = list[tuple[str, Answer | str]]
_log = logging.getLogger(__name__)


def wording(code: str) -> Mapping[str, dict[str, Any]]:
    """What the components of the page say at first, by id, in a language."""
    say = texts(code)
    proposals = {f"proposal-{n}": {"value": text} for n, text in enumerate(say["examples"])}
    return {
        LANGUAGE: {"value": code},
        "log": {"value": _log_html([], say)},
        "helped": {"value": say["helped"]},
        "not-helped": {"value": say["did_not_help"]},
        "lead": {"value": _lead(say["for_example"])},
        **proposals,
        "entry": {"label": say["your_question"], "placeholder": say["placeholder"]},
        "send": {"value": say["send"]},
        "do-not-store": {"label": say["do_not_store"]},
        "new": {"value": say["new_conversation"]},
    }


def build_chat(base: KnowledgeBase) -> gr.Blocks:
    """The page in English; every visitor has a conversation of his or her own."""
    words = wording("en")

    def button(name: str, **options: Any) -> gr.Button:
        return gr.Button(**words[name], elem_id=name, **options)

    with gr.Blocks(title=texts("en")["title"], analytics_enabled=False) as chat:
        conversation = gr.State([])
        language = gr.Markdown(**words[LANGUAGE], elem_id=LANGUAGE, visible=False)
        log = _html("log", words["log"]["value"])
        announced = _html("announced")
        with gr.Row(elem_id="feedback", visible=False) as feedback:
            useful = button("helped", size="sm")
            useless = button("not-helped", size="sm")
        thanks = _html("thanks")
        lead = _html("lead", words["lead"]["value"])
        with gr.Column(elem_id="suggestions"):
            proposals = [button(f"proposal-{n}", size="sm") for n in range(PROPOSALS)]
        with gr.Row(elem_id="ask"):
            entry = gr.Textbox(
                **words["entry"], lines=1, max_lines=6, scale=5, autofocus=False, elem_id="entry"
            )
            send = button("send", variant="primary", scale=1)
        unstored = gr.Checkbox(
            **words["do-not-store"],
            value=False,
            visible=base.settings.store_questions,
            elem_id="do-not-store",
        )
        fresh = button("new", size="sm")

        shown = [conversation, log, announced, feedback, thanks, entry, lead, *proposals]
        how: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

        def reply(
            question: str, code: str, unstored: bool, turns: Conversation
        ) -> Iterator[list[Any]]:
            yield _pending(question, turns, texts(code))
            yield _update(base, question, turns, texts(code), store=not unstored)

        given = [language, unstored, conversation]
        entry.submit(reply, [entry, *given], shown, show_progress="hidden", api_name="ask")
        for asked, source in ((send, entry), *((proposal, proposal) for proposal in proposals)):
            asked.click(reply, [source, *given], shown, **how)
        for rated, value in ((useful, True), (useless, False)):
            rated.click(
                lambda turns, code, value=value: _rate(base, turns, value, texts(code)),
                [conversation, language], [feedback, thanks], **how,
            )  # fmt: skip
        fresh.click(lambda code: _begin(texts(code)), [language], shown, **how)
    return chat


def _html(name: str, html: str = "") -> gr.Markdown:
    """A piece of the page in our own HTML.

    Gradio's HTML component evaluates strings as scripts, which our content security policy forbids.
    Its Markdown component shows HTML as it is, where that stands on one line, so ``_line`` is
    applied to whatever is put into it.
    """
    return gr.Markdown(_line(html), sanitize_html=False, latex_delimiters=[], elem_id=name)


def _line(html: str) -> str:
    """HTML on one line, so that nothing in it is taken for Markdown."""
    return html.replace("\r", "").replace("\n", " ")


def _lead(text: str) -> str:
    return f'<p class="pa-lead">{escape(text)}</p>'


def _pending(question: str, turns: Conversation, say: Texts) -> list[Any]:
    """What every component shows while a question is worked on."""
    working = escape(say["working"])
    asked = _asked(question[:MAX_CHARACTERS], "", say)
    return [
        gr.skip(),
        _line(_log_html(turns, say, f'{asked}<p class="pa-working">{working}</p>')),
        _announcement("", say),
        gr.Row(visible=False),
        "",
        "",
        *(gr.skip() for _ in range(1 + PROPOSALS)),
    ]


def _update(
    base: KnowledgeBase, question: str, turns: Conversation, say: Texts, *, store: bool
) -> list[Any]:
    """Answer and give every component its new value."""
    answer: Answer | str
    try:
        answer = base.ask(question, history=_history(turns))
        if store:
            base.journal.keep(answer, surface="chat")
    except QuestionError as error:
        answer = str(error)
    except Exception as error:  # its message may hold what a person typed, so it is not logged
        _log.error("A question in the chat failed: %s", type(error).__name__)
        answer = say["failed"]
    answered = isinstance(answer, Answer)
    turns = [*turns, (question if answered else question[:SHOWN_CHARACTERS], answer)]
    proposals = answer.suggestions if isinstance(answer, Answer) else ()
    return [
        turns,
        _line(_log_html(turns, say)),
        _line(_announcement(answer, say)),
        gr.Row(visible=answered),
        "",
        "" if answered else question,
        _lead(say["you_could_also_ask"]) if proposals else "",
        *_buttons(proposals, "en"),
    ]


def _begin(say: Texts) -> list[Any]:
    lead = _lead(say["for_example"])
    hidden = gr.Row(visible=False)
    return [[], _log_html([], say), "", hidden, "", "", lead, *_buttons(say["examples"], "")]


def _buttons(proposals: Sequence[str], language: str) -> list[gr.Button]:
    """Proposals in a language, which ui/static/chat.js tells the browser; "" for the page's own."""
    padded = [*proposals, *("" for _ in range(PROPOSALS))][:PROPOSALS]
    classes = [f"pa-in-{language}"] if language else []
    return [gr.Button(text, visible=bool(text), elem_classes=classes) for text in padded]


def _history(turns: Conversation) -> list[Turn]:
    found = []
    for question, answer in turns:
        if isinstance(answer, Answer):
            found += [Turn("user", question), Turn("assistant", answer.text)]
    return found


def _rate(base: KnowledgeBase, turns: Conversation, useful: bool, say: Texts) -> list[Any]:
    answer = turns[-1][1] if turns else None
    if not isinstance(answer, Answer):  # the server was started anew meanwhile
        return [gr.Row(visible=False), ""]
    base.journal.rate(answer, useful=useful)
    return [gr.Row(visible=False), f"<p>{escape(say['thanks'])}</p>"]


def _log_html(turns: Conversation, say: Texts, pending: str = "") -> str:
    blocks = "".join(_turn(question, answer, say) for question, answer in turns)
    label = escape(say["conversation"])
    return f'<section class="pa-log" aria-label="{label}">{blocks}{pending}</section>'


def _turn(question: str, answer: Answer | str, say: Texts) -> str:
    """A question and what stands below it."""
    if isinstance(answer, Answer):
        return _asked(question, answer.language, say) + answer_html(answer, say)
    # Why a question is refused is in English.
    language = "" if answer == say["failed"] else ' lang="en"'
    below = f'<div class="pa-notice" role="alert"{language}><p>{escape(answer)}</p></div>'
    return _asked(question, "", say) + below


def _asked(question: str, language: str, say: Texts) -> str:
    """A question in a language; "" where that is not known."""
    heading = f'<h2 class="pa-hidden">{escape(say["your_question"])}</h2>'
    spoken = f' lang="{language}"' if language else ""
    return f'<div class="pa-question">{heading}<p{spoken}>{escape(question)}</p></div>'


def _announcement(answer: Answer | str, say: Texts) -> str:
    """What a screen reader says once, when the answer is there."""
    told = ""
    if isinstance(answer, Answer):
        translated = any(statement.original for statement in answer.statements)
        language = "en" if answer.statements and not translated else answer.language
        text = escape(answer.text.replace("**", ""))
        rest = escape(" ".join(remarks(answer, say)))
        told = f'<span lang="{language}">{text}</span> <span lang="{answer.language}">{rest}</span>'
    return f'<div class="pa-hidden">{told}</div>'
