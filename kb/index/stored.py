"""What a generation stores besides vectors: documents, passages, terms, limits, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kb.errors import IndexDamaged
from kb.index.vectors import VectorRow
from kb.reading.glossary import Term
from kb.reading.languages import Language
from kb.reading.limits import Limit
from kb.types import Document, Passage

LIMIT_PREFIX = "limit-"


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that was read; ``passages`` in reading order, which is the word index's order."""

    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]
    terms: tuple[Term, ...] = ()
    limits: tuple[Limit, ...] = ()
    languages: tuple[Language, ...] = ()


_FILES: dict[str, TypeAdapter[Any]] = {
    "documents": TypeAdapter(tuple[Document, ...]),
    "passages": TypeAdapter(tuple[Passage, ...]),
    "terms": TypeAdapter(tuple[Term, ...]),
    "limits": TypeAdapter(tuple[Limit, ...]),
    "languages": TypeAdapter(tuple[Language, ...]),
}


def write_content(folder: Path, content: Content) -> None:
    """Write one JSON file for each kind of content."""
    for name, adapter in _FILES.items():
        (folder / f"{name}.json").write_bytes(adapter.dump_json(getattr(content, name)))


def read_content(folder: Path) -> Content:
    """Read what ``write_content`` wrote.

    Raises:
        IndexDamaged: a file is missing or not valid; names it.
    """
    return Content(**{name: _read(folder, name) for name in _FILES})


def read_documents(folder: Path) -> tuple[Document, ...]:
    """Read the documents alone.

    Raises:
        IndexDamaged: their file is missing or not valid.
    """
    found: tuple[Document, ...] = _read(folder, "documents")
    return found


def _read(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    try:
        return _FILES[name].validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be read. Run: kb ingest --rebuild") from error


def vector_rows(content: Content) -> Iterator[VectorRow]:
    """The texts to embed: each passage whole, its sentences, its heading, the ways to ask for it."""
    for passage in content.passages:
        yield from passage_rows(passage)
    for position, limit in enumerate(content.limits):
        for number, line in enumerate(limit.asked_as):
            yield VectorRow(f"{LIMIT_PREFIX}{position}", limit.kind, number, line)


def passage_rows(passage: Passage) -> Iterator[VectorRow]:
    """The rows of one passage."""
    heading = passage.headings[-1] if passage.headings else passage.title
    named = heading if passage.kind == "faq" else f"{passage.title}: {heading}"
    yield VectorRow(passage.id, "passage", 0, f"{named}\n{passage.text}")
    yield VectorRow(passage.id, "heading", 0, heading)
    for number, sentence in enumerate(passage.sentences):
        yield VectorRow(passage.id, "window", number, passage.words_of(sentence))
    for number, line in enumerate(passage.asked_as):
        yield VectorRow(passage.id, "asked", number, line)


def lexical_texts(content: Content) -> list[str]:
    """For each passage the words that BM25 searches: its text, headings and ways to ask for it."""
    return [
        " \n".join((passage.title, *passage.headings[1:], passage.text, *passage.asked_as))
        for passage in content.passages
    ]
