"""Readers: a file or address -> Documents; one function a format, a table by suffix.

The shipped corpus is read directly (kb/reading/markdown.py); everything that was added comes through
here. A new format is one function and one line of the table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kb.errors import SourceError
from kb.reading.fetch import PageGone, fetch
from kb.reading.formats import FORMATS
from kb.reading.markdown import read_markdown
from kb.reading.orders import gives_orders
from kb.reading.passages import split_sentences
from kb.reading.sandbox import parse
from kb.reading.visible import clean, hidden_characters, plain_words, visible_lines
from kb.types import Document, Section, Source

Reader = Callable[[bytes, Source], Iterable[Document]]
_MOST_SHOWN = 300  # characters of what was hidden


class SourceGone(SourceError):
    """The file or page no longer exists."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The bytes of a source, not yet understood."""

    data: bytes
    suffix: str
    source: Source
    sha256: str


def is_address(location: str) -> bool:
    """Whether a location is a web address and not a file."""
    return location.startswith(("http://", "https://"))


def load(location: str, source: Source, hosts: Sequence[str]) -> Loaded:
    """Get the bytes of a file or page.

    Args:
        hosts: from which pages may be fetched.

    Raises:
        SourceGone: it no longer exists.
        SourceError: it cannot be opened.
    """
    if is_address(location):
        try:
            page = fetch(location, hosts)
        except PageGone as gone:
            raise SourceGone(f"{gone} Its documents were removed.") from None
        return Loaded(page.data, page.suffix, source, hashlib.sha256(page.data).hexdigest())
    path = Path(location)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SourceGone(f"{location} is gone; its documents were removed.") from None
    except OSError as error:
        raise SourceError(f"{location} cannot be opened: {error.strerror}.") from error
    return Loaded(data, path.suffix.lower(), source, hashlib.sha256(data).hexdigest())


def read(loaded: Loaded) -> tuple[Document, ...]:
    """Turn bytes into documents.

    Raises:
        SourceError: the content is not what its suffix says, or holds no text; names the source.
    """
    documents = tuple(map(_plain_headed, READERS[loaded.suffix](loaded.data, loaded.source)))
    if not any(document.text.strip() for document in documents):
        raise SourceError(f"{loaded.source.id} holds no text that can be read.")
    return documents


def _plain_headed(document: Document) -> Document:
    """Take out titles and headings that give orders to a language model, and say which text does."""
    orders = [
        document.text[s.start : s.end]
        for section in document.sections
        for s in split_sentences(document.text[section.start : section.end], section.start)
        if gives_orders(document.text[s.start : s.end])
    ]
    lines = [document.title, *(h for section in document.sections for h in section.headings)]
    orders += [line for line in dict.fromkeys(lines) if gives_orders(line)]
    if not orders:
        return document
    title = document.id if gives_orders(document.title) else document.title
    told = "; ".join(f"«{order[:_MOST_SHOWN]}»" for order in orders)
    return replace(
        document,
        title=title,
        sections=tuple(_plain_section(section, title) for section in document.sections),
        warnings=(*document.warnings, f"Orders to a language model are never quoted: {told}."),
    )


def _plain_section(section: Section, title: str) -> Section:
    return replace(
        section,
        headings=tuple(h for h in section.headings if not gives_orders(h)),
        sources=tuple(
            replace(s, title=title) if gives_orders(s.title) else s for s in section.sources
        ),
    )


def _markdown(data: bytes, source: Source) -> Iterable[Document]:
    text = _decode(data, source)
    document = read_markdown(
        visible_lines(text), document_id=source.id, catalogue={}, default=source
    )
    if not source.title:
        named = replace(source, title=document.title)
        document = replace(
            document, sections=tuple(replace(s, sources=(named,)) for s in document.sections)
        )
    else:
        document = replace(document, title=source.title)
    yield replace(document, warnings=_warnings(hidden_characters(text)))


def _parsed(suffix: str) -> Reader:
    """A reader for a format that is parsed in the sandbox."""

    def reader(data: bytes, source: Source) -> Iterable[Document]:
        pages = parse(data, suffix, source.title or source.id)
        yield _joined(pages, source)

    return reader


def _joined(pages: Sequence[tuple[int | None, str, str]], source: Source) -> Document:
    """One document from the pages of a file; a page without text is flagged."""
    text, sections, warnings = "", [], []
    for number, markdown, hidden in pages:
        part = read_markdown(
            visible_lines(markdown), document_id=source.id, catalogue={}, default=source
        )
        where = f"Page {number}: " if number else ""
        told = _warnings(hidden_characters(markdown), _hidden_words(hidden))
        warnings += [where + warning for warning in told]
        if number and not part.text.strip():
            warnings.append(f"Page {number} holds no text; it may be a picture.")
            continue
        offset = len(text) + 2 if text else 0
        text += ("\n\n" if text else "") + part.text
        sections += [
            replace(s, start=s.start + offset, end=s.end + offset, page=number)
            for s in part.sections
        ]
    title = source.title or next((s.headings[0] for s in sections if s.headings), source.id)
    named = replace(source, title=title)
    return Document(
        id=source.id,
        title=title,
        kind="guidance",
        wording="source",
        text=text,
        sections=tuple(replace(s, sources=(named,)) for s in sections),
        warnings=tuple(warnings),
    )


def _json_lines(data: bytes, source: Source) -> Iterable[Document]:
    """BEIR's ``corpus.jsonl``: one document a line, with ``_id``, ``title`` and ``text``."""
    text = visible_lines(_decode(data, source))
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            yield _record_document(record, source)
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"{source.id}, line {number}: not a record with _id, title and text ({error})."
            ) from error


def _record_document(record: Mapping[str, str], source: Source) -> Document:
    text, title = plain_words(str(record["text"])).strip(), clean(str(record.get("title", "")))
    origin = replace(
        source,
        id=str(record["_id"]),
        title=title or str(record["_id"]),
        url=str(record.get("url", "")),
    )
    section = Section(headings=(title,) if title else (), start=0, end=len(text), sources=(origin,))
    return Document(
        id=str(record["_id"]),
        title=title or str(record["_id"]),
        kind="guidance",
        wording="source",
        text=text,
        sections=(section,) if text else (),
        warnings=_warnings(hidden_characters(f"{record['text']} {record.get('title', '')}")),
    )


def _warnings(*sentences: str) -> tuple[str, ...]:
    return tuple(filter(None, sentences))


def _hidden_words(words: str) -> str:
    shown = words if len(words) <= _MOST_SHOWN else f"{words[:_MOST_SHOWN]}…"
    return f"Text that a person does not see was left out: «{plain_words(shown)}»." if words else ""


def _decode(data: bytes, source: Source) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{source.id} is not UTF-8 text. Save it as UTF-8.") from None


READERS: dict[str, Reader] = {
    ".md": _markdown,
    ".txt": _markdown,
    ".jsonl": _json_lines,
    **{suffix: _parsed(suffix) for suffix in FORMATS},
}
