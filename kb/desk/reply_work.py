"""Work: a draft -> the texts of a reply as people edit them, with who has checked which sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any

from pydantic import TypeAdapter
from rapidfuzz.distance import Levenshtein

from kb.desk.inquiry import Inquiry, sentences
from kb.desk.letter import MARK, Letter, Mark, Part, Reply, subject_of, write_letter
from kb.desk.reply import Draft, closing, mark_of, opening, parts_of
from kb.types import Answer, Citation

BY_CODE = "code"  # an account cannot have this name
_MARKS_ONLY = re.compile(r"(?:\s*\[\d+\])+\s*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a reply with the numbers of its citations, its own or those that follow it."""

    text: str
    citations: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """What is checked: the words together with what they rest on."""
        return self.text + "".join(f"[{number}]" for number in self.citations)


@dataclass(frozen=True, slots=True)
class Checked:
    """A text, and by whom its sentences were checked.

    Attributes:
        checks: key of a sentence -> ``code`` or the name of an account.
    """

    text: str
    checks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def by_code(cls, text: str) -> Checked:
        """A text as it was drafted: quoted, or compared with its quotes."""
        return cls(text, {sentence.key: BY_CODE for sentence in sentences_of(text)})

    def changed(self, text: str) -> Checked:
        """The same with another text; sentences that stay keep their checks."""
        text = text.replace("\r\n", "\n").strip()
        known = {s.key for s in sentences_of(text)}
        return Checked(text, {key: by for key, by in self.checks.items() if key in known})

    def with_check(self, sentence: Sentence, by: str) -> Checked:
        """The same with one sentence more that is checked."""
        return Checked(self.text, {**self.checks, sentence.key: by})

    def marked(self) -> list[tuple[Sentence, str]]:
        """Each sentence with who has checked it, or an empty word."""
        return [(s, self.checks.get(s.key, "")) for s in sentences_of(self.text)]

    def unchecked(self) -> list[Sentence]:
        """Sentences that nobody has checked."""
        return [sentence for sentence, by in self.marked() if not by]


@dataclass(frozen=True, slots=True)
class WorkPart:
    """What is being written to one question.

    Attributes:
        id: stays while the question does; unique in its inquiry.
        before: what the mail tells before the question.
        answer: of the knowledge base; None where it could not be asked.
        citations: that the marks of ``body`` name; the answer's, or an approved answer's.
        drafted: the text before anybody changed it.
    """

    id: int
    question: str
    before: str
    answer: Answer | None
    body: Checked
    citations: tuple[Citation, ...]
    drafted: str

    def used(self) -> list[Citation]:
        """Citations that marks of the text name."""
        named = {n for sentence in sentences_of(self.body.text) for n in sentence.citations}
        return [citation for citation in self.citations if citation.number in named]


@dataclass(frozen=True, slots=True)
class Work:
    """A reply on its way.

    Attributes:
        reply: as approved; None before.
    """

    subject: str
    language: str
    opening: Checked
    parts: tuple[WorkPart, ...]
    closing: Checked
    mark: Mark
    warnings: tuple[str, ...] = ()
    reply: Reply | None = None

    def part(self, number: int) -> WorkPart | None:
        """The part of an id."""
        return next((part for part in self.parts if part.id == number), None)

    def texts(self) -> list[Checked]:
        """All texts that make up the reply."""
        return [self.opening, *(part.body for part in self.parts), self.closing]

    def unchecked(self) -> list[Sentence]:
        """Sentences of the reply that nobody has checked."""
        return [sentence for text in self.texts() for sentence in text.unchecked()]

    def citations(self) -> list[Citation]:
        """Citations that the reply uses."""
        return [citation for part in self.parts for citation in part.used()]

    def written(self) -> Reply:
        """The reply as it stands now."""
        parts = tuple(Part(p.question, p.body.text, p.citations) for p in self.parts)
        return write_letter(
            Letter(
                self.subject, self.opening.text, parts, self.closing.text, self.mark, self.language
            )
        )

    def distance(self) -> float:
        """How far the parts are from their drafts: 0 unchanged, 1 all other (Levenshtein, normalised)."""
        return Levenshtein.normalized_distance(
            "\n".join(part.drafted for part in self.parts),
            "\n".join(part.body.text for part in self.parts),
        )

    def with_check(self, sentence: Sentence, by: str) -> Work:
        """The same with a sentence checked, wherever it stands unchecked."""

        def checked(text: Checked) -> Checked:
            return text.with_check(sentence, by) if sentence in text.unchecked() else text

        return replace(
            self,
            opening=checked(self.opening),
            parts=tuple(replace(part, body=checked(part.body)) for part in self.parts),
            closing=checked(self.closing),
        )

    def with_questions(self, wanted: Sequence[tuple[WorkPart | None, str]], fresh: Work) -> Work:
        """The same with other questions; a part whose question stays keeps its text.

        Args:
            wanted: the questions in order, each with the part it comes from.
            fresh: a draft of all of them.
        """
        free = max((part.id for part in self.parts), default=0) + 1
        drafted = {part.question: part for part in fresh.parts}
        kept: dict[int, WorkPart] = {}
        for place, (old, question) in enumerate(wanted):
            if old and old.question == question and old.id not in kept:
                kept[old.id] = old
            elif question in drafted:
                kept[free + place] = replace(drafted[question], id=free + place)
        return replace(self, parts=tuple(kept.values()))

    def with_part(self, changed: WorkPart) -> Work:
        """The same with one part replaced."""
        parts = tuple(changed if part.id == changed.id else part for part in self.parts)
        return replace(self, parts=parts)


def begin(inquiry: Inquiry, draft: Draft, now: datetime) -> Work:
    """The draft of an inquiry as a work, every sentence of it checked by code."""
    before = {asked.text: asked.before for asked in inquiry.questions}
    answers = [item.answer for item in draft.items]
    said = zip_longest(parts_of(draft.items, draft.unanswered), answers)
    return Work(
        subject=subject_of(draft.mail),
        language=draft.mail.language,
        opening=Checked.by_code(opening(draft.mail, draft.items)),
        parts=tuple(
            WorkPart(
                id=number,
                question=part.question,
                before=before.get(part.question, ""),
                answer=answer,
                body=Checked.by_code(part.text),
                citations=part.citations,
                drafted=part.text,
            )
            for number, (part, answer) in enumerate(said, start=1)
        ),
        closing=Checked.by_code(closing(draft.items)),
        mark=mark_of(answers, now),
        warnings=draft.warnings,
    )


_WORK = TypeAdapter(Work)


def to_record(work: Work) -> dict[str, Any]:
    """A work, ready for JSON."""
    found: dict[str, Any] = _WORK.dump_python(work, mode="json")
    return found


def from_record(record: Mapping[str, Any]) -> Work:
    """What ``to_record`` gave."""
    return _WORK.validate_python(record)


def sentences_of(text: str) -> list[Sentence]:
    """Sentences of paragraphs and lists; one without a mark rests on the next marks of its paragraph."""
    found: list[Sentence] = []
    for paragraph in re.split(r"\n\s*\n", text):
        found += _of_paragraph([line for line in paragraph.split("\n") if line.strip()])
    return found


def _of_paragraph(lines: Sequence[str]) -> list[Sentence]:
    pieces: list[tuple[str, tuple[int, ...]]] = []
    for line in lines:
        for piece in sentences(line.removeprefix("- ")):
            lead = _MARKS_ONLY.match(piece)
            if lead and pieces:
                before, numbers = pieces[-1]
                pieces[-1] = (before, (*numbers, *_numbers(lead[0])))
                piece = piece[lead.end() :]
            if words := " ".join(MARK.sub(" ", piece).split()):
                pieces.append((words, _numbers(piece)))
    found: list[Sentence] = []
    following: tuple[int, ...] = ()
    for words, numbers in reversed(pieces):
        following = numbers or following
        found.append(Sentence(words, following))
    return found[::-1]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(map(int, MARK.findall(text))))
