"""Retrieve: a question and its conversation -> passages, best first, and the evidence for each.

Dense and lexical scores are added after scaling (measured to beat reciprocal ranks here, see
docs/retrieval.md). History and context are blended into the query; the question is never rewritten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kb.answering.question import Question, body_of
from kb.answering.tuning import RetrievalWeights, tuned
from kb.index.embedder import Embedder
from kb.index.lexical import LexicalIndex, ordinary_words, stems
from kb.index.stored import LIMIT_PREFIX, Content
from kb.index.vectors import VectorHit, VectorStore
from kb.reading.glossary import Glossary
from kb.reading.limits import Limit
from kb.types import Passage, SearchResult, Turn

# Rows fetched for a query. A passage has about a dozen rows, so this reaches some 30 passages.
ROWS = 200
CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for one part of a message.

    Attributes:
        text: the part.
        vector: (dimension,) unit vector of the part blended with context and history.
        plain: (dimension,) unit vector of the part alone.
        stems: stems of the part; ``more`` stems of glossary, context and history, which weigh less.
    """

    text: str
    vector: np.ndarray
    plain: np.ndarray
    stems: tuple[str, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage is near a query: cosines -1..1, BM25 share 0..1 of the best."""

    passage: float = 0.0
    window: float = 0.0
    question: float = 0.0
    lexical: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for a query.

    Attributes:
        evidence: by passage id.
        limits: cosine of the nearest line of each limit that is near, best first.
        bm25: highest BM25 of any passage, unscaled.
    """

    query: Query
    results: tuple[SearchResult, ...]
    evidence: dict[str, Evidence]
    limits: tuple[tuple[Limit, float], ...] = ()
    bm25: float = 0.0


@dataclass
class Retriever:
    """Searches one generation."""

    content: Content
    vectors: VectorStore
    lexical: LexicalIndex
    embedder: Embedder
    weights: RetrievalWeights = field(default_factory=lambda: tuned().retrieval)

    def __post_init__(self) -> None:
        """Prepare look-ups."""
        self._position = {p.id: place for place, p in enumerate(self.content.passages)}
        self._glossary = Glossary(self.content.terms)

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Words that the corpus writes in lower case."""
        return ordinary_words(passage.text for passage in self.content.passages)

    def queries(self, question: Question, history: Sequence[Turn] = ()) -> list[Query]:
        """Turn a message into one query for each of its parts; all are embedded in one call."""
        weights = self.weights
        whole = body_of(question.asked)
        users = [turn.content for turn in history if turn.role == "user"][-3:]
        replies = [turn.content for turn in history if turn.role == "assistant"][-1:]
        texts = [*question.parts, *users, *replies]
        several = len(question.parts) > 1
        if several:
            texts.append(whole)
        embedded = dict(zip(texts, self.embedder.embed_queries(texts), strict=True))
        shares = [(text, weights.history / 2**age) for age, text in enumerate(reversed(users))]
        shares += [(text, weights.reply) for text in replies]
        if several:
            shares.append((whole, weights.context))
        more = [
            stem for text in [*users[-1:], *([whole] if several else [])] for stem in stems(text)
        ]
        found = []
        for part in question.parts:
            blended = embedded[part] + sum(share * embedded[text] for text, share in shares)
            own = tuple(stems(part))
            glossary = stems(self._glossary.expand(part))
            found.append(
                Query(
                    text=part,
                    vector=blended / np.linalg.norm(blended),
                    plain=embedded[part],
                    stems=own,
                    more=tuple(
                        stem for stem in dict.fromkeys([*glossary, *more]) if stem not in own
                    ),
                )
            )
        return found

    def rank(self, query: Query, *, without: frozenset[str] = frozenset()) -> Ranking:
        """Rank passages for one query, best first.

        Args:
            without: ids of passages to act as if they did not exist (kb/evaluation/calibrate.py).
        """
        hits = self.vectors.nearest(query.vector, top_k=ROWS)
        bm25 = self.lexical.scores(query.stems)
        if query.more:
            bm25 = bm25 + self.weights.history * self.lexical.scores(query.more)
        evidence = self._evidence(hits, bm25, without)
        scored = sorted(
            (
                (self._score(passage_id, found), passage_id)
                for passage_id, found in evidence.items()
            ),
            key=lambda pair: (-pair[0], self._position[pair[1]]),
        )
        return Ranking(
            query=query,
            results=tuple(
                SearchResult(self._passage(passage_id), score, rank)
                for rank, (score, passage_id) in enumerate(scored, start=1)
            ),
            evidence=evidence,
            limits=self._limits(hits),
            bm25=float(bm25.max()) if len(bm25) else 0.0,
        )

    def sentence_vectors(self, passages: Sequence[Passage]) -> dict[str, np.ndarray]:
        """Vectors of all sentences of passages, by row id ``passage_id:window:number``."""
        return dict(
            self.vectors.get(
                f"{passage.id}:window:{number}"
                for passage in passages
                for number in range(len(passage.sentences))
            )
        )

    def _evidence(
        self, hits: Sequence[VectorHit], bm25: np.ndarray, without: frozenset[str]
    ) -> dict[str, Evidence]:
        """Best cosine of each kind of row by passage; what was not among the hits is a bit worse."""
        best: dict[str, dict[str, float]] = defaultdict(dict)
        for hit in hits:
            if hit.passage_id.startswith(LIMIT_PREFIX):
                continue
            kind = "question" if hit.kind in ("heading", "asked") else hit.kind
            scores = best[hit.passage_id]
            scores[kind] = max(hit.score, scores.get(kind, -1.0))
        top = float(bm25.max()) if len(bm25) else 0.0
        if top > 0:
            for place in np.argsort(-bm25)[:CANDIDATES]:
                if bm25[place] > 0:
                    best[self.content.passages[place].id]
        floor = min((hit.score for hit in hits), default=0.0)
        return {
            passage_id: Evidence(
                passage=scores.get("passage", floor),
                window=scores.get("window", floor),
                question=scores.get("question", floor),
                lexical=float(bm25[self._position[passage_id]]) / top if top > 0 else 0.0,
            )
            for passage_id, scores in best.items()
            if passage_id not in without
        }

    def _score(self, passage_id: str, found: Evidence) -> float:
        return fused_score(self._passage(passage_id), found, self.weights)

    def _limits(self, hits: Sequence[VectorHit]) -> tuple[tuple[Limit, float], ...]:
        best: dict[int, float] = {}
        for hit in hits:
            if hit.passage_id.startswith(LIMIT_PREFIX):
                place = int(hit.passage_id.removeprefix(LIMIT_PREFIX))
                best[place] = max(hit.score, best.get(place, -1.0))
        ordered = sorted(best.items(), key=lambda pair: -pair[1])
        return tuple((self.content.limits[place], score) for place, score in ordered)

    def _passage(self, passage_id: str) -> Passage:
        return self.content.passages[self._position[passage_id]]


def fused_score(passage: Passage, found: Evidence, weights: RetrievalWeights) -> float:
    """Weighted sum of a passage's evidence; FAQ entries have a lexical share of their own."""
    is_faq = passage.kind == "faq"
    score = (
        weights.passage * found.passage
        + weights.window * found.window
        + weights.question * found.question
        + (weights.lexical_faq if is_faq else weights.lexical) * found.lexical
    )
    if is_faq:
        score += weights.faq
    if passage.sources and all(source.archived for source in passage.sources):
        score -= weights.archived
    return score
