"""Render: an Answer -> plain text and HTML; every interface shows an answer through these.

HTML is built here from escaped text alone; Markdown of a document or a model is never interpreted.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from kb.answering.replies import CONTACT
from kb.types import Answer, Citation, Notice, SearchResult

WORDING = {"source": "exact words of the source", "summary": "our summary of the source"}
AUTOMATED = "Automated answer, quoted from public sources; it can be incomplete or out of date."


def plain_text(answer: Answer) -> str:
    """An answer for a terminal or a mail: text, notices, sources."""
    blocks = [answer.text.replace("**", "")]
    blocks += [f"Note: {notice.text}{_marks(notice.citations)}" for notice in answer.notices]
    if answer.status == "partial" and answer.missing:
        blocks.append("Not answered: " + " · ".join(answer.missing))
    if answer.citations:
        blocks.append("Sources\n" + "\n".join(_source_line(c) for c in answer.citations))
    if answer.topics:
        lines = (f"- {t.title}{f' ({t.url})' if t.url else ''}" for t in answer.topics)
        blocks.append("Nearest topics\n" + "\n".join(lines))
    if answer.suggestions:
        blocks.append("You could also ask\n" + "\n".join(f"- {s}" for s in answer.suggestions))
    blocks.append(AUTOMATED)
    return "\n\n".join(blocks)


def results_text(results: list[SearchResult]) -> str:
    """Search results for a terminal."""
    if not results:
        return "Nothing found."
    return "\n\n".join(
        f"{r.rank}. {' > '.join(r.passage.headings) or r.passage.title}  ({r.score:.3f})\n"
        f"   {r.passage.url or r.passage.document_id}\n"
        f"   {' '.join(r.passage.text.split())[:300]}"
        for r in results
    )


def place_of(citation: Citation) -> str:
    """Where the quoted words stand: document, section, page."""
    parts = [citation.title, *(h for h in citation.section if h != citation.title)]
    if citation.page:
        parts.append(f"page {citation.page}")
    return ", ".join(parts)


def _source_line(citation: Citation) -> str:
    origin = "; ".join(
        f"{s.title}{f', {s.publisher}' if s.publisher else ''}{f', {s.url}' if s.url else ''}"
        for s in citation.sources
    )
    as_of = f", as of {citation.as_of}" if citation.as_of else ""
    return (
        f"[{citation.number}] {place_of(citation)}{as_of} ({WORDING[citation.wording]}). {origin}"
    )


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f" [{number}]" for number in numbers)


_MARK = re.compile(r"\[(\d+)\]")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def answer_html(answer: Answer) -> str:
    """An answer as a self-contained piece of HTML: text, notices, sources, contact.

    Ids start with the answer's id, so that several answers can stand on one page.
    """
    blocks = [_paragraphs(answer)]
    blocks += [_notice(answer, notice) for notice in answer.notices]
    if answer.status == "partial" and answer.missing:
        items = "".join(f"<li>{escape(part)}</li>" for part in answer.missing)
        blocks.append(f'<div class="pa-notice"><p>No source covers:</p><ul>{items}</ul></div>')
    if answer.topics:
        items = "".join(f"<li>{_link(topic.url, topic.title)}</li>" for topic in answer.topics)
        blocks.append(f'<div class="pa-topics"><p>Nearest topics</p><ul>{items}</ul></div>')
    if answer.citations:
        items = "".join(_source(answer, citation) for citation in answer.citations)
        blocks.append(f'<section class="pa-sources" aria-label="Sources"><h3>Sources</h3>{items}'
                      "</section>")  # fmt: skip
    blocks.append(_foot(answer))
    return (
        f'<article class="pa-answer" lang="en" data-generator="{escape(answer.generator)}" '
        f'data-generation="{escape(answer.generation)}" data-created="{escape(answer.created)}" '
        f'data-automated="true">{"".join(blocks)}</article>'
    )


def contact_address(question: str) -> str:
    """A mail to the secretariat with the question filled in."""
    return f"mailto:{CONTACT}?subject={quote('Question on partnerships')}&body={quote(question)}"


def _paragraphs(answer: Answer) -> str:
    """The answer's text; it is ours or quoted, but every character of it is escaped."""
    found = []
    for block in answer.text.split("\n\n"):
        first, *lines = block.split("\n")
        if first.startswith("- "):
            first, lines = "", [first, *lines]
        if lines and all(line.startswith("- ") for line in lines):
            items = "".join(f"<li>{_inline(answer, line[2:])}</li>" for line in lines)
            found.append(
                (f"<p>{_inline(answer, first)}</p>" if first else "") + f"<ul>{items}</ul>"
            )
        elif bold := _BOLD.fullmatch(block):
            found.append(f"<h3>{escape(bold[1])}</h3>")
        else:
            found.append(f"<p>{_inline(answer, block)}</p>")
    return "".join(found)


def _inline(answer: Answer, text: str) -> str:
    known = {citation.number for citation in answer.citations}

    def mark(found: re.Match[str]) -> str:
        number = int(found[1])
        if number not in known:
            return found[0]
        return (
            f'<a class="pa-mark" href="#s-{answer.id}-{number}" '
            f'aria-label="Source {number}">{number}</a>'
        )

    return _MARK.sub(mark, escape(text)).replace(
        CONTACT, f'<a href="{escape(contact_address(answer.question))}">{CONTACT}</a>'
    )


def _notice(answer: Answer, notice: Notice) -> str:
    marks = "".join(f"[{number}]" for number in notice.citations)
    text = _inline(answer, f"{notice.text} {marks}".strip())
    return f'<div class="pa-notice" data-kind="{notice.kind}"><p>{text}</p></div>'


def _source(answer: Answer, citation: Citation) -> str:
    facts = [f"As of {citation.as_of}" if citation.as_of else "No date known"]
    facts.append(WORDING[citation.wording])
    links = "".join(
        f"<li>{_link(source.url, source.title)}"
        f"{f' · {escape(source.publisher)}' if source.publisher else ''}"
        f" · {escape(_LICENCES.get(source.licence, source.licence))}</li>"
        for source in citation.sources
    )
    return (
        f'<details id="s-{answer.id}-{citation.number}"><summary>'
        f'<span class="pa-number">{citation.number}</span> {escape(place_of(citation))}</summary>'
        f'<blockquote>{escape(citation.quote)}</blockquote><p class="pa-meta">'
        f'{escape(" · ".join(facts))}</p><ul class="pa-links">{links}</ul></details>'
    )


_LICENCES = {"CC-BY-4.0": "licence CC BY 4.0", "unknown": "all rights with its owner"}


def _foot(answer: Answer) -> str:
    contact = f'<a href="{escape(contact_address(answer.question))}">Ask the secretariat</a>'
    copy = f'<button type="button" class="pa-copy" data-copy="{_attribute(plain_text(answer))}">Copy</button>'
    return f'<p class="pa-foot">{copy} {contact} <span>{escape(AUTOMATED)}</span></p>'


def _attribute(text: str) -> str:
    """Escaped text for an attribute, its line breaks kept as references."""
    return escape(text).replace("\n", "&#10;")


def _link(url: str, title: str) -> str:
    """A link to a catalogued address; anything but http(s) stays text."""
    if not url.startswith(("https://", "http://")):
        return escape(title)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(title)}</a>'
