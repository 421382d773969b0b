"""Confidence: what was found and chosen -> the probability that an answer from it is right.

A logistic regression over a dozen plain features, fitted to the tuning questions (see tuning.py).
Being near the topic is not answering: the features ask how much of the question the words cover,
and whether something the knowledge base is known not to hold is nearer than what it holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from kb.answering.compose import Picked, expected_form
from kb.answering.retrieve import Ranking, Retriever
from kb.answering.tuning import ConfidenceModel, tuned


def features(ranking: Ranking, picked: Sequence[Picked], retriever: Retriever) -> dict[str, float]:
    """Measure one part of a message; every feature is finite, most lie in 0..1."""
    lexical, stems = retriever.lexical, ranking.query.stems
    first = ranking.results[:3]
    evidence = [ranking.evidence[result.passage.id] for result in first]
    quoted = " ".join(p.text for p in picked)
    form = expected_form(ranking.query.text)
    question = max((e.question for e in evidence), default=0.0)
    window = max((e.window for e in evidence), default=0.0)
    nearest = max(question, window)
    total = sum(lexical.idf(stem) for stem in set(stems)) or 1.0
    near = dict.fromkeys(("unknown", "outside"), 0.0)
    for limit, score in ranking.limits:
        near[limit.kind] = max(near[limit.kind], score)
    scores = [result.score for result in ranking.results]
    return {
        "question": question,
        "window": window,
        "passage": max((e.passage for e in evidence), default=0.0),
        "covered": max(
            (
                lexical.coverage(stems, " ".join((r.passage.text, *r.passage.headings)))
                for r in first
            ),
            default=0.0,
        ),
        "covered_asked": max(
            (
                lexical.coverage(
                    stems, " ".join((r.passage.text, *r.passage.headings, *r.passage.asked_as))
                )
                for r in first
            ),
            default=0.0,
        ),
        "covered_quoted": lexical.coverage(stems, quoted),
        "strange": sum(lexical.idf(s) for s in set(stems) if not lexical.knows(s)) / total,
        "bm25": math.log1p(ranking.bm25),
        "gap": scores[0] - scores[min(19, len(scores) - 1)] if scores else 0.0,
        "unknown": near["unknown"] - nearest,
        "outside": near["outside"] - nearest,
        "form": float(form is None or bool(form.search(quoted))),
        "length": math.log1p(len(stems)),
    }


def probability(values: dict[str, float], model: ConfidenceModel | None = None) -> float:
    """Probability, 0..1, that an answer is right."""
    model = model or tuned().confidence
    total = model.bias
    for name, mean, scale, weight in zip(
        model.features, model.mean, model.scale, model.weights, strict=True
    ):
        total += weight * (values[name] - mean) / scale
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
