"""Document -> Passages: one section each where it fits, else split; exact spans are kept.

A passage knows its sentences, each with its own span, so that one can be quoted alone; one that gives
orders to a language model is none of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence

from langchain_text_splitters import RecursiveCharacterTextSplitter
from syntok import segmenter

from kb.reading.orders import gives_orders
from kb.types import Document, Passage, Section, Sentence, StatementKind

SPLITTER_VERSION = "2"
# A corpus section (at most about 230 words) stays whole; the model reads about the first 1,200
# characters, and the vectors of its sentences cover the rest.
PASSAGE_CHARACTERS = 1600
_RECOMMENDATION = "Recommendation: "
_ITEM = re.compile(r"(?:- |\d+\. )")

_splitter = RecursiveCharacterTextSplitter(
    chunk_size=PASSAGE_CHARACTERS,
    chunk_overlap=0,
    separators=["\n\n", "\n", ". ", " ", ""],
    keep_separator="end",
    add_start_index=True,
)


def split_document(document: Document) -> list[Passage]:
    """Cut a document into passages, in reading order.

    Every passage lies within one section and equals its span of ``document.text``.
    """
    passages: list[Passage] = []
    seen: dict[str, int] = {}
    for section in document.sections:
        for start, end in _spans(document.text, section):
            text = document.text[start:end]
            repeat = seen[text] = seen.get(text, -1) + 1
            passages.append(_passage(document, section, start, end, repeat))
    return passages


def anchor(document_id: str, headings: Sequence[str]) -> str:
    """Id of a section: ``document_id#last-heading``."""
    return f"{document_id}#{slug(headings[-1])}" if headings else document_id


def slug(heading: str) -> str:
    """A heading as it stands in an anchor: lower case, words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _spans(text: str, section: Section) -> Iterator[tuple[int, int]]:
    body = text[section.start : section.end]
    if len(body) <= PASSAGE_CHARACTERS:
        yield section.start, section.end
        return
    for chunk in _splitter.create_documents([body]):
        start = section.start + chunk.metadata["start_index"]
        yield start, start + len(chunk.page_content)


def _passage(document: Document, section: Section, start: int, end: int, repeat: int) -> Passage:
    text = document.text[start:end]
    identity = f"{document.id}\0{text}\0{repeat or ''}"
    return Passage(
        id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        document_id=document.id,
        title=document.title,
        kind=document.kind,
        wording=document.wording,
        headings=section.headings,
        anchor=anchor(document.id, section.headings),
        text=text,
        start=start,
        end=end,
        sentences=tuple(
            s
            for s in split_sentences(text, start)
            if not gives_orders(document.text[s.start : s.end])
        ),
        sources=section.sources,
        as_of=section.as_of,
        valid_until=section.valid_until,
        facts=section.facts,
        asked_as=section.asked_as,
        page=section.page,
    )


def split_sentences(text: str, offset: int = 0) -> Iterator[Sentence]:
    """Find the sentences of a passage; list marks and the word "Recommendation:" stay outside.

    Args:
        offset: added to every span.
    """
    for line in re.finditer(r"[^\n]+", text):
        start, content = line.start(), line[0]
        in_list = False
        if mark := _ITEM.match(content):
            in_list, start, content = True, start + mark.end(), content[mark.end() :]
        kind: StatementKind = "finding"
        if content.startswith(_RECOMMENDATION):
            kind, start = "recommendation", start + len(_RECOMMENDATION)
            content = content[len(_RECOMMENDATION) :]
        for paragraph in segmenter.analyze(content):
            for tokens in paragraph:
                first, last = tokens[0], tokens[-1]
                yield Sentence(
                    start=offset + start + first.offset,
                    end=offset + start + last.offset + len(last.value),
                    kind=kind,
                    in_list=in_list,
                )
