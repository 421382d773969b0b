"""Notices: quotes and today's date -> what a reader should know besides the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from babel.dates import format_date

from kb.answering.cite import Quote
from kb.answering.replies import Replies, replies
from kb.types import Citation, Notice, Passage

# Words of a sentence that limits what another one says.
_LIMITING = re.compile(
    r"\b(only (?:if|when|where|for|after|by)|provided that|unless|except\w*|on condition|"
    r"must|shall|have to|has to|deadline|no later than|not eligible|ineligible|may not|"
    r"at least|at most|minimum|maximum|closes? on|closed on|until \d|"
    r"excluded|limited to)\b",
    re.IGNORECASE,
)


def notices_about(
    quotes: Sequence[Quote], citations: Sequence[Citation], today: date, language: str
) -> Iterator[Notice]:
    """Say which cited sections have passed, rest on archived pages, or hold an unquoted condition."""
    say = replies(language)
    passages = {quote.passage.id: quote.passage for quote in quotes}
    numbers = {
        name: tuple(c.number for c in citations if c.passage_id == name) for name in passages
    }
    for name, passage in passages.items():
        if passage.valid_until and passage.valid_until < today:
            day = format_date(
                passage.valid_until, "long", "en_GB" if language == "en" else language
            )
            text = say.deadline_passed.format(section=_quoted(passage, say), day=day)
            yield Notice("deadline_passed", text, numbers[name])
        elif passage.sources and all(source.archived for source in passage.sources):
            yield Notice("older", say.archived.format(section=_quoted(passage, say)), numbers[name])
    limited = [name for name, p in passages.items() if _limits_left_out(p, quotes)]
    if limited:
        sections = ", ".join(_quoted(passages[name], say) for name in limited)
        marks = tuple(sorted(number for name in limited for number in numbers[name]))
        yield Notice("condition", say.condition.format(sections=sections), marks)


def _quoted(passage: Passage, say: Replies) -> str:
    """The name of a passage's section."""
    return say.quoted.format(title=passage.headings[-1] if passage.headings else passage.title)


def _limits_left_out(passage: Passage, quotes: Sequence[Quote]) -> bool:
    """Whether a section that is quoted says a limit in a sentence that is not quoted."""
    quoted = {s for q in quotes if q.passage.id == passage.id for s in q.sentences}
    if all(sentence.kind == "recommendation" for sentence in quoted):
        return False
    return any(
        sentence not in quoted
        and sentence.kind == "finding"
        and _LIMITING.search(passage.words_of(sentence))
        for sentence in passage.sentences
    )
