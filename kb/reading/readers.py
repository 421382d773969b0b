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
from kb.reading.sandbox import parse
from kb.reading.visible import visible_lines
from kb.types import Document, Section, Source

Reader = Callable[[bytes, Source], Iterable[Document]]


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
    documents = tuple(READERS[loaded.suffix](loaded.data, loaded.source))
    if not any(document.text.strip() for document in documents):
        raise SourceError(f"{loaded.source.id} holds no text that can be read.")
    return documents


def _markdown(data: bytes, source: Source) -> Iterable[Document]:
    document = read_markdown(
        _decode(data, source), document_id=source.id, catalogue={}, default=source
    )
    if not source.title:
        named = replace(source, title=document.title)
        document = replace(
            document, sections=tuple(replace(s, sources=(named,)) for s in document.sections)
        )
    else:
        document = replace(document, title=source.title)
    yield document


def _parsed(suffix: str) -> Reader:
    """A reader for a format that is parsed in the sandbox."""

    def reader(data: bytes, source: Source) -> Iterable[Document]:
        pages = parse(data, suffix, source.title or source.id)
        yield _joined(pages, source)

    return reader


def _joined(pages: Sequence[tuple[int | None, str]], source: Source) -> Document:
    """One document from the pages of a file; a page without text is flagged."""
    text, sections, warnings = "", [], []
    for number, markdown in pages:
        part = read_markdown(
            visible_lines(markdown), document_id=source.id, catalogue={}, default=source
        )
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
    for number, line in enumerate(_decode(data, source).splitlines(), start=1):
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
    text, title = str(record["text"]).strip(), str(record.get("title", ""))
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
    )


def _decode(data: bytes, source: Source) -> str:
    try:
        return visible_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SourceError(f"{source.id} is not UTF-8 text. Save it as UTF-8.") from None


READERS: dict[str, Reader] = {
    ".md": _markdown,
    ".txt": _markdown,
    ".jsonl": _json_lines,
    **{suffix: _parsed(suffix) for suffix in FORMATS},
}
