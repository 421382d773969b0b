"""Calibrate: the tuning questions -> ``kb/answering/tuned.json``, by cross-validation.

    python -m kb.evaluation.calibrate

Retrieval weights are searched at random around the present ones; the confidence is a logistic
regression. On-topic questions without an answer are made from answerable ones by acting as if the
sections that answer them did not exist.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from kb.answering.compose import WORDS, compose
from kb.answering.confidence import features
from kb.answering.question import read_history, read_question
from kb.answering.retrieve import Evidence, Query, Retriever, fused_score
from kb.answering.tuning import ConfidenceModel, RetrievalWeights, Tuned
from kb.evaluation.datasets import EvaluationQuestion, load_dataset, shipped_dataset
from kb.evaluation.metrics import auroc, ndcg_at, success_at
from kb.knowledge import KnowledgeBase

FOLDS = 5
TRIALS = 400
MOST_ANSWERABLE_REFUSED = 0.04
_SEARCHED = ("passage", "window", "question", "lexical", "lexical_faq", "faq", "archived")
_BLENDED = ("history", "reply", "context")


@dataclass(frozen=True)
class _Case:
    """A tuning question with what the index holds for each of its queries."""

    question: EvaluationQuestion
    evidence: tuple[dict[str, Evidence], ...]


@dataclass(frozen=True)
class _Example:
    """One row for the regression."""

    values: dict[str, float]
    right: bool
    question: str
    real: bool


def main() -> None:
    """Tune and write."""
    base = KnowledgeBase.open()
    retriever = base._current().retriever
    questions = load_dataset(shipped_dataset(), "tuning").questions
    judged = [q for q in questions if q.gold and q.answerability in ("answerable", "partial")]
    retriever.weights = _tune_retrieval(retriever, judged)
    examples = _examples(retriever, questions)
    model = _fit(examples)
    path = Path(__file__).parents[1] / "answering" / "tuned.json"
    path.write_text(json.dumps(asdict(Tuned(retriever.weights, model)), indent=1) + "\n")
    _say(f"Written: {path}")


def _tune_retrieval(
    retriever: Retriever, questions: Sequence[EvaluationQuestion]
) -> RetrievalWeights:
    random = np.random.default_rng(0)
    best = retriever.weights
    for blend in _BLENDED:
        best = _tune_blend(retriever, questions, best, blend)
    cases = _cases(retriever, questions, best)
    folds = np.arange(len(cases)) % FOLDS
    trials = [best]
    for _ in range(TRIALS):
        drawn = {
            name: float(np.clip(getattr(best, name) + random.normal(0, 0.15), 0, 1))
            for name in _SEARCHED
        }
        drawn |= {name: float(random.uniform(0, 0.1)) for name in ("faq", "archived")}
        trials.append(replace(best, **drawn))
    scores = np.array([[_quality(retriever, case, w) for case in cases] for w in trials])
    held_out = [
        scores[int(scores[:, folds != fold].mean(axis=1).argmax()), folds == fold]
        for fold in range(FOLDS)
    ]
    # The middle of the ten best is less fitted to chance than the best.
    order = np.argsort(-scores.mean(axis=1))[:10]
    middle = {name: float(np.mean([getattr(trials[t], name) for t in order])) for name in _SEARCHED}
    chosen = replace(best, **{name: round(value, 3) for name, value in middle.items()})
    _say(
        f"retrieval: before {scores[0].mean():.4f}, held out {np.concatenate(held_out).mean():.4f}, "
        f"chosen {np.mean([_quality(retriever, case, chosen) for case in cases]):.4f}"
    )
    return chosen


def _tune_blend(
    retriever: Retriever,
    questions: Sequence[EvaluationQuestion],
    weights: RetrievalWeights,
    name: str,
) -> RetrievalWeights:
    """Choose one share of the query's blend; questions without that part do not matter."""
    found = []
    for value in (0.0, 0.15, 0.3, 0.5, 0.7, 1.0):
        tried = replace(weights, **{name: value})
        cases = _cases(retriever, questions, tried)
        found.append((float(np.mean([_quality(retriever, c, tried) for c in cases])), -value))
    score, value = max(found)
    _say(f"{name}: {-value} ({score:.4f})")
    return replace(weights, **{name: -value})


def _cases(
    retriever: Retriever, questions: Sequence[EvaluationQuestion], weights: RetrievalWeights
) -> list[_Case]:
    retriever.weights = weights
    return [
        _Case(q, tuple(retriever.rank(query).evidence for query in _queries(retriever, q)))
        for q in questions
    ]


def _queries(retriever: Retriever, question: EvaluationQuestion) -> list[Query]:
    return retriever.queries(read_question(question.text), read_history(question.history))


def _quality(retriever: Retriever, case: _Case, weights: RetrievalWeights) -> float:
    """Mean of nDCG@10 and success@5 of the merged ranking."""
    passages = {p.id: p for p in retriever.content.passages}
    best: dict[str, float] = {}
    for evidence in case.evidence:
        for passage_id, found in evidence.items():
            passage = passages[passage_id]
            score = fused_score(passage, found, weights)
            best[passage.anchor] = max(score, best.get(passage.anchor, -1.0))
    ranking = sorted(best, key=lambda anchor: -best[anchor])[:10]
    gold = case.question.gold or {}
    return (ndcg_at(ranking, gold, 10) + success_at(ranking, gold, 5)) / 2


def _examples(retriever: Retriever, questions: Sequence[EvaluationQuestion]) -> list[_Example]:
    facts = {p.id: set(p.facts) for p in retriever.content.passages}
    examples = []
    for question in questions:
        if question.answerability == "unclear":
            continue
        gold = question.gold or {}
        examples += _of_question(retriever, question, gold, frozenset(), real=True)
        if question.answerability in ("answerable", "partial"):
            hidden = frozenset(name for name, held in facts.items() if held & set(question.facts))
            examples += _of_question(retriever, question, {}, hidden, real=False)
    return examples


def _of_question(
    retriever: Retriever,
    question: EvaluationQuestion,
    gold: dict[str, int] | object,
    hidden: frozenset[str],
    *,
    real: bool,
) -> list[_Example]:
    read = read_question(question.text)
    queries = _queries(retriever, question)
    found = []
    for query in queries:
        ranking = retriever.rank(query, without=hidden)
        picked = compose(
            ranking, retriever, wants_list=read.wants_list, words=max(40, WORDS // len(queries))
        )
        right = any(p.passage.anchor in gold for p in picked)  # type: ignore[operator]
        found.append(_Example(features(ranking, picked, retriever), right, question.id, real))
    return found


def _fit(examples: Sequence[_Example]) -> ConfidenceModel:
    from sklearn.linear_model import LogisticRegression

    names = tuple(examples[0].values)
    matrix = np.array([[e.values[name] for name in names] for e in examples])
    truth = np.array([e.right for e in examples])
    real = np.array([e.real for e in examples])
    # The made questions teach what "near but not answered" looks like; real ones count more.
    mass = np.where(real, 1.0, 0.35)
    mean, scale = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    scaled = (matrix - mean) / scale
    groups = {name: n % FOLDS for n, name in enumerate(dict.fromkeys(e.question for e in examples))}
    folds = np.array([groups[e.question] for e in examples])

    def held_out(strength: float) -> np.ndarray:
        predicted = np.zeros(len(examples))
        for fold in range(FOLDS):
            model = LogisticRegression(C=strength, max_iter=5000)
            model.fit(scaled[folds != fold], truth[folds != fold], mass[folds != fold])
            predicted[folds == fold] = model.predict_proba(scaled[folds == fold])[:, 1]
        return predicted

    def loss(predicted: np.ndarray) -> float:
        chance = np.where(truth, predicted, 1 - predicted)
        return float(-(mass * np.log(np.clip(chance, 1e-9, 1))).sum() / mass.sum())

    strength = min((0.01, 0.03, 0.1, 0.3, 1.0), key=lambda s: loss(held_out(s)))
    predicted = held_out(strength)
    threshold = float(np.quantile(predicted[real & truth], MOST_ANSWERABLE_REFUSED))
    model = LogisticRegression(C=strength, max_iter=5000).fit(scaled, truth, mass)
    _say(
        f"confidence: C {strength}, loss {loss(predicted):.4f}, AUROC real "
        f"{auroc(list(predicted[real]), list(truth[real])):.3f}, AUROC all "
        f"{auroc(list(predicted), list(truth)):.3f}, threshold {threshold:.3f}, real wrong ones "
        f"below it {(predicted[real & ~truth] < threshold).mean():.3f}"
    )
    for name, weight in zip(names, model.coef_[0], strict=True):
        _say(f"  {name:16s} {weight:+.3f}")
    return ConfidenceModel(
        features=names,
        mean=tuple(round(float(v), 5) for v in mean),
        scale=tuple(round(float(v), 5) for v in scale),
        weights=tuple(round(float(v), 5) for v in model.coef_[0]),
        bias=round(float(model.intercept_[0]), 5),
        answer_from=round(threshold, 4),
    )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
