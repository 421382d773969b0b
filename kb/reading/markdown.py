"""Markdown -> Document: the visible text, its sections, and what their comments say about them.

Front matter and comments carry metadata (corpus/README.md has the format). Files without them are
read as well: every heading opens a section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import frontmatter
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from pydantic import BaseModel, ConfigDict, ValidationError

from kb.errors import SourceError
from kb.reading.visible import clean, plain_words
from kb.types import Document, DocumentKind, Section, Source, Wording

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_ASKED_AS = re.compile(r"\s*asked as:\n(.*)", re.DOTALL)
_FIELDS = ("sources", "as of", "facts", "valid until")


class FrontMatter(BaseModel):
    """The fields above a corpus document."""

    model_config = ConfigDict(extra="forbid")

    title: str
    kind: DocumentKind = "guidance"
    wording: Wording = "summary"
    author: str = ""
    approver: str = ""


@dataclass
class _Draft:
    """A section while its blocks are being read."""

    headings: tuple[str, ...]
    start: int
    end: int
    source_ids: tuple[str, ...] = ()
    as_of: str = ""
    valid_until: date | None = None
    facts: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()


@dataclass
class _Page:
    """The visible text so far, block by block."""

    text: str = ""
    sections: list[_Draft] = field(default_factory=list)

    def add(self, block: str, separator: str = "\n\n") -> None:
        if not block:
            return
        self.text += (separator if self.text else "") + block
        if self.sections:
            section = self.sections[-1]
            if section.start == section.end:
                section.start = len(self.text) - len(block)
            section.end = len(self.text)


def read_markdown(
    text: str,
    *,
    document_id: str,
    catalogue: Mapping[str, Source],
    default: Source | None = None,
    wording: Wording = "source",
) -> Document:
    """Read one Markdown file.

    Args:
        default: the source of sections that name none (an added file is its own source).
        wording: whose words they are, where the front matter does not say.

    Raises:
        SourceError: front matter or a section's comment is not valid; names document and section.
    """
    try:
        metadata, body = frontmatter.parse(text)
        front = FrontMatter.model_validate(
            {"title": document_id, "wording": wording, **metadata} if metadata else {"title": ""}
        )
    except (ValidationError, ValueError) as error:
        raise SourceError(f"{document_id}: its front matter is not valid: {error}.") from error
    page = _read_blocks(body, document_id)
    title = clean(front.title) or next(
        (s.headings[0] for s in page.sections if s.headings), document_id
    )
    return Document(
        id=document_id,
        title=title,
        kind=front.kind,
        wording=front.wording if metadata else wording,
        text=page.text,
        sections=tuple(
            _finish(draft, document_id, catalogue, default)
            for draft in page.sections
            if draft.end > draft.start
        ),
    )


def _read_blocks(body: str, document_id: str) -> _Page:
    page = _Page()
    path: list[tuple[int, str]] = []
    root = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(body))
    for kind, level, content in _blocks(root):
        if kind == "heading":
            page.text += ("\n\n" if page.text else "") + content
            path = [(depth, name) for depth, name in path if depth < level] + [(level, content)]
            headings = tuple(name for _, name in path)
            page.sections.append(_Draft(headings, len(page.text), len(page.text)))
        elif kind == "comment":
            if page.sections:
                _read_comment(content, page.sections[-1], document_id)
        else:
            if not page.sections:
                page.sections.append(_Draft((), 0, 0))
            page.add(content, "\n" if kind == "item" else "\n\n")
    return page


def _blocks(node: SyntaxTreeNode, mark: str = "") -> Iterator[tuple[str, int, str]]:
    """Yield (kind, level, content) of headings, comments, paragraphs, list items and table rows.

    ``mark`` goes before the first paragraph of a list item.
    """
    for child in node.children:
        if child.type == "heading":
            yield "heading", int(child.tag[1]), _words(child)
        elif child.type == "html_block":
            yield from (("comment", 0, found) for found in _COMMENT.findall(child.content))
        elif child.type == "paragraph":
            yield ("item" if mark else "paragraph"), 0, mark + _words(child)
            mark = ""
        elif child.type in ("fence", "code_block"):
            yield "paragraph", 0, plain_words(child.content).strip()
        elif child.type == "tr":
            yield "item", 0, " | ".join(_words(cell) for cell in child.children)
        elif child.type in ("bullet_list", "ordered_list"):
            first = int(child.attrs.get("start", 1))
            for number, item in enumerate(child.children, start=first):
                yield from _blocks(item, "- " if child.type == "bullet_list" else f"{number}. ")
        else:
            yield from _blocks(child)


def _words(block: SyntaxTreeNode) -> str:
    """The words of a block: no emphasis marks, links as their text, images as nothing."""
    parts = []
    for node in block.walk():
        if node.type in ("text", "code_inline"):
            parts.append(node.content)
        elif node.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return re.sub(r"\s+", " ", plain_words("".join(parts))).strip()


def _read_comment(content: str, draft: _Draft, document_id: str) -> None:
    where = f"{document_id}, section '{draft.headings[-1] if draft.headings else ''}'"
    if asked := _ASKED_AS.fullmatch(content):
        lines = (line.strip() for line in asked[1].splitlines())
        draft.asked_as += tuple(line for line in lines if line)
        return
    fields: dict[str, str] = {}
    for part in content.split("·"):
        name, colon, value = part.partition(":")
        if not colon or name.strip() not in _FIELDS:
            if fields:
                raise SourceError(f"{where}: '{part.strip()}' is none of {', '.join(_FIELDS)}.")
            return  # an ordinary comment
        fields[name.strip()] = "" if value.strip() == "-" else value.strip()
    draft.source_ids = _ids(fields.get("sources", ""))
    draft.facts = _ids(fields.get("facts", ""))
    as_of = fields.get("as of", "")
    draft.as_of = "" if as_of == "undated" else as_of
    if until := fields.get("valid until"):
        try:
            draft.valid_until = date.fromisoformat(until)
        except ValueError:
            raise SourceError(f"{where}: 'valid until: {until}' is not a date.") from None


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _finish(
    draft: _Draft, document_id: str, catalogue: Mapping[str, Source], default: Source | None
) -> Section:
    unknown = [source_id for source_id in draft.source_ids if source_id not in catalogue]
    if unknown:
        raise SourceError(
            f"{document_id}, section '{draft.headings[-1]}': source {unknown[0]} "
            "is not in sources.toml. Add its record there."
        )
    sources = tuple(catalogue[source_id] for source_id in draft.source_ids)
    if not sources and default:
        sources = (default,)
    return Section(
        headings=draft.headings,
        start=draft.start,
        end=draft.end,
        sources=sources,
        as_of=draft.as_of or (sources[0].as_of if sources else ""),
        valid_until=draft.valid_until,
        facts=draft.facts,
        asked_as=draft.asked_as,
    )
