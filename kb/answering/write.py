"""Write: what was found for each part -> claims that a language model wrote and that were checked.

Nothing comes out that the cited words do not bear out. Where the model fails, or what is left of its
text no longer answers, ``GenerationError`` says so and the caller quotes the sources instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.answering.cite import Claim
from kb.answering.compose import Picked
from kb.answering.confidence import features, probability
from kb.answering.generate import Draft, Generator
from kb.answering.ground import ground
from kb.answering.retrieve import Ranking, Retriever
from kb.answering.tuning import tuned
from kb.errors import GenerationError
from kb.types import Passage

MOST_PASSAGES = 8
COVERED = 0.5
OnClaim = Callable[[Claim], object]


@dataclass(frozen=True, slots=True)
class Found:
    """One answered part of a message: its ranking, and the sentences chosen without a model."""

    ranking: Ranking
    picked: tuple[Picked, ...]


def write_claims(
    generator: Generator,
    question: str,
    found: Sequence[Found],
    retriever: Retriever,
    *,
    deadline: float,
    on_claim: OnClaim | None = None,
) -> list[Claim]:
    """Let a language model answer from what was found; findings before recommendations.

    Args:
        deadline: moment of ``time.monotonic`` at which it must have ended.
        on_claim: called with each claim as soon as it has passed.

    Raises:
        GenerationError: the model failed, or its checked text does not answer every part.
    """
    passages = _passages(found)
    claims: list[Claim] = []
    for draft in generator.draft(question, passages, deadline):
        claim = _checked(draft, passages, retriever)
        if claim and claim.text not in {held.text for held in claims}:
            claims.append(claim)
            if on_claim:
                on_claim(claim)
    if not all(_answers(part, claims, retriever) for part in found):
        raise GenerationError("What is left of the language model's text does not answer.")
    return sorted(claims, key=lambda claim: claim.kind == "recommendation")


def _checked(draft: Draft, passages: Sequence[Passage], retriever: Retriever) -> Claim | None:
    verdict = ground(
        draft,
        passages,
        retriever.embedder,
        idf=retriever.lexical.idf,
        ordinary=retriever.ordinary,
    )
    return verdict.claim


def _passages(found: Sequence[Found]) -> list[Passage]:
    """What the model may use: the passages that were quoted from, then the next best."""
    quoted = {p.passage.id: p.passage for part in found for p in part.picked}
    for rank in range(MOST_PASSAGES):
        for part in found:
            if rank < len(part.ranking.results) and len(quoted) < MOST_PASSAGES:
                passage = part.ranking.results[rank].passage
                quoted.setdefault(passage.id, passage)
    return list(quoted.values())


def _answers(part: Found, claims: Sequence[Claim], retriever: Retriever) -> bool:
    """Whether the words that the claims rest on answer a part, by the same measure as always.

    Most of that measure is about what was found, not about what was taken from it; so they must also
    be of the form asked for (a date, a name) and near the question's words, where the sentences
    chosen without a model are.
    """
    quoted = [
        Picked(quote.passage, sentence, 0.0)
        for claim in claims
        for quote in claim.quotes
        for sentence in quote.sentences
    ]
    if not quoted:
        return False
    now, before = (features(part.ranking, p, retriever) for p in (quoted, part.picked))
    return (
        probability(now) >= tuned().confidence.answer_from
        and now["form"] >= before["form"]
        and _covers(part, quoted, retriever) >= COVERED * _covers(part, part.picked, retriever)
    )


def _covers(part: Found, picked: Sequence[Picked], retriever: Retriever) -> float:
    """Share, 0..1, of the question that stands in sentences or above them."""
    text = " ".join(" ".join((p.text, *p.passage.headings)) for p in picked)
    return retriever.lexical.coverage(part.ranking.query.stems, text)
