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
from kb.types import Answer, Citation, Notice, Reason, Statement, Status, Topic, Turn

TOPICS = 3
SUGGESTIONS = 3
_GENERIC = frozenset(
    "help need want know tell question information info something anything advice support "
    "say explain thing things problem work get give find".split()
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
    citations = _cite(answered) if status != "not_answered" else ()
    reason = None if citations else _reason(parts, unclear)
    statements = _statements(answered, citations) if citations else ()
    missing = tuple(part.ranking.query.text for part in parts if not part.answered)
    return Answer(
        id=uuid.uuid4().hex,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        question=question.asked,
        language=question.language,
        status=status,
        reason=reason,
        text=_text(statements) if statements else _instead(reason, parts),
        statements=statements,
        notices=_notices(answered, citations, unclear, today),
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


def _cite(parts: Sequence[_Part]) -> tuple[Citation, ...]:
    """Number the quoted sentences, each once, in the order in which they will stand."""
    numbered: dict[tuple[str, int], Citation] = {}
    for picked in _in_order(parts):
        passage, sentence = picked.passage, picked.sentence
        key = (passage.id, sentence.start)
        if key in numbered:
            continue
        first = passage.sources[0] if passage.sources else None
        numbered[key] = Citation(
            number=len(numbered) + 1,
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
            quote=picked.text,
            start=sentence.start,
            end=sentence.end,
            sources=passage.sources,
        )
    return tuple(numbered.values())


def _in_order(parts: Sequence[_Part]) -> list[Picked]:
    """Findings of all parts, then recommendations of all parts."""
    picked = [p for part in parts for p in part.picked]
    return sorted(picked, key=lambda p: p.sentence.kind == "recommendation")


def _statements(
    parts: Sequence[_Part], citations: Sequence[Citation]
) -> tuple[Statement, ...]:
    kinds = {(p.passage.id, p.sentence.start): p.sentence.kind for p in _in_order(parts)}
    return tuple(
        Statement(c.quote, kinds[c.passage_id, c.start], (c.number,)) for c in citations
    )


def _text(statements: Sequence[Statement]) -> str:
    """Markdown: findings as they are, recommendations as a list; every sentence with its mark."""
    findings = [s for s in statements if s.kind == "finding"]
    actions = [s for s in statements if s.kind == "recommendation"]
    blocks = [" ".join(_marked(s) for s in findings)] if findings else []
    if actions:
        blocks.append(RECOMMENDATIONS)
        blocks.append("\n".join(f"- {_marked(s)}" for s in actions))
    return "\n\n".join(blocks)


def _marked(statement: Statement) -> str:
    return f"{statement.text} {''.join(f'[{number}]' for number in statement.citations)}"


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
    answered: Sequence[_Part], citations: Sequence[Citation], unclear: bool, today: date
) -> tuple[Notice, ...]:
    if not citations:
        return ()
    notices = list(notices_about([p.passage for p in _in_order(answered)], citations, today))
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
