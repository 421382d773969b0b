"""Disagree: claims and what else was found -> a sentence of another source that says otherwise.

Two sentences disagree when they say nearly the same of the same names, but with other figures. Both
are then quoted, and a notice says so; which is right is not for the assistant to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kb.answering import claims
from kb.answering.cite import Claim, Quote
from kb.answering.retrieve import Ranking, Retriever
from kb.index.lexical import stems_held
from kb.types import NoticeKind, Passage, Sentence

PASSAGES = 6
# Cosine and share of common content words from which two sentences speak of the same thing.
SAME_MEANING = 0.80
SAME_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A quoted sentence and one of another source that gives other figures for the same."""

    quote: Quote
    other: Claim

    @property
    def kind(self) -> NoticeKind:
        """``older`` where the dates of the two differ, else ``conflict``."""
        return "older" if self._dates[0] and self._dates[0] != self._dates[1] else "conflict"

    @property
    def _dates(self) -> tuple[str, str]:
        return self.quote.passage.as_of[:4], self.other.quotes[0].passage.as_of[:4]

    @property
    def newer_is_other(self) -> bool:
        """Whether the sentence of the other source is the newer one."""
        return self._dates[1] > self._dates[0]


def find_disagreement(
    said: Sequence[Claim], rankings: Sequence[Ranking], retriever: Retriever
) -> Disagreement | None:
    """The clearest disagreement with what is said, among the passages found; None where all agree."""
    quotes = [q for claim in said if claim.kind == "finding" for q in claim.quotes]
    figured = [
        (q, s)
        for q in dict.fromkeys(quotes)
        for s in q.sentences
        if _figures(q.passage.words_of(s))
    ]
    if not figured:
        return None
    found = {r.passage.id: r.passage for ranking in rankings for r in ranking.results[:PASSAGES]}
    vectors = retriever.row_vectors(
        [*found.values(), *(q.passage for q, _ in figured if q.passage.id not in found)]
    )
    best: tuple[float, Disagreement] | None = None
    for quote, sentence in figured:
        for passage in found.values():
            for other in _otherwise(quote.passage, sentence, passage):
                near = _cosine(vectors, (quote.passage, sentence), (passage, other))
                if near >= SAME_MEANING and (best is None or near > best[0]):
                    text = passage.words_of(other)
                    claim = Claim(text, "finding", (Quote(passage, (other,)),))
                    best = near, Disagreement(quote, claim)
    return best[1] if best else None


def _otherwise(first: Passage, sentence: Sentence, second: Passage) -> Iterator[Sentence]:
    """Sentences of another section and other sources with the same words and other figures."""
    if second.anchor == first.anchor or set(first.sources) & set(second.sources):
        return
    here = first.words_of(sentence)
    own = _figures(here)
    for other in second.sentences:
        there = second.words_of(other)
        figures = _figures(there)
        if not figures or own <= figures or figures <= own or other.kind != "finding":
            continue
        units = {f.unit for f in own ^ figures}
        words, more = _words(here), _words(there)
        shared = len(words & more) / max(1, min(len(words), len(more)))
        if len(units) == 1 and shared >= SAME_WORDS and _names(here) == _names(there):
            yield other


@lru_cache(maxsize=20_000)
def _figures(text: str) -> frozenset[claims.Figure]:
    """Figures without years: what was so in one year may be otherwise in another."""
    years = claims.years(text)
    return frozenset(f for f in claims.figures(text) if f.value not in years)


def _words(text: str) -> set[str]:
    return {stem for stem in stems_held(text) if not re.search(r"\d", stem)}


def _names(text: str) -> set[str]:
    return {claims.fold(name) for name in claims.names(text, ())}


def _cosine(
    vectors: dict[str, np.ndarray], one: tuple[Passage, Sentence], two: tuple[Passage, Sentence]
) -> float:
    rows = [f"{p.id}:window:{p.sentences.index(s)}" for p, s in (one, two)]
    if not all(row in vectors for row in rows):
        return 0.0
    return float(vectors[rows[0]] @ vectors[rows[1]])
