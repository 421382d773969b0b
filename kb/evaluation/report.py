"""Report: outcomes -> figures with their intervals, a table, a comparison, a reliability plot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kb.errors import SourceError
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
from kb.evaluation.run import Outcome

ANSWERABLE = ("answerable", "partial")
REFUSED = ("unanswerable", "out_of_scope")
_RANKING: dict[str, Callable[[Outcome], float]] = {
    "success@5": lambda o: success_at(o.ranking, o.question.gold or {}, 5),
    "recall@5": lambda o: recall_at(o.ranking, o.question.gold or {}, 5),
    "recall@10": lambda o: recall_at(o.ranking, o.question.gold or {}, 10),
    "mrr@10": lambda o: mrr_at(o.ranking, o.question.gold or {}, 10),
    "ndcg@5": lambda o: ndcg_at(o.ranking, o.question.gold or {}, 5),
    "ndcg@10": lambda o: ndcg_at(o.ranking, o.question.gold or {}, 10),
}


def report(name: str, split: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures of a run; ``values`` keep each question's own, for comparisons.

    A figure is ``{value, low, high, n}`` with a bootstrap interval of 95 %.
    """
    judged = [o for o in outcomes if o.question.gold and o.question.answerability in ANSWERABLE]
    values: dict[str, dict[str, float]] = {
        metric: {o.question.id: measure(o) for o in judged} for metric, measure in _RANKING.items()
    }
    values["right citation"] = {o.question.id: float(o.right) for o in judged}
    values["answerable refused"] = {o.question.id: float(not o.answered) for o in judged}
    values["right citation, each part of several"] = {
        f"{o.question.id}/{number}": float(not o.told.isdisjoint(facts))
        for o in judged
        for number, facts in enumerate(o.question.parts, start=1)
    }
    for kind in REFUSED:
        of_kind = [o for o in outcomes if o.question.answerability == kind]
        values[f"{kind} refused"] = {o.question.id: float(not o.answered) for o in of_kind}
    figures = {name: _figure(list(found.values())) for name, found in values.items() if found}
    figures |= _confidence_figures(outcomes)
    seconds = [1000 * o.seconds for o in outcomes]
    for share in (50, 95):
        statistic = _percentile(share)
        low, high = bootstrap(seconds, statistic)
        figures[f"p{share} ms"] = _rounded(statistic(np.array(seconds)), low, high, len(seconds))
    return {
        "dataset": name,
        "split": split,
        "questions": len(outcomes),
        "figures": figures,
        "by kind": _by_kind(judged),
        "reliability": [
            {"confidence": round(c, 4), "right": round(r, 4), "n": n}
            for c, r, n in reliability(*_confidences(outcomes))
        ],
        "values": values,
    }


def table(result: Mapping[str, Any]) -> str:
    """Figures as a Markdown table."""
    lines = [
        f"{result['dataset']}, split {result['split']}, {result['questions']} questions",
        "",
        "| measure | value | 95 % interval | n |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {f['value']:.3f} | {f['low']:.3f} to {f['high']:.3f} | {f['n']} |"
        for name, f in result["figures"].items()
    ]
    lines += ["", "| kind | n | success@5 | right citation |", "|---|---|---|---|"]
    lines += [
        f"| {kind} | {f['n']} | {f['success@5']:.3f} | {f['right citation']:.3f} |"
        for kind, f in result["by kind"].items()
    ]
    lines += ["", "| mean confidence | share right | n |", "|---|---|---|"]
    lines += [
        f"| {b['confidence']:.3f} | {b['right']:.3f} | {b['n']} |" for b in result["reliability"]
    ]
    return "\n".join(lines)


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Two saved runs, question by question: which differences are real (paired bootstrap, 95 %)."""
    lines = [
        "| measure | first | second | difference | 95 % interval | real |",
        "|---|---|---|---|---|---|",
    ]
    for name, values in first["values"].items():
        other = second["values"].get(name, {})
        shared = sorted(set(values) & set(other))
        if not shared:
            continue
        a = np.array([values[question] for question in shared])
        b = np.array([other[question] for question in shared])
        low, high = bootstrap(list(b - a))
        real = "yes" if low > 0 or high < 0 else "no"
        lines.append(
            f"| {name} | {a.mean():.3f} | {b.mean():.3f} | {(b - a).mean():+.3f} "
            f"| {low:+.3f} to {high:+.3f} | {real} |"
        )
    return "\n".join(lines)


def load_report(path: Path) -> dict[str, Any]:
    """Read a saved run.

    Raises:
        SourceError: the file is no saved run.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found["values"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is no saved run ({error}). Make one with --save.") from error
    return dict(found)


def plot_reliability(result: Mapping[str, Any], path: Path) -> None:
    """Draw confidence against the share that is right."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(4.5, 4.5))
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="perfect")
    bins = result["reliability"]
    axes.plot([b["confidence"] for b in bins], [b["right"] for b in bins], "o-", label="measured")
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"{result['dataset']}, {result['split']}, {result['questions']} questions")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)


def _confidences(outcomes: Sequence[Outcome]) -> tuple[list[float], list[bool]]:
    """Confidence and truth of every question: right means a gold section would be cited."""
    used = [o for o in outcomes if o.question.answerability != "unclear"]
    return [o.confidence for o in used], [o.right for o in used]


def _confidence_figures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    answerable = [o for o in outcomes if o.question.answerability in ANSWERABLE]
    found = {}
    for kind in REFUSED:
        against = [o for o in outcomes if o.question.answerability == kind]
        pairs = np.array(
            [(o.confidence, 1.0) for o in answerable] + [(o.confidence, 0.0) for o in against]
        )
        if answerable and against:
            found[f"auroc against {kind}"] = _paired(pairs, _auroc_of)
    confidences, right = _confidences(outcomes)
    if confidences:
        pairs = np.column_stack([confidences, np.array(right, dtype=float)])
        found["calibration error"] = _paired(pairs, _ece_of)
    return found


def _auroc_of(pairs: np.ndarray) -> float:
    return auroc(list(pairs[:, 0]), list(pairs[:, 1] > 0))


def _ece_of(pairs: np.ndarray) -> float:
    return expected_calibration_error(list(pairs[:, 0]), list(pairs[:, 1] > 0))


def _paired(pairs: np.ndarray, statistic: Callable[[np.ndarray], float]) -> dict[str, float]:
    places = list(range(len(pairs)))
    low, high = bootstrap(places, lambda sample: statistic(pairs[sample.astype(int)]))
    return _rounded(statistic(pairs), low, high, len(pairs))


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    kinds = sorted({o.question.kind for o in outcomes if o.question.kind})
    found = {}
    for kind in kinds:
        of_kind = [o for o in outcomes if o.question.kind == kind]
        found[kind] = {
            "n": len(of_kind),
            "success@5": float(np.mean([_RANKING["success@5"](o) for o in of_kind])),
            "right citation": float(np.mean([o.right for o in of_kind])),
        }
    return found


def _figure(values: Sequence[float]) -> dict[str, float]:
    low, high = bootstrap(values)
    return _rounded(float(np.mean(values)), low, high, len(values))


def _rounded(value: float, low: float, high: float, number: int) -> dict[str, float]:
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "n": number}


def _percentile(share: int) -> Callable[[np.ndarray], float]:
    return lambda sample: float(np.percentile(sample, share))
