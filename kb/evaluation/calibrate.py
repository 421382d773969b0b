"""Calibrate: the tuning questions -> ``kb/answering/tuned.json``, by cross-validation.

    python -m kb.evaluation.calibrate

Retrieval weights are searched at random around the present ones. The confidence is a logistic
regression; its features are chosen one by one, as long as held-out questions gain from them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from kb.answering.compose import WORDS, compose
from kb.answering.confidence import features
from kb.answering.question import read_history, read_question
from kb.answering.retrieve import Evidence, Query, Retriever, fused_score
from kb.answering.tuning import ConfidenceModel, RetrievalWeights, Tuned
from kb.evaluation.datasets import EvaluationQuestion, load_dataset, shipped_dataset
from kb.evaluation.held import held_retriever
from kb.evaluation.metrics import auroc, ndcg_at, success_at
from kb.knowledge import KnowledgeBase

FOLDS = 5
TRIALS = 400
MOST_ANSWERABLE_REFUSED = 0.04
STRENGTH = 0.1
LEAST_GAIN = 0.001
# Assumed share, in use, of questions that cannot be answered; it sets the level of the confidence.
WITHOUT_ANSWER = 0.2
_SEARCHED = ("passage", "window", "question", "lexical", "lexical_faq", "faq", "archived")
# Too few tuning questions are in other languages: their share was set on translated questions of
# which one wording each was left out (docs/retrieval.md).
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
    question: EvaluationQuestion


def main() -> None:
    """Tune and write."""
    retriever = held_retriever(KnowledgeBase.open())
    questions = load_dataset(shipped_dataset(), "tuning").questions
    judged = [q for q in questions if q.gold and q.answerability in ("answerable", "partial")]
    retriever.weights = _tune_retrieval(retriever, judged)
    model = _fit(_examples(retriever, questions))
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
    examples = []
    for question in questions:
        if question.answerability == "unclear":
            continue
        read, queries = read_question(question.text), _queries(retriever, question)
        for query in queries:
            ranking = retriever.rank(query)
            picked = compose(
                ranking, retriever, wants_list=read.wants_list, words=max(40, WORDS // len(queries))
            )
            right = any(p.passage.anchor in (question.gold or {}) for p in picked)
            examples.append(_Example(features(ranking, picked, retriever), right, question))
    return examples


@dataclass(frozen=True)
class _Fitting:
    """The examples as numbers, in folds by question."""

    names: tuple[str, ...]
    scaled: np.ndarray
    truth: np.ndarray
    folds: np.ndarray
    kinds: np.ndarray

    @property
    def mass(self) -> np.ndarray:
        """Weight of each example, so that questions without an answer have their assumed share."""
        without = np.isin(self.kinds, ("unanswerable", "out_of_scope"))
        share = without.mean()
        return np.where(without, WITHOUT_ANSWER / share, (1 - WITHOUT_ANSWER) / (1 - share))

    def held_out(self, chosen: Sequence[str], strength: float) -> np.ndarray:
        """Predictions for each fold by a model that has not seen it."""
        columns = [self.names.index(name) for name in chosen]
        predicted = np.zeros(len(self.truth))
        for fold in range(FOLDS):
            model = LogisticRegression(C=strength, max_iter=2000)
            inside, rest = self.folds == fold, self.folds != fold
            model.fit(self.scaled[rest][:, columns], self.truth[rest], self.mass[rest])
            predicted[inside] = model.predict_proba(self.scaled[inside][:, columns])[:, 1]
        return predicted

    def quality(self, predicted: np.ndarray) -> float:
        """Mean of three AUROCs: right or wrong, against unanswerable ones, against those outside."""
        answerable = np.isin(self.kinds, ("answerable", "partial"))
        found = [auroc(list(predicted), list(self.truth))]
        for kind in ("unanswerable", "out_of_scope"):
            used = answerable | (self.kinds == kind)
            found.append(auroc(list(predicted[used]), list(answerable[used])))
        return float(np.mean(found))


def _fit(examples: Sequence[_Example]) -> ConfidenceModel:
    names = tuple(examples[0].values)
    matrix = np.array([[e.values[name] for name in names] for e in examples])
    mean, scale = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    groups = {e.question.id: 0 for e in examples}
    groups = {name: number % FOLDS for number, name in enumerate(groups)}
    fitting = _Fitting(
        names,
        (matrix - mean) / scale,
        np.array([e.right for e in examples]),
        np.array([groups[e.question.id] for e in examples]),
        np.array([e.question.answerability for e in examples]),
    )
    chosen = _choose(fitting)
    predicted = fitting.held_out(chosen, STRENGTH)
    answerable = np.isin(fitting.kinds, ("answerable", "partial"))
    threshold = float(np.quantile(predicted[answerable], MOST_ANSWERABLE_REFUSED))
    for kind in ("unanswerable", "out_of_scope"):
        refused = (predicted[fitting.kinds == kind] < threshold).mean()
        _say(f"held out: {kind} below the threshold {threshold:.3f}: {refused:.3f}")
    columns = [names.index(name) for name in chosen]
    model = LogisticRegression(C=STRENGTH, max_iter=2000)
    model.fit(fitting.scaled[:, columns], fitting.truth, fitting.mass)
    for name, weight in zip(chosen, model.coef_[0], strict=True):
        _say(f"  {name:18s} {weight:+.3f}")
    return ConfidenceModel(
        features=tuple(chosen),
        mean=tuple(round(float(mean[c]), 5) for c in columns),
        scale=tuple(round(float(scale[c]), 5) for c in columns),
        weights=tuple(round(float(v), 5) for v in model.coef_[0]),
        bias=round(float(model.intercept_[0]), 5),
        answer_from=round(threshold, 4),
    )


def _choose(fitting: _Fitting) -> list[str]:
    """Add the feature that helps held-out questions most, until none does."""
    chosen: list[str] = []
    best = 0.0
    while len(chosen) < len(fitting.names):
        tried = {
            name: fitting.quality(fitting.held_out([*chosen, name], STRENGTH))
            for name in fitting.names
            if name not in chosen
        }
        name = max(tried, key=lambda n: tried[n])
        if tried[name] < best + LEAST_GAIN:
            break
        best = tried[name]
        chosen.append(name)
        _say(f"feature {name}: mean AUROC {best:.4f}")
    return chosen


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main()
