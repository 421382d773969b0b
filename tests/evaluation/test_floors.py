"""Measured quality does not fall: the test questions and the blind pairs against their floors."""

import hashlib
import json
import tomllib

import pytest

from kb.evaluation import languages
from kb.evaluation.datasets import load_dataset, shipped_dataset
from kb.evaluation.report import report
from kb.evaluation.run import run
from kb.evaluation.sentences import FAITHFUL, check_pairs, load_pairs

FLOORS = tomllib.loads((shipped_dataset() / "floors.toml").read_text())


@pytest.fixture(scope="module")
def figures(shipped):
    data = load_dataset(shipped_dataset(), "test")
    return report(data.name, "test", run(data, shipped))["figures"]


def test_the_test_questions_are_frozen():
    lines = (shipped_dataset() / "queries.jsonl").read_text().splitlines()
    test = [line for line in lines if json.loads(line)["split"] == "test"]
    digest = hashlib.sha256(("\n".join(test) + "\n").encode()).hexdigest()
    assert digest == (shipped_dataset() / "test.sha256").read_text().strip()
    assert len(test) >= 200


@pytest.mark.parametrize("name", FLOORS["test"]["at_least"])
def test_no_figure_falls(figures, name):
    assert figures[name]["value"] >= FLOORS["test"]["at_least"][name]


@pytest.mark.parametrize("name", FLOORS["test"]["at_most"])
def test_no_error_grows(figures, name):
    assert figures[name]["value"] <= FLOORS["test"]["at_most"][name]


def test_every_language_finds_its_entries(shipped):
    found = {code: shares["first three"] for code, shares in languages.measure(shipped).items()}
    assert len(found) == 23
    assert min(found.values()) >= FLOORS["languages"]["at_least"]["first three"], found


def test_the_check_of_sentences_does_not_weaken(shipped):
    results = list(check_pairs(load_pairs("blind"), shipped.embedder))
    changed = [r.right for r in results if r.pair.kind != FAITHFUL]
    kept = [r.right for r in results if r.pair.kind == FAITHFUL]
    assert sum(changed) / len(changed) >= FLOORS["sentences"]["at_least"]["changed"]
    assert sum(kept) / len(kept) >= FLOORS["sentences"]["at_least"]["faithful"]
