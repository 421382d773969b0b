"""Reply: a Mail and the knowledge base -> a Draft: each question with its answer, and a mail to send.

Nothing here sends anything. What the reply states stands in a statement of an answer; all other words
come from ``templates/reply.toml`` or are the sender's own, quoted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any

from kb.answering.replies import CONTACT
from kb.desk.inquiry import Asked, Handover, Inquiry, read_inquiry, topic_of, within
from kb.desk.mail import Mail
from kb.errors import QuestionError
from kb.knowledge import KnowledgeBase
from kb.types import Answer, Citation, Notice, Source, Statement

AUTO_REPLY = "The mail was written by a machine; it gets no answer."
HANDED_OVER = {
    "access_to_documents": "The mail asks for access to documents (Regulation (EC) No 1049/2001).",
    "complaint": "The mail is a complaint.",
    "press": "The mail comes from the press.",
    "personal_data": "The mail is about the sender's personal data (Regulation (EU) 2018/1725).",
}
NO_QUESTION = "The mail asks nothing that was recognised as a question."
LEFT_OUT = (
    "What was found for question {number} is left out of the reply, because it may not answer it "
    "(confidence {confidence:.2f}); look at it."
)
# On the mails 01 to 20, 9 of 20 questions that no source answers fall below, and 1 of 50 whose right
# source was found.
STATED_FROM = 0.55
NOTED = ("condition", "conflict", "older", "stale", "deadline_passed")
_SHOWN_QUESTION = 300
_MARK = re.compile(r"\[(\d+)\]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_TITLES = {
    "mr": "Mr", "mrs": "Ms", "ms": "Ms", "miss": "Ms", "dr": "Dr", "prof": "Prof.", "professor": "Prof.",
    "herr": "Mr", "frau": "Ms", "monsieur": "Mr", "mme": "Ms", "madame": "Ms", "sig": "Mr", "signora": "Ms",
    "pan": "Mr", "pani": "Ms", "sr": "Mr", "sra": "Ms", "ing": "", "mag": "", "mgr": "", "dott": "Dr",
    "dipl": "", "doc": "", "phdr": "Dr", "rndr": "Dr", "judr": "Dr",
}  # fmt: skip
_PRECEDENCE = ("Prof.", "Dr", "Ms", "Mr")
_NOT_A_PERSON = re.compile(
    r"\b(?:office|team|info|secretariat|unit|department|contact|gmbh|ltd|agency|region|ministry|cluster|"
    r"association|university|support|helpdesk|desk|admin|noreply|mail|communication|press|network|service)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """A question of the mail and what the knowledge base says to it."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail ready to be read, changed and sent by a person; empty where none is due."""

    subject: str = ""
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the secretariat gets for an inquiry.

    Attributes:
        items: in the order asked.
        handover: who must answer instead, so that ``reply`` is empty.
        unanswered: questions, or parts of them, that no source answers, or not surely enough.
        warnings: why the reply is empty, what was left out of the mail.
    """

    mail: Mail
    items: tuple[Item, ...]
    handover: Handover | None
    unanswered: tuple[str, ...]
    reply: Reply
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The public record, ready for JSON."""
        return {
            "inquiry": {
                "subject": self.mail.subject,
                "from_name": self.mail.from_name,
                "language": self.mail.language,
                "received": self.mail.received,
            },
            "items": [{"question": i.question, "answer": i.answer.record()} for i in self.items],
            "handover": self.handover,
            "unanswered": list(self.unanswered),
            "reply": {
                "subject": self.reply.subject,
                "text": self.reply.text,
                "html": self.reply.html,
            },
            "warnings": list(self.warnings),
        }

    def plain_text(self) -> str:
        """The draft for a terminal."""
        lines = [f"Note: {warning}" for warning in self.warnings]
        if self.reply.text:
            lines += [f"Subject: {self.reply.subject}", "", self.reply.text]
        else:
            lines += [f"Asked: {item.question} ({item.answer.status})" for item in self.items]
            lines += [f"Not answered: {question}" for question in self.unanswered]
        return "\n".join(lines)


def draft_reply(mail: Mail, base: KnowledgeBase, *, now: datetime | None = None) -> Draft:
    """Answer the questions of a mail and write the reply.

    A mail that another office must answer, and one that a machine wrote, gets no reply. What is handed
    over is shown to no language model.
    """
    inquiry = read_inquiry(mail)
    asked, left = within(() if mail.auto_reply else inquiry.questions)
    if inquiry.handover and base.generator:
        asked, left = (), [*asked, *left]
    items, refused = _answer(inquiry, asked, base)
    unanswered = [*_unanswered(items), *refused, *(question.text for question in left)]
    why_empty = _why_no_reply(mail, inquiry.handover, items, unanswered)
    return Draft(
        mail=mail,
        items=tuple(items),
        handover=inquiry.handover,
        unanswered=tuple(unanswered),
        reply=Reply()
        if why_empty
        else write_reply(mail, items, unanswered, now or datetime.now(UTC)),
        warnings=(*why_empty, *mail.warnings, *_left_out(items)),
    )


def write_reply(
    mail: Mail, items: Sequence[Item], unanswered: Sequence[str], now: datetime
) -> Reply:
    """The mail in plain text and HTML."""
    notes = _Footnotes()
    given: dict[str, int] = {}
    blocks = [_Block(greeting(mail))]
    stated = [item.answer for item in items if is_stated(item.answer)]
    translated = any(s.original for answer in stated for s in answer.statements)
    if not translated and (sentence := template()["in_english"].get(mail.language)):
        blocks.append(_Block(sentence, language=mail.language))
    blocks.append(_Block(_words("opening" if stated else "opening_none")))
    for number, item in enumerate(items, start=1):
        blocks += _item_blocks(number, item, notes, given)
    beyond = [q for q in unanswered if q not in _unanswered(items)]
    for number, question in enumerate(beyond, start=len(items) + 1):
        blocks.append(_lead_in(number, question))
        blocks.append(_Block(template()["not_answered"]["unclear"].format(contact=CONTACT)))
    if translated:
        blocks.append(_Block(_words("translated")))
    blocks.append(_Block(_words("sign_off").format(contact=CONTACT).strip(), kind="lines"))
    mark = _Mark.of(items, now)
    return Reply(
        subject=f"Re: {topic_of(mail.subject)}".strip(),
        text=_text(blocks, notes, mark),
        html=_html(blocks, notes, mark),
    )


def greeting(mail: Mail) -> str:
    """A greeting with title and last name where the mail gives a title, else the whole name, else none."""
    name = " ".join(mail.from_name.split())
    words = re.findall(r"[^\s,]+", name)
    titles = [t for w in words if (t := _TITLES.get(w.strip(".").casefold())) is not None]
    signed = next((x for x in mail.signature.split("\n") if words and words[-1] in x), "")
    signed_first = signed.split()[0].strip(".").casefold() if signed.split() else ""
    if not titles and signed_first in _TITLES:
        titles = [_TITLES[signed_first]]
    plain = [w for w in words if w.strip(".").casefold() not in _TITLES]
    person = " ".join(plain)
    if len(plain) < 2 or len(person) > 60 or _NOT_A_PERSON.search(person):
        return _words("greeting_unknown")
    if not re.fullmatch(r"[^\W\d_][\w.'’ -]*", person) or re.search(r"\w\.\w", person):
        return _words("greeting_unknown")
    title = next((t for t in _PRECEDENCE if t in titles), "")
    if title:
        person = f"{title} {plain[-1] if len(plain) == 2 else person}"
    return _words("greeting").format(name=person)


@cache
def template() -> dict[str, Any]:
    """The words of the reply that are ours."""
    return tomllib.loads(
        (files("kb.desk") / "templates" / "reply.toml").read_text(encoding="utf-8")
    )


def _words(name: str) -> str:
    return str(template()[name])


def _answer(
    inquiry: Inquiry, asked: Sequence[Asked], base: KnowledgeBase
) -> tuple[list[Item], list[str]]:
    """Items, and the questions that could not even be asked."""
    items, refused = [], []
    for question in asked:
        try:
            answer = base.ask(
                question.text, history=inquiry.history(question), language=inquiry.mail.language
            )
        except QuestionError:
            refused.append(question.text)
        else:
            items.append(Item(question.text, answer))
    return items, refused


def _unanswered(items: Sequence[Item]) -> list[str]:
    found: list[str] = []
    for item in items:
        if not is_stated(item.answer):
            found.append(item.question)
        else:
            found += item.answer.missing
    return found


def _why_no_reply(
    mail: Mail, handover: Handover | None, items: Sequence[Item], unanswered: Sequence[str]
) -> tuple[str, ...]:
    if mail.auto_reply:
        return (AUTO_REPLY,)
    if handover:
        return (HANDED_OVER[handover],)
    return () if items or unanswered else (NO_QUESTION,)


def _left_out(items: Sequence[Item]) -> list[str]:
    """What the reader should look at: answers that are there, but too unsure to be stated."""
    return [
        LEFT_OUT.format(number=number, confidence=item.answer.confidence)
        for number, item in enumerate(items, start=1)
        if item.answer.statements and not is_stated(item.answer)
    ]


class _Footnotes:
    """Sources in the order of their first use; the same source keeps its number."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self._numbers: dict[str, int] = {}

    def numbers(self, citation: Citation) -> list[int]:
        """Numbers of all sources that a cited section rests on."""
        return sorted(
            {self._number(source) for source in citation.sources or (_as_source(citation),)}
        )

    def _number(self, source: Source) -> int:
        key = source.url or source.id
        if key not in self._numbers:
            self.sources.append(source)
            self._numbers[key] = len(self.sources)
        return self._numbers[key]

    def line(self, source: Source) -> str:
        """A footnote without its number and address."""
        date = f"as of {source.as_of}" if source.as_of else ""
        parts = (
            source.title,
            source.publisher,
            date,
            _LICENCES.get(source.licence, f"licence {source.licence}"),
        )
        return ", ".join(part for part in parts if part)


_LICENCES = {"CC-BY-4.0": "licence CC BY 4.0", "unknown": "all rights with its owner"}


def _as_source(citation: Citation) -> Source:
    return Source(
        id=citation.document_id, title=citation.title, publisher=citation.publisher,
        url=citation.url, licence=citation.licence, as_of=citation.as_of,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, a list (one line an item), or lines; marks like [1] are footnotes."""

    text: str
    kind: str = "paragraph"
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The machine-readable sign that no person wrote this."""

    generation: str
    generator: str
    created: str

    @classmethod
    def of(cls, items: Sequence[Item], now: datetime) -> _Mark:
        """Of the answers used."""
        generators = dict.fromkeys(item.answer.generator for item in items)
        return cls(
            generation=next((item.answer.generation for item in items), ""),
            generator=" and ".join(generators) or "extractive",
            created=now.isoformat(timespec="seconds"),
        )

    def sentence(self) -> str:
        """The same for people."""
        return _words("mark").format(
            created=self.created, generation=self.generation or "none", generator=self.generator
        )


def _item_blocks(number: int, item: Item, notes: _Footnotes, given: dict[str, int]) -> list[_Block]:
    """What the reply says to one question; a sentence that stands under another one is not repeated.

    Args:
        given: sentences of the reply so far, with the number of their question; added to.
    """
    answer = item.answer
    blocks = [_lead_in(number, item.question)]
    if not is_stated(answer):
        reason = answer.reason or ("uncertain" if answer.statements else "no_source")
        return [*blocks, _Block(template()["not_answered"][reason].format(contact=CONTACT))]
    fresh = [s for s in answer.statements if s.text not in given]
    earlier = sorted({given[s.text] for s in answer.statements if s.text in given})
    given.update({s.text: number for s in fresh})
    if earlier:
        words = "see_also" if fresh else "see"
        blocks.append(_Block(_words(words).format(numbers=" and ".join(map(str, earlier)))))
    blocks += _statement_blocks(fresh, answer, notes)
    for notice in answer.notices:
        if notice.kind in NOTED and notice.text not in given:
            given[notice.text] = number
            text = f"{notice.text} {_marks(notice)}".strip()
            blocks.append(_Block(_words("note").format(text=_renumbered(text, notes, answer))))
    for part in answer.missing:
        blocks.append(_Block(_words("missing").format(part=shown(part), contact=CONTACT)))
    return blocks


def is_stated(answer: Answer) -> bool:
    """Whether an answer goes into a reply: a letter must be surer than a chat."""
    return answer.status != "not_answered" and answer.confidence >= STATED_FROM


def _marks(notice: Notice) -> str:
    """Marks of a notice that its text does not name itself."""
    named = set(map(int, _MARK.findall(notice.text)))
    return "".join(f"[{number}]" for number in notice.citations if number not in named)


def _lead_in(number: int, question: str) -> _Block:
    return _Block(_words("question").format(number=number, question=shown(question)), kind="lead")


def shown(question: str) -> str:
    """The sender's question as it is quoted: one line, no addresses, not too long."""
    text = _ADDRESS.sub("[address left out]", " ".join(question.split()))
    text = _MARK.sub(r"(\1)", text)
    if len(text) > _SHOWN_QUESTION:
        text = text[:_SHOWN_QUESTION].rsplit(" ", 1)[0] + " …"
    return text


def _statement_blocks(
    statements: Sequence[Statement], answer: Answer, notes: _Footnotes
) -> list[_Block]:
    """Statements in paragraphs and lists, as the answer has them, under the mail's numbers."""
    by_number = {citation.number: citation for citation in answer.citations}
    lines = answer.text.split("\n")
    blocks: list[_Block] = []
    advised = False
    for (cited, kind), group in groupby(statements, key=lambda s: (s.citations, s.kind)):
        numbers = dict.fromkeys(n for c in cited for n in notes.numbers(by_number[c]))
        marks = "".join(f"[{number}]" for number in numbers)
        said = [(s.text, any(line.startswith(f"- {s.text}") for line in lines)) for s in group]
        if kind == "recommendation":
            if not advised:
                blocks.append(_Block(_words("recommendations")))
            advised = True
            blocks.append(_Block(f"- {' '.join(text for text, _ in said)} {marks}", kind="list"))
            continue
        for listed, run in groupby(said, key=lambda pair: pair[1]):
            texts = [text for text, _ in run]
            if listed:
                blocks.append(_Block("\n".join(f"- {text}" for text in texts), kind="list"))
            else:
                blocks.append(_Block(" ".join(texts)))
        blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text} {marks}")
    return blocks


def _renumbered(text: str, notes: _Footnotes, answer: Answer) -> str:
    by_number = {citation.number: citation for citation in answer.citations}

    def numbers(run: re.Match[str]) -> str:
        cited = [by_number[n] for n in map(int, _MARK.findall(run[0])) if n in by_number]
        found = dict.fromkeys(number for citation in cited for number in notes.numbers(citation))
        return "".join(f"[{number}]" for number in found)

    return re.sub(r"(?:\[\d+\])+", numbers, text)


def _text(blocks: Sequence[_Block], notes: _Footnotes, mark: _Mark) -> str:
    parts = [block.text for block in blocks]
    if notes.sources:
        lines = [_words("sources")]
        for number, source in enumerate(notes.sources, start=1):
            lines.append(f"[{number}] {notes.line(source)}{f' {source.url}' if source.url else ''}")
        parts.append("\n".join(lines))
    parts.append(
        f"{mark.sentence()}\n"
        f"[automated=true; generation={mark.generation}; generator={mark.generator}; created={mark.created}]"
    )
    return "\n\n".join(parts) + "\n"


def _html(blocks: Sequence[_Block], notes: _Footnotes, mark: _Mark) -> str:
    body = "".join(_block_html(block, len(notes.sources)) for block in blocks)
    if notes.sources:
        items = "".join(
            f'<li id="source-{number}">{escape(notes.line(source))}{_link(source.url)}</li>'
            for number, source in enumerate(notes.sources, start=1)
        )
        body += f"<h2>{escape(_words('sources'))}</h2><ol>{items}</ol>"
    body += f"<p><small>{escape(mark.sentence())}</small></p>"
    return (
        f'<div lang="en" data-automated="true" data-generation="{escape(mark.generation)}" '
        f'data-generator="{escape(mark.generator)}" data-created="{escape(mark.created)}">{body}</div>'
    )


def _block_html(block: _Block, known: int) -> str:
    language = f' lang="{escape(block.language)}"' if block.language else ""
    if block.kind == "list":
        lines = (line.removeprefix("- ") for line in block.text.split("\n"))
        return f"<ul>{''.join(f'<li>{_marked(line, known)}</li>' for line in lines)}</ul>"
    text = escape(block.text) if block.kind == "lead" else _marked(block.text, known)
    if block.kind == "lead":
        text = f"<strong>{text}</strong>"
    return f"<p{language}>{text.replace(chr(10), '<br>')}</p>"


def _marked(text: str, known: int) -> str:
    def link(mark: re.Match[str]) -> str:
        number = int(mark[1])
        return f'<a href="#source-{number}">[{number}]</a>' if 1 <= number <= known else mark[0]

    return _MARK.sub(link, escape(text))


def _link(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return ""
    return f' <a href="{escape(url)}" rel="noopener noreferrer">{escape(url)}</a>'
