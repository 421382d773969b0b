"""Formats: the bytes of a foreign file -> plain pages of text; one function a format.

These run in a process of their own (kb/reading/sandbox.py), because a hostile file can make a parser
loop or fill the memory. Each yields (page number or None, Markdown, words that a person does not see).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kb.reading.hypertext import drop_hidden
from kb.reading.ink import take_out_hidden

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

Pages = Iterator[tuple[int | None, str, str]]
MOST_PAGES = 3000
_WHITE = 0xF0  # from here on, in red, green and blue
_TINY = 12_700 * 1.5  # in Word's units, 1.5 points


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
        hidden = take_out_hidden(page)
        yield number, _paragraphs(page.extract_text()), hidden


def docx(data: bytes) -> Pages:
    """A Word file: headings, paragraphs, list items and tables, in order."""
    from docx import Document
    from docx.table import Table

    lines: list[str] = []
    hidden: list[str] = []
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            lines += [
                _escape(" | ".join(_cell(cell, hidden) for cell in row.cells)) for row in block.rows
            ]
            continue
        text, style = (
            _escape(" ".join(_seen(block, hidden).split())),
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
    yield None, "\n\n".join(lines), " ".join(hidden)


def _cell(cell: Any, hidden: list[str]) -> str:
    shaded = _is_shaded(cell._tc.tcPr)
    return "\n".join(_seen(paragraph, hidden, shaded=shaded) for paragraph in cell.paragraphs)


def _seen(paragraph: Paragraph, hidden: list[str], *, shaded: bool = False) -> str:
    """The words of a paragraph that a person sees; the others are added to ``hidden``."""
    shaded = shaded or _is_shaded(paragraph._p.pPr)
    text = ""
    for part in paragraph.iter_inner_content():
        for run in getattr(part, "runs", [part]):
            if run.text.strip() and _is_hidden(run, paragraph, shaded or _is_shaded(run._r.rPr)):
                hidden += run.text.split()
            else:
                text += run.text
    return text


def _is_hidden(run: Run, paragraph: Paragraph, shaded: bool) -> bool:
    """Whether a run is marked as hidden, is tiny, or white where nothing is painted behind it."""
    fonts = [run.font, *(style.font for style in (run.style, paragraph.style) if style)]
    colour = next((f.color.rgb for f in fonts if f.color.rgb is not None), None)
    white = colour is not None and all(part >= _WHITE for part in colour)
    size = next((f.size for f in fonts if f.size is not None), None)
    marked = next((f.hidden for f in fonts if f.hidden is not None), False)
    return marked or (size is not None and size < _TINY) or (white and not shaded)


def _is_shaded(properties: Any) -> bool:
    """Whether a run, paragraph or cell has a colour of its own behind it."""
    if properties is None:
        return False
    fills = properties.xpath("./w:shd/@w:fill | ./w:highlight/@w:val")
    return any(fill.lower() not in ("auto", "ffffff", "none", "white") for fill in fills)


def html(data: bytes) -> Pages:
    """The main text of a web page with its headings and lists, without navigation."""
    import trafilatura

    page = trafilatura.load_html(data)
    if page is None:
        return
    hidden = drop_hidden(page)
    text = trafilatura.extract(
        page, output_format="markdown", include_comments=False, include_tables=True,
        include_links=False, include_images=False, favor_recall=True,
    )  # fmt: skip
    yield None, text or "", hidden


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
    return "".join("\\" + c if c in "\\`*_{}[]<>#|&" else c for c in text).replace("1. ", "1\\. ")


FORMATS: dict[str, Callable[[bytes], Pages]] = {
    ".pdf": pdf,
    ".docx": docx,
    ".html": html,
    ".htm": html,
}
