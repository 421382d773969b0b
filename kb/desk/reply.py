"""Reply: a Mail and the knowledge base -> a Draft: each question with its answer, and a mail to send.

Nothing here sends anything. What the reply states stands in a statement of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from kb.answering.replies import CONTACT
from kb.desk.inquiry import Asked, Handover, Inquiry, read_inquiry, within
from kb.desk.letter import (
    MARK,
    Letter,
    Mark,
    Part,
    Reply,
    greeting,
    shown,
    subject_of,
    template,
    words,
    write_letter,
)
from kb.desk.mail import Mail
from kb.errors import QuestionError
from kb.knowledge import KnowledgeBase
from kb.types import Answer, Notice, Statement

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


@dataclass(frozen=True, slots=True)
class Item:
    """A question of the mail and what the knowledge base says to it."""

    question: str
    answer: Answer


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
    """Find the questions of a mail, answer them and write the reply."""
    return answer_inquiry(read_inquiry(mail), base, now=now)


def answer_inquiry(inquiry: Inquiry, base: KnowledgeBase, *, now: datetime | None = None) -> Draft:
    """Answer the questions of an inquiry and write the reply.

    One that another office must answer, or that a machine wrote, gets no reply. What is handed over is
    shown to no language model.
    """
    mail = inquiry.mail
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
    return write_letter(
        Letter(
            subject=subject_of(mail),
            opening=opening(mail, items),
            parts=tuple(parts_of(items, unanswered)),
            closing=closing(items),
            mark=mark_of([item.answer for item in items], now),
            language=mail.language,
        )
    )


def opening(mail: Mail, items: Sequence[Item]) -> str:
    """What stands before the answers: greeting, in which language the reply is, thanks."""
    stated = any(is_stated(item.answer) for item in items)
    paragraphs = [greeting(mail)]
    in_english = template()["in_english"].get(mail.language)
    if in_english and not _translated(items):
        paragraphs.append(in_english)
    return "\n\n".join([*paragraphs, words("opening" if stated else "opening_none")])


def closing(items: Sequence[Item]) -> str:
    """What stands after the answers."""
    sign_off = words("sign_off").format(contact=CONTACT).strip()
    return f"{words('translated')}\n\n{sign_off}" if _translated(items) else sign_off


def parts_of(items: Sequence[Item], unanswered: Sequence[str]) -> list[Part]:
    """What the reply says to each question; a sentence that stands under another one is not repeated."""
    given: dict[str, int] = {}
    parts = [
        Part(item.question, _text_of(number, item.answer, given), item.answer.citations)
        for number, item in enumerate(items, start=1)
    ]
    known = _unanswered(items)
    return parts + [Part(q, not_answered("unclear")) for q in unanswered if q not in known]


def not_answered(reason: str) -> str:
    """What is said where nothing can be stated."""
    return str(template()["not_answered"][reason]).format(contact=CONTACT)


def mark_of(answers: Sequence[Answer], now: datetime) -> Mark:
    """The sign of what was drafted from answers."""
    return Mark(
        generation=next((answer.generation for answer in answers), ""),
        generator=" and ".join(dict.fromkeys(a.generator for a in answers)) or "extractive",
        created=now.isoformat(timespec="seconds"),
    )


def _translated(items: Sequence[Item]) -> bool:
    return any(s.original for i in items if is_stated(i.answer) for s in i.answer.statements)


def _answer(
    inquiry: Inquiry, asked: Sequence[Asked], base: KnowledgeBase
) -> tuple[list[Item], list[str]]:
    """Items, and the questions that could not even be asked."""
    sender = inquiry.mail.language
    items, refused = [], []
    for question in asked:
        try:
            answer = base.ask(
                question.text,
                history=inquiry.history(question),
                language=sender if base.generator else "en",  # of the reply
                written_in=sender,
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


def _text_of(number: int, answer: Answer, given: dict[str, int]) -> str:
    """What the reply says to one question; marks are numbers of the answer's citations.

    Args:
        given: sentences of the reply so far, with the number of their question; added to.
    """
    if not is_stated(answer):
        return not_answered(answer.reason or ("uncertain" if answer.statements else "no_source"))
    fresh = [s for s in answer.statements if s.text not in given]
    earlier = sorted({given[s.text] for s in answer.statements if s.text in given})
    given.update({s.text: number for s in fresh})
    paragraphs = []
    if earlier:
        numbers = " and ".join(map(str, earlier))
        paragraphs.append(words("see_also" if fresh else "see").format(numbers=numbers))
    paragraphs += _paragraphs(fresh, answer)
    for notice in answer.notices:
        if notice.kind in NOTED and notice.text not in given:
            given[notice.text] = number
            text = f"{notice.text} {_marks(notice)}".strip()
            paragraphs.append(words("note").format(text=text))
    for part in answer.missing:
        paragraphs.append(words("missing").format(part=shown(part), contact=CONTACT))
    return "\n\n".join(paragraphs)


def is_stated(answer: Answer) -> bool:
    """Whether an answer goes into a reply: a letter must be surer than a chat."""
    return answer.status != "not_answered" and answer.confidence >= STATED_FROM


def _marks(notice: Notice) -> str:
    """Marks of a notice that its text does not name itself."""
    named = set(map(int, MARK.findall(notice.text)))
    return "".join(f"[{number}]" for number in notice.citations if number not in named)


def _paragraphs(statements: Sequence[Statement], answer: Answer) -> list[str]:
    """Statements in paragraphs and lists, as the answer has them."""
    lines = answer.text.split("\n")
    found: list[str] = []
    advised = False
    for (cited, kind), group in groupby(statements, key=lambda s: (s.citations, s.kind)):
        marks = "".join(f"[{number}]" for number in cited)
        said = [(s.text, any(line.startswith(f"- {s.text}") for line in lines)) for s in group]
        if kind == "recommendation":
            if not advised:
                found.append(words("recommendations"))
            advised = True
            found.append(f"- {' '.join(text for text, _ in said)} {marks}")
            continue
        for listed, run in groupby(said, key=lambda pair: pair[1]):
            texts = [text for text, _ in run]
            found.append("\n".join(f"- {t}" for t in texts) if listed else " ".join(texts))
        found[-1] = f"{found[-1]} {marks}"
    return found
