"""Confidence: what was found and chosen -> the probability that an answer from it is right.

A logistic regression over plain features, fitted to the tuning questions (see tuning.py). Being near
the topic is not answering: the features ask how much of the question the words cover, in themselves or
by meaning; how near the question is when the names that it shares with the passage are set aside; and
whether something that the knowledge base is known not to hold is nearer than what it holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from kb.answering.compose import Picked, expected_form
from kb.answering.question import asks_favour
from kb.answering.retrieve import Query, Ranking, Retriever
from kb.answering.tuning import ConfidenceModel, tuned
from kb.types import Passage

FIRST = 3
# What questions ask for that guidance seldom holds.
_ASKS = {
    "asks_person": re.compile(
        r"\b(names? of|person|phone|mobile|staff|employees?|officers?|directors?|managers?|chair\w*)\b",
        re.IGNORECASE,
    ),
    "asks_future": re.compile(
        r"\b(next|upcoming|will|future|plan(?:s|ned)?|going to|tomorrow|20(?:2[7-9]|[3-9]\d))\b",
        re.IGNORECASE,
    ),
    "asks_reason": re.compile(r"\b(why|reasons?|how come)\b", re.IGNORECASE),
}


def features(ranking: Ranking, picked: Sequence[Picked], retriever: Retriever) -> dict[str, float]:
    """Measure one part of a message; every feature is finite, most lie in 0..1."""
    return {
        **_nearness(ranking, picked, retriever),
        **_words_covered(ranking, picked, retriever),
        **_meaning_covered(ranking, picked, retriever),
        **{name: float(bool(form.search(ranking.query.text))) for name, form in _ASKS.items()},
        "asks_favour": float(asks_favour(ranking.query.text)),
    }


def _nearness(ranking: Ranking, picked: Sequence[Picked], retriever: Retriever) -> dict[str, float]:
    evidence = [ranking.evidence[result.passage.id] for result in ranking.results[:FIRST]]
    question = max((e.question for e in evidence), default=0.0)
    window = max((e.window for e in evidence), default=0.0)
    scores = [result.score for result in ranking.results]
    near = dict.fromkeys(("unknown", "outside"), 0.0)
    for limit, score in ranking.limits:
        near[limit.kind] = max(near[limit.kind], score)
    aside = _names_aside(ranking.query, [r.passage for r in ranking.results[:FIRST]], retriever)
    return {
        "question": question,
        "window": window,
        "passage": max((e.passage for e in evidence), default=0.0),
        "foreign": max((e.foreign for e in evidence), default=0.0),
        "first": max((p.score for p in picked), default=0.0),
        "gap": scores[0] - scores[min(19, len(scores) - 1)] if scores else 0.0,
        "unknown": near["unknown"] - max(question, window),
        "outside": near["outside"] - max(question, window),
        "names_aside": aside,
    }


def _names_aside(query: Query, passages: Sequence[Passage], retriever: Retriever) -> float:
    """Cosine of the nearest way to ask for the passages, without what the names share: -1..1.

    Two questions on one partnership are near each other whatever they ask; the direction of its name is
    taken out of both (Gram and Schmidt).
    """
    rows = retriever.row_vectors(passages)
    asked = [v for row, v in rows.items() if row.split(":")[1] in ("heading", "asked")]
    if not asked:
        return 0.0
    matrix, vector = np.stack(asked), query.plain
    if query.names is not None:
        matrix = matrix - np.outer(matrix @ query.names, query.names)
        vector = vector - (vector @ query.names) * query.names
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    return float(((matrix @ vector) / np.maximum(lengths, 1e-6)).max())


def _words_covered(
    ranking: Ranking, picked: Sequence[Picked], retriever: Retriever
) -> dict[str, float]:
    lexical, stems = retriever.lexical, ranking.query.stems
    first = [result.passage for result in ranking.results[:FIRST]]
    quoted = " ".join(p.text for p in picked)
    form = expected_form(ranking.query.text)
    total = sum(lexical.idf(stem) for stem in set(stems)) or 1.0
    return {
        "covered": max((lexical.coverage(stems, _told(p)) for p in first), default=0.0),
        "covered_asked": max((lexical.coverage(stems, _searched(p)) for p in first), default=0.0),
        "covered_quoted": lexical.coverage(stems, quoted),
        "strange": sum(lexical.idf(s) for s in set(stems) if not lexical.knows(s)) / total,
        "bm25": math.log1p(ranking.bm25),
        "form": float(form is None or bool(form.search(quoted))),
        "length": math.log1p(len(stems)),
    }


def _meaning_covered(
    ranking: Ranking, picked: Sequence[Picked], retriever: Retriever
) -> dict[str, float]:
    """How well each word of the question is met by a near word: the mean by idf, and the worst."""
    query, first = ranking.query, [result.passage for result in ranking.results[:FIRST]]
    weights = np.array([retriever.lexical.idf(stem) for stem in query.stems])

    def met(text: str) -> tuple[float, float]:
        found = retriever.nearness(query, text)
        if not len(found) or not weights.sum():
            return 0.0, 0.0
        return float(found @ weights / weights.sum()), float(found.min())

    searched = [met(_searched(p)) for p in first] or [(0.0, 0.0)]
    quoted = met(
        " ".join([*(p.text for p in picked), *(h for p in picked for h in p.passage.headings)])
    )
    return {
        "met": max(mean for mean, _ in searched),
        "met_least": max(least for _, least in searched),
        "met_told": max((met(_told(p))[1] for p in first), default=0.0),
        "met_quoted": quoted[0],
        "met_quoted_least": quoted[1],
    }


def _told(passage: Passage) -> str:
    return " ".join((passage.text, *passage.headings))


def _searched(passage: Passage) -> str:
    return " ".join((passage.text, *passage.headings, *passage.asked_as))


def probability(values: dict[str, float], model: ConfidenceModel | None = None) -> float:
    """Probability, 0..1, that an answer is right."""
    model = model or tuned().confidence
    total = model.bias
    for name, mean, scale, weight in zip(
        model.features, model.mean, model.scale, model.weights, strict=True
    ):
        total += weight * (values[name] - mean) / scale
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
