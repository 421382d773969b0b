"""Letter: questions with texts and citations -> a mail in plain text and HTML, sources as footnotes.

The words between are ours, from ``templates/reply.toml``, or the sender's own, quoted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any

from kb.desk.inquiry import topic_of
from kb.desk.mail import Mail
from kb.types import Citation, Source

_SHOWN_QUESTION = 300
MARK = re.compile(r"\[(\d+)\]")  # the number of a citation
_MARKS = re.compile(r"(?:\[\d+\])+")
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
class Reply:
    """A mail ready to be read, changed and sent by a person; empty where none is due."""

    subject: str = ""
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What a letter says to one question.

    Attributes:
        text: paragraphs between empty lines; lines that begin with "- " are a list. A mark like [1] is the
            number of a citation of this part.
    """

    question: str
    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """The machine-readable sign that no person wrote this."""

    generation: str
    generator: str
    created: str

    def sentence(self) -> str:
        """The same for people."""
        return words("mark").format(
            created=self.created, generation=self.generation or "none", generator=self.generator
        )

    @property
    def line(self) -> str:
        """The same for machines."""
        return (
            f"[automated=true; generation={self.generation}; generator={self.generator}; "
            f"created={self.created}]"
        )


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that stands in a reply.

    Attributes:
        opening, closing: paragraphs before and after the parts.
        language: of the sender, in which one sentence of the opening may be.
    """

    subject: str
    opening: str
    parts: tuple[Part, ...]
    closing: str
    mark: Mark
    language: str = "en"


def write_letter(letter: Letter) -> Reply:
    """Set a letter as plain text and as HTML."""
    notes = _Footnotes()
    blocks = list(_blocks(letter.opening))
    for number, part in enumerate(letter.parts, start=1):
        lead = words("question").format(number=number, question=shown(part.question))
        blocks.append(_Block(lead, kind="lead"))
        blocks += _blocks(_renumbered(part, notes))
    blocks += _blocks(letter.closing)
    return Reply(letter.subject, _text(blocks, notes, letter.mark), _html(blocks, notes, letter))


def subject_of(mail: Mail) -> str:
    """Subject of a reply to a mail."""
    return f"Re: {topic_of(mail.subject)}".strip()


def greeting(mail: Mail) -> str:
    """A greeting with title and last name where the mail gives a title, else the whole name, else none."""
    name = " ".join(mail.from_name.split())
    written = re.findall(r"[^\s,]+", name)
    titles = [t for w in written if (t := _TITLES.get(w.strip(".").casefold())) is not None]
    signed = next((x for x in mail.signature.split("\n") if written and written[-1] in x), "")
    signed_first = signed.split()[0].strip(".").casefold() if signed.split() else ""
    if not titles and signed_first in _TITLES:
        titles = [_TITLES[signed_first]]
    plain = [w for w in written if w.strip(".").casefold() not in _TITLES]
    person = " ".join(plain)
    if len(plain) < 2 or len(person) > 60 or _NOT_A_PERSON.search(person):
        return words("greeting_unknown")
    if not re.fullmatch(r"[^\W\d_][\w.'’ -]*", person) or re.search(r"\w\.\w", person):
        return words("greeting_unknown")
    title = next((t for t in _PRECEDENCE if t in titles), "")
    if title:
        person = f"{title} {plain[-1] if len(plain) == 2 else person}"
    return words("greeting").format(name=person)


@cache
def template() -> dict[str, Any]:
    """The words of the reply that are ours."""
    return tomllib.loads(
        (files("kb.desk") / "templates" / "reply.toml").read_text(encoding="utf-8")
    )


def words(name: str) -> str:
    """A sentence of the template."""
    return str(template()[name])


def shown(question: str) -> str:
    """The sender's question as it is quoted: one line, no addresses, not too long."""
    text = _ADDRESS.sub("[address left out]", " ".join(question.split()))
    text = MARK.sub(r"(\1)", text)
    if len(text) > _SHOWN_QUESTION:
        text = text[:_SHOWN_QUESTION].rsplit(" ", 1)[0] + " …"
    return text


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
    """A lead-in, a paragraph, or a list (one line an item)."""

    text: str
    kind: str = "paragraph"


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs and lists of a text."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for listed, lines in groupby(paragraph.split("\n"), lambda line: line.startswith("- ")):
            if found := "\n".join(lines).strip():
                yield _Block(found, kind="list" if listed else "paragraph")


def _renumbered(part: Part, notes: _Footnotes) -> str:
    """A part's text with the numbers of footnotes in place of those of its citations."""
    by_number = {citation.number: citation for citation in part.citations}

    def numbers(run: re.Match[str]) -> str:
        cited = [by_number[n] for n in map(int, MARK.findall(run[0])) if n in by_number]
        found = dict.fromkeys(number for citation in cited for number in notes.numbers(citation))
        return "".join(f"[{number}]" for number in found)

    return _MARKS.sub(numbers, part.text)


def _text(blocks: Sequence[_Block], notes: _Footnotes, mark: Mark) -> str:
    parts = [block.text for block in blocks]
    if notes.sources:
        lines = [words("sources")]
        for number, source in enumerate(notes.sources, start=1):
            lines.append(f"[{number}] {notes.line(source)}{f' {source.url}' if source.url else ''}")
        parts.append("\n".join(lines))
    parts.append(f"{mark.sentence()}\n{mark.line}")
    return "\n\n".join(parts) + "\n"


def _html(blocks: Sequence[_Block], notes: _Footnotes, letter: Letter) -> str:
    mark, known = letter.mark, len(notes.sources)
    foreign = template()["in_english"].get(letter.language)
    body = "".join(
        _block_html(block, known, letter.language if block.text == foreign else "")
        for block in blocks
    )
    if notes.sources:
        items = "".join(
            f'<li id="source-{number}">{escape(notes.line(source))}{_link(source.url)}</li>'
            for number, source in enumerate(notes.sources, start=1)
        )
        body += f"<h2>{escape(words('sources'))}</h2><ol>{items}</ol>"
    body += f"<p><small>{escape(mark.sentence())}</small></p>"
    return (
        f'<div lang="en" data-automated="true" data-generation="{escape(mark.generation)}" '
        f'data-generator="{escape(mark.generator)}" data-created="{escape(mark.created)}">{body}</div>'
    )


def _block_html(block: _Block, known: int, language: str) -> str:
    if block.kind == "list":
        lines = (line.removeprefix("- ") for line in block.text.split("\n"))
        return f"<ul>{''.join(f'<li>{_marked(line, known)}</li>' for line in lines)}</ul>"
    if block.kind == "lead":
        return f"<p><strong>{escape(block.text)}</strong></p>"
    lang = f' lang="{escape(language)}"' if language else ""
    return f"<p{lang}>{_marked(block.text, known).replace(chr(10), '<br>')}</p>"


def _marked(text: str, known: int) -> str:
    def link(mark: re.Match[str]) -> str:
        number = int(mark[1])
        return f'<a href="#source-{number}">[{number}]</a>' if 1 <= number <= known else mark[0]

    return MARK.sub(link, escape(text))


def _link(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return ""
    return f' <a href="{escape(url)}" rel="noopener noreferrer">{escape(url)}</a>'
