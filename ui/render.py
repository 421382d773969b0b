"""Render: an Answer -> plain text and HTML; every interface shows an answer through these.

HTML is built here from escaped text alone; Markdown of a document or a model is never interpreted. What
stands around an answer is in the visitor's language; what the answer says of its own, in the
question's; what it quotes, in English.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from kb.answering.replies import CONTACT
from kb.desk.letter import Mark
from kb.types import Answer, Citation, Notice, SearchResult, Source
from ui.texts import Texts, texts


def plain_text(answer: Answer, say: Texts) -> str:
    """An answer for a terminal or to be copied: text, notices, sources, the mark of a machine."""
    blocks = [answer.text.replace("**", ""), *remarks(answer, say)]
    if answer.citations:
        lines = (_source_line(citation, say) for citation in answer.citations)
        blocks.append("\n".join([say["sources"], *lines]))
    if answer.topics:
        lines = (f"- {t.title}{f' ({t.url})' if t.url else ''}" for t in answer.topics)
        blocks.append("\n".join([say["nearest_topics"], *lines]))
    if answer.suggestions:
        blocks.append(
            "\n".join([say["you_could_also_ask"], *(f"- {s}" for s in answer.suggestions)])
        )
    mark = Mark(answer.generation, answer.generator, answer.created)
    blocks.append(f"{say['automated_answer']}\n{mark.line}")
    return "\n\n".join(blocks)


def remarks(answer: Answer, say: Texts) -> list[str]:
    """What an answer says besides its text: its notices, and what no source covers."""
    found = [f"{say['note']} {notice.text}{_marks(notice.citations)}" for notice in answer.notices]
    if answer.status == "partial" and answer.missing:
        found.append(f"{say['no_source_covers']} {' · '.join(answer.missing)}")
    return found


def results_text(results: list[SearchResult]) -> str:
    """Search results for a terminal."""
    if not results:
        return "Nothing found."
    return "\n\n".join(
        f"{r.rank}. {' > '.join(r.passage.headings) or r.passage.title}  ({r.score:.3f})\n"
        f"   {r.passage.url or r.passage.document_id}\n"
        f"   {' '.join(r.record()['text'].split())[:300]}"
        for r in results
    )


def _place(citation: Citation) -> str:
    """Where the quoted words stand: document and section."""
    return ", ".join([citation.title, *(h for h in citation.section if h != citation.title)])


def _facts(citation: Citation, say: Texts) -> list[str]:
    """Page, date, and whose words they are."""
    return [
        *([say["page"].format(number=citation.page)] if citation.page else []),
        say["as_of"].format(date=citation.as_of) if citation.as_of else say["no_date"],
        say[f"wording_{citation.wording}"],
    ]


def _source_line(citation: Citation, say: Texts) -> str:
    origin = "; ".join(
        ", ".join(filter(None, (s.title, s.publisher, _licence(s, say), s.url)))
        for s in citation.sources
    )
    facts = " · ".join(_facts(citation, say))
    return f"[{citation.number}] {_place(citation)} ({facts}). {origin}"


def _marks(numbers: tuple[int, ...]) -> str:
    return "".join(f" [{number}]" for number in numbers)


_MARK = re.compile(r"\[(\d+)\]")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def answer_html(answer: Answer, say: Texts) -> str:
    """An answer as a self-contained piece of HTML: text, notices, sources, contact.

    Ids start with the answer's id, so that several answers can stand on one page.
    """
    blocks = [_paragraphs(answer, say), _originals(answer)]
    blocks += [_notice(answer, notice, say) for notice in answer.notices]
    if answer.status == "partial" and answer.missing:
        items = "".join(f"<li>{escape(part)}</li>" for part in answer.missing)
        blocks.append(
            f'<div class="pa-notice"><p lang="{say["code"]}">{escape(say["no_source_covers"])}</p>'
            f'<ul lang="{answer.language}">{items}</ul></div>'
        )
    if answer.topics:
        items = "".join(f"<li>{_link(t.url, t.title, say)}</li>" for t in answer.topics)
        blocks.append(
            f'<div class="pa-topics" lang="{say["code"]}"><p>{escape(say["nearest_topics"])}</p>'
            f"<ul>{items}</ul></div>"
        )
    if answer.citations:
        items = "".join(_source(answer, citation, say) for citation in answer.citations)
        blocks.append(
            f'<section class="pa-sources" lang="{say["code"]}" aria-label="{escape(say["sources"])}">'
            f"<h3>{escape(say['sources'])}</h3>{items}</section>"
        )
    blocks.append(_foot(answer, say))
    return (
        f'<article class="pa-answer" lang="{answer.language}" data-generator="{escape(answer.generator)}" '
        f'data-generation="{escape(answer.generation)}" data-created="{escape(answer.created)}" '
        f'data-automated="true">{"".join(blocks)}</article>'
    )


def contact_address(question: str, say: Texts) -> str:
    """A mail to the secretariat with the question filled in."""
    subject = quote(say["contact_subject"])
    return f"mailto:{CONTACT}?subject={subject}&body={quote(question)}"


def _paragraphs(answer: Answer, say: Texts) -> str:
    """The answer's text; it is ours or quoted, but every character of it is escaped."""
    found = []
    for block in answer.text.split("\n\n"):
        first, *lines = block.split("\n")
        if first.startswith("- "):
            first, lines = "", [first, *lines]
        if lines and all(line.startswith("- ") for line in lines):
            items = "".join(_told("li", answer, line[2:], say) for line in lines)
            found.append((_told("p", answer, first, say) if first else "") + f"<ul>{items}</ul>")
        elif bold := _BOLD.fullmatch(block):
            found.append(f'<h3 lang="{answer.language}">{escape(bold[1])}</h3>')
        else:
            found.append(_told("p", answer, block, say))
    return "".join(found)


def _told(tag: str, answer: Answer, text: str, say: Texts) -> str:
    """A piece of the text in an element that says its language."""
    quoted = [s for s in answer.statements if not s.original and s.text in text]
    translated = any(s.original and s.text in text for s in answer.statements)
    html = _inline(answer, text, say)
    if translated:
        for statement in quoted:
            words = escape(statement.text)
            html = html.replace(words, f'<span lang="en">{words}</span>')
    language = "en" if quoted and not translated else answer.language
    return f'<{tag} lang="{language}">{html}</{tag}>'


def _originals(answer: Answer) -> str:
    """The English sentences that were checked, where the text is their translation."""
    sentences = [s.original for s in answer.statements if s.original]
    if not sentences:
        return ""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    name = escape(texts("en")["language"])
    return f'<details class="pa-originals" lang="en"><summary>{name}</summary><ul>{items}</ul></details>'


def _inline(answer: Answer, text: str, say: Texts) -> str:
    known = {citation.number for citation in answer.citations}

    def mark(found: re.Match[str]) -> str:
        number = int(found[1])
        if number not in known:
            return found[0]
        label = escape(say["source"].format(number=number))
        return (
            f'<a class="pa-mark" lang="{say["code"]}" href="#s-{answer.id}-{number}" '
            f'aria-label="{label}">{number}</a>'
        )

    address = escape(contact_address(answer.question, say))
    return _MARK.sub(mark, escape(text)).replace(CONTACT, f'<a href="{address}">{CONTACT}</a>')


def _notice(answer: Answer, notice: Notice, say: Texts) -> str:
    marks = "".join(f"[{number}]" for number in notice.citations)
    text = _inline(answer, f"{notice.text} {marks}".strip(), say)
    return (
        f'<div class="pa-notice" data-kind="{notice.kind}">'
        f'<p lang="{answer.language}">{text}</p></div>'
    )


def _source(answer: Answer, citation: Citation, say: Texts) -> str:
    links = "".join(_origin(source, say) for source in citation.sources)
    words = escape(citation.quote).replace("\n", "<br>")
    return (
        f'<details id="s-{answer.id}-{citation.number}"><summary>'
        f'<span class="pa-number">{citation.number}</span> '
        f'<span lang="en">{escape(_place(citation))}</span></summary>'
        f'<blockquote lang="en">{words}</blockquote><p class="pa-meta">'
        f'{escape(" · ".join(_facts(citation, say)))}</p><ul class="pa-links">{links}</ul></details>'
    )


def _origin(source: Source, say: Texts) -> str:
    licence = escape(_licence(source, say))
    parts = [_link(source.url, source.title, say), escape(source.publisher), licence]
    return f"<li>{' · '.join(part for part in parts if part)}</li>"


def _licence(source: Source, say: Texts) -> str:
    if source.licence == "unknown":
        return str(say["licence_unknown"])
    return str(say["licence"].format(name=_LICENCES.get(source.licence, source.licence)))


_LICENCES = {"CC-BY-4.0": "CC BY 4.0"}


def _foot(answer: Answer, say: Texts) -> str:
    address = escape(contact_address(answer.question, say))
    copied = _attribute(plain_text(answer, say))
    return (
        f'<p class="pa-foot" lang="{say["code"]}"><button type="button" class="pa-copy" data-copy="{copied}" '
        f'data-copied="{escape(say["copied"])}">{escape(say["copy"])}</button> '
        f'<a href="{address}">{escape(say["ask_secretariat"])}</a> '
        f"<span>{escape(say['automated_answer'])}</span></p>"
    )


def _attribute(text: str) -> str:
    """Escaped text for an attribute, its line breaks kept as references."""
    return escape(text).replace("\n", "&#10;")


def _link(url: str, title: str, say: Texts) -> str:
    """A link to a catalogued address; anything but http(s) stays text."""
    if not url.startswith(("https://", "http://")):
        return f'<span lang="en">{escape(title)}</span>'
    return (
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">'
        f'<span lang="en">{escape(title)}</span>'
        f'<span class="pa-hidden"> ({escape(say["opens_in_new_tab"])})</span></a>'
    )
