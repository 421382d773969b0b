import math

import pytest

from kb.index.lexical import LexicalIndex, stems, words

TEXTS = ["regions meet in Brussels", "regions trade cheese", "boats"]


@pytest.fixture
def index(tmp_path):
    LexicalIndex.build(TEXTS).save(tmp_path / "lexical")
    return LexicalIndex.load(tmp_path / "lexical", len(TEXTS))


def test_idf_by_hand(index):
    assert index.idf("region") == pytest.approx(math.log(1 + 1.5 / 2.5))
    assert index.idf("unheard") == pytest.approx(math.log(1 + 3.5 / 0.5))


def test_scores_follow_lucene_by_hand(index):
    # idf * tf / (tf + k1 * (1 - b + b * length / mean length)), lengths 3, 3, 1
    scores = index.scores(["boat"])
    norm = 1.5 * (1 - 0.75 + 0.75 * 1 / (7 / 3))
    assert scores[2] == pytest.approx(index.idf("boat") / (1 + norm), rel=1e-4)
    assert scores[0] == scores[1] == 0


def test_unknown_words_score_nothing(index):
    assert not index.scores(["unheard"]).any()
    assert not index.knows("unheard")


def test_coverage_by_hand(index):
    whole = index.idf("region") + index.idf("unheard")
    assert index.coverage(["region", "unheard"], "A region.") == pytest.approx(
        index.idf("region") / whole
    )
    assert index.coverage([], "A region.") == 0


def test_words_and_stems():
    assert words("T&BD's value-chains in Östergötland") == [
        "t&bd", "bd", "value-chains", "value", "chains", "in", "ostergotland",
    ]  # fmt: skip
    assert stems("the meetings were useful") == ["meet", "use"]
