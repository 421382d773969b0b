"""PAGE TWO, the reading path: question -> queries -> passages -> sentences -> a cited Answer.

Each part of a message is searched, composed and judged by itself; a part whose confidence is too low
is named in ``missing``. Where no part is answered, the answer says so, and where to turn. A language
model may then word what was found; what it writes is shown only where the cited words bear it out.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from kb.answering.cite import (
    Claim,
    citations_of,
    markdown_of,
    quoted_claims,
    quotes_of,
    statements_of,
)
from kb.answering.compose import WORDS, Picked, compose
from kb.answering.confidence import features, probability
from kb.answering.disagree import find_disagreement
from kb.answering.generate import ANSWER_PROMPT, Generator
from kb.answering.notices import notices_about
from kb.answering.question import Question, asks_favour, subject_words
from kb.answering.replies import Replies, replies
from kb.answering.retrieve import CORES, Ranking, Retriever
from kb.answering.small_talk import is_small_talk
from kb.answering.translate import translate_claims
from kb.answering.tuning import tuned
from kb.answering.write import Found, OnClaim, write_claims
from kb.errors import GenerationError
from kb.journal.mask import mask
from kb.reading.limits import Limit
from kb.types import Answer, Notice, Reason, SearchResult, Status, Topic, Turn

TOPICS = 3
SUGGESTIONS = 3
HINTS = 0.4  # cosine from which what is said of a limit is likely to be meant
_GENERIC = frozenset(
    """
    help need want know tell question information info something anything advice support say
    explain thing things problem work get give find
    """.split()
)


@dataclass(frozen=True, slots=True)
class Writing:
    """How an answer may be worded by a language model.

    Attributes:
        seconds: time that the model may take in all.
        on_claim: called with each checked claim while the model writes.
    """

    generator: Generator
    seconds: float
    on_claim: OnClaim | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a message with all that was found for it.

    Attributes:
        ranking: of what may be quoted.
        linked: what is near, but may only be linked.
    """

    ranking: Ranking
    linked: tuple[SearchResult, ...]
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
    writing: Writing | None = None,
) -> Answer:
    """Answer a question from one generation of the index."""
    started = time.perf_counter()
    small_talk = is_small_talk(question.asked)
    unclear = small_talk or _is_unclear(question, history)
    with CORES:
        parts = [] if small_talk else _parts(question, history, retriever)
    answered = [part for part in parts if part.answered]
    status: Status = "not_answered"
    if answered and not (unclear and not _subject(question)):
        status = "answered" if len(answered) == len(parts) and not unclear else "partial"
    if status == "not_answered":
        answered = []
    say = replies(question.language)
    worded = _word(question, answered, retriever, writing)
    quotes = quotes_of(worded.claims)
    citations = citations_of(quotes)
    reason = None if answered else _reason(parts, unclear)
    missing = tuple(part.ranking.query.text for part in parts if not part.answered)
    notices = [*worded.notices, *notices_about(quotes, citations, today, question.language)]
    if answered and unclear:
        notices.append(Notice("clarify", say.clarify))
    return Answer(
        id=uuid.uuid4().hex,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        question=question.asked,
        language=question.language,
        status=status,
        reason=reason,
        text=(
            markdown_of(worded.claims, quotes, recommendations=say.recommendations)
            if answered
            else _instead(reason, parts, question.language)
        ),
        statements=statements_of(worded.claims, quotes),
        notices=tuple(notices),
        topics=_topics(parts, linked_alone=status == "answered"),
        citations=citations,
        missing=missing if status != "answered" else (),
        suggestions=_suggestions(parts, answered, question),
        confidence=round(_overall(parts, answered), 4),
        generator=worded.generator,
        prompt_version=worded.prompt_version,
        generation=generation,
        seconds=round(time.perf_counter() - started, 4),
    )


def _parts(question: Question, history: Sequence[Turn], retriever: Retriever) -> list[_Part]:
    parts: list[_Part] = []
    held: list[Picked] = []
    queries = retriever.queries(question, history)
    for query in queries:
        found = retriever.rank(query)
        linked = tuple(r for r in found.results[:TOPICS] if not r.passage.quotable)
        ranking = replace(found, results=tuple(r for r in found.results if r.passage.quotable))
        picked = compose(
            ranking,
            retriever,
            wants_list=question.wants_list,
            words=max(40, WORDS // len(queries)),
            before=held,
        )
        confidence = probability(features(ranking, picked, retriever))
        part = _Part(ranking, linked, tuple(picked), confidence)
        parts.append(part)
        if part.answered:
            held += picked
    return parts


def _is_unclear(question: Question, history: Sequence[Turn]) -> bool:
    """Whether too little is said to know what is asked for."""
    return not history and len(_subject(question)) <= 1 and len(question.asked.split()) > 1


def _subject(question: Question) -> list[str]:
    return [word for word in dict.fromkeys(subject_words(question.asked)) if word not in _GENERIC]


def _overall(parts: Sequence[_Part], answered: Sequence[_Part]) -> float:
    judged = answered or parts
    return sum(part.confidence for part in judged) / max(1, len(judged))


@dataclass(frozen=True, slots=True)
class _Worded:
    """The claims of an answer, and who worded them."""

    claims: Sequence[Claim] = ()
    generator: str = "extractive"
    prompt_version: str = ""
    notices: tuple[Notice, ...] = ()


def _word(
    question: Question, answered: Sequence[_Part], retriever: Retriever, writing: Writing | None
) -> _Worded:
    """Quote the chosen sentences or, where a language model is given, let it word them."""
    if not answered:
        return _Worded()
    say = replies(question.language)
    worded = _Worded(quoted_claims(p for part in answered for p in part.picked))
    deadline = time.monotonic() + writing.seconds if writing else 0.0
    if writing:
        worded = _written(question, answered, retriever, writing, deadline) or replace(
            worded, notices=(Notice("fallback", say.fallback),)
        )
    worded = _with_other_view(worded, answered, retriever, say)
    if writing and question.language != "en":
        return _translated(
            worded, question.language, writing.generator, deadline, retriever.ordinary
        )
    if say.english_sources:
        told = Notice("fallback", say.english_sources)
        worded = replace(worded, notices=(*worded.notices, told))
    return worded


def _written(
    question: Question,
    answered: Sequence[_Part],
    retriever: Retriever,
    writing: Writing,
    deadline: float,
) -> _Worded | None:
    """What the language model wrote and what passed; None where that is no answer.

    It reads the question without what names a person.
    """
    found = [Found(part.ranking, part.picked) for part in answered]
    try:
        claims = write_claims(
            writing.generator,
            mask(question.asked),
            found,
            retriever,
            deadline=deadline,
            on_claim=writing.on_claim,
        )
    except GenerationError:
        return None
    return _Worded(claims, writing.generator.name, ANSWER_PROMPT)


def _with_other_view(
    worded: _Worded, answered: Sequence[_Part], retriever: Retriever, say: Replies
) -> _Worded:
    """Add the sentence of another source that gives other figures, and a notice that it does."""
    found = find_disagreement(worded.claims, [part.ranking for part in answered], retriever)
    if found is None:
        return worded
    findings = [claim for claim in worded.claims if claim.kind == "finding"]
    actions = [claim for claim in worded.claims if claim.kind == "recommendation"]
    claims = findings if found.other.quotes[0] in quotes_of(findings) else [*findings, found.other]
    claims += actions
    quotes = quotes_of(claims)
    numbers = quotes.index(found.quote) + 1, quotes.index(found.other.quotes[0]) + 1
    newer = numbers[found.newer_is_other]
    text = say.conflict if found.kind == "conflict" else say.older.format(newer=newer)
    notice = Notice(found.kind, text, tuple(sorted(numbers)))
    return replace(worded, claims=claims, notices=(*worded.notices, notice))


def _translated(
    worded: _Worded,
    language: str,
    generator: Generator,
    deadline: float,
    ordinary: Collection[str],
) -> _Worded:
    """The same claims in the language of the question, as far as the translation is faithful."""
    try:
        claims = translate_claims(worded.claims, language, generator, deadline, ordinary)
    except GenerationError:
        claims = list(worded.claims)
    say = replies(language)
    done = any(claim.original for claim in claims)
    notice = Notice("translated", say.translated) if done else Notice("fallback", say.untranslated)
    return replace(worded, claims=claims, notices=(*worded.notices, notice))


def _reason(parts: Sequence[_Part], unclear: bool) -> Reason:
    if unclear:
        return "unclear"
    nearest = _nearest_limit(parts)
    outside = nearest is not None and nearest[0].kind == "outside"
    favour = any(asks_favour(part.ranking.query.text) for part in parts)
    return "out_of_scope" if outside or favour else "no_source"


def _nearest_limit(parts: Sequence[_Part]) -> tuple[Limit, float] | None:
    limits = [limit for part in parts for limit in part.ranking.limits[:1]]
    return max(limits, key=lambda pair: pair[1], default=None)


def _instead(reason: Reason | None, parts: Sequence[_Part], language: str) -> str:
    """What is said in place of an answer; limits are described in English alone (limits.toml)."""
    say = replies(language)
    nearest = _nearest_limit(parts)
    if reason == "unclear":
        return say.clarify if parts else say.about
    if reason == "out_of_scope":
        if nearest and nearest[0].kind == "outside" and nearest[1] >= HINTS and language == "en":
            return f"{say.outside} {nearest[0].reply}".strip()
        return say.outside
    if nearest and nearest[0].kind == "unknown" and nearest[1] > 0.6:
        return say.unknown.format(subject=say.subject.format(topic=nearest[0].topic))
    return say.nothing_found


def _topics(parts: Sequence[_Part], *, linked_alone: bool) -> tuple[Topic, ...]:
    found: dict[str, Topic] = {}
    for part in parts:
        near = () if linked_alone else part.ranking.results[: TOPICS + 2]
        for result in (*part.linked, *near):
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
