"""Cite: claims, each with the sentences it rests on -> numbered citations, statements, Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from kb.answering.compose import Picked
from kb.types import Citation, Passage, Sentence, Statement, StatementKind


@dataclass(frozen=True, slots=True)
class Quote:
    """Neighbouring sentences of one passage that are cited together."""

    passage: Passage
    sentences: tuple[Sentence, ...]

    @property
    def start(self) -> int:
        """Place of the first character in ``Document.text``."""
        return self.sentences[0].start

    @property
    def end(self) -> int:
        """Place after the last character."""
        return self.sentences[-1].end

    @property
    def text(self) -> str:
        """The quoted words, as they stand."""
        offset = self.passage.start
        return self.passage.text[self.start - offset : self.end - offset]

    def continues(self, passage: Passage, sentence: Sentence) -> bool:
        """Whether a sentence follows the last one, with nothing left out in between."""
        last = self.sentences[-1]
        if passage.id != self.passage.id or sentence.kind != last.kind:
            return False
        between = passage.text[last.end - passage.start : sentence.start - passage.start]
        same_action = last.kind == "finding" or "\n" not in between
        order = passage.sentences
        return order.index(sentence) - order.index(last) == 1 and same_action


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence to be shown, and the quotes it rests on (one at least).

    Attributes:
        original: the English sentence that was checked, where ``text`` is its translation.
    """

    text: str
    kind: StatementKind
    quotes: tuple[Quote, ...]
    in_list: bool = False
    original: str = ""


def quoted_claims(picked: Iterable[Picked]) -> list[Claim]:
    """The chosen sentences as claims in their own words: findings, then recommendations, each once."""
    quotes: list[Quote] = []
    for p in sorted(dict.fromkeys(picked), key=lambda p: p.sentence.kind == "recommendation"):
        if any(p.passage.id == q.passage.id and p.sentence in q.sentences for q in quotes):
            continue
        if quotes and quotes[-1].continues(p.passage, p.sentence):
            quotes[-1] = Quote(p.passage, (*quotes[-1].sentences, p.sentence))
        else:
            quotes.append(Quote(p.passage, (p.sentence,)))
    return [
        Claim(q.passage.words_of(s), s.kind, (q,), s.in_list) for q in quotes for s in q.sentences
    ]


def quotes_of(claims: Iterable[Claim]) -> list[Quote]:
    """All quotes in the order in which they are first used; their place is their number."""
    return list(dict.fromkeys(quote for claim in claims for quote in claim.quotes))


def citations_of(quotes: Sequence[Quote]) -> tuple[Citation, ...]:
    """Citations numbered from 1."""
    return tuple(_cite(number, quote) for number, quote in enumerate(quotes, start=1))


def _cite(number: int, quote: Quote) -> Citation:
    passage = quote.passage
    first = passage.sources[0] if passage.sources else None
    return Citation(
        number=number,
        document_id=passage.document_id,
        passage_id=passage.id,
        title=passage.title,
        section=passage.headings,
        page=passage.page,
        url=passage.url,
        publisher=first.publisher if first else "",
        licence=first.licence if first else "unknown",
        as_of=passage.as_of,
        wording=passage.wording,
        quote=quote.text,
        start=quote.start,
        end=quote.end,
        sources=passage.sources,
    )


def statements_of(claims: Sequence[Claim], quotes: Sequence[Quote]) -> tuple[Statement, ...]:
    """Statements with the numbers of their citations."""
    return tuple(
        Statement(claim.text, claim.kind, _numbers(claim, quotes), claim.original)
        for claim in claims
    )


def _numbers(claim: Claim, quotes: Sequence[Quote]) -> tuple[int, ...]:
    return tuple(quotes.index(quote) + 1 for quote in claim.quotes)


def markdown_of(claims: Sequence[Claim], quotes: Sequence[Quote], *, recommendations: str) -> str:
    """Findings in paragraphs, recommendations as a list, marks after what rests on the same words.

    Args:
        recommendations: what stands above the list.
    """
    blocks: list[str] = []
    actions: list[str] = []
    for _, group in groupby(claims, key=lambda claim: (claim.quotes, claim.kind)):
        together = list(group)
        marks = "".join(f"[{number}]" for number in _numbers(together[0], quotes))
        if together[0].kind == "recommendation":
            actions.append(f"- {' '.join(claim.text for claim in together)} {marks}")
        else:
            blocks.append(f"{_joined(together)} {marks}")
    if actions:
        blocks += [f"**{recommendations}**", "\n".join(actions)]
    return "\n\n".join(blocks)


def _joined(claims: Sequence[Claim]) -> str:
    """Sentences in a row; items of a list on lines of their own."""
    text, in_list = "", False
    for claim in claims:
        if claim.in_list:
            text += f"\n- {claim.text}"
        else:
            text += f"\n\n{claim.text}" if in_list else f" {claim.text}"
        in_list = claim.in_list
    return text.strip()
