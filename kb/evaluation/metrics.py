"""Metrics: rankings, judgements and confidences -> figures; plain functions, higher is better.

Rankings are lists of ids, best first; judgements map ids to grades, 0 or missing = not relevant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

RESAMPLES = 1000


def recall_at(ranking: Sequence[str], gold: Mapping[str, int], k: int) -> float:
    """Share of the relevant ids among the first k: |found| / |relevant|."""
    relevant = {name for name, grade in gold.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def success_at(ranking: Sequence[str], gold: Mapping[str, int], k: int) -> float:
    """1 where any of the first k is relevant, else 0 (hit rate)."""
    return float(any(gold.get(name, 0) > 0 for name in ranking[:k]))


def mrr_at(ranking: Sequence[str], gold: Mapping[str, int], k: int) -> float:
    """Reciprocal rank of the first relevant id among the first k, else 0."""
    for rank, name in enumerate(ranking[:k], start=1):
        if gold.get(name, 0) > 0:
            return 1 / rank
    return 0.0


def ndcg_at(ranking: Sequence[str], gold: Mapping[str, int], k: int) -> float:
    """NDCG with linear gain and log2 discount, as in trec_eval (Järvelin and Kekäläinen 2002)."""
    ideal = _dcg(sorted(gold.values(), reverse=True)[:k])
    return _dcg([gold.get(name, 0) for name in ranking[:k]]) / ideal if ideal else 0.0


def _dcg(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float:
    """Probability that a right one scores above a wrong one, ties half (Mann-Whitney); NaN if none."""
    good = np.array([s for s, r in zip(scores, right, strict=True) if r])
    bad = np.array([s for s, r in zip(scores, right, strict=True) if not r])
    if not len(good) or not len(bad):
        return float("nan")
    above = (good[:, None] > bad[None, :]).mean()
    equal = (good[:, None] == bad[None, :]).mean()
    return float(above + equal / 2)


def reliability(
    confidences: Sequence[float], right: Sequence[bool], bins: int = 10
) -> list[tuple[float, float, int]]:
    """Bins of equal mass, by rising confidence: (mean confidence, share right, number)."""
    order = np.argsort(confidences, kind="stable")
    values, truth = np.array(confidences)[order], np.array(right, dtype=float)[order]
    return [
        (float(v.mean()), float(t.mean()), len(v))
        for v, t in zip(np.array_split(values, bins), np.array_split(truth, bins), strict=True)
        if len(v)
    ]


def expected_calibration_error(
    confidences: Sequence[float], right: Sequence[bool], bins: int = 10
) -> float:
    """Mean distance of confidence and share right over bins of equal mass, 0 is best."""
    found = reliability(confidences, right, bins)
    total = sum(number for *_, number in found)
    return sum(abs(mean - share) * number for mean, share, number in found) / total


def bootstrap(
    values: Sequence[float],
    statistic: Callable[[np.ndarray], float] = lambda sample: float(np.mean(sample)),
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of 95 % for a statistic of independent values (Efron 1979)."""
    if not len(values):
        return (float("nan"), float("nan"))
    data, random = np.asarray(values, dtype=float), np.random.default_rng(seed)
    samples = [statistic(data[random.integers(0, len(data), len(data))]) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return float(low), float(high)
