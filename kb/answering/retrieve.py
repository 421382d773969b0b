"""Retrieve: a question and its conversation -> passages, best first, and the evidence for each.

Dense and lexical scores are added after scaling (measured to beat reciprocal ranks here, see
docs/retrieval.md). History and context are blended into the query; the question is never rewritten.
"""

from __future__ import annotations

import math
import os
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kb.answering.foreign import Dictionaries
from kb.answering.question import Question, body_of, content_words
from kb.answering.spelling import Spelling
from kb.answering.tuning import RetrievalWeights, tuned
from kb.index.embedder import Embedder
from kb.index.lexical import LexicalIndex, ordinary_words, stems
from kb.index.stored import LIMIT_PREFIX, Content, passage_rows
from kb.index.vectors import VectorHit, VectorStore
from kb.index.words import WordVectors
from kb.reading.glossary import Glossary
from kb.reading.limits import Limit
from kb.types import Passage, SearchResult, Turn

# Rows fetched for a query. A passage has about a dozen rows, so this reaches some 30 passages.
ROWS = 200
CANDIDATES = 50
MOST_AT_HAND = 2000
# To be held while searching and composing: more threads than cores would only take the interpreter from
# each other, and from the one that answers calls.
CORES = threading.BoundedSemaphore(os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for one part of a message.

    Attributes:
        text: the part as it was asked.
        searched: the part as it is searched: slips mended, words of other languages in English.
        vector: (dimension,) unit vector of the part blended with context and history.
        plain: (dimension,) unit vector of the part alone.
        stems: stems of the part; ``more`` stems of glossary, context and history, which weigh less.
        names: (dimension,) unit vector of the names in the part, or None where it has none.
        strange: vectors of stems that the corpus does not hold.
        asked_so: sections that are asked for alike in the part's language, cosines 0..1.
    """

    text: str
    searched: str
    vector: np.ndarray
    plain: np.ndarray
    stems: tuple[str, ...]
    more: tuple[str, ...] = ()
    names: np.ndarray | None = None
    strange: Mapping[str, np.ndarray] = field(default_factory=dict)
    asked_so: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage is near a query; cosines are -1..1.

    Attributes:
        lexical: BM25 as a share of the geometric mean of two: the best passage's, and the most that
            the words of the query could reach.
        foreign: how alike its translated question is, 0..1; 0 for English questions.
    """

    passage: float = 0.0
    window: float = 0.0
    question: float = 0.0
    lexical: float = 0.0
    foreign: float = 0.0


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
    words: WordVectors
    embedder: Embedder
    weights: RetrievalWeights = field(default_factory=lambda: tuned().retrieval)

    def __post_init__(self) -> None:
        """Prepare look-ups."""
        self.passages = {passage.id: passage for passage in self.content.passages}
        self._position = {p.id: place for place, p in enumerate(self.content.passages)}
        self._at_hand: dict[str, dict[str, np.ndarray]] = {}
        self._of_section: dict[str, list[str]] = defaultdict(list)
        for passage in self.content.passages:
            self._of_section[passage.anchor].append(passage.id)
        self._glossary = Glossary(self.content.terms)
        self._dictionaries = Dictionaries(self.content.languages)

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Words that the corpus writes in lower case."""
        return ordinary_words(passage.text for passage in self.content.passages)

    @cached_property
    def _spelling(self) -> Spelling:
        written = (text for p in self.content.passages for text in (p.text, *p.headings))
        return Spelling(written, {*self.words.words, *self.embedder.vocabulary})

    def queries(self, question: Question, history: Sequence[Turn] = ()) -> list[Query]:
        """Turn a message into one query for each of its parts; all are embedded in one call."""
        weights, language = self.weights, question.written_in
        users = [turn.content for turn in history if turn.role == "user"][-3:]
        # An answer is long, and embedding it takes longer than all else; not for a share of nought.
        answers = [turn.content for turn in history if turn.role == "assistant" and weights.reply]
        parts = {part: self._in_english(part, language) for part in question.parts}
        whole = self._in_english(body_of(question.asked), language)
        names = {part: " ".join(_names(part, self.ordinary)) for part in question.parts}
        strange = {
            part: [w for w in content_words(text) if not self.words.knows(stems(w)[0])]
            for part, text in parts.items()
        }
        several = len(question.parts) > 1
        texts = [*parts.values(), *users, *answers[-1:], *([whole] if several else [])]
        texts += [*filter(None, names.values()), *(w for found in strange.values() for w in found)]
        texts = list(dict.fromkeys(texts))
        embedded = dict(zip(texts, self.embedder.embed_queries(texts), strict=True))
        shares = [(text, weights.history / 2**age) for age, text in enumerate(reversed(users))]
        shares += [(text, weights.reply) for text in answers[-1:]]
        shares += [(whole, weights.context)] if several else []
        more = [
            stem for text in [*users[-1:], *([whole] if several else [])] for stem in stems(text)
        ]
        dictionary = self._dictionaries.get(language)
        found = []
        for part, text in parts.items():
            blended = embedded[text] + sum(share * embedded[other] for other, share in shares)
            own, glossary = tuple(stems(text)), stems(self._glossary.expand(text))
            found.append(
                Query(
                    text=part,
                    searched=text,
                    vector=blended / np.linalg.norm(blended),
                    plain=embedded[text],
                    stems=own,
                    more=tuple(s for s in dict.fromkeys([*glossary, *more]) if s not in own),
                    names=embedded[names[part]] if names[part] else None,
                    strange={stems(word)[0]: embedded[word] for word in strange[part]},
                    asked_so=dictionary.nearest(part) if dictionary else {},
                )
            )
        return found

    def _in_english(self, text: str, language: str) -> str:
        """The words to search: slips mended, or the known words of another language in English."""
        if language == "en":
            return self._spelling.mend(text)
        dictionary = self._dictionaries.get(language)
        return (dictionary.gloss(text) if dictionary else "") or text

    def rank(self, query: Query, *, without: frozenset[str] = frozenset()) -> Ranking:
        """Rank passages for one query, best first.

        Args:
            without: ids of passages to act as if they did not exist (kb/evaluation/calibrate.py).
        """
        hits = self.vectors.nearest(query.vector, top_k=ROWS)
        bm25 = self.lexical.scores(query.stems)
        if query.more:
            bm25 = bm25 + self.weights.history * self.lexical.scores(query.more)
        evidence = self._evidence(hits, bm25, query, without)
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
                SearchResult(self.passages[passage_id], score, rank)
                for rank, (score, passage_id) in enumerate(scored, start=1)
            ),
            evidence=evidence,
            limits=self._limits(hits),
            bm25=float(bm25.max()) if len(bm25) else 0.0,
        )

    def nearness(self, query: Query, text: str) -> np.ndarray:
        """How near each stem of a query is to a text: (len(query.stems),), 0..1."""
        return self.words.nearness(query.stems, text, query.strange)

    def row_vectors(self, passages: Sequence[Passage]) -> dict[str, np.ndarray]:
        """Vectors of all rows of passages, by row id; those of recent passages are kept at hand."""
        missing = {p.id: p for p in passages if p.id not in self._at_hand}
        if missing:
            if len(self._at_hand) > MOST_AT_HAND:
                self._at_hand.clear()
            found = self.vectors.get(row.id for p in missing.values() for row in passage_rows(p))
            for name in missing:
                self._at_hand[name] = {}
            for row, vector in found.items():
                self._at_hand[row.partition(":")[0]][row] = vector
        return {row: v for p in passages for row, v in self._at_hand[p.id].items()}

    def _evidence(
        self,
        hits: Sequence[VectorHit],
        bm25: np.ndarray,
        query: Query,
        without: frozenset[str],
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
        for section in query.asked_so:
            for passage_id in self._of_section.get(section, ()):
                best[passage_id]
        whole = sum(map(self.lexical.idf, query.stems))
        floor = min((hit.score for hit in hits), default=0.0)
        return {
            passage_id: Evidence(
                passage=scores.get("passage", floor),
                window=scores.get("window", floor),
                question=scores.get("question", floor),
                lexical=float(bm25[self._position[passage_id]]) / math.sqrt(top * whole)
                if top > 0 and whole > 0
                else 0.0,
                foreign=query.asked_so.get(self.passages[passage_id].anchor, 0.0),
            )
            for passage_id, scores in best.items()
            if passage_id not in without
        }

    def _score(self, passage_id: str, found: Evidence) -> float:
        return fused_score(self.passages[passage_id], found, self.weights)

    def _limits(self, hits: Sequence[VectorHit]) -> tuple[tuple[Limit, float], ...]:
        best: dict[int, float] = {}
        for hit in hits:
            if hit.passage_id.startswith(LIMIT_PREFIX):
                place = int(hit.passage_id.removeprefix(LIMIT_PREFIX))
                best[place] = max(hit.score, best.get(place, -1.0))
        ordered = sorted(best.items(), key=lambda pair: -pair[1])
        return tuple((self.content.limits[place], score) for place, score in ordered)


def _names(text: str, ordinary: Collection[str]) -> Iterator[str]:
    """Words of a question that begin with a capital and are names."""
    for place, word in enumerate(re.findall(r"[\w&'-]+", text)):
        if word[0].isupper() and (place or word.lower() not in ordinary):
            yield word


def fused_score(passage: Passage, found: Evidence, weights: RetrievalWeights) -> float:
    """Weighted sum of a passage's evidence; FAQ entries have a lexical share of their own."""
    is_faq = passage.kind == "faq"
    score = (
        weights.passage * found.passage
        + weights.window * found.window
        + weights.question * found.question
        + (weights.lexical_faq if is_faq else weights.lexical) * found.lexical
        + weights.foreign * found.foreign
    )
    if is_faq:
        score += weights.faq
    if passage.sources and all(source.archived for source in passage.sources):
        score -= weights.archived
    return score
