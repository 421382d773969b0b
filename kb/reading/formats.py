"""Formats: the bytes of a foreign file -> plain pages of text; one function a format.

These run in a process of their own (kb/reading/sandbox.py), because a hostile file can make a parser
loop or fill the memory. Each yields (page number or None, Markdown).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

Pages = Iterator[tuple[int | None, str]]
MOST_PAGES = 3000


def pdf(data: bytes) -> Pages:
    """Pages of a PDF, in order, with their numbers.

    Raises:
        ValueError: it is encrypted.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("it is encrypted; save it without a password")
    for number, page in enumerate(reader.pages, start=1):
        if number > MOST_PAGES:
            raise ValueError(f"it has more than {MOST_PAGES} pages")
        yield number, _paragraphs(page.extract_text())


def docx(data: bytes) -> Pages:
    """A Word file: headings, paragraphs, list items and tables, in order."""
    from docx import Document
    from docx.table import Table

    lines = []
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            lines += [_escape(" | ".join(cell.text for cell in row.cells)) for row in block.rows]
            continue
        text, style = (
            _escape(" ".join(block.text.split())),
            ((block.style and block.style.name) or "").lower(),
        )
        if not text:
            continue
        if style.startswith("heading") and style[-1].isdigit():
            lines.append("#" * int(style[-1]) + " " + text)
        elif style == "title":
            lines.append("# " + text)
        else:
            lines.append(("- " if "list" in style else "") + text)
    yield None, "\n\n".join(lines)


def html(data: bytes) -> Pages:
    """The main text of a web page with its headings and lists, without navigation."""
    import trafilatura

    text = trafilatura.extract(
        data, output_format="markdown", include_comments=False, include_tables=True,
        include_links=False, include_images=False, favor_recall=True,
    )  # fmt: skip
    yield None, text or ""


def _paragraphs(text: str) -> str:
    """Lines of a page joined to paragraphs: a line that ends a sentence may end a paragraph."""
    paragraphs, current = [], ""
    for line in (line.strip() for line in text.splitlines()):
        if not line:
            paragraphs.append(current)
            current = ""
        elif current.endswith("-") and line[:1].islower():
            current = current[:-1] + line
        else:
            current = f"{current} {line}".strip()
    paragraphs.append(current)
    return "\n\n".join(_escape(paragraph) for paragraph in paragraphs if paragraph)


def _escape(text: str) -> str:
    """Text that is no Markdown, made safe to be read as such."""
    return "".join("\\" + c if c in "\\`*_{}[]<>#|" else c for c in text).replace("1. ", "1\\. ")


FORMATS: dict[str, Callable[[bytes], Pages]] = {
    ".pdf": pdf,
    ".docx": docx,
    ".html": html,
    ".htm": html,
}
