"""The values that pass through the system: all frozen, none knows how it is stored or shown.

Source -> Document (its Sections) -> Passage -> SearchResult -> Citation, Statement -> Answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

DocumentKind = Literal["guidance", "faq", "profile", "funding", "glossary"]
Wording = Literal["source", "summary"]
NO_REUSE = "none"  # licence of what may be linked, but not quoted
StatementKind = Literal["finding", "recommendation"]
Status = Literal["answered", "partial", "not_answered"]
Reason = Literal["no_source", "out_of_scope", "unclear", "unverified", "unsafe"]
NoticeKind = Literal[
    "condition",
    "conflict",
    "older",
    "stale",
    "deadline_passed",
    "translated",
    "fallback",
    "clarify",
]


@dataclass(frozen=True, slots=True)
class Source:
    """A catalogue record: where something was published, by whom, and what may be done with it."""

    id: str
    title: str
    publisher: str = ""
    url: str = ""
    language: str = "en"
    licence: str = "unknown"
    as_of: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document under one heading.

    Attributes:
        headings: path from the document's title down to this heading.
        start, end: span in characters of the section's body in ``Document.text``.
        as_of: ``YYYY[-MM[-DD]]`` or ``""`` where no date is known.
        valid_until: last day on which the section holds, or None.
        facts: ids of the catalogued facts that the section tells (shipped corpus only).
        asked_as: ways in which people ask for the section; searched, never shown.
        page: page number, counted from 1, for paged formats.
    """

    headings: tuple[str, ...]
    start: int
    end: int
    sources: tuple[Source, ...] = ()
    as_of: str = ""
    valid_until: date | None = None
    facts: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text as a reader sees it: no metadata, no markup."""

    id: str
    title: str
    kind: DocumentKind
    wording: Wording
    text: str
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of ``Document.text`` that may be quoted alone."""

    start: int
    end: int
    kind: StatementKind = "finding"
    in_list: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, retrieved and cited; ``text == document.text[start:end]``.

    Attributes:
        id: stays the same while the document's id and the passage's text do.
        anchor: ``document_id#heading-in-lower-case``, the section that the passage belongs to.
    """

    id: str
    document_id: str
    title: str
    kind: DocumentKind
    wording: Wording
    headings: tuple[str, ...]
    anchor: str
    text: str
    start: int
    end: int
    sentences: tuple[Sentence, ...]
    sources: tuple[Source, ...] = ()
    as_of: str = ""
    valid_until: date | None = None
    facts: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()
    page: int | None = None

    @property
    def url(self) -> str:
        """Address of the first source that has one."""
        return next((source.url for source in self.sources if source.url), "")

    @property
    def quotable(self) -> bool:
        """Whether its words may be shown: they are ours, or no source of it says that they may not."""
        return self.wording == "summary" or all(s.licence != NO_REUSE for s in self.sources)

    def words_of(self, sentence: Sentence) -> str:
        """The words of one of its sentences, as they stand."""
        return self.text[sentence.start - self.start : sentence.end - self.start]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A passage with its place in a ranking; a higher score is better."""

    passage: Passage
    score: float
    rank: int

    def record(self) -> dict[str, Any]:
        """The public search result (docs/reference.md); without words where they may not be shown."""
        passage = self.passage
        text = passage.text if passage.quotable else ""
        return {
            "rank": self.rank,
            "score": round(self.score, 6),
            "document_id": passage.document_id,
            "passage_id": passage.id,
            "title": passage.title,
            "section": list(passage.headings),
            "url": passage.url,
            "text": text,
            "start": passage.start,
            "end": passage.start + len(text),
            "sources": [source_record(source) for source in passage.sources],
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Citation:
    """The exact words that a statement rests on, and where they stand.

    ``quote == document.text[start:end]``, character for character.
    """

    number: int
    document_id: str
    passage_id: str
    title: str
    section: tuple[str, ...]
    page: int | None
    url: str
    publisher: str
    licence: str
    as_of: str
    wording: Wording
    quote: str
    start: int
    end: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One checked sentence of an answer with the numbers of its citations.

    ``original`` is the English sentence that was checked where ``text`` is its translation.
    """

    text: str
    kind: StatementKind
    citations: tuple[int, ...]
    original: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader should know besides the answer."""

    kind: NoticeKind
    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A nearest topic: a link, never a claim."""

    title: str
    document_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What every interface shows; the fields are those of docs/reference.md."""

    id: str
    created: str
    question: str
    language: str
    status: Status
    reason: Reason | None
    text: str
    confidence: float
    generation: str
    seconds: float
    statements: tuple[Statement, ...] = ()
    notices: tuple[Notice, ...] = ()
    topics: tuple[Topic, ...] = ()
    citations: tuple[Citation, ...] = ()
    missing: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    generator: str = "extractive"
    prompt_version: str = field(default="")

    def record(self) -> dict[str, Any]:
        """The public record, ready for JSON."""
        values = asdict(self)
        values["citations"] = [
            asdict(citation) | {"sources": [source_record(s) for s in citation.sources]}
            for citation in self.citations
        ]
        return values


def source_record(source: Source) -> dict[str, str]:
    """A source as citations and search results show it."""
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "publisher": source.publisher,
        "as_of": source.as_of,
    }
