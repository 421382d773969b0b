"""Own FAQ: an entry's wording <-> its Markdown file in the folder of the secretariat's own FAQ.

A file has the format of the corpus, holds one question and may be changed by hand; it is then held to
the same rules as what is written at the desk.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import frontmatter
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kb.errors import SourceError
from kb.reading.markdown import read_markdown
from kb.types import Document, Source

OWN_FAQ = "own-faq/"  # begins the ids of its documents
MOST_QUESTION = 300
MOST_TEXT = 10_000
MOST_ASKED_AS = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]]+")
_MARK = re.compile(r"\[\d+\]")
_BLOCKS = {"paragraph", "inline", "bullet_list", "ordered_list", "list_item"}
_WORDS = {"text", "softbreak", "hardbreak", "em", "strong", "code_inline", "link"}


@dataclass(frozen=True, slots=True)
class Wording:
    """What people write of an entry.

    Attributes:
        text: Markdown, of which paragraphs, lists, emphasis and links to the sources may be used.
        asked_as: ways in which people ask for it; searched, never shown.
        sources: ids of catalogued sources that it rests on.
        expires: last day on which it holds.
    """

    question: str
    text: str
    asked_as: tuple[str, ...]
    sources: tuple[str, ...]
    expires: date


@dataclass(frozen=True, slots=True)
class FaqFile:
    """A file as it was read."""

    wording: Wording
    author: str
    document: Document


def faq_files(folder: Path) -> list[Path]:
    """Files of the FAQ, by name."""
    return [path for path in sorted(folder.glob("*.md")) if path.name != "README.md"]


def read_faq_file(path: Path, data: bytes, catalogue: Mapping[str, Source]) -> FaqFile:
    """Read a file of the FAQ.

    Raises:
        SourceError: it breaks a rule; says which.
    """
    name = path.stem
    if not _NAME.fullmatch(name):
        raise SourceError(
            f"{path.name}: rename it; small letters, digits and hyphens alone, at most 80."
        )
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SourceError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None
    document = read_markdown(text, document_id=OWN_FAQ + name, catalogue=catalogue)
    wording = _wording(path.name, text, document)
    if wrong := problems_of(wording, catalogue):
        raise SourceError(f"{path.name}: {' '.join(wrong)}")
    return FaqFile(wording, str(frontmatter.parse(text)[0].get("author", "")), document)


def write_faq_file(wording: Wording, *, author: str, approver: str, as_of: date) -> str:
    """The file of an entry.

    Args:
        as_of: day on which it was approved.
    """
    fields = [
        f"sources: {', '.join(wording.sources)}",
        f"as of: {as_of.isoformat()}",
        f"valid until: {wording.expires.isoformat()}",
    ]
    body = f"## {wording.question}\n<!-- {' · '.join(fields)} -->\n{wording.text}"
    if wording.asked_as:
        body += "\n\n<!-- asked as:\n{}\n-->".format("\n".join(wording.asked_as))
    post = frontmatter.Post(
        body,
        title=wording.question,
        kind="faq",
        wording="summary",
        author=author,
        approver=approver,
    )
    return str(frontmatter.dumps(post, sort_keys=False)) + "\n"


def problems_of(wording: Wording, catalogue: Mapping[str, Source]) -> list[str]:
    """What keeps an entry from being published, a sentence each; empty where all is well."""
    return [
        *_question_problems(wording.question),
        *_text_problems(wording.text, _addresses(wording.sources, catalogue)),
        *_asked_as_problems(wording.asked_as),
        *_source_problems(wording.sources, catalogue),
    ]


def _question_problems(question: str) -> Iterator[str]:
    if not question.endswith("?"):
        yield "The question must end with a question mark."
    if len(question) > MOST_QUESTION:
        yield f"The question is longer than {MOST_QUESTION} characters."
    if question and _visible(question) != question:
        yield "The question holds characters that would be read as Markdown; write plain words."


def _visible(line: str) -> str:
    """The words of a line of Markdown under a heading's mark."""
    tokens = MarkdownIt("commonmark").parse(f"## {line}")
    inner = tokens[1].children or [] if len(tokens) == 3 else []
    return "".join(t.content for t in inner) if all(t.type == "text" for t in inner) else ""


def _text_problems(text: str, allowed: Collection[str]) -> Iterator[str]:
    if not text:
        yield "The answer is empty."
    if len(text) > MOST_TEXT:
        yield f"The answer is longer than {MOST_TEXT} characters."
    if mark := _MARK.search(text):
        yield f"The answer holds the mark {mark[0]}; name the source in the list of sources instead."
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    if wrong := next(_not_allowed(tokens), ""):
        yield f"The answer may hold paragraphs, simple lists and emphasis alone, no {wrong}."
    words = [word for token in tokens for word in token.children or ()]
    links = {str(word.attrs["href"]) for word in words if word.type == "link_open"}
    for address in sorted({*links, *(found.rstrip(".,;:!?") for found in _ADDRESS.findall(text))}):
        if address not in allowed:
            yield f"The answer links to {address}, which is none of its sources' addresses."


def _not_allowed(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind not in _BLOCKS:
            yield kind.replace("_", " ")
        elif kind.endswith("list") and token.level:
            yield "list inside a list"
        for word in token.children or ():
            kind = word.type.removesuffix("_open").removesuffix("_close")
            if kind not in _WORDS:
                yield kind.replace("_", " ")


def _asked_as_problems(lines: Collection[str]) -> Iterator[str]:
    if len(lines) > MOST_ASKED_AS:
        yield f"There are more than {MOST_ASKED_AS} ways to ask."
    if any(len(line) > MOST_QUESTION for line in lines):
        yield f"A way to ask is longer than {MOST_QUESTION} characters."
    if any("--" in line or "<" in line or ">" in line for line in lines):
        yield "A way to ask holds '--', '<' or '>', which its file cannot hold."


def _source_problems(ids: Collection[str], catalogue: Mapping[str, Source]) -> Iterator[str]:
    if not ids:
        yield "No source is named; every answer needs one that it rests on."
    for name in ids:
        if name not in catalogue:
            yield f"There is no source '{name}' in the catalogue."


def _addresses(ids: Collection[str], catalogue: Mapping[str, Source]) -> set[str]:
    return {catalogue[name].url for name in ids if name in catalogue}


def _wording(file: str, text: str, document: Document) -> Wording:
    headings = _HEADING.findall(text)
    if len(headings) != 1 or len(document.sections) != 1:
        raise SourceError(f"{file} must hold one question, as a heading '## …?', with its answer.")
    (section,) = document.sections
    if section.valid_until is None:
        raise SourceError(f"{file} needs a last day: 'valid until: YYYY-MM-DD'.")
    body = text[text.index(f"## {headings[0]}") :].partition("\n")[2]
    return Wording(
        question=headings[0].strip(),
        text=_COMMENT.sub("", body).strip(),
        asked_as=section.asked_as,
        sources=tuple(source.id for source in section.sources),
        expires=section.valid_until,
    )
