"""PAGE TWO, the reading path: question -> queries -> passages -> sentences -> a cited Answer.

Each part of a message is searched, composed and judged by itself; a part whose confidence is too low
is named in ``missing``. Where no part is answered, the answer says so, and where to turn.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from kb.answering.compose import WORDS, Picked, compose
from kb.answering.confidence import features, probability
from kb.answering.notices import notices_about
from kb.answering.question import Question, content_words
from kb.answering.replies import CLARIFY, NOTHING_FOUND, OUTSIDE, RECOMMENDATIONS, UNKNOWN
from kb.answering.retrieve import Ranking, Retriever
from kb.answering.tuning import tuned
from kb.types import (
    Answer,
    Citation,
    Notice,
    Passage,
    Reason,
    Statement,
    Status,
    Topic,
    Turn,
)

TOPICS = 3
SUGGESTIONS = 3
_GENERIC = frozenset(
    """
    help need want know tell question information info something anything advice support say
    explain thing things problem work get give find
    """.split()
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a message with all that was found for it."""

    ranking: Ranking
    picked: tuple[Picked, ...]
    confidence: float

    @property
    def answered(self) -> bool:
        return bool(self.picked) and self.confidence >= tuned().confidence.answer_from


def answer_question(
    question: Question,
    history: Sequence[Turn],
    retriever: Retriever,
    *,
    generation: str,
    today: date,
) -> Answer:
    """Answer a question from one generation of the index."""
    started = time.perf_counter()
    unclear = _is_unclear(question, history)
    parts = _parts(question, history, retriever)
    answered = [part for part in parts if part.answered]
    status: Status = "not_answered"
    if answered and not (unclear and not _subject(question)):
        status = "answered" if len(answered) == len(parts) and not unclear else "partial"
    quotes = _quotes(answered) if status != "not_answered" else []
    citations = tuple(_cite(number, quote) for number, quote in enumerate(quotes, start=1))
    reason = None if quotes else _reason(parts, unclear)
    missing = tuple(part.ranking.query.text for part in parts if not part.answered)
    return Answer(
        id=uuid.uuid4().hex,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        question=question.asked,
        language=question.language,
        status=status,
        reason=reason,
        text=_text(quotes) if quotes else _instead(reason, parts),
        statements=_statements(quotes),
        notices=_notices(quotes, citations, unclear, today),
        topics=() if status == "answered" else _topics(parts),
        citations=citations,
        missing=missing if status != "answered" else (),
        suggestions=_suggestions(parts, answered, question),
        confidence=round(_overall(parts, answered), 4),
        generation=generation,
        seconds=round(time.perf_counter() - started, 4),
    )


def _parts(question: Question, history: Sequence[Turn], retriever: Retriever) -> list[_Part]:
    parts: list[_Part] = []
    held: list[Picked] = []
    queries = retriever.queries(question, history)
    for query in queries:
        ranking = retriever.rank(query)
        picked = compose(
            ranking,
            retriever,
            wants_list=question.wants_list,
            words=max(40, WORDS // len(queries)),
            before=held,
        )
        confidence = probability(features(ranking, picked, retriever))
        part = _Part(ranking, tuple(picked), confidence)
        parts.append(part)
        if part.answered:
            held += picked
    return parts


def _is_unclear(question: Question, history: Sequence[Turn]) -> bool:
    """Whether too little is said to know what is asked for."""
    return not history and len(_subject(question)) <= 1 and len(question.asked.split()) > 1


def _subject(question: Question) -> list[str]:
    return [word for word in dict.fromkeys(content_words(question.asked)) if word not in _GENERIC]


def _overall(parts: Sequence[_Part], answered: Sequence[_Part]) -> float:
    judged = answered or parts
    return sum(part.confidence for part in judged) / len(judged)


@dataclass(frozen=True, slots=True)
class _Quote:
    """Neighbouring sentences of one passage that are cited together."""

    picked: tuple[Picked, ...]

    @property
    def passage(self) -> Passage:
        return self.picked[0].passage

    def continues(self, picked: Picked) -> bool:
        """Whether a sentence follows the last one, with nothing left out in between."""
        last, passage = self.picked[-1].sentence, self.passage
        if picked.passage.id != passage.id or picked.sentence.kind != last.kind:
            return False
        between = passage.text[last.end - passage.start : picked.sentence.start - passage.start]
        same_action = last.kind == "finding" or "\n" not in between
        following = passage.sentences.index(picked.sentence) - passage.sentences.index(last)
        return following == 1 and same_action


def _quotes(parts: Sequence[_Part]) -> list[_Quote]:
    """Findings of all parts, then recommendations of all parts, each sentence once."""
    picked = dict.fromkeys(p for part in parts for p in part.picked)
    seen: set[tuple[str, int]] = set()
    quotes: list[_Quote] = []
    for p in sorted(picked, key=lambda p: p.sentence.kind == "recommendation"):
        key = (p.passage.id, p.sentence.start)
        if key in seen:
            continue
        seen.add(key)
        if quotes and quotes[-1].continues(p):
            quotes[-1] = _Quote((*quotes[-1].picked, p))
        else:
            quotes.append(_Quote((p,)))
    return quotes


def _cite(number: int, quote: _Quote) -> Citation:
    passage = quote.passage
    start, end = quote.picked[0].sentence.start, quote.picked[-1].sentence.end
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
        quote=passage.text[start - passage.start : end - passage.start],
        start=start,
        end=end,
        sources=passage.sources,
    )


def _statements(quotes: Sequence[_Quote]) -> tuple[Statement, ...]:
    return tuple(
        Statement(p.text, p.sentence.kind, (number,))
        for number, quote in enumerate(quotes, start=1)
        for p in quote.picked
    )


def _text(quotes: Sequence[_Quote]) -> str:
    """Markdown: findings as they stand, recommendations as a list, a mark after each quotation."""
    blocks: list[str] = []
    actions: list[str] = []
    for number, quote in enumerate(quotes, start=1):
        if quote.picked[0].sentence.kind == "recommendation":
            actions.append(f"- {' '.join(p.text for p in quote.picked)} [{number}]")
        else:
            blocks.append(f"{_as_markdown(quote)} [{number}]")
    if actions:
        blocks += [RECOMMENDATIONS, "\n".join(actions)]
    return "\n\n".join(blocks)


def _as_markdown(quote: _Quote) -> str:
    """Sentences in a row; items of a list on lines of their own."""
    text, in_list = "", False
    for p in quote.picked:
        if p.sentence.in_list:
            text += f"\n- {p.text}"
        else:
            text += f"\n\n{p.text}" if in_list else f" {p.text}"
        in_list = p.sentence.in_list
    return text.strip()


def _reason(parts: Sequence[_Part], unclear: bool) -> Reason:
    if unclear:
        return "unclear"
    nearest = _nearest_limit(parts)
    return "out_of_scope" if nearest and nearest[0].kind == "outside" else "no_source"


def _nearest_limit(parts: Sequence[_Part]):  # type: ignore[no-untyped-def]
    limits = [limit for part in parts for limit in part.ranking.limits[:1]]
    return max(limits, key=lambda pair: pair[1], default=None)


def _instead(reason: Reason | None, parts: Sequence[_Part]) -> str:
    nearest = _nearest_limit(parts)
    if reason == "unclear":
        return CLARIFY
    if reason == "out_of_scope" and nearest:
        return OUTSIDE.format(reply=nearest[0].reply).replace("  ", " ").strip()
    if nearest and nearest[0].kind == "unknown" and nearest[1] > 0.6:
        return UNKNOWN.format(topic=nearest[0].topic)
    return NOTHING_FOUND


def _notices(
    quotes: Sequence[_Quote], citations: Sequence[Citation], unclear: bool, today: date
) -> tuple[Notice, ...]:
    if not citations:
        return ()
    notices = list(notices_about([quote.passage for quote in quotes], citations, today))
    if unclear:
        notices.append(Notice("clarify", CLARIFY))
    return tuple(notices)


def _topics(parts: Sequence[_Part]) -> tuple[Topic, ...]:
    found: dict[str, Topic] = {}
    for part in parts:
        for result in part.ranking.results[: TOPICS + 2]:
            passage = result.passage
            title = passage.headings[-1] if passage.headings else passage.title
            found.setdefault(passage.anchor, Topic(title, passage.document_id, passage.url))
    return tuple(found.values())[:TOPICS]


def _suggestions(
    parts: Sequence[_Part], answered: Sequence[_Part], question: Question
) -> tuple[str, ...]:
    """FAQ questions near the question that the answer has not used."""
    used = {p.passage.anchor for part in answered for p in part.picked}
    asked = question.asked.casefold().strip(" ?")
    near = (
        result.passage.headings[-1]
        for part in parts
        for result in part.ranking.results
        if result.passage.kind == "faq" and result.passage.anchor not in used
    )
    fresh = (text for text in near if text.casefold().strip(" ?") != asked)
    return tuple(dict.fromkeys(fresh))[:SUGGESTIONS]
