"""Metrics by arithmetic, and against ranx on random rankings."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.evaluation.metrics import (
    auroc,
    bootstrap,
    expected_calibration_error,
    mrr_at,
    ndcg_at,
    recall_at,
    reliability,
    success_at,
)

RANKING = ["a", "b", "c", "d"]
GOLD = {"b": 2, "d": 1, "z": 1}


def test_by_hand():
    assert recall_at(RANKING, GOLD, 2) == pytest.approx(1 / 3)
    assert success_at(RANKING, GOLD, 1) == 0
    assert mrr_at(RANKING, GOLD, 10) == 1 / 2
    found = 2 / math.log2(3) + 1 / math.log2(5)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg_at(RANKING, GOLD, 10) == pytest.approx(found / ideal)


names = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=10, unique=True)
grades = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 3), min_size=1)


@settings(deadline=None)
@given(names, grades, st.sampled_from([1, 5, 10]))
def test_equal_to_ranx(ranking, gold, k):
    from ranx.metrics import ndcg, recall, reciprocal_rank

    judged = np.array([[ord(n), g] for n, g in gold.items()], dtype=float)[None]
    run = np.array([[ord(n), len(ranking) - i] for i, n in enumerate(ranking)], dtype=float)[None]
    judged = np.array([judged[0][judged[0][:, 0].argsort()]])
    sorted_gold = np.array([judged[0][(-judged[0][:, 1]).argsort(kind="stable")]])
    assert recall_at(ranking, gold, k) == pytest.approx(float(recall(judged, run, k, 1)[0]))
    assert mrr_at(ranking, gold, k) == pytest.approx(float(reciprocal_rank(judged, run, k, 1)[0]))
    assert ndcg_at(ranking, gold, k) == pytest.approx(float(ndcg(sorted_gold, run, k, 1)[0]))


def test_auroc_by_hand():
    assert auroc([0.9, 0.8, 0.3], [True, False, False]) == 1
    assert auroc([0.5, 0.5], [True, False]) == 0.5
    assert auroc([0.9, 0.5, 0.4], [False, True, False]) == 0.5
    assert math.isnan(auroc([0.5], [True]))


def test_calibration_by_hand():
    confidences, right = [0.1, 0.1, 0.9, 0.9], [False, False, True, False]
    assert reliability(confidences, right, 2) == [(0.1, 0.0, 2), (0.9, 0.5, 2)]
    assert expected_calibration_error(confidences, right, 2) == pytest.approx((0.1 + 0.4) / 2)


def test_bootstrap_holds_the_mean_and_narrows():
    random = np.random.default_rng(1)
    few, many = list(random.random(20)), list(random.random(2000))
    for values in (few, many):
        low, high = bootstrap(values)
        assert low <= np.mean(values) <= high
    assert np.ptp(bootstrap(many)) < np.ptp(bootstrap(few))
    assert bootstrap([1.0, 1.0]) == (1.0, 1.0)
